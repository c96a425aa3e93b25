import type { NodeId } from '@moldau/base';
import type { ClusterImage } from '../image/cluster-image.ts';
import { integerValue, listValue } from './config-value.ts';
import { brokerConfigValue, clusterConfigValue, topicConfigValue } from './resolve.ts';

/** See the config `durability`. */
export type Durability = 'flushed' | 'replicated';

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
  readonly compressionType: 'producer';
  readonly durability: Durability;
}

/** A topic that does not exist has the defaults in force. */
export function topicConfig(image: ClusterImage, topic: string): TopicConfig {
  const number = (name: string): number => integerValue(topicConfigValue(image, topic, name));
  const cleanup = listValue(topicConfigValue(image, topic, 'cleanup.policy'));
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
    compressionType: 'producer',
    durability: topicDurability(image, topic),
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
}

export function brokerDynamicConfig(image: ClusterImage, brokerId: NodeId): BrokerDynamicConfig {
  return { replicaLagTimeMsMax: integerValue(brokerConfigValue(image, brokerId, 'replica.lag.time.max.ms')) };
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
