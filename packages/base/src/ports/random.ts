import { assert } from '../assert.ts';

/** Where all chance comes from. Strong enough for ids in production, a seeded generator in the simulator. */
export interface Random {
  /** Uniform over `[0, 2^32)`. */
  uint32(): number;
  bytes(count: number): Uint8Array;
}

/** A uniform integer in `[start, end)`; the slight bias of the multiplication is below 2^-21 for ranges in use. */
export function randomInteger(random: Random, start: number, end: number): number {
  assert(Number.isSafeInteger(start) && Number.isSafeInteger(end) && start < end, 'a range has members', {
    start,
    end,
  });
  return start + Math.floor((random.uint32() / 2 ** 32) * (end - start));
}

/** A uniform number in `[0, 1)`. */
export function randomFraction(random: Random): number {
  return random.uint32() / 2 ** 32;
}
