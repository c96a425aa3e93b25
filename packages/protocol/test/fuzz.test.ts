import process from 'node:process';
import { expect, test } from 'vitest';
import type { FuzzKind } from './support/fuzz.ts';
import { brokenLimits, watchedFuzz } from './support/watched-fuzz.ts';

/** A few seconds of them, and another seed with `MOLDAU_FUZZ_SEED`. Ten million are for `fuzz-run.ts`. */
const FRAMES = 100_000;
const SEED = Number(process.env['MOLDAU_FUZZ_SEED'] ?? '20261128');

test.each<FuzzKind>(['random', 'mutated'])(
  `${FRAMES} %s frames are each a message within its budget or refused, and leave nothing behind (seed ${SEED})`,
  (kind) => {
    const plan = { kind, frames: FRAMES, warmUpFrames: 20_000, sampleFrames: FRAMES, seed: SEED };
    const sample = watchedFuzz(plan);
    expect(sample.values + sample.refused).toBe(FRAMES);
    // A fuzzer that only ever hits the first check, or never does, tests nothing.
    expect(sample.values).toBeGreaterThan(FRAMES / 20);
    expect(sample.refused).toBeGreaterThan(FRAMES / 20);
    expect(brokenLimits(sample, false)).toEqual([]);
  },
  60_000,
);
