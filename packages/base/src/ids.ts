/**
 * Flavoured numbers and strings: a plain number may become an `Offset`, but an `Offset` never passes for a
 * `LeaderEpoch`. All are safe integers; that is checked once, where bytes or protobuf come in.
 */
type Flavoured<T, Name extends string> = T & { readonly __flavour?: Name };

/** Position of a record in a partition's log. Ranges are half-open: `[start, end)`. */
export type Offset = Flavoured<number, 'Offset'>;
/** Number of an election of one partition's leader. -1 stands for "none". */
export type LeaderEpoch = Flavoured<number, 'LeaderEpoch'>;
/** Number of changes to one partition's metadata; compare-and-set on each change. */
export type PartitionEpoch = Flavoured<number, 'PartitionEpoch'>;
/** The Raft term. */
export type ControllerEpoch = Flavoured<number, 'ControllerEpoch'>;
/** Index of an entry in the metadata (Raft) log. */
export type MetadataOffset = Flavoured<number, 'MetadataOffset'>;
/** One uptime of a broker: the metadata offset of its registration, and compared with such offsets. */
export type BrokerEpoch = MetadataOffset;
export type NodeId = Flavoured<number, 'NodeId'>;
export type PartitionId = Flavoured<number, 'PartitionId'>;
export type ProducerId = Flavoured<number, 'ProducerId'>;
export type ProducerEpoch = Flavoured<number, 'ProducerEpoch'>;
/** 128 random bits as 22 characters of URL-safe base64, as Kafka prints them. */
export type TopicId = Flavoured<string, 'TopicId'>;
/** Identity of one data directory on one disk; a wiped disk gets a new one. Form as in {@link TopicId}. */
export type DirectoryId = Flavoured<string, 'DirectoryId'>;
/** Identity of one run of a process. Form as in {@link TopicId}. */
export type IncarnationId = Flavoured<string, 'IncarnationId'>;
export type ClusterId = Flavoured<string, 'ClusterId'>;

/** One partition of one topic. `key` is unique and cheap to use in maps. */
export interface TopicPartition {
  readonly topicId: TopicId;
  readonly partition: PartitionId;
}

export function topicPartitionKey(topicId: TopicId, partition: PartitionId): string {
  return `${topicId}:${partition}`;
}

/** What "no epoch yet" looks like on disk and on the wire. */
export const NO_LEADER_EPOCH: LeaderEpoch = -1;
/** What "no leader" looks like on disk and on the wire. */
export const NO_LEADER: NodeId = -1;
/** A batch from a producer that is not idempotent. */
export const NO_PRODUCER_ID: ProducerId = -1;
