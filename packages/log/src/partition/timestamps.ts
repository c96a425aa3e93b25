import { type LeaderEpoch, MalformedBytesError, type Offset } from '@moldau/base';
import { type BatchHeader, type BatchRecord, compressionCodec, isAppendTime, readBatchRecords } from '@moldau/records';

/** A record found by its timestamp. */
export interface TimestampedOffset {
  readonly offset: Offset;
  readonly timestampMs: number;
  readonly leaderEpoch: LeaderEpoch;
}

/** What is looked for: the first record that is so young, at or behind an offset. */
export interface TimestampQuery {
  readonly timestampMs: number;
  readonly fromOffset: Offset;
}

/** The record, or the compressed batch that must have it: the log does not open those. Its bytes are the reader's. */
export type FoundByTimestamp =
  | { readonly kind: 'record'; readonly record: TimestampedOffset }
  | { readonly kind: 'compressed'; readonly batch: Uint8Array; readonly header: BatchHeader };

/** Within one batch. */
export function foundInBatch(
  batch: Uint8Array,
  header: BatchHeader,
  { timestampMs, fromOffset }: TimestampQuery,
): FoundByTimestamp | undefined {
  if (header.maxTimestamp < timestampMs) return undefined;
  if (compressionCodec(header) !== 0 && !isAppendTime(header))
    return { kind: 'compressed', batch: batch.slice(0, header.sizeBytes), header };
  const records = compressionCodec(header) === 0 ? recordsOf(batch, header) : [];
  const young = records.filter((each) => each.timestampMs >= timestampMs);
  if (young.length === 0) return { kind: 'record', record: firstOf(header, fromOffset) };
  const found = young.find(({ offset }) => offset >= fromOffset);
  if (found === undefined) return undefined;
  const { offset } = found;
  return { kind: 'record', record: { offset, timestampMs: found.timestampMs, leaderEpoch: header.leaderEpoch } };
}

/**
 * The batch as a whole: where its records all have its time, and where none has the time that the header announces, so that
 * nobody is sent past it.
 */
export function firstOf({ baseOffset, maxTimestamp, leaderEpoch }: BatchHeader, fromOffset: Offset): TimestampedOffset {
  return { offset: Math.max(baseOffset, fromOffset), timestampMs: maxTimestamp, leaderEpoch };
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
