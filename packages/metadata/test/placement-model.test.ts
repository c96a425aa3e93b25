import type { NodeId } from '@moldau/base';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PlacementBroker, placeReplicas } from '../src/index.ts';
import { seededRandom } from './fixtures.ts';

/** The rule as place-replicas.ts tells it, without a thought for time. */
function nextReplica(
  ring: readonly PlacementBroker[],
  chosen: readonly PlacementBroker[],
  placed: readonly (readonly NodeId[])[],
): PlacementBroker {
  const cost = ({ brokerId, rack, host }: PlacementBroker): readonly number[] => [
    chosen.filter((each) => each.rack === rack).length,
    chosen.filter((each) => each.host !== '' && each.host === host).length,
    chosen.length === 0 ? placed.filter((ids) => ids[0] === brokerId).length : 0,
    placed.filter((ids) => ids.includes(brokerId)).length,
  ];
  const less = (left: readonly number[], right: readonly number[]): boolean => {
    const at = left.findIndex((value, index) => value !== right[index]);
    return at >= 0 && (left[at] ?? 0) < (right[at] ?? 0);
  };
  const free = ring.filter((broker) => !chosen.includes(broker));
  return free.reduce((best, broker) => (less(cost(broker), cost(best)) ? broker : best));
}

const brokers = fc.array(fc.record({ rack: fc.constantFrom('', 'a', 'b', 'c'), host: fc.constantFrom('', 'h', 'i') }), {
  minLength: 1,
  maxLength: 9,
});

test('replicas go where the plain rule says', () => {
  fc.assert(
    fc.property(brokers, fc.nat(1000), fc.nat(8), (labels, seed, factor) => {
      const all = labels.map((label, brokerId) => ({ brokerId, ...label }));
      const replicationFactor = 1 + (factor % all.length);
      const request = { brokers: all, partitionCount: 12, replicationFactor, existing: [] };
      const placed = placeReplicas(request, seededRandom(seed));
      // The first partitions of one replica show the ring: leaders go round it.
      const round = placeReplicas({ ...request, partitionCount: all.length, replicationFactor: 1 }, seededRandom(seed));
      const ring = round.flat().map((id) => all.find(({ brokerId }) => brokerId === id) ?? all[0]);
      const seats = ring.filter((broker) => broker !== undefined);
      for (const [partition, ids] of placed.entries()) {
        const start = partition % seats.length;
        const turned = [...seats.slice(start), ...seats.slice(0, start)];
        const chosen: PlacementBroker[] = [];
        while (chosen.length < replicationFactor) chosen.push(nextReplica(turned, chosen, placed.slice(0, partition)));
        expect(ids).toEqual(chosen.map(({ brokerId }) => brokerId));
      }
    }),
    { numRuns: 200 },
  );
});
