import type { Checksum } from '@moldau/base';
import { BATCH_HEADER_BYTES, BATCH_PREFIX_BYTES, CHECKSUMMED_AT } from '../batch-header.ts';
import { type Codec, codecNumber } from './compression.ts';

const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const CODEC_MASK = 0b111;

/** The batch with the same header and its records in another codec. `batch` begins with the header; `records` are compressed. */
export function withRecords(
  batch: Uint8Array,
  records: Uint8Array,
  codec: Codec | undefined,
  checksum: Checksum,
): Uint8Array {
  const bytes = new Uint8Array(BATCH_HEADER_BYTES + records.length);
  bytes.set(batch.subarray(0, BATCH_HEADER_BYTES));
  bytes.set(records, BATCH_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setInt32(8, bytes.length - BATCH_PREFIX_BYTES);
  view.setInt16(ATTRIBUTES_AT, (view.getInt16(ATTRIBUTES_AT) & ~CODEC_MASK) | codecNumber(codec));
  view.setUint32(CRC_AT, checksum.crc32c(bytes.subarray(CHECKSUMMED_AT)));
  return bytes;
}
