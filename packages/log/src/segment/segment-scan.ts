import { type Checksum, type DiskFile, MalformedBytesError } from '@moldau/base';
import {
  BATCH_HEADER_BYTES,
  BATCH_PREFIX_BYTES,
  type BatchHeader,
  isChecksumRight,
  parseBatchHeader,
} from '@moldau/records';
import { FRAME_PAYLOAD_BYTES_MAX } from '../journal/frame.ts';

/** One read of a scan; a larger batch is read by itself. */
const WINDOW_BYTES = 1024 * 1024;

export interface SegmentScan {
  /** End of the last good batch, or of the one at which the visitor stopped. */
  readonly endBytes: number;
  /** Why the scan ended before its range did; undefined when it did not, or when the visitor stopped it. */
  readonly fault: string | undefined;
}

/** Return false to stop behind this batch. The bytes are the batch's, valid during the call. */
export type BatchVisitor = (batch: Uint8Array, header: BatchHeader, position: number) => boolean;

/**
 * Walks the batches of a segment's file in order, checks each one's header, checksum and place, and shows it to the
 * visitor. Ends at the first that is not as it was written.
 *
 * @throws DiskError
 */
export async function scanSegment(
  file: DiskFile,
  range: { readonly startBytes: number; readonly endBytes: number; readonly windowBytes?: number },
  checksum: Checksum,
  visit: BatchVisitor,
): Promise<SegmentScan> {
  let position = range.startBytes;
  const windowBytes = range.windowBytes ?? WINDOW_BYTES;
  let wanted = windowBytes;
  let previousEnd = -1;
  while (position < range.endBytes) {
    const window = new Uint8Array(Math.min(wanted, range.endBytes - position));
    const bytes = window.subarray(0, await file.read(position, window));
    let at = 0;
    while (at < bytes.length) {
      const needed = batchBytes(bytes, at);
      if (needed > bytes.length - at) break;
      const header = validHeader(bytes, at, checksum);
      if (typeof header === 'string') return { endBytes: position + at, fault: header };
      if (header.baseOffset < previousEnd)
        return { endBytes: position + at, fault: `offset ${header.baseOffset} goes back` };
      previousEnd = header.baseOffset + header.lastOffsetDelta + 1;
      const batch = bytes.subarray(at, at + header.sizeBytes);
      at += header.sizeBytes;
      if (!visit(batch, header, position + at - header.sizeBytes)) return { endBytes: position + at, fault: undefined };
    }
    position += at;
    wanted = at === 0 ? batchBytes(bytes, 0) : windowBytes;
    if (at === 0 && bytes.length < window.length) return { endBytes: position, fault: 'the file ends early' };
    if (
      at === 0 &&
      (wanted > FRAME_PAYLOAD_BYTES_MAX || position + wanted > range.endBytes || wanted <= bytes.length)
    ) {
      return { endBytes: position, fault: `a batch of ${wanted} bytes, ${range.endBytes - position} are left` };
    }
  }
  return { endBytes: position, fault: undefined };
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
