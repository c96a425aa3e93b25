import {
  type Checksum,
  type Clock,
  type Logger,
  type NodeId,
  type PartitionId,
  RequestError,
  type TopicId,
} from '@moldau/base';
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
  /** Whether the metadata is of this run of the broker: what lay on its disk may be from before a topic was made. */
  readonly isCurrent: () => boolean;
  readonly partition: (topicId: TopicId, partition: PartitionId) => Partition | undefined;
}

/** Why one partition cannot be written or read here. */
export interface ElsewhereRefusal {
  readonly code: 'NOT_LEADER_OR_FOLLOWER' | 'UNKNOWN_TOPIC_ID' | 'UNKNOWN_TOPIC_OR_PARTITION';
  readonly message: string;
}

const NOT_HEARD = 'this broker has not heard from the controllers since it started; ask again, or another broker';

/** Before a list of all topics, in which what is missing does not exist. @throws RequestError */
export function checkCurrent(isCurrent: () => boolean): void {
  if (!isCurrent()) throw new RequestError('REQUEST_TIMED_OUT', NOT_HEARD);
}

/**
 * What is said to who asks for the metadata of a topic that is not in it. A client that is told there is none may give up;
 * without a leader, it asks again.
 */
export function unknownTopic(
  { isCurrent }: Pick<RequestContext, 'isCurrent'>,
  by: 'name' | 'id',
): {
  readonly code: 'UNKNOWN_TOPIC_OR_PARTITION' | 'UNKNOWN_TOPIC_ID' | 'LEADER_NOT_AVAILABLE';
  readonly message: string;
} {
  if (!isCurrent()) return { code: 'LEADER_NOT_AVAILABLE', message: NOT_HEARD };
  const code = by === 'name' ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'UNKNOWN_TOPIC_ID';
  return { code, message: 'this broker does not know such a topic (yet)' };
}

/** The same to who wants to write, or to read: Java's consumer dies of LEADER_NOT_AVAILABLE here. */
export function unknownTopicHere(context: Pick<RequestContext, 'isCurrent'>, by: 'name' | 'id'): ElsewhereRefusal {
  const { code, message } = unknownTopic(context, by);
  return { code: code === 'LEADER_NOT_AVAILABLE' ? 'NOT_LEADER_OR_FOLLOWER' : code, message };
}

/** Why a partition is not served here, with who serves it as far as this broker knows (KIP-951). */
export function notLedHere(context: RequestContext, topicId: TopicId, partition: PartitionId): ElsewhereRefusal {
  const topic = topicById(context.image(), topicId);
  if (topic === undefined) return unknownTopicHere(context, 'id');
  if (topic.partitions[partition] === undefined && context.isCurrent()) {
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
