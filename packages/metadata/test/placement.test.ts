import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assignmentProblem, type PlacementBroker, placeReplicas } from '../src/index.ts';
import { seededRandom } from './fixtures.ts';

const brokersArbitrary = fc
  .array(fc.record({ rack: fc.constantFrom('', 'north', 'south', 'east'), host: fc.constantFrom('', 'a', 'b', 'c') }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((labels) => labels.map((label, index) => ({ brokerId: index + 1, ...label })));

test('any placement names different brokers, spreads leaders evenly, and uses as many racks as it can', () => {
  fc.assert(
    fc.property(
      brokersArbitrary,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 40 }),
      fc.nat(),
      (brokers, factor, partitionCount, seed) => {
        const replicationFactor = Math.min(factor, brokers.length);
        const placed = placeReplicas({ brokers, partitionCount, replicationFactor, existing: [] }, seededRandom(seed));
        expect(placed).toHaveLength(partitionCount);
        const rackOf = new Map(brokers.map(({ brokerId, rack }) => [brokerId, rack]));
        const racks = new Set(rackOf.values()).size;
        for (const ids of placed) {
          expect(new Set(ids).size).toBe(replicationFactor);
          expect(new Set(ids.map((id) => rackOf.get(id))).size).toBe(Math.min(racks, replicationFactor));
        }
        const led = brokers.map(({ brokerId }) => placed.filter(([leader]) => leader === brokerId).length);
        expect(Math.max(...led) - Math.min(...led)).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 300 },
  );
});

test('without racks, replicas lie on different hosts when there are enough', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(),
      (hostCount, perHost, seed) => {
        const brokers: PlacementBroker[] = [];
        for (let id = 0; id < hostCount * perHost; id++)
          brokers.push({ brokerId: id, rack: '', host: `host-${id % hostCount}` });
        const placed = placeReplicas(
          { brokers, partitionCount: 12, replicationFactor: hostCount, existing: [] },
          seededRandom(seed),
        );
        for (const ids of placed) expect(new Set(ids.map((id) => id % hostCount)).size).toBe(hostCount);
      },
    ),
  );
});

test('replicas of equal brokers are even, and stay so when the topic grows', () => {
  const brokers = [1, 2, 3, 4, 5].map((brokerId) => ({ brokerId, rack: '', host: '' }));
  const first = placeReplicas({ brokers, partitionCount: 7, replicationFactor: 3, existing: [] }, seededRandom(1));
  const more = placeReplicas({ brokers, partitionCount: 8, replicationFactor: 3, existing: first }, seededRandom(2));
  const all = [...first, ...more];
  for (const { brokerId } of brokers) {
    expect(all.filter(([leader]) => leader === brokerId)).toHaveLength(3);
    expect(all.filter((ids) => ids.includes(brokerId))).toHaveLength(9);
  }
});

test('three brokers on one host still get three replicas', () => {
  const brokers = [1, 2, 3].map((brokerId) => ({ brokerId, rack: 'r', host: 'h' }));
  expect(
    placeReplicas({ brokers, partitionCount: 1, replicationFactor: 3, existing: [] }, seededRandom(1))[0],
  ).toHaveLength(3);
});

describe('an explicit assignment', () => {
  const options = {
    firstPartition: 2,
    replicationFactor: 2,
    isRegistered: (id: number) => id <= 3,
    isActive: (id: number) => id <= 2,
  };
  test.each([
    [
      'is taken',
      [
        [2, [1, 2]],
        [3, [3, 1]],
      ],
      undefined,
    ],
    [
      'skips a partition',
      [
        [2, [1, 2]],
        [4, [1, 2]],
      ],
      /each new partition once/,
    ],
    [
      'names a partition twice',
      [
        [2, [1, 2]],
        [2, [1, 2]],
      ],
      /each new partition once/,
    ],
    ['has no broker', [[2, []]], /Name at least one/],
    ['has another number of replicas', [[2, [1]]], /as many replicas/],
    ['names a broker twice', [[2, [1, 1]]], /twice/],
    ['names a broker that does not exist', [[2, [1, 9]]], /not registered/],
  ] as const)('%s', (_story, rows, problem) => {
    const found = assignmentProblem(
      rows.map(([partition, brokerIds]) => ({ partition, brokerIds })),
      options,
    );
    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(problem);
  });

  test('to fenced brokers alone is refused', () => {
    expect(
      assignmentProblem([{ partition: 0, brokerIds: [3] }], { ...options, firstPartition: 0, replicationFactor: 1 }),
    ).toMatch(/fenced/);
  });
});
