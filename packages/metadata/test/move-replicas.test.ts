import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type MoveRequest, moveReplicas, type PlacementBroker, placeReplicas } from '../src/index.ts';
import { seededRandom } from './fixtures.ts';

function brokersIn(racks: Readonly<Record<number, string>>): PlacementBroker[] {
  return Object.entries(racks).map(([id, rack]) => ({ brokerId: Number(id), rack, host: '' }));
}

const FOUR = brokersIn({ 1: '', 2: '', 3: '', 4: '' });

function request(changes: Partial<MoveRequest>): MoveRequest {
  const { brokers = FOUR } = changes;
  return {
    brokers,
    targets: new Set(brokers.map(({ brokerId }) => brokerId)),
    leaving: new Set(),
    partitions: [],
    existing: [],
    even: true,
    start: 0,
    ...changes,
  };
}

function repeated(ids: readonly number[], count: number): number[][] {
  return Array.from({ length: count }, () => [...ids]);
}

describe('replicas that must leave', () => {
  test.each<[string, Partial<MoveRequest>, (readonly number[] | undefined)[]]>([
    ['are replaced in their place', { leaving: new Set([1]), even: false, partitions: [[1, 2, 3]] }, [[4, 2, 3]]],
    [
      'leave others alone',
      { leaving: new Set([4]), even: false, partitions: repeated([1, 2], 2) },
      repeated([1, 2], 2),
    ],
    [
      'go into the rack that they came from where the others have racks of their own',
      {
        brokers: brokersIn({ 1: 'a', 2: 'b', 3: 'b', 4: 'a' }),
        leaving: new Set([1]),
        even: false,
        partitions: [[1, 2]],
        existing: repeated([4, 2], 5),
      },
      [[4, 2]],
    ],
    [
      'do not go to brokers that are no targets, which keep what they have',
      {
        leaving: new Set([1]),
        targets: new Set([2, 4]),
        even: false,
        partitions: [
          [1, 3],
          [3, 1],
          [3, 2],
        ],
      },
      [
        [4, 3],
        [3, 4],
        [3, 2],
      ],
    ],
    [
      'stay without an answer where there are too few brokers',
      {
        leaving: new Set([1]),
        targets: new Set([2, 3]),
        even: false,
        partitions: [
          [1, 2, 3],
          [1, 2],
        ],
      },
      [undefined, [3, 2]],
    ],
    ['leave brokers that are not known', { even: false, partitions: [[9, 1, 2]] }, [[3, 1, 2]]],
  ])('%s', (_, changes, expected) => {
    expect(moveReplicas(request(changes))).toEqual(expected);
  });
});

test.each<[string, Partial<MoveRequest>, readonly number[][]]>([
  ['one more is added', { replicationFactor: 3, partitions: [[1, 2]], existing: repeated([3], 2) }, [[1, 2, 4]]],
  ['one fewer: the last goes', { replicationFactor: 2, even: false, partitions: [[1, 2, 3]] }, [[1, 2]]],
  [
    'one fewer: who leaves anyway goes first',
    { replicationFactor: 2, leaving: new Set([1]), even: false, partitions: [[1, 2, 3]] },
    [[2, 3]],
  ],
])('with another replication factor: %s', (_, changes, expected) => {
  expect(moveReplicas(request(changes))).toEqual(expected);
});

describe('a topic that is made even', () => {
  test('gives a new broker its share, with no more moves than that takes', () => {
    const before = repeated([1, 2, 3], 12);
    const after = moveReplicas(request({ partitions: before }));
    const held = [1, 2, 3, 4].map((id) => after.filter((ids) => ids?.includes(id)).length);
    expect(held).toEqual([9, 9, 9, 9]);
    const moves = after.flatMap((ids, index) => (ids ?? []).filter((id) => before[index]?.includes(id) === false));
    expect(moves).toEqual(repeated([4], 9).flat());
    const led = [1, 2, 3, 4].map((id) => after.filter((ids) => ids?.[0] === id).length);
    expect(Math.max(...led) - Math.min(...led)).toBeLessThanOrEqual(1);
  });

  test('that is even already stays as it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 20 }), fc.nat(), (factor, count, seed) => {
        const placement = { brokers: FOUR, partitionCount: count, replicationFactor: factor, existing: [] };
        const partitions = placeReplicas(placement, seededRandom(seed));
        expect(moveReplicas(request({ partitions }))).toEqual(partitions);
      }),
    );
  });

  test('uses the racks that it can', () => {
    const brokers = brokersIn({ 1: 'a', 2: 'a', 3: 'b', 4: 'c' });
    const after = moveReplicas(
      request({
        brokers,
        partitions: [
          [1, 2, 3],
          [2, 1, 4],
        ],
      }),
    );
    for (const ids of after) expect(ids?.filter((id) => id <= 2)).toHaveLength(1);
  });

  test('ends, with each replica on a broker of its own, whatever it was', () => {
    const ids = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 });
    const racks = fc.array(fc.constantFrom('', 'a', 'b'), { minLength: 6, maxLength: 6 });
    const leaving = fc.uniqueArray(fc.integer({ min: 1, max: 2 }));
    fc.assert(
      fc.property(fc.array(ids, { minLength: 1, maxLength: 15 }), racks, leaving, (partitions, names, gone) => {
        const brokers = names.map((rack, index) => ({ brokerId: index + 1, rack, host: '' }));
        const after = moveReplicas(request({ brokers, partitions, leaving: new Set(gone) }));
        for (const [index, placed] of after.entries()) {
          expect(new Set(placed).size).toBe(partitions[index]?.length);
          expect(placed?.some((id) => gone.includes(id) || id === 7)).toBe(false);
        }
      }),
    );
  });
});
