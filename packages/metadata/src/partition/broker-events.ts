/**
 * What one event of a broker does to all partitions: the records go into the batch of the event, so that no reader sees
 * a fenced broker that leads. Each is a walk over the cluster's partitions, about a millisecond for 10,000: cheaper than an
 * index by broker would be to keep right.
 */
import { type NodeId, topicPartitionKey } from '@moldau/base';
import type { LogDirectory, PartitionChangeRecord, ReplicaFault } from '@moldau/proto';
import { topicDurability, topicMinInsyncReplicas } from '../configs/topic-config.ts';
import type { ClusterImage, TopicImage } from '../image/cluster-image.ts';
import { changePartition, type PartitionChangeRequest, type PartitionContext } from './change-partition.ts';
import { directoryForReplica, servesWhatIsLeft, survivesRestart, verdictForReplica } from './directory-verdict.ts';
import { hasReplica, isSoleCopy, type PartitionState } from './partition-state.ts';

export type IsActive = (brokerId: NodeId) => boolean;

/** The broker is fenced, shuts down or is removed: it leads nothing and is in no ISR; it may stay in ELRs. */
export function partitionsWithoutBroker(
  image: ClusterImage,
  brokerId: NodeId,
  isActive: IsActive,
): PartitionChangeRecord[] {
  return changePartitions(image, excluding(isActive, brokerId), (partition) =>
    partition.isr.includes(brokerId) ? { election: 'when-needed', isr: without(partition.isr, brokerId) } : undefined,
  );
}

/** The broker is active now: it leads what had no leader for want of it. */
export function partitionsWithBroker(
  image: ClusterImage,
  brokerId: NodeId,
  isActive: IsActive,
): PartitionChangeRecord[] {
  return changePartitions(
    image,
    (id) => id === brokerId || isActive(id),
    (partition) => {
      const waits = partition.leader < 0 && (partition.isr.includes(brokerId) || partition.elr.includes(brokerId));
      return waits ? { election: 'when-needed' } : undefined;
    },
  );
}

/**
 * The broker registers anew: its old run is over, so it leads nothing and is in no ISR; where its directories lost what
 * they had, or a replica is reported damaged, it is in no ELR either. Replicas learn the directory that replaced theirs.
 *
 * @param damaged keys (topicPartitionKey) of the replicas that recovery found damaged
 */
export function partitionsAtRegistration(
  image: ClusterImage,
  registration: { readonly brokerId: NodeId; readonly directories: readonly LogDirectory[] },
  damaged: ReadonlySet<string>,
  isActive: IsActive,
): PartitionChangeRecord[] {
  const { brokerId, directories } = registration;
  return changePartitions(image, excluding(isActive, brokerId), (partition, topic) => {
    const replica = partition.replicas.find((candidate) => candidate.brokerId === brokerId);
    if (replica === undefined) return undefined;
    const counted = partition.isr.includes(brokerId) || partition.elr.includes(brokerId);
    const verdict = verdictForReplica(replica, directories);
    const durability = topicDurability(image, topic.name);
    const keeps = isSoleCopy(partition, brokerId)
      ? servesWhatIsLeft(verdict, durability)
      : !damaged.has(topicPartitionKey(partition.topicId, partition.partition)) && survivesRestart(verdict, durability);
    const moved =
      replica.directoryId !== '' && !directories.some(({ directoryId }) => directoryId === replica.directoryId);
    if (!counted && !moved) return undefined;
    return {
      election: 'when-needed',
      isr: without(partition.isr, brokerId),
      ineligible: keeps ? [] : [brokerId],
      ...(moved && { moved: { brokerId, directoryId: directoryForReplica(directories) } }),
    };
  });
}

/**
 * Replicas of the broker are damaged or offline: they leave ISR and ELR, whatever remains. A sole copy that is damaged
 * leads on: its log takes no more appends, and what is intact can be read.
 */
export function partitionsWithoutReplicas(
  image: ClusterImage,
  brokerId: NodeId,
  reported: ReadonlyMap<string, ReplicaFault>,
  isActive: IsActive,
): PartitionChangeRecord[] {
  return changePartitions(image, isActive, (partition) => {
    const fault = reported.get(topicPartitionKey(partition.topicId, partition.partition));
    if (fault === undefined || !hasReplica(partition, brokerId)) return undefined;
    if (fault === 'damaged' && isSoleCopy(partition, brokerId)) return undefined;
    return { election: 'when-needed', ineligible: [brokerId] };
  });
}

/** min.insync.replicas fell: where the ISR is enough now the high watermark may move, so the ELR no longer holds. */
export function partitionsAfterMinIsrChange(
  image: ClusterImage,
  isActive: IsActive,
  topic?: string,
): PartitionChangeRecord[] {
  return changePartitions(image, isActive, (partition, { name }) =>
    (topic === undefined || name === topic) && partition.elr.length > 0 ? { election: 'when-needed' } : undefined,
  );
}

/** Partitions led by another than their first replica, although that one could. */
export function partitionsToPreferredLeaders(image: ClusterImage, isActive: IsActive): PartitionChangeRecord[] {
  return changePartitions(image, isActive, (partition) =>
    partition.leader !== partition.replicas[0]?.brokerId ? { election: 'preferred' } : undefined,
  );
}

/** Whoever would be asked whether the topic's partition may change: what {@link changePartition} must know. */
export function partitionContext(image: ClusterImage, topic: string, isActive: IsActive): PartitionContext {
  return { minInsyncReplicas: topicMinInsyncReplicas(image, topic), isActive };
}

function changePartitions(
  image: ClusterImage,
  isActive: IsActive,
  request: (partition: PartitionState, topic: TopicImage) => PartitionChangeRequest | undefined,
): PartitionChangeRecord[] {
  const records: PartitionChangeRecord[] = [];
  for (const topic of image.topics.values()) {
    let context: PartitionContext | undefined;
    for (const partition of topic.partitions) {
      const wanted = request(partition, topic);
      if (wanted === undefined) continue;
      context ??= partitionContext(image, topic.name, isActive);
      const record = changePartition(partition, wanted, context);
      if (record !== undefined) records.push(record);
    }
  }
  return records;
}

function excluding(isActive: IsActive, brokerId: NodeId): IsActive {
  return (id) => id !== brokerId && isActive(id);
}

function without(ids: readonly NodeId[], brokerId: NodeId): NodeId[] {
  return ids.filter((id) => id !== brokerId);
}
