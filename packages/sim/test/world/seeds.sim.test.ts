import { expect, test } from 'vitest';
import { runJob } from '../../src/command/run-job.ts';
import type { SeedResult } from '../../src/run-seed.ts';
import type { PlantedBug } from '../../src/world/nodes.ts';

/** All of it on one core: a handful, chosen for what they met. CI runs more by `npm run sim -- --ci`. */
const SEEDS = [4, 5, 9, 10, 11, 12];

async function run(seed: number, planted?: PlantedBug): Promise<SeedResult> {
  return (await runJob({ seed, only: undefined, planted })).result;
}

test.each([7, 10])('seed %i replays event by event', async (seed) => {
  const [first, second] = [await run(seed), await run(seed)];
  expect(second.traceHash).toBe(first.traceHash);
  expect(second.eventCount).toBe(first.eventCount);
  expect(second.coverage).toEqual(first.coverage);
});

test('two seeds are two stories', async () => {
  expect((await run(7)).traceHash).not.toBe((await run(10)).traceHash);
});

test.each(SEEDS)('seed %i: nothing is lost, and the cluster is whole again', async (seed) => {
  const { failure, coverage } = await run(seed);
  expect(failure?.message).toBeUndefined();
  expect(coverage.acknowledgedRecords).toBeGreaterThan(50);
});
