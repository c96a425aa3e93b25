/**
 * Snappy: a varint with the length of what comes out, then literals and copies.
 *
 *     xxxxxx00  literal of x + 1 bytes; x from 60 on: its length less one follows in x - 59 bytes
 *     ooolll01  copy of l + 4 bytes from o * 256 + the next byte ago
 *     llllll10  copy of l + 1 bytes from what two bytes say ago
 *     llllll11  the same with four bytes
 *
 * Java's clients cut it into blocks and frame those ("xerial"): 8 bytes of magic, two versions, then a length and a block in
 * turn. Others send one block. Both are read; the framed form is written, since all read that.
 */
import { MalformedBytesError } from '@moldau/base';
import { GrowingBytes } from './growing-bytes.ts';
import { hashOf, matchLength, newHashTable } from './matches.ts';

const MAGIC = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0);
const FRAME_HEADER_BYTES = 16;
const VERSION = 1;
/** As Java's clients have it: copies of two bytes reach all of a block. */
const BLOCK_BYTES = 32 * 1024;
/** Of one byte that was sent: a copy of 64 bytes takes three. */
const RATIO_MAX = 22;
/** Done in one go: a ms or two. */
const STEP_BYTES = 256 * 1024;

const MATCH_BYTES_MIN = 4;
const COPY_BYTES_MAX = 64;

/** Yields now and then, so that others get their turn. @throws MalformedBytesError */
export function* decompressSnappy(bytes: Uint8Array, bytesMax: number): Generator<void, Uint8Array> {
  const blocks = isFramed(bytes) ? framedBlocks(bytes) : [bytes];
  const lengths = blocks.map((block) => lengthOf(block));
  const total = lengths.reduce((sum, { value }) => sum + value, 0);
  if (total > bytesMax)
    throw new MalformedBytesError(`${total} bytes when decompressed, at most ${bytesMax} are taken`);
  const out = new GrowingBytes(total, total);
  let end = 0;
  let nextStep = STEP_BYTES;
  for (const [index, block] of blocks.entries()) {
    const { value = 0, position = 0 } = lengths[index] ?? {};
    end += value;
    yield* decompressBlock(block, position, out);
    if (out.length !== end) throw new MalformedBytesError(`a block of snappy gives ${out.length} bytes, not ${end}`);
    if (out.length < nextStep) continue;
    nextStep = out.length + STEP_BYTES;
    yield;
  }
  return out.finish();
}

function isFramed(bytes: Uint8Array): boolean {
  return bytes.length >= FRAME_HEADER_BYTES && MAGIC.every((byte, index) => bytes[index] === byte);
}

function framedBlocks(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks: Uint8Array[] = [];
  for (let position = FRAME_HEADER_BYTES; position < bytes.length; ) {
    const size = position + 4 <= bytes.length ? view.getInt32(position) : -1;
    position += 4;
    if (size < 0 || position + size > bytes.length) throw new MalformedBytesError('a block of snappy is cut');
    blocks.push(bytes.subarray(position, position + size));
    position += size;
  }
  return blocks;
}

/** What the block says of itself, with where it begins. */
function lengthOf(block: Uint8Array): { readonly value: number; readonly position: number } {
  let value = 0;
  for (let position = 0; position < 5; position++) {
    const byte = block[position];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * position);
    if (byte < 0x80) {
      if (value > block.length * RATIO_MAX)
        throw new MalformedBytesError(`${block.length} bytes of snappy cannot become ${value}`);
      return { value, position: position + 1 };
    }
  }
  throw new MalformedBytesError('a block of snappy does not say how long it is');
}

function* decompressBlock(block: Uint8Array, begin: number, out: GrowingBytes): Generator<void, void> {
  let nextStep = out.length + STEP_BYTES;
  // A block cannot reach into the one before.
  const start = out.length;
  for (let position = begin; position < block.length; ) {
    const tag = block[position++] ?? 0;
    const kind = tag & 3;
    if (kind === 0) {
      const short = tag >>> 2;
      const extra = short < 60 ? 0 : short - 59;
      const length = (extra === 0 ? short : littleEndian(block, position, extra)) + 1;
      position += extra;
      if (position + length > block.length) throw new MalformedBytesError('a literal of snappy is cut');
      out.append(block, position, position + length);
      position += length;
    } else {
      const extra = kind === 3 ? 4 : kind;
      const low = littleEndian(block, position, extra);
      position += extra;
      const length = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
      const distance = kind === 1 ? (tag >>> 5) * 256 + low : low;
      if (distance > out.length - start) throw new MalformedBytesError('a copy of snappy begins before its block');
      out.repeat(distance, length);
    }
    if (out.length < nextStep) continue;
    nextStep = out.length + STEP_BYTES;
    yield;
  }
}

function littleEndian(bytes: Uint8Array, position: number, count: number): number {
  if (position + count > bytes.length) throw new MalformedBytesError('a length of snappy is cut');
  let value = 0;
  for (let index = count - 1; index >= 0; index--) value = value * 256 + (bytes[position + index] ?? 0);
  return value;
}

/** Yields now and then, so that others get their turn. */
export function* compressSnappy(bytes: Uint8Array): Generator<void, Uint8Array> {
  const out = new GrowingBytes(Number.MAX_SAFE_INTEGER, bytes.length);
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  header.set(MAGIC);
  new DataView(header.buffer).setInt32(8, VERSION);
  new DataView(header.buffer).setInt32(12, VERSION);
  out.append(header);
  const table = newHashTable();
  for (let position = 0; position < bytes.length; position += BLOCK_BYTES) {
    const block = compressBlock(bytes.subarray(position, position + BLOCK_BYTES), table);
    for (const shift of [24, 16, 8, 0]) out.byte((block.length >>> shift) & 0xff);
    out.append(block);
    if (position % STEP_BYTES === STEP_BYTES - BLOCK_BYTES) yield;
  }
  return out.finish();
}

function compressBlock(block: Uint8Array, table: Int32Array): Uint8Array {
  const out = new GrowingBytes(Number.MAX_SAFE_INTEGER, block.length + 16);
  appendLength(out, block.length);
  table.fill(-1);
  let literal = 0;
  for (let position = 0; position + MATCH_BYTES_MIN <= block.length; ) {
    const hash = hashOf(block, position);
    const candidate = table[hash] ?? -1;
    table[hash] = position;
    const length = candidate < 0 ? 0 : matchLength(block, candidate, position, block.length);
    if (length < MATCH_BYTES_MIN) {
      position++;
      continue;
    }
    appendLiteral(out, block, literal, position);
    appendCopies(out, position - candidate, length);
    position += length;
    literal = position;
  }
  appendLiteral(out, block, literal, block.length);
  return out.finish();
}

function appendLength(out: GrowingBytes, length: number): void {
  let rest = length;
  for (; rest >= 0x80; rest >>>= 7) out.byte((rest & 0x7f) | 0x80);
  out.byte(rest);
}

function appendLiteral(out: GrowingBytes, block: Uint8Array, start: number, end: number): void {
  const short = end - start - 1;
  if (short < 0) return;
  if (short < 60) out.byte(short << 2);
  else {
    const isLong = short >= 256;
    out.byte((isLong ? 61 : 60) << 2);
    out.byte(short & 0xff);
    if (isLong) out.byte(short >>> 8);
  }
  out.append(block, start, end);
}

function appendCopies(out: GrowingBytes, distance: number, length: number): void {
  for (let rest = length; rest > 0; rest -= COPY_BYTES_MAX) {
    out.byte(((Math.min(rest, COPY_BYTES_MAX) - 1) << 2) | 2);
    out.byte(distance & 0xff);
    out.byte(distance >>> 8);
  }
}
