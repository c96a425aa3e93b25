import type { BrokerEpoch, LeaderEpoch, NodeId, Offset, PartitionEpoch, TopicId } from '@moldau/base';
import type { EpochEntry } from '@moldau/log';
import type { ClusterImage } from '@moldau/metadata';
import type { Partition } from './partition/partition.ts';

/** What a checker may see of one replica; nothing here can be changed through it. */
export interface PartitionInspection {
  readonly topic: string;
  readonly topicId: TopicId;
  readonly partition: number;
  readonly role: 'idle' | 'leader' | 'follower';
  /** Of the role; -1 when idle. */
  readonly leaderEpoch: LeaderEpoch;
  /** As a leader knows it was committed, else as metadata says. */
  readonly isr: readonly NodeId[];
  /** Of a leader, else as `isr`. */
  readonly maximalIsr: readonly NodeId[];
  readonly partitionEpoch: PartitionEpoch;
  readonly hasOpenProposal: boolean;
  /** Of a leader: whether it would answer right now. */
  readonly serves: boolean;
  /** Of a leader: whether some in-sync follower has no subscription. */
  readonly isrStreamDown: boolean;
  readonly highWatermark: Offset;
  readonly startOffset: Offset;
  readonly flushedEnd: Offset;
  readonly endOffset: Offset;
  readonly epochs: readonly EpochEntry[];
  readonly durability: 'flushed' | 'replicated';
  readonly waitingAcks: number;
  /** Open subscriptions to leaders. */
  readonly subscriptionCount: number;
}

export interface BrokerInspection {
  readonly nodeId: NodeId;
  readonly brokerEpoch: BrokerEpoch | undefined;
  /** As far as it knows. */
  readonly fenced: boolean;
  readonly leaseOver: boolean;
  /** As applied here. */
  readonly image: ClusterImage;
  readonly partitions: readonly PartitionInspection[];
}

export function inspectPartition(partition: Partition, subscriptionCount: number): PartitionInspection {
  const { log, role, leader, state } = partition;
  return {
    topic: partition.topic,
    topicId: partition.topicId,
    partition: partition.partition,
    role: role.kind,
    leaderEpoch: partition.leaderEpoch,
    isr: leader?.isr ?? state.isr,
    maximalIsr: leader?.maximalIsr() ?? state.isr,
    partitionEpoch: leader?.partitionEpoch ?? state.partitionEpoch,
    hasOpenProposal: leader?.proposal !== undefined,
    serves: partition.servesAsLeader(),
    isrStreamDown: leader?.isrStreamDown() ?? false,
    highWatermark: partition.highWatermark,
    startOffset: log.startOffset,
    flushedEnd: log.flushedEnd,
    endOffset: log.endOffset,
    epochs: log.epochs.entries,
    durability: partition.config.durability,
    waitingAcks: partition.acks.size,
    subscriptionCount,
  };
}
