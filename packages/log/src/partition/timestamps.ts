import { type LeaderEpoch, MalformedBytesError, type Offset } from '@moldau/base';
import { type BatchHeader, type BatchRecord, compressionCodec, readBatchRecords } from '@moldau/records';

/** A record found by its timestamp. */
export interface TimestampedOffset {
  readonly offset: Offset;
  readonly timestampMs: number;
  readonly leaderEpoch: LeaderEpoch;
}

/** Within one batch. What is compressed is not opened, what is no list of records cannot be: its first offset stands for it. */
export function recordAtTimestamp(
  batch: Uint8Array,
  header: BatchHeader,
  timestampMs: number,
): TimestampedOffset | undefined {
  if (header.maxTimestamp < timestampMs) return undefined;
  const whole = { offset: header.baseOffset, timestampMs: header.maxTimestamp, leaderEpoch: header.leaderEpoch };
  if (compressionCodec(header) !== 0) return whole;
  const record = recordsOf(batch, header).find((each) => each.timestampMs >= timestampMs);
  if (record === undefined) return whole;
  return { offset: record.offset, timestampMs: record.timestampMs, leaderEpoch: header.leaderEpoch };
}

/** Nobody has looked into the batch before: its checksum says that its producer wrote it so, not that it makes sense. */
function recordsOf(batch: Uint8Array, header: BatchHeader): BatchRecord[] {
  try {
    return readBatchRecords(batch, header);
  } catch (error) {
    if (error instanceof MalformedBytesError) return [];
    throw error;
  }
}
