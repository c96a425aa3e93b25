/**
 * Where the replicas of new partitions go.
 *
 * Brokers stand in a ring in which racks alternate. Leaders go round the ring from a random start, to whoever leads
 * fewest of the topic, so they are even. Each further replica goes to the broker whose rack has fewest of the partition's
 * replicas, then whose host has fewest, then to the one with fewest replicas of the topic, then to the next in the
 * ring. Racks are a wish before hosts: losing a rack loses a host too. Neither is a condition: three brokers on one host still get
 * three replicas.
 */
import { assert, type NodeId, present, type Random, randomInteger } from '@moldau/base';

/** A broker that may get replicas. */
export interface PlacementBroker {
  readonly brokerId: NodeId;
  /** Empty when unknown: all such brokers count as one rack. */
  readonly rack: string;
  /** Empty when unknown: such a broker counts as a host of its own. */
  readonly host: string;
}

export interface PlacementRequest {
  readonly brokers: readonly PlacementBroker[];
  /** How many partitions to place. */
  readonly partitionCount: number;
  /** At most the number of brokers. */
  readonly replicationFactor: number;
  /** Replicas of the partitions that the topic has already, so that it stays even as it grows. */
  readonly existing: readonly (readonly NodeId[])[];
}

/** Broker ids for each new partition, the preferred leader first. */
export function placeReplicas(request: PlacementRequest, random: Random): NodeId[][] {
  const { brokers, replicationFactor } = request;
  assert(replicationFactor >= 1 && replicationFactor <= brokers.length, 'each replica has a broker of its own', {
    replicationFactor,
    brokerCount: brokers.length,
  });
  const ring = alternateRacks(brokers);
  const leaders = new Map<NodeId, number>();
  const replicas = new Map<NodeId, number>();
  for (const ids of request.existing) count(ids, leaders, replicas);

  const start = randomInteger(random, 0, ring.length);
  const placed: NodeId[][] = [];
  for (let partition = 0; partition < request.partitionCount; partition++) {
    const ids = placePartition(ring, start + partition, replicationFactor, leaders, replicas);
    count(ids, leaders, replicas);
    placed.push(ids);
  }
  return placed;
}

function placePartition(
  ring: readonly PlacementBroker[],
  start: number,
  replicationFactor: number,
  leaders: ReadonlyMap<NodeId, number>,
  replicas: ReadonlyMap<NodeId, number>,
): NodeId[] {
  const chosen: PlacementBroker[] = [];
  while (chosen.length < replicationFactor) {
    let best: { readonly broker: PlacementBroker; readonly cost: readonly number[] } | undefined;
    for (let step = 0; step < ring.length; step++) {
      const broker = present(ring[(start + step) % ring.length], 'a broker of the ring');
      if (chosen.includes(broker)) continue;
      const cost = [
        chosen.filter(({ rack }) => rack === broker.rack).length,
        chosen.filter(({ host }) => host !== '' && host === broker.host).length,
        chosen.length === 0 ? (leaders.get(broker.brokerId) ?? 0) : 0,
        replicas.get(broker.brokerId) ?? 0,
      ];
      if (best === undefined || less(cost, best.cost)) best = { broker, cost };
    }
    chosen.push(present(best, 'a broker that is not chosen').broker);
  }
  return chosen.map(({ brokerId }) => brokerId);
}

function count(ids: readonly NodeId[], leaders: Map<NodeId, number>, replicas: Map<NodeId, number>): void {
  const leader = ids[0];
  if (leader !== undefined) leaders.set(leader, (leaders.get(leader) ?? 0) + 1);
  for (const id of ids) replicas.set(id, (replicas.get(id) ?? 0) + 1);
}

function less(left: readonly number[], right: readonly number[]): boolean {
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? 0;
    if (value !== other) return value < other;
  }
  return false;
}

/** One broker of each rack in turn, racks and brokers in order, so that the ring does not depend on who came first. */
function alternateRacks(brokers: readonly PlacementBroker[]): PlacementBroker[] {
  const racks = new Map<string, PlacementBroker[]>();
  for (const broker of [...brokers].sort((left, right) => left.brokerId - right.brokerId)) {
    const rack = racks.get(broker.rack);
    if (rack === undefined) racks.set(broker.rack, [broker]);
    else rack.push(broker);
  }
  const ordered = [...racks].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, members]) => members);
  const ring: PlacementBroker[] = [];
  for (let turn = 0; ring.length < brokers.length; turn++) {
    for (const members of ordered) {
      const broker = members[turn];
      if (broker !== undefined) ring.push(broker);
    }
  }
  return ring;
}
