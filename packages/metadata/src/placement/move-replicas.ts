/**
 * Where replicas that must leave their brokers go, and how a topic is made even again, with as few moves as that takes.
 *
 * Both ask the placement of new partitions where a replica belongs: a replica is taken out of its partition, and goes where
 * a new one would. To make a topic even, the fullest brokers give first, and a replica stays where it is among equals:
 * each move leaves the topic more even, or a partition on more racks or hosts, so this ends.
 */
import { type NodeId, present } from '@moldau/base';
import {
  bestSeat,
  countReplica,
  countReplicas,
  type PlacementBroker,
  type Seat,
  Taken,
  takeSeats,
} from './place-replicas.ts';

export interface MoveRequest {
  /** All of the cluster: whoever keeps a replica counts for racks and hosts. */
  readonly brokers: readonly PlacementBroker[];
  /** Of them, those that may get replicas. */
  readonly targets: ReadonlySet<NodeId>;
  /** Those that keep none of these partitions. What is on a broker that is not known leaves too. */
  readonly leaving: ReadonlySet<NodeId>;
  /** Replicas of the topic's partitions that may move, the preferred leader first. */
  readonly partitions: readonly (readonly NodeId[])[];
  /** Replicas of its other partitions. */
  readonly existing: readonly (readonly NodeId[])[];
  /** Default: each partition keeps its own. */
  readonly replicationFactor?: number | undefined;
  /** Whether replicas and leaders move only to make the topic even. */
  readonly even: boolean;
  /** Where in the ring of brokers one begins among equals: another number for each topic spreads small topics. */
  readonly start: number;
}

/** Broker ids for each partition, the preferred leader first; undefined for one that finds too few brokers. */
export function moveReplicas(request: MoveRequest): (readonly NodeId[] | undefined)[] {
  const seats = takeSeats(request.brokers);
  const byId = new Map(seats.map((seat) => [seat.brokerId, seat]));
  const open = seats.filter(({ brokerId }) => request.targets.has(brokerId) && !request.leaving.has(brokerId));
  for (const ids of request.existing) countReplicas(ids.map((id) => byId.get(id)));
  const kept = request.partitions.map((ids) => {
    const stays = ids.map((id) => (request.leaving.has(id) ? undefined : byId.get(id)));
    return withFactor(stays, request.replicationFactor ?? ids.length);
  });
  for (const slots of kept) countReplicas(slots);
  const filled = kept.map((slots, index) => fill(slots, { seats, open, start: request.start + index }));
  if (request.even) {
    const movable = filled.filter((slots) => slots !== undefined);
    while (evenReplicas(movable, seats, open));
    while (evenLeaders(movable, open));
  }
  return filled.map((slots) => slots?.map(({ brokerId }) => brokerId));
}

/** Replicas by their place; undefined is one that needs a broker. */
type Slots = readonly (Seat | undefined)[];

function withFactor(slots: Slots, replicationFactor: number): Slots {
  const result = [...slots];
  while (result.length < replicationFactor) result.push(undefined);
  while (result.length > replicationFactor) {
    // Those that leave anyway cost nothing.
    const hole = result.lastIndexOf(undefined);
    result.splice(hole < 0 ? result.length - 1 : hole, 1);
  }
  return result;
}

interface Ring {
  readonly seats: readonly Seat[];
  readonly open: readonly Seat[];
  readonly start: number;
}

/** Puts a replica on a broker wherever one is missing: in its place, so that the order of the others stays. */
function fill(slots: Slots, { seats, open, start }: Ring): Seat[] | undefined {
  const taken = takenBy(slots, seats.length);
  const result = [...slots];
  for (const [index, slot] of slots.entries()) {
    if (slot !== undefined) continue;
    const seat = bestSeat(open, start, taken);
    if (seat === undefined) return undefined;
    taken.add(seat);
    result[index] = seat;
    countReplica(seat, index);
  }
  return result.map((seat) => present(seat, 'a broker for each replica'));
}

function takenBy(slots: Slots, seatCount: number): Taken {
  const taken = new Taken(seatCount);
  for (const seat of slots) if (seat !== undefined) taken.add(seat);
  return taken;
}

/** The fullest first, each broker gives what belongs elsewhere. Whether anything moved. */
function evenReplicas(partitions: readonly Seat[][], seats: readonly Seat[], open: readonly Seat[]): boolean {
  let moved = false;
  /** How many partitions each has been asked for; who was asked for all gives nothing more in this round. */
  const asked = new Map(open.map((seat) => [seat, 0]));
  while (asked.size > 0) {
    const donor = [...asked.keys()].reduce((fullest, seat) => (seat.replicas > fullest.replicas ? seat : fullest));
    let at = asked.get(donor) ?? 0;
    let given = false;
    while (at < partitions.length && !given) given = give(donor, present(partitions[at++], 'a partition'), seats, open);
    if (at < partitions.length) asked.set(donor, at);
    else asked.delete(donor);
    moved ||= given;
  }
  return moved;
}

/** Takes the donor's replica out and lets it go where it belongs. Whether that is elsewhere. */
function give(donor: Seat, partition: Seat[], seats: readonly Seat[], open: readonly Seat[]): boolean {
  const index = partition.indexOf(donor);
  if (index < 0) return false;
  lift(donor, index);
  const others = partition.filter((seat) => seat !== donor);
  // From the donor on: among equals it is the first.
  const best = present(bestSeat(open, open.indexOf(donor), takenBy(others, seats.length)), 'the donor at least');
  partition[index] = best;
  countReplica(best, index);
  return best !== donor;
}

/** Takes it out of the counts again. */
function lift(seat: Seat, index: number): void {
  seat.replicas--;
  if (index === 0) seat.leaders--;
}

/** The order of replicas says who is to lead; another order moves no data. Whether any changed. */
function evenLeaders(partitions: readonly Seat[][], open: readonly Seat[]): boolean {
  let changed = false;
  for (const partition of partitions) {
    const leader = present(partition[0], 'a partition has a replica');
    const able = partition.filter((seat) => open.includes(seat));
    const least = able.reduce((best, seat) => (seat.leaders < best.leaders ? seat : best), leader);
    if (least.leaders >= leader.leaders - 1) continue;
    partition.splice(partition.indexOf(least), 1);
    partition.unshift(least);
    least.leaders++;
    leader.leaders--;
    changed = true;
  }
  return changed;
}
