// MurmurHash2, 32 bits, with the seed that Kafka's clients use: equal keys must go to equal partitions, whoever writes.
const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;
const SHIFT = 24;

/** The hash as an unsigned number. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const bodyEnd = length - (length % 4);
  let hash = SEED ^ length;
  for (let at = 0; at < bodyEnd; at += 4) {
    let word = Math.imul(view.getUint32(at, true), MULTIPLIER);
    word = Math.imul(word ^ (word >>> SHIFT), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ word;
  }
  if (bodyEnd < length) {
    for (let at = length - 1; at >= bodyEnd; at--) hash ^= view.getUint8(at) << (8 * (at - bodyEnd));
    hash = Math.imul(hash, MULTIPLIER);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return (hash ^ (hash >>> 15)) >>> 0;
}
