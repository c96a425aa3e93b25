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
  const ring = takeSeats(brokers);
  const seats = new Map(ring.map((seat) => [seat.brokerId, seat]));
  for (const ids of request.existing) countReplicas(ids.map((id) => seats.get(id)));

  const start = randomInteger(random, 0, ring.length);
  const placed: NodeId[][] = [];
  for (let partition = 0; partition < request.partitionCount; partition++) {
    const ids = placePartition(ring, start + partition, replicationFactor);
    countReplicas(ids.map((id) => seats.get(id)));
    placed.push(ids);
  }
  return placed;
}

/** A broker in the ring, as numbers: 5,000 partitions on 1,000 brokers are looked at 80 million times with 16 replicas. */
export interface Seat {
  readonly brokerId: NodeId;
  readonly rack: number;
  /** One of its own when the host is unknown. */
  readonly host: number;
  /** Of the topic, on this broker. */
  leaders: number;
  replicas: number;
}

/** The ring of these brokers, nothing placed yet. */
export function takeSeats(brokers: readonly PlacementBroker[]): Seat[] {
  const ring = alternateRacks(brokers);
  const racks = new Map<string, number>();
  const hosts = new Map<string, number>();
  const numberOf = (name: string, numbers: Map<string, number>): number => {
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return number;
  };
  return ring.map(({ brokerId, rack, host }) => ({
    brokerId,
    rack: numberOf(rack, racks),
    host: numberOf(host === '' ? `of broker ${brokerId} alone` : `host ${host}`, hosts),
    leaders: 0,
    replicas: 0,
  }));
}

function placePartition(ring: readonly Seat[], start: number, replicationFactor: number): NodeId[] {
  const taken = new Taken(ring.length);
  while (taken.chosen.length < replicationFactor) {
    taken.add(present(bestSeat(ring, start, taken), 'a broker that is not chosen'));
  }
  return taken.chosen.map(({ brokerId }) => brokerId);
}

/** The seats that a partition has taken, and how many of them are in each rack and on each host. */
export class Taken {
  readonly chosen: Seat[] = [];
  readonly inRack: Uint16Array;
  readonly onHost: Uint16Array;

  /** @param seatCount of all there are: no rack and no host has a higher number */
  constructor(seatCount: number) {
    this.inRack = new Uint16Array(seatCount);
    this.onHost = new Uint16Array(seatCount);
  }

  add(seat: Seat): void {
    this.chosen.push(seat);
    this.inRack[seat.rack] = (this.inRack[seat.rack] ?? 0) + 1;
    this.onHost[seat.host] = (this.onHost[seat.host] ?? 0) + 1;
  }
}

/** Where the next replica goes: of equals, the first from `start` on. Undefined: all seats are taken. */
export function bestSeat(ring: readonly Seat[], start: number, { chosen, inRack, onHost }: Taken): Seat | undefined {
  const isLeader = chosen.length === 0;
  const taken = new Set(chosen);
  let best: Seat | undefined;
  let bestRack = 0;
  let bestHost = 0;
  for (let step = 0; step < ring.length; step++) {
    const seat = present(ring[(start + step) % ring.length], 'a seat of the ring');
    const rack = inRack[seat.rack] ?? 0;
    const host = onHost[seat.host] ?? 0;
    // Most are worse than what was found already, and cost no more than these comparisons. Of equals the first stays.
    if (best !== undefined) {
      const worse =
        rack - bestRack ||
        host - bestHost ||
        (isLeader ? seat.leaders - best.leaders : 0) ||
        seat.replicas - best.replicas;
      if (worse >= 0) continue;
    }
    if (taken.has(seat)) continue;
    best = seat;
    bestRack = rack;
    bestHost = host;
  }
  return best;
}

/** Counts the replicas of one partition, the preferred leader first; those without a seat are not counted. */
export function countReplicas(replicas: readonly (Seat | undefined)[]): void {
  for (const [index, seat] of replicas.entries()) if (seat !== undefined) countReplica(seat, index);
}

/** Counts the replica that stands in that place of its partition. */
export function countReplica(seat: Seat, index: number): void {
  seat.replicas++;
  if (index === 0) seat.leaders++;
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
