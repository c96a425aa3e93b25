import process from 'node:process';
import { expect, test } from 'vitest';
import { dice, fuzz, specimens } from './support/fuzz.ts';

/** A few seconds of them. `MOLDAU_FUZZ_FRAMES=10000000` is the long run, and `MOLDAU_FUZZ_SEED` another one. */
const { MOLDAU_FUZZ_FRAMES = '200000', MOLDAU_FUZZ_SEED = '20261128' } = process.env;
const FRAMES = Number(MOLDAU_FUZZ_FRAMES);
const SEED = Number(MOLDAU_FUZZ_SEED);

test(`${FRAMES} frames, random and mutated, are each a message within its budget or refused (seed ${SEED})`, () => {
  const { values, refused } = fuzz(FRAMES, dice(SEED), specimens(SEED));
  expect(values + refused).toBe(FRAMES);
  // A fuzzer that only ever hits the first check, or never does, tests nothing.
  expect(values).toBeGreaterThan(FRAMES / 20);
  expect(refused).toBeGreaterThan(FRAMES / 20);
}, 3_600_000);
