import type { LeaderEpoch, Offset } from '@moldau/base';
import { type BatchHeader, compressionCodec, readBatchRecords } from '@moldau/records';

/** A record found by its timestamp. */
export interface TimestampedOffset {
  readonly offset: Offset;
  readonly timestampMs: number;
  readonly leaderEpoch: LeaderEpoch;
}

/** Within one batch; what is compressed is not opened, its first record stands for it. */
export function recordAtTimestamp(
  batch: Uint8Array,
  header: BatchHeader,
  timestampMs: number,
): TimestampedOffset | undefined {
  if (header.maxTimestamp < timestampMs) return undefined;
  const whole = { offset: header.baseOffset, timestampMs: header.maxTimestamp, leaderEpoch: header.leaderEpoch };
  if (compressionCodec(header) !== 0) return whole;
  const record = readBatchRecords(batch, header).find((each) => each.timestampMs >= timestampMs);
  if (record === undefined) return whole;
  return { offset: record.offset, timestampMs: record.timestampMs, leaderEpoch: header.leaderEpoch };
}
