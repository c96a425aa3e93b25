import type { Random } from '@moldau/base';

/**
 * Chance that replays from its seed: xoshiro128** (Blackman and Vigna 2018), its state filled by splitmix32.
 *
 * Each part of a world draws from its own {@link SimRandom.fork}: a fork depends on the seed and its name alone, not
 * on how much was drawn before, so a change in one part does not reshuffle all others.
 */
export class SimRandom implements Random {
  readonly seed: string;
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: string | number) {
    this.seed = String(seed);
    const next = splitmix(hash(this.seed, 0x811c9dc5));
    const other = splitmix(hash(this.seed, 0x9747b28c));
    this.#a = next();
    this.#b = other();
    this.#c = next();
    // An all-zero state would stay zero for ever.
    this.#d = other() | 1;
  }

  fork(name: string): SimRandom {
    return new SimRandom(`${this.seed}/${name}`);
  }

  uint32(): number {
    const scrambled = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotateLeft(this.#d, 11);
    return scrambled;
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let index = 0; index < count; index++) bytes[index] = this.uint32() >>> 24;
    return bytes;
  }

  /** Uniform in `[start, end)`, a fraction. */
  between(start: number, end: number): number {
    return start + (this.uint32() / 2 ** 32) * (end - start);
  }

  /** True with this probability. At 0 and 1 nothing is drawn. */
  chance(probability: number): boolean {
    if (probability <= 0) return false;
    if (probability >= 1) return true;
    return this.uint32() < probability * 2 ** 32;
  }
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** FNV-1a over the UTF-16 units. */
function hash(text: string, basis: number): number {
  let value = basis;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value;
}

function splitmix(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let value = state ^ (state >>> 16);
    value = Math.imul(value, 0x21f0aaad);
    value ^= value >>> 15;
    value = Math.imul(value, 0x735a2d97);
    return value ^ (value >>> 15);
  };
}
