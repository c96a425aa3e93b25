import { expect, test } from 'vitest';
import { emptyCoverage, isEnough, SEEDS_JUDGED, shortfalls } from '../src/coverage.ts';

const QUIET = { faultEveryMs: new Map() };
const KILLS = { faultEveryMs: new Map([['kill', 1_000] as const]) };
const PAUSES = { faultEveryMs: new Map([['pause', 1_000] as const]) };

test('a seed counts when records went through, groups worked and what was drawn was felt', () => {
  const some = { ...emptyCoverage(), acknowledgedRecords: 50, groupGenerations: 2, groupCommits: 5 };
  expect(isEnough({ ...some, acknowledgedRecords: 49 }, QUIET)).toBe(false);
  expect(isEnough(some, QUIET)).toBe(true);
  expect(isEnough({ ...some, groupGenerations: 1 }, QUIET)).toBe(false);
  expect(isEnough({ ...some, groupCommits: 4 }, QUIET)).toBe(false);
  expect(isEnough({ ...some, isrChanges: 1 }, KILLS)).toBe(false);
  expect(isEnough({ ...some, crashes: 1 }, KILLS)).toBe(true);
  expect(isEnough(some, PAUSES)).toBe(false);
  expect(isEnough({ ...some, isrChanges: 1 }, PAUSES)).toBe(true);
});

test('seeds that met too little together are told, and for more seeds more is demanded', () => {
  expect(shortfalls(emptyCoverage(), SEEDS_JUDGED - 1)).toEqual([]);
  expect(shortfalls(emptyCoverage(), SEEDS_JUDGED)).toHaveLength(Object.keys(emptyCoverage()).length);
  const plenty = Object.fromEntries(Object.keys(emptyCoverage()).map((name) => [name, 1e9]));
  const truncations = 9;
  const total = { ...emptyCoverage(), ...plenty, truncations };
  expect(shortfalls(total, truncations * SEEDS_JUDGED)).toEqual([]);
  expect(shortfalls(total, (truncations + 1) * SEEDS_JUDGED)).toHaveLength(1);
});
