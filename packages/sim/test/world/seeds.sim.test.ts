import { expect, test } from 'vitest';
import { runJob } from '../../src/command/run-job.ts';
import { addCoverage, emptyCoverage } from '../../src/coverage.ts';
import { catches, PLANTED_CASES } from '../../src/planted/table.ts';
import type { SeedResult } from '../../src/run-seed.ts';
import type { PlantedBug } from '../../src/world/nodes.ts';

/** All of it on one core: a handful, chosen for what they met. CI runs more by `npm run sim -- --ci`. */
const SEEDS = [1, 2, 3, 5, 11, 12];

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

const seen = emptyCoverage();

test.each(SEEDS)('seed %i: nothing is lost, and the cluster is whole again', async (seed) => {
  const { failure, coverage, isThin } = await run(seed);
  addCoverage(seen, coverage);
  expect(failure?.message).toBeUndefined();
  expect(isThin).toBe(false);
});

test('these seeds have met everything that is counted', () => {
  expect(Object.entries(seen).filter(([, count]) => count === 0)).toEqual([]);
});

/** Those that show at once; `npm run sim -- --table` looks for all. */
const QUICK_BUGS: readonly PlantedBug[] = [
  'shrink-before-commit',
  'follower-reports-unflushed-end',
  'truncate-to-hw',
  'group-commit-ignores-generation',
  'two-coordinators-answer',
];
const SEEDS_MAX = 12;

test.each(QUICK_BUGS)('the planted bug %s is caught by what should catch it', async (bug) => {
  const planted = PLANTED_CASES.find((each) => each.bug === bug);
  const failed: (string | undefined)[] = [];
  for (let seed = 1; seed <= SEEDS_MAX && failed.length === 0; seed++) {
    const { failure } = await run(seed, bug);
    if (failure !== undefined) failed.push(failure.check);
  }
  expect(planted && failed[0] !== undefined && catches(planted, failed[0]), failed[0]).toBe(true);
});
