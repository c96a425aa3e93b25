import type { NodeId } from '@moldau/base';
import type { PartitionState } from '../partition/partition-state.ts';
import type { BrokerState, ConfigResource, TopicImage } from './cluster-image.ts';

/** `before` is undefined for a new one, `after` for one that is gone. */
export interface BrokerDelta {
  readonly brokerId: NodeId;
  readonly before: BrokerState | undefined;
  readonly after: BrokerState | undefined;
}

/** `before` is undefined for a new partition. Partitions of a deleted topic are not listed: the topic is. */
export interface PartitionDelta {
  readonly before: PartitionState | undefined;
  readonly after: PartitionState;
}

/** What became different between two images, so that whoever reacts does work in the size of the change. */
export interface ClusterDelta {
  readonly clusterIdChanged: boolean;
  /** Names of features whose level changed. */
  readonly features: readonly string[];
  readonly brokers: readonly BrokerDelta[];
  /** With their first partitions, which are in `partitions` too. */
  readonly topicsCreated: readonly TopicImage[];
  /** As they were. A topic deleted and made again under its name is in both, under two ids. */
  readonly topicsDeleted: readonly TopicImage[];
  readonly partitions: readonly PartitionDelta[];
  /** Resources of which a set value changed. A deleted topic's configs go with it. */
  readonly configs: readonly ConfigResource[];
  /** Keys of entities of which a quota changed. */
  readonly quotas: readonly string[];
  /** Keys of SCRAM credentials that changed. */
  readonly credentials: readonly string[];
  readonly producerIdsChanged: boolean;
  /** What the change copied: never more than one of each thing touched. */
  readonly copies: ImageCopies;
}

/** For the cost of a batch: one image, and one copy of each shard and topic touched, however many records it has. */
export interface ImageCopies {
  readonly images: number;
  readonly topicShards: number;
  readonly topics: number;
}
