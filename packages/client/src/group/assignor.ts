import type { PartitionName } from '../partition-name.ts';

/** How a group shares its partitions: Kafka's names of the ways, which all members must know one of in common. */
export type AssignorName = 'range' | 'cooperative-sticky';

/** A member as the one that assigns sees it. */
export interface MemberView {
  readonly memberId: string;
  /** Empty: not a static member. */
  readonly instanceId: string;
  readonly topics: readonly string[];
  /** What it says that it still reads. */
  readonly owned: readonly PartitionName[];
  /** The generation in which it was given that; -1: none. */
  readonly generation: number;
}

/** Partitions of each topic that is there; topics that nobody knows have none. */
export type PartitionCounts = ReadonlyMap<string, number>;

/** Who reads what, by member id; each member is in it. */
export type GroupAssignment = ReadonlyMap<string, readonly PartitionName[]>;

/** One way to share partitions. Pure: the same members and topics give the same assignment, in whatever order they come. */
export interface Assignor {
  readonly name: AssignorName;
  /**
   * Members keep what they read through a rebalance, and give up only what another is to have (KIP-429). Without it, all
   * give up all before they come again.
   */
  readonly isCooperative: boolean;
  /** What the members' metadata says to the one that assigns besides the subscription itself. */
  userData(generation: number): Uint8Array | null;
  assign(members: readonly MemberView[], counts: PartitionCounts): GroupAssignment;
}

/** Static members by their lasting names, before the others: their order outlives a restart. */
export function inOrder(members: readonly MemberView[]): readonly MemberView[] {
  return [...members].sort((left, right) => {
    if ((left.instanceId === '') !== (right.instanceId === '')) return left.instanceId === '' ? 1 : -1;
    return compare(left.instanceId, right.instanceId) || compare(left.memberId, right.memberId);
  });
}

/** Topics that some member wants and that are there, in order. */
export function wantedTopics(members: readonly MemberView[], counts: PartitionCounts): readonly string[] {
  return [...new Set(members.flatMap(({ topics }) => topics))].filter((topic) => (counts.get(topic) ?? 0) > 0).sort();
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
