import { type Checksum, isMissing, type Offset } from '@moldau/base';
import { batchEndOffset } from '@moldau/records';
import type { OpenSegment } from '../segment/open-segments.ts';
import type { Segment } from '../segment/segment.ts';
import { scanSegment } from '../segment/segment-scan.ts';
import type { SegmentStore } from '../segment/segment-store.ts';
import type { EpochHistory } from './epoch-history.ts';
import type { ReadLimits } from './tail.ts';
import { type FoundByTimestamp, foundInBatch, type TimestampQuery } from './timestamps.ts';

export type SegmentRead =
  | {
      readonly kind: 'read';
      readonly parts: readonly Uint8Array[];
      readonly bytes: number;
      readonly nextOffset: Offset;
    }
  /** The segment was removed while it was being opened. */
  | { readonly kind: 'removed' }
  | { readonly kind: 'damaged'; readonly path: string; readonly offset: Offset; readonly fault: string };

/** Read beyond what was asked for, since the index points up to this far before it. */
const INDEX_SLACK_BYTES = 64 * 1024;
const WINDOW_BYTES_MAX = 1024 * 1024;

/** What a read knows of the log besides its files. */
export interface ReadableLog {
  readonly segments: SegmentStore;
  readonly checksum: Checksum;
  readonly epochs: EpochHistory;
  /** The segments end here at most. */
  readonly endOffset: Offset;
}

/** Whole batches from the one that holds `from`, or follows it, out of one segment. */
export async function readSegments(log: ReadableLog, from: Offset, limits: ReadLimits): Promise<SegmentRead> {
  const store = log.segments;
  for (let segment = store.segmentFor(from); segment !== undefined; segment = store.next(segment)) {
    const current = segment;
    try {
      const endOffset = store.next(current)?.baseOffset ?? log.endOffset;
      const result = await store.use(current, (open) =>
        readSegment(open, current, { ...log, endOffset }, from, limits),
      );
      // Nothing behind `from` is left in this segment: its last offsets are a gap.
      if (result.kind !== 'read' || result.bytes > 0 || result.isCut) return result;
    } catch (error) {
      if (!isMissing(error) || store.segments.includes(current)) throw error;
      return { kind: 'removed' };
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
  const startBytes = open.index.positionBelow(from);
  let isEpochWrong = false;
  const range = {
    startBytes,
    endBytes: segment.sizeBytes,
    firstOffset: open.index.offsetAt(startBytes) ?? segment.baseOffset,
    endOffset: log.endOffset,
    windowBytes: Math.min(limits.maxBytes + INDEX_SLACK_BYTES, WINDOW_BYTES_MAX),
  };
  const scan = await scanSegment(open.file, range, log.checksum, (batch, header) => {
    const end = batchEndOffset(header);
    if (end <= from) return true;
    // By its last offset: the log, and with it the history of its epochs, may start within the batch.
    isEpochWrong = header.leaderEpoch !== log.epochs.epochAt(end - 1);
    if (isEpochWrong) return false;
    const isForced = bytes === 0 && limits.minOneBatch;
    isCut = end > limits.end || (bytes + batch.length > limits.maxBytes && !isForced);
    if (isCut) return false;
    bytes += batch.length;
    nextOffset = end;
    join(parts, batch);
    return bytes < limits.maxBytes;
  });
  const fault = isEpochWrong ? 'the epoch of a batch is wrong' : scan.fault;
  if (fault !== undefined && bytes === 0) return { kind: 'damaged', path: segment.path, offset: nextOffset, fault };
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

/** What is looked for, within `[fromOffset, endOffset)` of the segments. */
export async function findTimestamp(
  log: { readonly segments: SegmentStore; readonly endOffset: Offset },
  checksum: Checksum,
  query: TimestampQuery,
): Promise<FoundByTimestamp | undefined> {
  for (const segment of [...log.segments.segments]) {
    if (segment.maxTimestamp < query.timestampMs || !log.segments.segments.includes(segment)) continue;
    try {
      const found = await findInSegment(log, segment, checksum, query);
      if (found !== undefined) return found;
    } catch (error) {
      // Retention has taken it while it was being opened: the next one is where the log begins now.
      if (!isMissing(error) || log.segments.segments.includes(segment)) throw error;
    }
  }
  return undefined;
}

async function findInSegment(
  log: { readonly segments: SegmentStore; readonly endOffset: Offset },
  segment: Segment,
  checksum: Checksum,
  query: TimestampQuery,
): Promise<FoundByTimestamp | undefined> {
  let found: FoundByTimestamp | undefined;
  await log.segments.use(segment, async (open) => {
    const startBytes = open.index.positionBeforeTimestamp(query.timestampMs);
    const range = { startBytes, endBytes: segment.sizeBytes };
    await scanSegment(open.file, range, checksum, (batch, header) => {
      if (batchEndOffset(header) > log.endOffset) return false;
      if (batchEndOffset(header) > query.fromOffset) found = foundInBatch(batch, header, query);
      return found === undefined;
    });
  });
  return found;
}
