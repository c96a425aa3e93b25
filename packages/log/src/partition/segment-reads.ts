import { type Checksum, isMissing, type Offset } from '@moldau/base';
import { batchEndOffset } from '@moldau/records';
import type { OpenSegment } from '../segment/open-segments.ts';
import type { Segment } from '../segment/segment.ts';
import { scanSegment } from '../segment/segment-scan.ts';
import type { SegmentStore } from '../segment/segment-store.ts';
import type { EpochHistory } from './epoch-history.ts';
import type { ReadLimits } from './tail.ts';
import { type FoundByTimestamp, foundInBatch, type TimestampQuery } from './timestamps.ts';

/** A checkpoint has taken what was to be read, or some of it, while it was being opened or read: ask again. */
interface SegmentsChanged {
  readonly kind: 'changed';
}

/** Here the disk does not hold what was written: nobody can say what comes between it and what follows. */
export interface SegmentDamage {
  readonly kind: 'damaged';
  readonly path: string;
  readonly offset: Offset;
  readonly fault: string;
}

export type SegmentRead =
  | {
      readonly kind: 'read';
      readonly parts: readonly Uint8Array[];
      readonly bytes: number;
      readonly nextOffset: Offset;
    }
  | SegmentsChanged
  | SegmentDamage;

/** Read beyond what was asked for, since the index points up to this far before it. */
const INDEX_SLACK_BYTES = 64 * 1024;
const WINDOW_BYTES_MAX = 1024 * 1024;
const EPOCH_FAULT = 'the epoch of a batch is wrong';

/** What a read knows of the log besides its files. */
export interface ReadableLog {
  readonly segments: SegmentStore;
  readonly checksum: Checksum;
  readonly epochs: EpochHistory;
  /** Behind it the files may still hold what a truncation took away. */
  readonly writtenEnd: Offset;
}

/** Whole batches from the one that holds `from`, or follows it, out of one segment. */
export async function readSegments(log: ReadableLog, from: Offset, limits: ReadLimits): Promise<SegmentRead> {
  const store = log.segments;
  for (let segment = store.segmentFor(from); segment !== undefined; segment = store.next(segment)) {
    const current = segment;
    try {
      const result = await store.use(current, (open) => readSegment(open, current, log, from, limits));
      // Nothing behind `from` is left in this segment: its last offsets are a gap.
      if (result.kind !== 'read' || result.bytes > 0 || result.isCut) return result;
    } catch (error) {
      if (!isMissing(error) || store.segments.includes(current)) throw error;
      return { kind: 'changed' };
    }
  }
  return { kind: 'read', parts: [], bytes: 0, nextOffset: from };
}

async function readSegment(
  open: OpenSegment,
  segment: Segment,
  log: ReadableLog,
  from: Offset,
  limits: ReadLimits,
): Promise<SegmentRead & { isCut?: boolean }> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  let nextOffset = from;
  let isCut = false;
  let isEpochWrong = false;
  const range = log.segments.rangeFrom(open.index.positionBelow(from), open.index, segment);
  const windowBytes = Math.min(limits.maxBytes + INDEX_SLACK_BYTES, WINDOW_BYTES_MAX);
  const readEnd = Math.min(limits.end, log.writtenEnd);
  const scan = await scanSegment(open.file, { ...range, windowBytes }, log.checksum, (batch, header) => {
    const end = batchEndOffset(header);
    if (end <= from) return true;
    isCut = end > readEnd;
    if (isCut) return false;
    // By its last offset: the log, and with it the history of its epochs, may start within the batch.
    isEpochWrong = header.leaderEpoch !== log.epochs.epochAt(end - 1);
    if (isEpochWrong) return false;
    const isForced = bytes === 0 && limits.minOneBatch;
    isCut = bytes + batch.length > limits.maxBytes && !isForced;
    if (isCut) return false;
    bytes += batch.length;
    nextOffset = end;
    join(parts, batch);
    return bytes < limits.maxBytes;
  });
  const fault = isEpochWrong ? EPOCH_FAULT : scan.fault;
  if (fault !== undefined && bytes === 0) {
    if (log.segments.wasCut(segment, range)) return { kind: 'changed' };
    return { kind: 'damaged', path: segment.path, offset: nextOffset, fault };
  }
  return { kind: 'read', parts, bytes, nextOffset, isCut };
}

/** Neighbours in one buffer become one part. */
function join(parts: Uint8Array[], batch: Uint8Array): void {
  const last = parts.at(-1);
  if (last === undefined || last.buffer !== batch.buffer || last.byteOffset + last.length !== batch.byteOffset) {
    parts.push(batch);
  } else {
    parts[parts.length - 1] = new Uint8Array(last.buffer, last.byteOffset, last.length + batch.length);
  }
}

/**
 * What is looked for, within `[fromOffset, writtenEnd)`. A damaged place may hold it: nothing behind one is found, unless what
 * is known of the segment from its checkpoint, or of the place from its index, says that all before is older.
 */
export async function findTimestamp(
  log: ReadableLog,
  query: TimestampQuery,
): Promise<FoundByTimestamp | SegmentDamage | SegmentsChanged | undefined> {
  const store = log.segments;
  const segments = [...store.segments];
  for (const [index, segment] of segments.entries()) {
    if (query.fromOffset >= log.writtenEnd || segment.baseOffset >= log.writtenEnd) break;
    if ((segments[index + 1]?.baseOffset ?? Infinity) <= query.fromOffset) continue;
    if (segment.maxTimestamp < query.timestampMs || !store.segments.includes(segment)) continue;
    try {
      const found = await store.use(segment, (open) => findInSegment(open, segment, log, query));
      if (found !== undefined) return found;
    } catch (error) {
      if (!isMissing(error) || store.segments.includes(segment)) throw error;
      return { kind: 'changed' };
    }
  }
  return undefined;
}

async function findInSegment(
  { file, index }: OpenSegment,
  segment: Segment,
  log: ReadableLog,
  query: TimestampQuery,
): Promise<FoundByTimestamp | SegmentDamage | SegmentsChanged | undefined> {
  const { timestampMs, fromOffset } = query;
  const startBytes = Math.max(index.positionBeforeTimestamp(timestampMs), index.positionBelow(fromOffset));
  const range = log.segments.rangeFrom(startBytes, index, segment);
  let found: FoundByTimestamp | undefined;
  let isEpochWrong = false;
  let offset = range.firstOffset;
  const scan = await scanSegment(file, range, log.checksum, (batch, header) => {
    const end = batchEndOffset(header);
    if (end > log.writtenEnd) return false;
    if (end > fromOffset) {
      // By its last offset: the log, and with it the history of its epochs, may start within the batch.
      isEpochWrong = header.leaderEpoch !== log.epochs.epochAt(end - 1);
      if (isEpochWrong) return false;
      found = foundInBatch(batch, header, query);
    }
    offset = end;
    return found === undefined && end < log.writtenEnd;
  });
  const fault = isEpochWrong ? EPOCH_FAULT : scan.fault;
  if (fault === undefined) return found;
  return log.segments.wasCut(segment, range)
    ? { kind: 'changed' }
    : { kind: 'damaged', path: segment.path, offset, fault };
}
