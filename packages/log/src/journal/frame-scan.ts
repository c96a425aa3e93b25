import type { Checksum } from '@moldau/base';
import {
  decodeFileHeader,
  decodeFrame,
  FILE_HEADER_BYTES,
  FRAME_HEADER_BYTES,
  type Frame,
  type FrameSequence,
  mayBeFrame,
} from './frame.ts';

/**
 * What one file of a frame log holds, decided from its bytes alone.
 *
 * The question recovery must answer is whether bytes that are no valid frame were ever promised to anybody. They were
 * when a frame written later says so: each frame names the durable end at the time of its writing. Valid frames behind
 * the hole are not enough, since one write of several frames may reach the disk in any order of its sectors.
 */
export interface FileScan {
  readonly salt: number;
  /** Chained frames from the start of the file, up to the first that is missing or invalid. */
  readonly frames: readonly Frame[];
  /** End of those frames, in bytes from the start of the file. */
  readonly endBytes: number;
  /** The crc that the next frame or file chains to. */
  readonly endCrc: number;
  readonly endSequence: FrameSequence;
  /** Highest durable end that any valid frame of this file names, also one behind invalid bytes. */
  readonly durableEnd: FrameSequence;
}

export interface ScanExpectation {
  readonly firstSequence: FrameSequence;
  /** undefined for the oldest file that is left: its predecessor was trimmed. */
  readonly previousCrc: number | undefined;
}

/** undefined when the file has no valid header, or one that does not belong behind its predecessor. */
export function scanFile(bytes: Uint8Array, expected: ScanExpectation, checksum: Checksum): FileScan | undefined {
  const header = decodeFileHeader(bytes.subarray(0, FILE_HEADER_BYTES), checksum);
  if (header === undefined || header.firstSequence !== expected.firstSequence) return undefined;
  if (expected.previousCrc !== undefined && header.previousCrc !== expected.previousCrc) return undefined;
  const frames: Frame[] = [];
  let position = FILE_HEADER_BYTES;
  let crc = header.previousCrc;
  let sequence = header.firstSequence;
  // The file was created after all before it was synced: its header is itself a name of a durable end.
  let durableEnd = header.firstSequence;
  for (;;) {
    const frame = decodeFrame(bytes, position, header.salt, checksum);
    if (frame === undefined || frame.previousCrc !== crc || frame.sequence !== sequence) break;
    frames.push(frame);
    position += FRAME_HEADER_BYTES + frame.payload.length;
    crc = frame.crc;
    sequence = frame.sequence + 1;
    durableEnd = Math.max(durableEnd, frame.durableEnd);
  }
  const later = durableEndBehind(bytes, position, header.salt, checksum);
  return {
    salt: header.salt,
    frames,
    endBytes: position,
    endCrc: crc,
    endSequence: sequence,
    durableEnd: Math.max(durableEnd, later),
  };
}

/** The highest durable end named by any valid frame that starts anywhere behind `position`; 0 when there is none. */
function durableEndBehind(bytes: Uint8Array, position: number, salt: number, checksum: Checksum): FrameSequence {
  let durableEnd = 0;
  for (let at = position; at + FRAME_HEADER_BYTES <= bytes.length; at++) {
    if (!mayBeFrame(bytes, at)) continue;
    const frame = decodeFrame(bytes, at, salt, checksum);
    if (frame === undefined) continue;
    durableEnd = Math.max(durableEnd, frame.durableEnd);
    at += FRAME_HEADER_BYTES + frame.payload.length - 1;
  }
  return durableEnd;
}
