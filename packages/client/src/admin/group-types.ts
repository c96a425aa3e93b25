import type { PartitionName } from '../partition-name.ts';

/** `Empty`: nobody is in it, and what it has committed is kept. `Stable`: each member reads its share. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead' | 'Unknown';

export interface GroupListing {
  readonly groupId: string;
  /** `consumer`; empty for offsets without a group. */
  readonly protocolType: string;
  readonly state: GroupState;
}

export interface GroupMemberDescription {
  readonly memberId: string;
  /** Empty: not a static member. */
  readonly instanceId: string;
  readonly clientId: string;
  readonly host: string;
  /** Empty while the group is not stable, or does not speak the protocol of consumers. */
  readonly topics: readonly string[];
  readonly assignment: readonly PartitionName[];
}

/** How far a group has read a partition. */
export interface GroupLag extends PartitionName {
  /** The next offset to read; undefined: nothing is committed. */
  readonly committedOffset: bigint | undefined;
  readonly metadata: string;
  /** undefined: there is no such partition any more, or its leader did not say. */
  readonly endOffset: bigint | undefined;
  /** Records that are not committed as read; undefined where one of both is not known. */
  readonly lag: bigint | undefined;
  /** The member that reads it; empty: none. */
  readonly memberId: string;
}

export interface GroupDescription extends GroupListing {
  readonly coordinatorId: number;
  /** How its members share; empty while the group is not stable. */
  readonly protocol: string;
  readonly generation: number;
  readonly members: readonly GroupMemberDescription[];
  /** Of what is committed or assigned. */
  readonly partitions: readonly GroupLag[];
}

/** Where a group is to go on. */
export interface GroupOffset extends PartitionName {
  /** The next offset to read. */
  readonly offset: bigint;
  /** Default empty. */
  readonly metadata?: string | undefined;
}
