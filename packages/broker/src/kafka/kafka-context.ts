import {
  type Disk,
  type LogThreshold,
  NO_LEADER,
  type NodeId,
  parseAddress,
  type Random,
  type Timers,
  type TopicId,
} from '@moldau/base';
import type { LogDirectory } from '@moldau/log';
import { type BrokerState, type ClusterImage, type TopicImage, topicById, topicByName } from '@moldau/metadata';
import { ZERO_UUID } from '@moldau/protocol';
import type { GroupCoordinator } from '../groups/group-coordinator.ts';
import type { ControllerLink } from '../lifecycle/controller-link.ts';
import type { MetadataObserver } from '../metadata/metadata-observer.ts';
import type { InFlightBytes } from '../requests/in-flight-bytes.ts';
import type { ProducerIds } from '../requests/producer-ids.ts';
import { currentLeader, type RequestContext } from '../requests/request-context.ts';

/** What the handlers of the Kafka door share: the rooms behind it, which the gRPC door leads to as well. */
export interface KafkaContext {
  readonly requests: RequestContext;
  readonly timers: Timers;
  readonly random: Random;
  readonly inFlight: InFlightBytes;
  readonly observer: MetadataObserver;
  readonly link: ControllerLink;
  readonly producerIds: ProducerIds;
  readonly groups: GroupCoordinator;
  readonly disk: Disk;
  readonly logThreshold: LogThreshold;
  /** Data directories: those that could be opened, and the paths of the others. */
  readonly directories: readonly LogDirectory[];
  readonly unopened: readonly string[];
}

/** Where a Kafka client finds a broker. */
export interface KafkaNode {
  readonly nodeId: NodeId;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** Undefined: this broker has no Kafka listener, so it does not exist for Kafka clients. */
export function kafkaNode(broker: BrokerState | undefined): KafkaNode | undefined {
  if (broker === undefined || broker.kafkaAddress === '') return undefined;
  const { host, port } = parseAddress(broker.kafkaAddress);
  return { nodeId: broker.brokerId, host, port, rack: broker.rack === '' ? null : broker.rack };
}

/** Brokers that live and that Kafka clients can connect to. */
export function liveKafkaNodes(image: ClusterImage): KafkaNode[] {
  return [...image.brokers.values()].flatMap((broker) => (broker.fenced ? [] : (kafkaNode(broker) ?? [])));
}

/** Versions of one API name topics by name or by id. */
export function topicOf(
  image: ClusterImage,
  of: { readonly name: string; readonly topicId: TopicId },
): TopicImage | undefined {
  return of.topicId === ZERO_UUID ? topicByName(image, of.name) : topicById(image, of.topicId);
}

/** Who leads instead, for as many partitions of one answer as ask for it (KIP-951). */
export class LeaderHints {
  readonly #context: RequestContext;
  readonly #nodes = new Map<NodeId, KafkaNode>();

  constructor(context: RequestContext) {
    this.#context = context;
  }

  /** Where to find the leaders that were named. */
  get nodeEndpoints(): readonly KafkaNode[] {
    return [...this.#nodes.values()];
  }

  leaderOf(
    topicId: TopicId,
    partition: number,
  ): { readonly leaderId: NodeId; readonly leaderEpoch: number } | undefined {
    const leader = currentLeader(this.#context, topicId, partition);
    if (leader === undefined || leader.leaderId === NO_LEADER) return undefined;
    const node = kafkaNode(this.#context.image().brokers.get(leader.leaderId));
    if (node === undefined) return undefined;
    this.#nodes.set(leader.leaderId, node);
    return { leaderId: leader.leaderId, leaderEpoch: leader.leaderEpoch };
  }
}

/** Bits of Kafka's operations: with nobody to forbid anything, all that make sense. */
export const TOPIC_OPERATIONS_ALLOWED: number = bits([3, 4, 5, 6, 7, 8, 10, 11]);
export const CLUSTER_OPERATIONS_ALLOWED: number = bits([5, 7, 8, 9, 10, 11, 12]);
/** The operations were not asked for. */
export const OPERATIONS_UNTOLD = -2_147_483_648;

function bits(operations: readonly number[]): number {
  return operations.reduce((sum, operation) => sum + 2 ** operation, 0);
}
