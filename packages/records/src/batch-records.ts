import { ByteReader, MalformedBytesError, type Offset } from '@moldau/base';
import { BATCH_HEADER_BYTES, type BatchHeader, compressionCodec, isAppendTime } from './batch-header.ts';
import { type RecordData, readRecord } from './record.ts';

/** A record with its place: the batch's base values added to its deltas. */
export interface BatchRecord extends RecordData {
  readonly offset: Offset;
  readonly timestampMs: number;
}

/**
 * The records of an uncompressed batch, in order. For clients and tools: the broker does not walk records.
 *
 * @throws MalformedBytesError also when the batch is compressed: decompress its records first
 */
export function readBatchRecords(bytes: Uint8Array, header: BatchHeader, position = 0): BatchRecord[] {
  if (compressionCodec(header) !== 0) {
    throw new MalformedBytesError(`a batch is compressed with codec ${compressionCodec(header)}`);
  }
  return readRecords(bytes.subarray(position + BATCH_HEADER_BYTES, position + header.sizeBytes), header);
}

/** The same, of a batch's records alone, decompressed. @throws MalformedBytesError */
export function readRecords(bytes: Uint8Array, header: BatchHeader): BatchRecord[] {
  const reader = new ByteReader(bytes);
  const records: BatchRecord[] = [];
  let previousDelta = -1;
  for (let index = 0; index < header.recordCount; index++) {
    const { timestampDelta, offsetDelta, key, value, headers } = readRecord(reader);
    if (offsetDelta <= previousDelta || offsetDelta > header.lastOffsetDelta) {
      throw new MalformedBytesError(`offset delta ${offsetDelta} follows ${previousDelta} in a batch`);
    }
    previousDelta = offsetDelta;
    const timestampMs = isAppendTime(header) ? header.maxTimestamp : header.baseTimestamp + timestampDelta;
    records.push({ offset: header.baseOffset + offsetDelta, timestampMs, key, value, headers });
  }
  if (reader.remaining !== 0) throw new MalformedBytesError(`${reader.remaining} bytes follow the records of a batch`);
  return records;
}
