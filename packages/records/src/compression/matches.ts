/** What the compressors of snappy and LZ4 look for: four bytes that were there before, within one block. */

const HASH_BITS = 14;

export function newHashTable(): Int32Array {
  return new Int32Array(1 << HASH_BITS);
}

export function hashOf(bytes: Uint8Array, at: number): number {
  const four =
    (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
  return Math.imul(four, 0x9e37_79b1) >>> (32 - HASH_BITS);
}

/** How far what stands at `earlier` and at `later` is the same, up to `end`. */
export function matchLength(bytes: Uint8Array, earlier: number, later: number, end: number): number {
  let length = 0;
  while (later + length < end && bytes[earlier + length] === bytes[later + length]) length++;
  return length;
}
