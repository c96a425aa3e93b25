import type {
  DirectoryId,
  IncarnationId,
  LeaderEpoch,
  NodeId,
  PartitionEpoch,
  PartitionId,
  TopicId,
} from '@moldau/base';

/** One copy of a partition. */
export interface ReplicaState {
  readonly brokerId: NodeId;
  /** Where the broker keeps it. Empty: not known to the metadata, as for a broker with several directories. */
  readonly directoryId: DirectoryId;
  /** Makes a replica that was removed and comes back another one. */
  readonly incarnationId: IncarnationId;
}

/**
 * What the cluster knows of one partition: a PartitionRecord, applied.
 *
 * Always (see partition-invariants.ts): ISR and ELR are disjoint parts of the replicas, the leader is in the ISR or there
 * is none, the ELR is empty while the ISR has the effective min.insync.replicas.
 */
export interface PartitionState {
  readonly topicId: TopicId;
  readonly partition: PartitionId;
  /** In order of preference: the first is the preferred leader. */
  readonly replicas: readonly ReplicaState[];
  readonly isr: readonly NodeId[];
  /** Eligible leader replicas (KIP-966): in no ISR, but known to hold everything below the high watermark. */
  readonly elr: readonly NodeId[];
  /** {@link NO_LEADER} when there is none. */
  readonly leader: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
}

export function hasReplica(partition: PartitionState, brokerId: NodeId): boolean {
  return partition.replicas.some((replica) => replica.brokerId === brokerId);
}

/** More in-sync replicas than there are replicas cannot be asked for (KIP-966). */
export function effectiveMinIsr(minInsyncReplicas: number, replicaCount: number): number {
  return Math.min(minInsyncReplicas, replicaCount);
}
