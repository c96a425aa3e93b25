import type { Checksum } from '@moldau/base';

/**
 * The two byte layouts of a frame log. All numbers are big-endian.
 *
 *     file header, 32 bytes                        frame, 32 bytes + payload
 *      0  u32  magic "MJNL"                         0  u32  crc: CRC-32C of [4, end), started from the file's salt
 *      4  u16  version                              4  u32  length of the payload
 *      6  u16  zero                                 8  u32  crc of the frame before it (the chain)
 *      8  i64  sequence of the first frame         12  u16  magic 0x4d46
 *     16  u32  crc of the last frame before it     14  u8   type, the owner's
 *     20  u32  salt                                15  u8   zero
 *     24  u32  crc of [0, 24)                      16  i64  sequence
 *     28  u32  zero                                24  i64  durable end: every frame below it was synced
 *                                                  32  payload
 *
 * A frame proves itself (crc) apart from proving its place (chain), so that recovery can look behind invalid bytes
 * for frames that were written later. The salt is random and stays on the disk: nobody can send a record whose bytes
 * would pass for a frame there.
 */
export const FILE_HEADER_BYTES = 32;
export const FRAME_HEADER_BYTES = 32;

/** Largest payload of one frame. An append is at most one replication message or one produced batch; this is a wide bound above both. */
export const FRAME_PAYLOAD_BYTES_MAX: number = 32 * 1024 * 1024;

const FILE_MAGIC = 0x4d4a4e4c;
const FILE_VERSION = 1;
const FRAME_MAGIC = 0x4d46;

/** Position of a frame in the whole log: 0, 1, 2, ... across files. */
export type FrameSequence = number;

export interface FileHeader {
  readonly firstSequence: FrameSequence;
  readonly previousCrc: number;
  readonly salt: number;
}

export interface FrameHeader {
  readonly crc: number;
  readonly previousCrc: number;
  readonly type: number;
  readonly sequence: FrameSequence;
  /** Every frame with a lower sequence was durable when this one was written. */
  readonly durableEnd: FrameSequence;
}

/** One frame off the disk. The payload is a view of the bytes it was read from. */
export interface Frame extends FrameHeader {
  readonly payload: Uint8Array;
}

export function encodeFileHeader(header: FileHeader, checksum: Checksum): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, FILE_MAGIC);
  view.setUint16(4, FILE_VERSION);
  setInt64(view, 8, header.firstSequence);
  view.setUint32(16, header.previousCrc);
  view.setUint32(20, header.salt);
  view.setUint32(24, checksum.crc32c(bytes.subarray(0, 24)));
  return bytes;
}

/** undefined when these are not the bytes of a header this version wrote. */
export function decodeFileHeader(bytes: Uint8Array, checksum: Checksum): FileHeader | undefined {
  if (bytes.length < FILE_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) !== FILE_MAGIC || view.getUint16(4) !== FILE_VERSION) return undefined;
  if (view.getUint32(24) !== checksum.crc32c(bytes.subarray(0, 24))) return undefined;
  return { firstSequence: getInt64(view, 8), previousCrc: view.getUint32(16), salt: view.getUint32(20) };
}

/** Writes the header of a frame at the start of `into`; returns the frame's crc, which the next frame chains to. */
export function encodeFrameHeader(
  into: Uint8Array,
  frame: Omit<FrameHeader, 'crc'>,
  payload: { readonly parts: readonly Uint8Array[]; readonly bytes: number },
  salt: number,
  checksum: Checksum,
): number {
  const view = new DataView(into.buffer, into.byteOffset, FRAME_HEADER_BYTES);
  view.setUint32(4, payload.bytes);
  view.setUint32(8, frame.previousCrc);
  view.setUint16(12, FRAME_MAGIC);
  view.setUint8(14, frame.type);
  view.setUint8(15, 0);
  setInt64(view, 16, frame.sequence);
  setInt64(view, 24, frame.durableEnd);
  let crc = checksum.crc32c(into.subarray(4, FRAME_HEADER_BYTES), salt);
  for (const part of payload.parts) crc = checksum.crc32c(part, crc);
  view.setUint32(0, crc);
  return crc;
}

/** A look at two bytes, so that a search through megabytes of torn tail stays cheap. */
export function mayBeFrame(bytes: Uint8Array, position: number): boolean {
  return bytes[position + 12] === FRAME_MAGIC >> 8 && bytes[position + 13] === (FRAME_MAGIC & 255);
}

/** The frame that starts at `position`, or undefined when no whole, valid frame does. Does not look at the chain. */
export function decodeFrame(bytes: Uint8Array, position: number, salt: number, checksum: Checksum): Frame | undefined {
  if (position + FRAME_HEADER_BYTES > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + position, FRAME_HEADER_BYTES);
  if (view.getUint16(12) !== FRAME_MAGIC) return undefined;
  const length = view.getUint32(4);
  const end = position + FRAME_HEADER_BYTES + length;
  if (length > FRAME_PAYLOAD_BYTES_MAX || end > bytes.length) return undefined;
  const crc = view.getUint32(0);
  if (crc !== checksum.crc32c(bytes.subarray(position + 4, end), salt)) return undefined;
  return {
    crc,
    previousCrc: view.getUint32(8),
    type: view.getUint8(14),
    sequence: getInt64(view, 16),
    durableEnd: getInt64(view, 24),
    payload: bytes.subarray(position + FRAME_HEADER_BYTES, end),
  };
}

function setInt64(view: DataView, at: number, value: number): void {
  view.setInt32(at, Math.floor(value / 2 ** 32));
  view.setUint32(at + 4, value >>> 0);
}

function getInt64(view: DataView, at: number): number {
  return view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4);
}
