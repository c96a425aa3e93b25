import type { Checksum } from '@moldau/base';
import type { BatchAt } from '@moldau/records';

const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const MAX_TIMESTAMP_AT = 35;
const APPEND_TIME_BIT = 1 << 3;

/**
 * `message.timestamp.type=LogAppendTime`: the broker's time stands in the header for all records of the batch, which keep
 * their own bytes. The checksum covers it, so it is computed again.
 */
export function stampAppendTime(
  records: Uint8Array,
  batches: readonly BatchAt[],
  checksum: Checksum,
  nowWallMs: number,
): void {
  for (const { header, position } of batches) {
    const view = new DataView(records.buffer, records.byteOffset + position, header.sizeBytes);
    view.setInt16(ATTRIBUTES_AT, header.attributes | APPEND_TIME_BIT);
    view.setInt32(MAX_TIMESTAMP_AT, Math.floor(nowWallMs / 2 ** 32));
    view.setUint32(MAX_TIMESTAMP_AT + 4, nowWallMs >>> 0);
    view.setUint32(CRC_AT, checksum.crc32c(records.subarray(position + ATTRIBUTES_AT, position + header.sizeBytes)));
  }
}
