import type {
  BrokerEpoch,
  ClusterId,
  ControllerEpoch,
  MetadataOffset,
  NodeId,
  PartitionId,
  ProducerId,
  TopicId,
} from '@moldau/base';
import type { ConfigResourceType, RegisterBrokerRecord } from '@moldau/proto';
import type { PartitionState } from '../partition/partition-state.ts';
import type { ClientQuotas } from './client-quotas.ts';
import type { ScramCredential } from './scram-credentials.ts';
import { ShardedMap } from './sharded-map.ts';

/** A broker as registered last. It is fenced from its registration until it is ready and caught up. */
export interface BrokerState extends RegisterBrokerRecord {
  readonly brokerId: NodeId;
  /** Offset of the batch that registered it: one uptime. */
  readonly brokerEpoch: BrokerEpoch;
  readonly fenced: boolean;
  /** A controlled shutdown has begun: leads nothing, is in no ISR. */
  readonly shuttingDown: boolean;
}

export interface TopicImage {
  readonly topicId: TopicId;
  readonly name: string;
  /** The partition's number is its index. */
  readonly partitions: readonly PartitionState[];
}

/** The cluster as it follows from all records up to `offset`. Immutable: a batch makes a new one that shares what it did not touch. */
export interface ClusterImage {
  readonly offset: MetadataOffset;
  /** Term of the entry at `offset`. */
  readonly epoch: ControllerEpoch;
  /** Empty until the first leader has written it. */
  readonly clusterId: ClusterId;
  /** Finalized levels. */
  readonly features: ReadonlyMap<string, number>;
  readonly brokers: ReadonlyMap<NodeId, BrokerState>;
  readonly topics: ShardedMap<TopicImage>;
  readonly topicIds: ShardedMap<TopicId>;
  /** Set values by {@link configResourceKey}; what is at its default is not in it. */
  readonly configs: ReadonlyMap<string, ConfigsImage>;
  /** By {@link quotaEntityKey}. */
  readonly quotas: ReadonlyMap<string, ClientQuotas>;
  /** By {@link scramKey}. */
  readonly credentials: ReadonlyMap<string, ScramCredential>;
  /** Producer ids below have been given out. */
  readonly nextProducerId: ProducerId;
}

export interface ConfigResource {
  readonly type: ConfigResourceType;
  /** Topic name, broker id in decimal, or empty for the cluster. */
  readonly name: string;
}

export interface ConfigsImage extends ConfigResource {
  readonly values: ReadonlyMap<string, string>;
}

export const EMPTY_IMAGE: ClusterImage = {
  offset: 0,
  epoch: 0,
  clusterId: '',
  features: new Map(),
  brokers: new Map(),
  topics: ShardedMap.empty<TopicImage>(),
  topicIds: ShardedMap.empty<TopicId>(),
  configs: new Map(),
  quotas: new Map(),
  credentials: new Map(),
  nextProducerId: 0,
};

export function configResourceKey(resource: ConfigResource): string {
  return `${resource.type}/${resource.name}`;
}

export function topicById(image: ClusterImage, topicId: TopicId): TopicImage | undefined {
  return image.topics.get(topicId);
}

export function topicByName(image: ClusterImage, name: string): TopicImage | undefined {
  const topicId = image.topicIds.get(name);
  return topicId === undefined ? undefined : image.topics.get(topicId);
}

export function partitionOf(image: ClusterImage, topicId: TopicId, partition: PartitionId): PartitionState | undefined {
  return image.topics.get(topicId)?.partitions[partition];
}

/** Every partition of the cluster. A walk over all of it: for rare events only. */
export function* allPartitions(image: ClusterImage): IterableIterator<PartitionState> {
  for (const topic of image.topics.values()) yield* topic.partitions;
}

/** Whether the broker may lead, be in an ISR and get new replicas. */
export function isActive(broker: BrokerState | undefined): boolean {
  return broker !== undefined && !broker.fenced && !broker.shuttingDown;
}
