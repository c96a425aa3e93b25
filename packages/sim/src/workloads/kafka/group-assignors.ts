import type { TopicPartition } from './kafka-cluster.ts';

/** A member as its group's leader sees it. */
export interface Subscriber {
  readonly memberId: string;
  /** What orders it among the others: its lasting name, if it has one. */
  readonly rank: string;
  /** `topic/partition` of what it still reads. */
  readonly owned: ReadonlySet<string>;
}

export type Assignment = ReadonlyMap<string, readonly TopicPartition[]>;

/** As Kafka's range assignor: of each topic, a run of partitions to each member. */
export function assignRanges(members: readonly Subscriber[], topics: ReadonlyMap<string, number>): Assignment {
  const sorted = inOrder(members);
  const assignment = new Map<string, TopicPartition[]>(members.map(({ memberId }) => [memberId, []]));
  for (const [topic, count] of topics) {
    const least = Math.floor(count / sorted.length);
    const more = count % sorted.length;
    let partition = 0;
    for (const [index, { memberId }] of sorted.entries()) {
      for (const end = partition + least + (index < more ? 1 : 0); partition < end; partition++) {
        assignment.get(memberId)?.push({ topic, partition });
      }
    }
  }
  return assignment;
}

/**
 * As Kafka's cooperative-sticky assignor (KIP-429): each keeps what it reads as far as shares are even, and what is to move is
 * given to nobody until its owner has let go of it and come again.
 */
export function assignCooperatively(members: readonly Subscriber[], topics: ReadonlyMap<string, number>): Assignment {
  const sorted = inOrder(members);
  const all = [...topics].flatMap(([topic, count]) => {
    return Array.from({ length: count }, (_, partition) => ({ topic, partition }));
  });
  const assignment = new Map<string, TopicPartition[]>(members.map(({ memberId }) => [memberId, []]));
  const sizeOf = (memberId: string): number => assignment.get(memberId)?.length ?? 0;
  const most = Math.ceil(all.length / members.length);
  const free: TopicPartition[] = [];
  for (const at of all) {
    const owners = sorted.filter(({ owned }) => owned.has(nameOf(at)));
    const keeper = owners.find(({ memberId }) => sizeOf(memberId) < most);
    if (keeper !== undefined) assignment.get(keeper.memberId)?.push(at);
    // Whoever has it too lets go of it first.
    else if (owners.length === 0) free.push(at);
  }
  for (const at of free) {
    const [least] = [...sorted].sort((left, right) => sizeOf(left.memberId) - sizeOf(right.memberId));
    if (least !== undefined) assignment.get(least.memberId)?.push(at);
  }
  return assignment;
}

export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function inOrder(members: readonly Subscriber[]): Subscriber[] {
  return [...members].sort((left, right) => (left.rank < right.rank ? -1 : left.rank > right.rank ? 1 : 0));
}
