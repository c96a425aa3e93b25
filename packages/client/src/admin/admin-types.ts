/** Where a partition's replicas are to be. */
export interface ReplicaPlacement {
  readonly partition: number;
  /** The first is the preferred leader. */
  readonly brokerIds: readonly number[];
}

export interface NewTopicSpec {
  readonly name: string;
  /** Default: the cluster's `num.partitions`. */
  readonly partitions?: number | undefined;
  /** Default: the cluster's `default.replication.factor`. */
  readonly replicationFactor?: number | undefined;
  /** Instead of both numbers. */
  readonly assignments?: readonly ReplicaPlacement[] | undefined;
  readonly configs?: Readonly<Record<string, string>> | undefined;
}

export interface CreatedTopicInfo {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: number;
  readonly replicationFactor: number;
}

export interface PartitionGrowth {
  readonly name: string;
  /** The new total. */
  readonly partitions: number;
  /** For the new partitions only. */
  readonly assignments?: readonly ReplicaPlacement[] | undefined;
}

export interface PartitionDescription {
  readonly partition: number;
  /** -1: none. */
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  /** In-sync replicas. */
  readonly isr: readonly number[];
  /** Replicas outside the ISR that may still be elected. */
  readonly elr: readonly number[];
  /** Brokers whose replicas a move adds; they are among the replicas. Empty: none is under way, or it adds none. */
  readonly addingReplicas: readonly number[];
  /** Brokers whose replicas it takes away once the others are in sync; they are among the replicas until then. */
  readonly removingReplicas: readonly number[];
}

/** Where a partition's replicas shall be. */
export interface PartitionMove {
  readonly topic: string;
  readonly partition: number;
  /** Brokers, the preferred leader first. Absent: a move that is under way is called off. */
  readonly replicas?: readonly number[] | undefined;
}

/** A move that is under way. */
export interface OngoingReassignment {
  readonly topic: string;
  readonly partition: number;
  /** All that have the partition now: those that the move ends with, then those that it takes away. */
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
}

export interface TopicDescription {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: readonly PartitionDescription[];
}

export interface BrokerDescription {
  readonly brokerId: number;
  readonly grpcAddress: string;
  /** Empty: none. */
  readonly kafkaAddress: string;
  readonly rack: string;
  readonly host: string;
  readonly brokerEpoch: number;
  readonly fenced: boolean;
  readonly shuttingDown: boolean;
}

export interface ClusterDescription {
  readonly clusterId: string;
  /** The active controller; -1: none known. */
  readonly controllerId: number;
  readonly brokers: readonly BrokerDescription[];
}

/** Whose settings: a topic's by name, a broker's by id, or the cluster's (name empty). */
export interface ConfigTarget {
  readonly type: 'topic' | 'broker' | 'cluster';
  readonly name: string;
}

export interface ConfigValue {
  readonly name: string;
  readonly value: string;
  /** `default`, `cluster`, `broker`, `topic` or `static`. */
  readonly source: string;
  readonly type: string;
  readonly documentation: string;
  readonly readOnly: boolean;
}

export interface ConfigDescription extends ConfigTarget {
  readonly entries: readonly ConfigValue[];
}

export interface ConfigAlteration extends ConfigTarget {
  readonly setting: string;
  /** undefined: back to the default. */
  readonly value: string | undefined;
}

/** Of one partition, what to look up: its ends, or the first record of that Unix time (ms) or younger. */
export interface OffsetSpec {
  readonly topic: string;
  readonly partition: number;
  readonly at: 'earliest' | 'latest' | { readonly timestamp: number };
}

/** Up to where the records of a partition go. */
export interface RecordDeletion {
  readonly topic: string;
  readonly partition: number;
  /** Records below it are deleted; at most the partition's latest offset. */
  readonly before: bigint;
}

export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  /** -1n: no record is that young. */
  readonly offset: bigint;
  /** Unix ms of the record found; -1 for earliest and latest. */
  readonly timestamp: number;
}

export interface QuorumMember {
  readonly nodeId: number;
  readonly directoryId: string;
  readonly address: string;
  /** -1n when the answering node does not know. */
  readonly logEndOffset: bigint;
  /** Age of its last sign of life in ms; -1 when unknown. */
  readonly lastContactMs: number;
}

export interface QuorumDescription {
  readonly clusterId: string;
  /** -1: none known. */
  readonly leaderId: number;
  readonly epoch: number;
  readonly commitOffset: bigint;
  readonly voters: readonly QuorumMember[];
  readonly observers: readonly QuorumMember[];
}

/** A controller on one disk: a wiped disk is another voter. */
export interface VoterIdentity {
  readonly nodeId: number;
  readonly directoryId: string;
}
