import {
  type Checksum,
  type DiskFile,
  type LeaderEpoch,
  MalformedBytesError,
  NO_LEADER_EPOCH,
  type Offset,
} from '@moldau/base';
import {
  BATCH_HEADER_BYTES,
  BATCH_PREFIX_BYTES,
  type BatchHeader,
  batchEndOffset,
  isChecksumRight,
  parseBatchHeader,
} from '@moldau/records';
import { FRAME_PAYLOAD_BYTES_MAX } from '../journal/frame.ts';

/** One read of a scan; a larger batch is read by itself. */
const WINDOW_BYTES = 1024 * 1024;
/** Of the batch that follows: its base offset, length and leader epoch. */
const GLANCE_BYTES = BATCH_PREFIX_BYTES + 4;

export interface SegmentScan {
  /** End of the last good batch, or of the one at which the visitor stopped. */
  readonly endBytes: number;
  /** Why the scan ended before its range did; undefined when it did not, or when the visitor stopped it. */
  readonly fault: string | undefined;
}

/** Return false to stop behind this batch. The bytes are the batch's, valid during the call; a promise holds the scan up. */
export type BatchVisitor = (batch: Uint8Array, header: BatchHeader, position: number) => boolean | Promise<boolean>;

export interface ScanRange {
  readonly startBytes: number;
  readonly endBytes: number;
  /** Bytes of one read. Default 1 MiB. */
  readonly windowBytes?: number;
  /** What the first batch starts at: the index's word, or the segment's name. Default: unknown. */
  readonly firstOffset?: Offset;
  /** No batch ends behind it: the next segment's base, or the log's end. Default: unknown. */
  readonly endOffset?: Offset;
}

/**
 * Walks the batches of a segment's file in order, checks each one's header, checksum and place, and shows it to the
 * visitor. Ends at the first that is not as it was written.
 *
 * A batch's checksum does not cover its base offset and epoch, so they are checked against their neighbours: both only
 * rise, and a gap before a batch, or a new epoch, is believed only when what follows goes on from there.
 *
 * @throws DiskError
 */
export async function scanSegment(
  file: DiskFile,
  range: ScanRange,
  checksum: Checksum,
  visit: BatchVisitor,
): Promise<SegmentScan> {
  const windowBytes = range.windowBytes ?? WINDOW_BYTES;
  const place = new Place(range);
  let position = range.startBytes;
  let wanted = windowBytes;
  while (position < range.endBytes) {
    const window = new Uint8Array(Math.min(wanted, range.endBytes - position));
    const bytes = window.subarray(0, await file.read(position, window));
    const isLast = position + bytes.length >= range.endBytes;
    let at = 0;
    while (at < bytes.length) {
      const sizeBytes = batchBytes(bytes, at);
      if (sizeBytes + (isLast ? 0 : GLANCE_BYTES) > bytes.length - at) break;
      const header = validHeader(bytes, at, checksum);
      if (typeof header === 'string') return { endBytes: position + at, fault: header };
      const fault = place.faultOf(header, glanceAt(bytes, at + sizeBytes));
      if (fault !== undefined) return { endBytes: position + at, fault };
      const start = at;
      at += sizeBytes;
      const goesOn = visit(bytes.subarray(start, at), header, position + start);
      if (!(typeof goesOn === 'boolean' ? goesOn : await goesOn)) {
        return { endBytes: position + at, fault: undefined };
      }
    }
    position += at;
    if (at > 0) wanted = windowBytes;
    else {
      wanted = batchBytes(bytes, 0) + GLANCE_BYTES;
      const isHopeless = isLast || bytes.length < window.length || wanted <= bytes.length;
      if (isHopeless || wanted > FRAME_PAYLOAD_BYTES_MAX) {
        return { endBytes: position, fault: `a batch of ${wanted} bytes, ${range.endBytes - position} are left` };
      }
    }
  }
  return { endBytes: position, fault: undefined };
}

/** Whether batches stand where they can stand. */
class Place {
  readonly #range: ScanRange;
  #endOffset = -1;
  #epoch = NO_LEADER_EPOCH;

  constructor(range: ScanRange) {
    this.#range = range;
  }

  /** @param next the batch that follows; undefined at the end */
  faultOf(header: BatchHeader, next: Glance | undefined): string | undefined {
    const { baseOffset, leaderEpoch } = header;
    const endOffset = batchEndOffset(header);
    const isFirst = this.#endOffset < 0;
    if (isFirst && baseOffset !== (this.#range.firstOffset ?? baseOffset)) return `a batch at offset ${baseOffset}`;
    if (baseOffset < this.#endOffset) return `offset ${baseOffset} goes back`;
    if (endOffset > (this.#range.endOffset ?? endOffset)) return `offset ${endOffset} is behind the end`;
    const isGap = !isFirst && baseOffset > this.#endOffset;
    if (isGap && next !== undefined && next.baseOffset < endOffset) return `offset ${baseOffset} leaps`;
    if (leaderEpoch < this.#epoch) return `epoch ${leaderEpoch} goes back`;
    const isNewEpoch = leaderEpoch > this.#epoch;
    if (isNewEpoch && next !== undefined && next.leaderEpoch < leaderEpoch) return `epoch ${leaderEpoch} leaps`;
    this.#endOffset = endOffset;
    this.#epoch = leaderEpoch;
    return undefined;
  }
}

interface Glance {
  readonly baseOffset: Offset;
  readonly leaderEpoch: LeaderEpoch;
}

/** What the batch that starts here says of its place; undefined when there is none. */
function glanceAt(bytes: Uint8Array, at: number): Glance | undefined {
  if (at + GLANCE_BYTES > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, GLANCE_BYTES);
  return { baseOffset: view.getInt32(0) * 2 ** 32 + view.getUint32(4), leaderEpoch: view.getInt32(BATCH_PREFIX_BYTES) };
}

/** By its length field alone; what is too short to tell needs at least a header. */
function batchBytes(bytes: Uint8Array, at: number): number {
  if (bytes.length - at < BATCH_HEADER_BYTES) return BATCH_HEADER_BYTES;
  const length = new DataView(bytes.buffer, bytes.byteOffset + at, BATCH_PREFIX_BYTES).getInt32(8);
  return Math.max(length + BATCH_PREFIX_BYTES, BATCH_HEADER_BYTES);
}

function validHeader(bytes: Uint8Array, at: number, checksum: Checksum): BatchHeader | string {
  try {
    const header = parseBatchHeader(bytes, at);
    return isChecksumRight(bytes, header, checksum, at) ? header : 'the checksum of a batch is wrong';
  } catch (error) {
    if (error instanceof MalformedBytesError) return error.message;
    throw error;
  }
}
