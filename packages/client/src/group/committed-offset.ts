import type { PartitionName } from '../partition-name.ts';

/** What a group is to remember of a partition. */
export interface OffsetAndMetadata extends PartitionName {
  /** The next offset to read: that of the last record that was processed, plus one. */
  readonly offset: bigint;
  /** A remark, kept beside it; at most `offset.metadata.max.bytes` (4,096 by default) in UTF-8. Default empty. */
  readonly metadata?: string;
}

/** What a group has committed of a partition. */
export interface CommittedOffset extends PartitionName {
  /** The next offset to read; undefined: nothing is committed. */
  readonly offset: bigint | undefined;
  /** Of the record before it (KIP-320); -1: not said. */
  readonly leaderEpoch: number;
  readonly metadata: string;
}
