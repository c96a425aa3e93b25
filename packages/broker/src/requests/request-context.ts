import type { Checksum, Clock, Logger, NodeId, PartitionId, TopicId } from '@moldau/base';
import { type ClusterImage, partitionOf, topicById } from '@moldau/metadata';
import { CurrentLeader } from '@moldau/proto';
import type { Partition } from '../partition/partition.ts';
import type { PlantedBugs } from '../planted-bugs.ts';
import type { DiskReads } from '../replication/disk-reads.ts';
import type { Turn } from '../turn.ts';
import type { BatchPreparation } from './batch-preparation.ts';

/** Of one message of a stream: each may need an answer, and no client has so much to ask at once. */
export const ITEMS_PER_MESSAGE_MAX = 100_000;

/** What the handlers of client requests share. */
export interface RequestContext {
  readonly nodeId: NodeId;
  /** What this broker was started with, see BrokerConfig. */
  readonly givenConfigs: ReadonlyMap<string, string>;
  readonly clock: Clock;
  readonly checksum: Checksum;
  readonly logger: Logger;
  readonly turn: Turn;
  readonly bugs: PlantedBugs;
  readonly diskReads: DiskReads;
  readonly preparation: BatchPreparation;
  readonly image: () => ClusterImage;
  readonly partition: (topicId: TopicId, partition: PartitionId) => Partition | undefined;
}

/** Why a partition is not served here, with who serves it as far as this broker knows (KIP-951). */
export function notLedHere(
  context: RequestContext,
  topicId: TopicId,
  partition: PartitionId,
): {
  readonly code: 'NOT_LEADER_OR_FOLLOWER' | 'UNKNOWN_TOPIC_ID' | 'UNKNOWN_TOPIC_OR_PARTITION';
  readonly message: string;
} {
  const topic = topicById(context.image(), topicId);
  if (topic === undefined) return { code: 'UNKNOWN_TOPIC_ID', message: 'this broker does not know such a topic (yet)' };
  if (topic.partitions[partition] === undefined) {
    const message = `topic ${topic.name} has ${topic.partitions.length} partitions, not number ${partition}`;
    return { code: 'UNKNOWN_TOPIC_OR_PARTITION', message };
  }
  return { code: 'NOT_LEADER_OR_FOLLOWER', message: 'another broker leads this partition; ask for the metadata again' };
}

export function currentLeader(
  context: RequestContext,
  topicId: TopicId,
  partition: PartitionId,
): CurrentLeader | undefined {
  const image = context.image();
  const state = partitionOf(image, topicId, partition);
  if (state === undefined) return undefined;
  return CurrentLeader.create({
    leaderId: state.leader,
    leaderEpoch: state.leaderEpoch,
    grpcAddress: image.brokers.get(state.leader)?.grpcAddress ?? '',
  });
}

/** How the epoch that a client knows relates to the leader's; undefined when it may go on. */
export function epochFault(
  known: number,
  current: number,
): { readonly code: 'FENCED_LEADER_EPOCH' | 'UNKNOWN_LEADER_EPOCH'; readonly message: string } | undefined {
  if (known < 0 || known === current) return undefined;
  if (known < current) {
    return { code: 'FENCED_LEADER_EPOCH', message: `leader epoch ${known} is over, ${current} has begun` };
  }
  return {
    code: 'UNKNOWN_LEADER_EPOCH',
    message: `this broker leads in epoch ${current} and does not know ${known} yet`,
  };
}
