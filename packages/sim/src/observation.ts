import type {
  BrokerEpoch,
  ControllerEpoch,
  DirectoryId,
  LeaderEpoch,
  MetadataOffset,
  NodeId,
  Offset,
  PartitionId,
  TopicId,
} from '@moldau/base';
import type { CoordinatorInspection } from '@moldau/broker';
import type { ClusterImage } from '@moldau/metadata';
import type { RoleName } from '@moldau/raft';
import type { Ghost } from './ghost/ghost.ts';

/**
 * What checkers see. The views are read off the running nodes; what was acknowledged, voted, or true of a log is ghost
 * state, fed by clients, by the network and by what the logs were given, and never asked of the system under test.
 */
export interface Observation {
  readonly nowMs: number;
  /** Running nodes only. */
  readonly quorum: readonly QuorumView[];
  readonly brokers: readonly BrokerView[];
  readonly ghost: Ghost;
  /** The newest committed metadata that any controller has ever shown: with its node, it is forgotten by nobody. */
  readonly newestImage?: ClusterImage | undefined;
  /**
   * Partitions (topicId:partition) of which anything has changed since the last observation: their replicas, or what is
   * known of them from outside. Undefined: look at all of them, since metadata or the set of running nodes changed.
   */
  readonly changed?: ReadonlySet<string> | undefined;
}

/** Whether there is anything new to judge in this partition. */
export function isChanged({ changed }: Observation, key: string): boolean {
  return changed === undefined || changed.has(key);
}

/** One running controller's replica of the metadata log. */
export interface QuorumView {
  readonly nodeId: NodeId;
  readonly directoryId: DirectoryId;
  /** Number of this node's start; a new one has forgotten everything that was not on its disk. */
  readonly life: number;
  readonly role: RoleName;
  readonly term: ControllerEpoch;
  readonly commitIndex: MetadataOffset;
  /** Entries up to here are on this node's disk, by its own word. */
  readonly persistedIndex: MetadataOffset;
  /** Position of the entry before the first that is held. */
  readonly baseIndex: MetadataOffset;
  readonly lastIndex: MetadataOffset;
  /** End of the newest snapshot; 0 when there is none. */
  readonly snapshotIndex: MetadataOffset;
  readonly voters: readonly { readonly nodeId: NodeId; readonly directoryId: DirectoryId }[];
  /** Where the voter set in force stands in the log. */
  readonly votersIndex: MetadataOffset;
  /** Leaders: for how long no majority of the voters, itself included, has answered. 0 elsewhere. */
  readonly majoritySilentMs: number;
  entryAt(
    index: MetadataOffset,
  ): { readonly term: ControllerEpoch; readonly kind: string; readonly payload: Uint8Array } | undefined;
  termAt(index: MetadataOffset): ControllerEpoch | undefined;
  /** Committed metadata as this node has applied it. */
  readonly image: ClusterImage;
}

export interface BrokerView {
  readonly brokerId: NodeId;
  readonly life: number;
  readonly brokerEpoch: BrokerEpoch;
  /** Metadata as this broker has applied it. */
  readonly image: ClusterImage;
  /** Its lease is over, by the ghost's count. */
  readonly leaseOver: boolean;
  readonly replicas: readonly ReplicaView[];
  readonly coordinators: readonly CoordinatorView[];
}

/** Groups of one partition of the offsets topic, at one running broker. */
export interface CoordinatorView extends CoordinatorInspection {
  /** topicId:partition */
  readonly key: string;
}

/** One replica on one running broker. */
export interface ReplicaView {
  readonly brokerId: NodeId;
  readonly topicId: TopicId;
  readonly partition: PartitionId;
  /** topicId:partition */
  readonly key: string;
  readonly role: 'leader' | 'follower' | 'offline';
  readonly leaderEpoch: LeaderEpoch;
  /** Leaders: false once it knows that it must not answer any more (fenced, or lease over with a stream down). */
  readonly serving: boolean;
  /**
   * Leaders: whether the metadata that its broker has applied names this registration, unfenced, as the leader of this
   * epoch.
   */
  readonly isNamed: boolean;
  /** Leaders: some in-sync follower has no subscription, by its own word. */
  readonly isrStreamDown: boolean;
  /** Leaders: the committed in-sync set, and that one joined with what is proposed. */
  readonly isr: readonly NodeId[];
  readonly maximalIsr: readonly NodeId[];
  /** Leaders: a proposal is under way. */
  readonly proposing: boolean;
  readonly startOffset: Offset;
  readonly highWatermark: Offset;
  readonly flushedEnd: Offset;
  readonly endOffset: Offset;
  readonly epochs: readonly { readonly epoch: LeaderEpoch; readonly startOffset: Offset }[];
  /** Subscriptions to leaders that are open for this replica. */
  readonly fetcherCount: number;
}
