/**
 * LZ4, as a frame (LZ4 Frame Format 1.6): magic, flags, a byte of checksum over these, blocks with their sizes, and a size of 0.
 * A block is a chain of
 *
 *     token: 4 bits count of literals, 4 bits length of the match less 4; 15: bytes that are added follow, until one is below 255
 *     literals
 *     distance of the match in 2 bytes, little endian; absent behind the last literals
 *
 * The checksums of blocks and content are not looked at: that of the batch covers every byte.
 */
import { MalformedBytesError } from '@moldau/base';
import { GrowingBytes } from './growing-bytes.ts';
import { hashOf, matchLength, newHashTable } from './matches.ts';
import { xxhash32Short } from './xxhash32.ts';

const MAGIC = 0x184d_2204;
const VERSION = 0b01;
const BLOCK_CHECKSUM = 1 << 4;
const CONTENT_SIZE = 1 << 3;
const DICTIONARY = 1;
const INDEPENDENT = 1 << 5;
const STORED = 0x8000_0000;

/** By the number in the frame's second byte. */
const BLOCK_BYTES: ReadonlyMap<number, number> = new Map([
  [4, 64 * 1024],
  [5, 256 * 1024],
  [6, 1024 * 1024],
  [7, 4096 * 1024],
]);
/** What is written: all of a block is within the reach of a match. */
const WRITTEN_KIND = 4;
const WRITTEN_BYTES = 64 * 1024;
const REACH = 2 ** 16;
const MATCH_BYTES_MIN = 4;
/** A match begins before the last so many bytes of a block, and ends before the last five. */
const MATCH_START_MARGIN = 12;
const MATCH_END_MARGIN = 5;
/** Places that are tried for each match, at the highest level. */
const TRIES_MAX = 256;
const LEVEL_MAX = 17;
/** Done in one go, and the block that it ends in: some ms. */
const STEP_BYTES = 256 * 1024;

/** Yields now and then, so that others get their turn. @throws MalformedBytesError */
export function* decompressLz4(bytes: Uint8Array, bytesMax: number): Generator<void, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frame = readFrameHeader(bytes, view);
  const out = new GrowingBytes(bytesMax, 2 * bytes.length);
  let nextStep = STEP_BYTES;
  for (let position = frame.headerBytes; ; ) {
    if (position + 4 > bytes.length) throw new MalformedBytesError('a frame of LZ4 is cut');
    const size = view.getUint32(position, true);
    position += 4;
    if (size === 0) return out.finish();
    const length = size % STORED;
    if (length > frame.blockBytes || position + length > bytes.length)
      throw new MalformedBytesError(`a block of LZ4 has ${length} bytes`);
    const block = bytes.subarray(position, position + length);
    const end = out.length + frame.blockBytes;
    if (size >= STORED) out.append(block);
    else decompressBlock(block, out, frame.isIndependent ? out.length : 0);
    if (out.length > end) throw new MalformedBytesError('a block of LZ4 is larger than its frame says');
    position += length + (frame.hasBlockChecksum ? 4 : 0);
    if (out.length < nextStep) continue;
    nextStep = out.length + STEP_BYTES;
    yield;
  }
}

interface FrameHeader {
  readonly headerBytes: number;
  readonly blockBytes: number;
  readonly isIndependent: boolean;
  readonly hasBlockChecksum: boolean;
}

function readFrameHeader(bytes: Uint8Array, view: DataView): FrameHeader {
  if (bytes.length < 7 || view.getUint32(0, true) !== MAGIC) throw new MalformedBytesError('no frame of LZ4');
  const flags = view.getUint8(4);
  const blockBytes = BLOCK_BYTES.get((view.getUint8(5) >>> 4) & 7);
  if (flags >>> 6 !== VERSION || blockBytes === undefined)
    throw new MalformedBytesError(`a frame of LZ4 of another version (${flags})`);
  if ((flags & DICTIONARY) !== 0) throw new MalformedBytesError('a frame of LZ4 asks for a dictionary');
  const checksumAt = 6 + ((flags & CONTENT_SIZE) === 0 ? 0 : 8);
  if (bytes.length <= checksumAt) throw new MalformedBytesError('a frame of LZ4 is cut');
  if (bytes[checksumAt] !== checksumOf(bytes.subarray(4, checksumAt)))
    throw new MalformedBytesError('the header of a frame of LZ4 has a wrong checksum');
  return {
    headerBytes: checksumAt + 1,
    blockBytes,
    isIndependent: (flags & INDEPENDENT) !== 0,
    hasBlockChecksum: (flags & BLOCK_CHECKSUM) !== 0,
  };
}

function checksumOf(descriptor: Uint8Array): number {
  return (xxhash32Short(descriptor) >>> 8) & 0xff;
}

function decompressBlock(block: Uint8Array, out: GrowingBytes, start: number): void {
  for (let position = 0; position < block.length; ) {
    const token = block[position++] ?? 0;
    let literals = token >>> 4;
    if (literals === 15) [literals, position] = longer(block, position, literals);
    if (position + literals > block.length) throw new MalformedBytesError('literals of LZ4 are cut');
    out.append(block, position, position + literals);
    position += literals;
    // The last literals have no match behind them.
    if (position === block.length) return;
    if (position + 2 > block.length) throw new MalformedBytesError('a match of LZ4 is cut');
    const distance = (block[position] ?? 0) | ((block[position + 1] ?? 0) << 8);
    position += 2;
    let length = (token & 15) + MATCH_BYTES_MIN;
    if ((token & 15) === 15) [length, position] = longer(block, position, length);
    if (distance > out.length - start) throw new MalformedBytesError('a match of LZ4 begins before its block');
    out.repeat(distance, length);
  }
}

function longer(block: Uint8Array, begin: number, length: number): [length: number, position: number] {
  let sum = length;
  for (let position = begin; position < block.length; position++) {
    const byte = block[position] ?? 0;
    sum += byte;
    if (byte < 255) return [sum, position + 1];
  }
  throw new MalformedBytesError('a length of LZ4 is cut');
}

/** Level 1 to 17: how many places are tried for each match. Yields now and then, so that others get their turn. */
export function* compressLz4(bytes: Uint8Array, level: number): Generator<void, Uint8Array> {
  const out = new GrowingBytes(Number.MAX_SAFE_INTEGER, bytes.length);
  const descriptor = Uint8Array.of((VERSION << 6) | INDEPENDENT, WRITTEN_KIND << 4);
  appendUint32(out, MAGIC);
  out.append(descriptor);
  out.byte(checksumOf(descriptor));
  const compressor = new BlockCompressor(Math.max(1, Math.round(TRIES_MAX ** (level / LEVEL_MAX) / 2)));
  for (let position = 0; position < bytes.length; position += WRITTEN_BYTES) {
    const block = bytes.subarray(position, position + WRITTEN_BYTES);
    const compressed = compressor.compress(block);
    const isSmaller = compressed.length < block.length;
    appendUint32(out, isSmaller ? compressed.length : block.length + STORED);
    out.append(isSmaller ? compressed : block);
    yield;
  }
  appendUint32(out, 0);
  return out.finish();
}

class BlockCompressor {
  readonly #tries: number;
  readonly #latest = newHashTable();
  /** The place before with the same hash, for each place of the block. */
  readonly #before = new Int32Array(WRITTEN_BYTES);

  constructor(tries: number) {
    this.#tries = tries;
  }

  compress(block: Uint8Array): Uint8Array {
    const out = new GrowingBytes(Number.MAX_SAFE_INTEGER, block.length + 64);
    this.#latest.fill(-1);
    let literal = 0;
    for (let position = 0; position < block.length - MATCH_START_MARGIN; ) {
      const match = this.#longest(block, position);
      const length = match % REACH;
      const at = (match - length) / REACH;
      if (length < MATCH_BYTES_MIN) {
        position++;
        continue;
      }
      appendLiterals(out, block, literal, position, length - MATCH_BYTES_MIN);
      appendMatch(out, position - at, length - MATCH_BYTES_MIN);
      // What lies within the match is found again too.
      for (let inside = position + 1; inside < position + length; inside++) this.#enter(block, inside);
      position += length;
      literal = position;
    }
    appendLiterals(out, block, literal, block.length, 0);
    return out.finish();
  }

  /** Where the longest match begins, times 2^16, and its length; 0 when there is none: no object for each place. */
  #longest(block: Uint8Array, position: number): number {
    const end = block.length - MATCH_END_MARGIN;
    let candidate = this.#enter(block, position);
    let at = 0;
    let longest = 0;
    for (let tries = this.#tries; tries > 0 && candidate >= 0; tries--) {
      // What is not longer differs at that byte already.
      if (block[candidate + longest] === block[position + longest]) {
        const length = matchLength(block, candidate, position, end);
        if (length > longest) [at, longest] = [candidate, length];
      }
      candidate = this.#before[candidate] ?? -1;
    }
    return at * REACH + longest;
  }

  /** Gives the last place before with the same hash. */
  #enter(block: Uint8Array, position: number): number {
    const hash = hashOf(block, position);
    const before = this.#latest[hash] ?? -1;
    this.#before[position] = before;
    this.#latest[hash] = position;
    return before;
  }
}

/** With the length of the match behind them, less what every match has. */
function appendLiterals(out: GrowingBytes, block: Uint8Array, start: number, end: number, match: number): void {
  const count = end - start;
  out.byte((Math.min(15, count) << 4) | Math.min(15, match));
  if (count >= 15) appendRest(out, count - 15);
  out.append(block, start, end);
}

function appendMatch(out: GrowingBytes, distance: number, length: number): void {
  out.byte(distance & 0xff);
  out.byte(distance >>> 8);
  if (length >= 15) appendRest(out, length - 15);
}

function appendRest(out: GrowingBytes, rest: number): void {
  let left = rest;
  for (; left >= 255; left -= 255) out.byte(255);
  out.byte(left);
}

function appendUint32(out: GrowingBytes, value: number): void {
  for (const shift of [0, 8, 16, 24]) out.byte((value >>> shift) & 0xff);
}
