import { concatBytes } from './concat.ts';

/**
 * SHA-256, SHA-512 (FIPS 180-4) and HMAC (RFC 2104), for keys of a few bytes now and then, where no port is at hand: a decision
 * of a controller is a pure function. Not for the hot path.
 */

interface Sha2 {
  readonly blockBytes: number;
  readonly digest: (bytes: Uint8Array) => Uint8Array;
}

export const SHA_256: Sha2 = { blockBytes: 64, digest: sha256 };
export const SHA_512: Sha2 = { blockBytes: 128, digest: sha512 };

export function hmac({ blockBytes, digest }: Sha2, key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = new Uint8Array(blockBytes);
  block.set(key.length > blockBytes ? digest(key) : key);
  const inner = digest(concatBytes([block.map((byte) => byte ^ 0x36), message]));
  return digest(concatBytes([block.map((byte) => byte ^ 0x5c), inner]));
}

const ROUNDS_256 = 64;
const ROUNDS_512 = 80;
const BITS_64 = 2n ** 64n - 1n;

// The constants of both are the first bits of the same fractions: of the cube roots and square roots of the first primes.
const PRIMES = firstPrimes(ROUNDS_512);
const ROUND_CONSTANTS = PRIMES.map((prime) => root(3n, prime << 192n) & BITS_64);
const INITIAL = PRIMES.slice(0, 8).map((prime) => root(2n, prime << 128n) & BITS_64);
const K_HIGH = Int32Array.from(ROUND_CONSTANTS, high);
const K_LOW = Int32Array.from(ROUND_CONSTANTS, low);
const H_HIGH = Int32Array.from(INITIAL, high);
const H_LOW = Int32Array.from(INITIAL, low);

function sha256(bytes: Uint8Array): Uint8Array {
  const view = new DataView(padded(bytes, SHA_256.blockBytes).buffer);
  const state = H_HIGH.slice();
  const w = new Int32Array(ROUNDS_256);
  for (let at = 0; at < view.byteLength; at += SHA_256.blockBytes) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + i * 4);
    for (let i = 16; i < ROUNDS_256; i++) {
      const [x, y] = [word(w, i - 15), word(w, i - 2)];
      const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
      const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
      w[i] = word(w, i - 16) + s0 + word(w, i - 7) + s1;
    }
    const v = state.slice();
    for (let i = 0; i < ROUNDS_256; i++) {
      const [a, b, c, d] = [word(v, 0), word(v, 1), word(v, 2), word(v, 3)];
      const [e, f, g, h] = [word(v, 4), word(v, 5), word(v, 6), word(v, 7)];
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const t1 = h + s1 + ((e & f) ^ (~e & g)) + word(K_HIGH, i) + word(w, i);
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      v.copyWithin(1, 0, 7);
      v[4] = d + t1;
      v[0] = t1 + s0 + ((a & b) ^ (a & c) ^ (b & c));
    }
    for (let i = 0; i < 8; i++) state[i] = word(state, i) + word(v, i);
  }
  const digest = new DataView(new ArrayBuffer(32));
  for (const [i, each] of state.entries()) digest.setInt32(i * 4, each);
  return new Uint8Array(digest.buffer);
}

/** 64-bit words are pairs of 32: as bigints they would take a hundred times as long. */
function sha512(bytes: Uint8Array): Uint8Array {
  const view = new DataView(padded(bytes, SHA_512.blockBytes).buffer);
  const state = Pairs.of(H_HIGH, H_LOW);
  const w = new Pairs(ROUNDS_512);
  const constants = Pairs.of(K_HIGH, K_LOW);
  for (let at = 0; at < view.byteLength; at += SHA_512.blockBytes) {
    for (let i = 0; i < 16; i++) w.set(i, [view.getInt32(at + i * 8), view.getInt32(at + i * 8 + 4)]);
    for (let i = 16; i < ROUNDS_512; i++) {
      const [x, y] = [w.get(i - 15), w.get(i - 2)];
      const s0 = xor(rotate64(x, 1), rotate64(x, 8), shift64(x, 7));
      const s1 = xor(rotate64(y, 19), rotate64(y, 61), shift64(y, 6));
      w.set(i, sum(w.get(i - 16), s0, w.get(i - 7), s1));
    }
    let [a, b, c, d] = [state.get(0), state.get(1), state.get(2), state.get(3)];
    let [e, f, g, h] = [state.get(4), state.get(5), state.get(6), state.get(7)];
    for (let i = 0; i < ROUNDS_512; i++) {
      const s1 = xor(rotate64(e, 14), rotate64(e, 18), rotate64(e, 41));
      const choice: Pair = [(e[0] & f[0]) ^ (~e[0] & g[0]), (e[1] & f[1]) ^ (~e[1] & g[1])];
      const t1 = sum(h, s1, choice, constants.get(i), w.get(i));
      const s0 = xor(rotate64(a, 28), rotate64(a, 34), rotate64(a, 39));
      const majority: Pair = [
        (a[0] & b[0]) ^ (a[0] & c[0]) ^ (b[0] & c[0]),
        (a[1] & b[1]) ^ (a[1] & c[1]) ^ (b[1] & c[1]),
      ];
      [h, g, f, e, d, c, b, a] = [g, f, e, sum(d, t1), c, b, a, sum(t1, s0, majority)];
    }
    for (const [i, each] of [a, b, c, d, e, f, g, h].entries()) state.set(i, sum(state.get(i), each));
  }
  const digest = new DataView(new ArrayBuffer(64));
  for (let i = 0; i < 8; i++) {
    const [upper, lower] = state.get(i);
    digest.setInt32(i * 8, upper);
    digest.setInt32(i * 8 + 4, lower);
  }
  return new Uint8Array(digest.buffer);
}

/** The upper and the lower half of a 64-bit word. */
type Pair = readonly [number, number];

class Pairs {
  readonly #upper: Int32Array;
  readonly #lower: Int32Array;

  constructor(count: number) {
    this.#upper = new Int32Array(count);
    this.#lower = new Int32Array(count);
  }

  static of(upper: Int32Array, lower: Int32Array): Pairs {
    const pairs = new Pairs(upper.length);
    pairs.#upper.set(upper);
    pairs.#lower.set(lower);
    return pairs;
  }

  get(index: number): Pair {
    return [word(this.#upper, index), word(this.#lower, index)];
  }

  set(index: number, [upper, lower]: Pair): void {
    this.#upper[index] = upper;
    this.#lower[index] = lower;
  }
}

function sum(...pairs: readonly Pair[]): Pair {
  let [upper, lower] = [0, 0];
  for (const [each, eachLower] of pairs) {
    upper += each;
    lower += eachLower >>> 0;
  }
  return [(upper + Math.floor(lower / 2 ** 32)) | 0, lower | 0];
}

function xor(left: Pair, middle: Pair, right: Pair): Pair {
  return [left[0] ^ middle[0] ^ right[0], left[1] ^ middle[1] ^ right[1]];
}

function rotate64([upper, lower]: Pair, bits: number): Pair {
  if (bits >= 32) return rotate64([lower, upper], bits - 32);
  if (bits === 0) return [upper, lower];
  return [(upper >>> bits) | (lower << (32 - bits)), (lower >>> bits) | (upper << (32 - bits))];
}

function shift64([upper, lower]: Pair, bits: number): Pair {
  return [upper >>> bits, (lower >>> bits) | (upper << (32 - bits))];
}

function rotate(value: number, bits: number): number {
  return (value >>> bits) | (value << (32 - bits));
}

function word(words: Int32Array, index: number): number {
  return words[index] ?? 0;
}

/** The message, a bit, zeros, and its length in bits. */
function padded(bytes: Uint8Array, blockBytes: number): Uint8Array<ArrayBuffer> {
  const lengthBytes = blockBytes / 8;
  const size = Math.ceil((bytes.length + 1 + lengthBytes) / blockBytes) * blockBytes;
  const message = new Uint8Array(size);
  message.set(bytes);
  message[bytes.length] = 0x80;
  new DataView(message.buffer).setBigUint64(size - 8, BigInt(bytes.length) * 8n);
  return message;
}

function firstPrimes(count: number): bigint[] {
  const primes: bigint[] = [];
  for (let candidate = 2n; primes.length < count; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0n)) primes.push(candidate);
  }
  return primes;
}

/** The whole part of the root, by Newton's method from above. */
function root(degree: 2n | 3n, of: bigint): bigint {
  let guess = 1n << BigInt(Math.ceil(of.toString(2).length / Number(degree)));
  for (;;) {
    const next = ((degree - 1n) * guess + of / guess ** (degree - 1n)) / degree;
    if (next >= guess) return guess;
    guess = next;
  }
}

function high(value: bigint): number {
  return Number(BigInt.asIntN(32, value >> 32n));
}

function low(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}
