import { type PartitionName, partitionKey } from '../partition-name.ts';
import { type GroupAssignment, inOrder, type MemberView, type PartitionCounts, wantedTopics } from './assignor.ts';

// Balanced first, sticky second: a partition moves only when its reader has at least two more than somebody who could have
// it, so each move makes the whole more even and the moves come to an end. What is left over stays where it is.

/** A member and what it is given in the course of the work. */
interface Share {
  readonly memberId: string;
  readonly topics: ReadonlySet<string>;
  /** By topic, in the order in which they came. */
  readonly given: Map<string, number[]>;
  count: number;
}

/** As even as subscriptions allow, with as little as possible taken from who had it. */
export function stickyAssignment(members: readonly MemberView[], counts: PartitionCounts): GroupAssignment {
  const shares = inOrder(members).map(
    ({ memberId, topics }): Share => ({ memberId, topics: new Set(topics), given: new Map(), count: 0 }),
  );
  const readers = new Map<string, readonly Share[]>();
  for (const topic of wantedTopics(members, counts)) {
    readers.set(
      topic,
      shares.filter((share) => share.topics.has(topic)),
    );
  }
  const owners = rightfulOwners(members, counts);
  const byId = new Map(shares.map((share) => [share.memberId, share]));
  const free: PartitionName[] = [];
  for (const topic of readers.keys()) {
    for (let partition = 0; partition < (counts.get(topic) ?? 0); partition++) {
      const owner = byId.get(owners.get(partitionKey({ topic, partition })) ?? '');
      if (owner === undefined) free.push({ topic, partition });
      else give(owner, topic, partition);
    }
  }
  // Topics that few may read first: who is free to read others is then still free.
  const narrow = (topic: string): number => readers.get(topic)?.length ?? 0;
  free.sort((left, right) => narrow(left.topic) - narrow(right.topic));
  for (const { topic, partition } of free) {
    const reader = leastOf(readers.get(topic) ?? []);
    if (reader !== undefined) give(reader, topic, partition);
  }
  balance(shares, readers);
  return new Map(shares.map((share) => [share.memberId, partitionsOf(share)]));
}

/** Who keeps what it says that it reads: of several the one of the latest generation, and nobody if there are two of that. */
function rightfulOwners(members: readonly MemberView[], counts: PartitionCounts): ReadonlyMap<string, string> {
  const claims = new Map<string, { memberId: string; generation: number }>();
  for (const { memberId, owned, generation, topics } of inOrder(members)) {
    for (const { topic, partition } of owned) {
      if (!topics.includes(topic) || partition < 0 || partition >= (counts.get(topic) ?? 0)) continue;
      const key = partitionKey({ topic, partition });
      const claim = claims.get(key);
      if (claim === undefined || generation > claim.generation) claims.set(key, { memberId, generation });
      else if (generation === claim.generation && memberId !== claim.memberId) claim.memberId = '';
    }
  }
  return new Map([...claims].map(([key, { memberId }]) => [key, memberId]));
}

/** One partition at a time, from whoever has most just then: who gave more at once might have to be given back some of it. */
function balance(shares: readonly Share[], readers: ReadonlyMap<string, readonly Share[]>): void {
  const richestFirst = [...shares];
  do richestFirst.sort((left, right) => right.count - left.count);
  while (richestFirst.some((share) => giveOne(share, readers)));
}

/** One partition goes to the one that has least of those that may have any of this one's. False: nobody would be better off. */
function giveOne(share: Share, readers: ReadonlyMap<string, readonly Share[]>): boolean {
  let best: { readonly topic: string; readonly to: Share } | undefined;
  for (const topic of share.given.keys()) {
    const to = leastOf(readers.get(topic) ?? []);
    if (to !== undefined && to.count + 1 < share.count && to.count < (best?.to.count ?? Infinity)) best = { topic, to };
  }
  if (best === undefined) return false;
  const { topic, to } = best;
  const partitions = share.given.get(topic);
  const partition = partitions?.pop();
  if (partition === undefined) return false;
  if (partitions?.length === 0) share.given.delete(topic);
  share.count--;
  give(to, topic, partition);
  return true;
}

function give(share: Share, topic: string, partition: number): void {
  const partitions = share.given.get(topic);
  if (partitions === undefined) share.given.set(topic, [partition]);
  else partitions.push(partition);
  share.count++;
}

function leastOf(shares: readonly Share[]): Share | undefined {
  let least: Share | undefined;
  for (const share of shares) if (least === undefined || share.count < least.count) least = share;
  return least;
}

function partitionsOf({ given }: Share): readonly PartitionName[] {
  return [...given]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([topic, partitions]) =>
      [...partitions].sort((left, right) => left - right).map((partition) => ({ topic, partition })),
    );
}
