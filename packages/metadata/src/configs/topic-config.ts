import { assert, type NodeId } from '@moldau/base';
import type { ClusterImage } from '../image/cluster-image.ts';
import { RACK_AWARE_SELECTOR } from './broker-configs.ts';
import { integerValue, listValue } from './config-value.ts';
import { brokerConfigValue, clusterConfigValue, topicConfigValue } from './resolve.ts';
import { type ThrottledReplicas, throttledReplicas } from './throttled-replicas.ts';

/** See the config `durability`. */
export type Durability = 'flushed' | 'replicated';

const COMPRESSION_TYPES = ['producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** See the config `compression.type`. */
export type CompressionType = (typeof COMPRESSION_TYPES)[number];

/** A topic's configs in force, typed. */
export interface TopicConfig {
  /** Each record has a key, and the last one of each key stays. */
  readonly isCompacted: boolean;
  /** -1: never by age. */
  readonly retentionMs: number;
  /** -1: never by size. */
  readonly retentionBytes: number;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  /** As configured; with fewer replicas see effectiveMinIsr. */
  readonly minInsyncReplicas: number;
  readonly maxMessageBytes: number;
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime';
  /** Of a record's time, before and after the broker's. MAX_SAFE_INTEGER: without end. */
  readonly timestampBeforeMsMax: number;
  readonly timestampAfterMsMax: number;
  readonly compressionType: CompressionType;
  /** Of the codec that batches are compressed with; 0 where it has no levels. */
  readonly compressionLevel: number;
  readonly durability: Durability;
  /** Replicas that are held to a rate while a follower is not in sync (KIP-73): as leader, and as follower. */
  readonly leaderThrottled: ThrottledReplicas;
  readonly followerThrottled: ThrottledReplicas;
}

/** A topic that does not exist has the defaults in force. */
export function topicConfig(image: ClusterImage, topic: string): TopicConfig {
  const number = (name: string): number => integerValue(topicConfigValue(image, topic, name));
  const cleanup = listValue(topicConfigValue(image, topic, 'cleanup.policy'));
  const compressionType = COMPRESSION_TYPES.find((type) => type === topicConfigValue(image, topic, 'compression.type'));
  assert(compressionType !== undefined, 'a topic has a valid compression.type', { topic });
  const hasLevels = compressionType === 'gzip' || compressionType === 'lz4' || compressionType === 'zstd';
  const limit = (name: string): number => (cleanup.includes('delete') ? number(name) : -1);
  return {
    isCompacted: cleanup.includes('compact'),
    retentionMs: limit('retention.ms'),
    retentionBytes: limit('retention.bytes'),
    segmentBytes: number('segment.bytes'),
    segmentMs: number('segment.ms'),
    minInsyncReplicas: topicMinInsyncReplicas(image, topic),
    maxMessageBytes: number('max.message.bytes'),
    messageTimestampType:
      topicConfigValue(image, topic, 'message.timestamp.type') === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    timestampBeforeMsMax: number('message.timestamp.before.max.ms'),
    timestampAfterMsMax: number('message.timestamp.after.max.ms'),
    compressionType,
    compressionLevel: hasLevels ? number(`compression.${compressionType}.level`) : 0,
    durability: topicDurability(image, topic),
    leaderThrottled: throttledReplicas(topicConfigValue(image, topic, 'leader.replication.throttled.replicas')),
    followerThrottled: throttledReplicas(topicConfigValue(image, topic, 'follower.replication.throttled.replicas')),
  };
}

export function topicMinInsyncReplicas(image: ClusterImage, topic: string): number {
  return integerValue(topicConfigValue(image, topic, 'min.insync.replicas'));
}

export function topicDurability(image: ClusterImage, topic: string): Durability {
  return topicConfigValue(image, topic, 'durability') === 'replicated' ? 'replicated' : 'flushed';
}

/** A broker's dynamic configs in force, typed. */
export interface BrokerDynamicConfig {
  readonly replicaLagTimeMsMax: number;
  /** Whether a leader sends consumers to a replica in their rack (KIP-392). */
  readonly replicaSelector: 'leader' | 'rack-aware';
  /** A second, of Kafka clients. */
  readonly connectionCreationRateMax: number;
  /** Bytes a second, see `TopicConfig.leaderThrottled`. MAX_SAFE_INTEGER: without end. */
  readonly leaderThrottledRate: number;
  readonly followerThrottledRate: number;
}

export function brokerDynamicConfig(image: ClusterImage, brokerId: NodeId): BrokerDynamicConfig {
  const number = (name: string): number => integerValue(brokerConfigValue(image, brokerId, name));
  const selector = brokerConfigValue(image, brokerId, 'replica.selector.class');
  return {
    replicaLagTimeMsMax: number('replica.lag.time.max.ms'),
    connectionCreationRateMax: number('max.connection.creation.rate'),
    leaderThrottledRate: number('leader.replication.throttled.rate'),
    followerThrottledRate: number('follower.replication.throttled.rate'),
    replicaSelector: selector === RACK_AWARE_SELECTOR ? 'rack-aware' : 'leader',
  };
}

/** The cluster's configs in force, typed. */
export interface ClusterConfig {
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly autoCreateTopics: boolean;
}

export function clusterConfig(image: ClusterImage): ClusterConfig {
  return {
    partitions: integerValue(clusterConfigValue(image, 'num.partitions')),
    replicationFactor: integerValue(clusterConfigValue(image, 'default.replication.factor')),
    autoCreateTopics: clusterConfigValue(image, 'auto.create.topics.enable') === 'true',
  };
}
