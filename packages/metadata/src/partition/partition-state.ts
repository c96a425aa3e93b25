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
 * is none, the ELR is empty while the ISR has the effective min.insync.replicas, and no reassignment is under way that
 * could end.
 */
export interface PartitionState {
  readonly topicId: TopicId;
  readonly partition: PartitionId;
  /**
   * In order of preference: the first is the preferred leader. During a reassignment those that it ends with come first, in
   * the order asked for, and those that it takes away come last.
   */
  readonly replicas: readonly ReplicaState[];
  readonly isr: readonly NodeId[];
  /** Eligible leader replicas (KIP-966): in no ISR, but known to hold everything below the high watermark. */
  readonly elr: readonly NodeId[];
  /** {@link NO_LEADER} when there is none. */
  readonly leader: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
  /** Brokers whose replicas a reassignment adds (KIP-455); the other replicas are the set that it began with. */
  readonly addingReplicas: readonly NodeId[];
  /** Brokers whose replicas it takes away, once all the others are in sync. */
  readonly removingReplicas: readonly NodeId[];
}

export function hasReplica(partition: PartitionState, brokerId: NodeId): boolean {
  return partition.replicas.some((replica) => replica.brokerId === brokerId);
}

/**
 * More in-sync replicas than there are replicas cannot be asked for (KIP-966). Those that a reassignment adds count when it
 * has ended: until then a partition with one replica would take nothing, since the second is still empty.
 */
export function effectiveMinIsr(
  minInsyncReplicas: number,
  partition: Pick<PartitionState, 'replicas' | 'addingReplicas'>,
): number {
  return Math.min(minInsyncReplicas, replicationFactor(partition));
}

/** Replicas without those that a reassignment adds. */
export function replicationFactor({
  replicas,
  addingReplicas,
}: Pick<PartitionState, 'replicas' | 'addingReplicas'>): number {
  return replicas.length - addingReplicas.length;
}

/**
 * Whether that broker has the only copy: others are not there, or are being filled from it and were never in sync.
 */
export function isSoleCopy({ replicas, addingReplicas, isr, elr }: PartitionState, brokerId: NodeId): boolean {
  return replicas.every(
    (replica) =>
      replica.brokerId === brokerId ||
      (addingReplicas.includes(replica.brokerId) && !isr.includes(replica.brokerId) && !elr.includes(replica.brokerId)),
  );
}
