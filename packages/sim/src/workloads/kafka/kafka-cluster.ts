import {
  NO_ERROR,
  NO_LEADER,
  NO_LEADER_EPOCH,
  type NodeId,
  type Random,
  randomFraction,
  randomInteger,
} from '@moldau/base';
import { listOffsets, metadata, type ResponseOf, ZERO_UUID } from '@moldau/protocol';
import { type KafkaClientPorts, type KafkaClientSide, KafkaLink, LinkLost, type SpokenVersions } from './kafka-link.ts';

const TIMEOUT_MS = 2_000;
/** Before, every question about a topic may create it. */
const NO_CREATION_FROM = 4;
/** Of clients, those that speak the newest versions; only newer versions know topics by their ids. */
const NEWEST_SHARE = 0.3;
const EARLIEST = -2;
const LATEST = -1;

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface PartitionPlace {
  readonly leaderId: NodeId;
  readonly leaderEpoch: number;
}

interface KnownTopic {
  /** Zero: no version spoken so far tells it. */
  topicId: string;
  readonly partitions: Map<number, PartitionPlace>;
  /** As Metadata said last. */
  readonly replicas: Map<number, readonly NodeId[]>;
}

interface Endpoint {
  readonly nodeId: NodeId;
  readonly host: string;
  readonly port: number;
}

/** What a Kafka client knows of the cluster, and its connections: at most one to each address. */
export class KafkaCluster implements KafkaClientSide {
  readonly clientId: string;
  readonly ports: KafkaClientPorts;
  readonly random: Random;
  readonly versions: SpokenVersions = new Map();
  readonly isNewest: boolean;
  readonly #bootstrap: readonly string[];
  readonly #addresses = new Map<NodeId, string>();
  readonly #links = new Map<string, KafkaLink>();
  readonly #topics = new Map<string, KnownTopic>();

  constructor(ports: KafkaClientPorts, random: Random, bootstrap: readonly string[], clientId: string) {
    this.ports = ports;
    this.random = random;
    this.#bootstrap = bootstrap;
    this.clientId = clientId;
    this.isNewest = randomFraction(random) < NEWEST_SHARE;
  }

  /** To whoever it may be. */
  any(): KafkaLink {
    const known = [...new Set([...this.#bootstrap, ...this.#addresses.values()])];
    return this.link(known[randomInteger(this.random, 0, known.length)] ?? '');
  }

  link(address: string): KafkaLink {
    const known = this.#links.get(address);
    if (known !== undefined && !known.isLost) return known;
    const link = new KafkaLink(this, address);
    this.#links.set(address, link);
    return link;
  }

  /** Undefined: who leads is not known, or where. */
  leader(topic: string, partition: number): { readonly link: KafkaLink; readonly place: PartitionPlace } | undefined {
    const place = this.#topics.get(topic)?.partitions.get(partition);
    const address = place && this.#addresses.get(place.leaderId);
    return place === undefined || address === undefined ? undefined : { link: this.link(address), place };
  }

  /** Any replica of a partition, its leader among them; undefined: none is known. */
  anyReplica(topic: string, partition: number): KafkaLink | undefined {
    const replicas = this.#topics.get(topic)?.replicas.get(partition) ?? [];
    const address = this.#addresses.get(replicas[randomInteger(this.random, 0, replicas.length)] ?? NO_LEADER);
    return address === undefined ? undefined : this.link(address);
  }

  topicId(topic: string): string {
    return this.#topics.get(topic)?.topicId ?? ZERO_UUID;
  }

  topicOfId(topicId: string): string | undefined {
    for (const [name, known] of this.#topics) if (known.topicId === topicId) return name;
    return undefined;
  }

  partitionCount(topic: string): number {
    return this.#topics.get(topic)?.partitions.size ?? 0;
  }

  /** Asks somebody; false when nobody answered, or not of everything. */
  async refresh(topics: readonly string[]): Promise<boolean> {
    try {
      const answer = await this.any().ask(
        metadata,
        (version) => ({
          topics: topics.map((name) => ({ name })),
          ...(version >= NO_CREATION_FROM && { allowAutoTopicCreation: false }),
        }),
        { timeoutMs: TIMEOUT_MS },
      );
      return this.#take(answer);
    } catch (error) {
      if (!(error instanceof LinkLost)) throw error;
      return false;
    }
  }

  /** A refusal named somebody else (KIP-951). */
  learn(at: TopicPartition, place: PartitionPlace, endpoints: readonly Endpoint[]): void {
    if (place.leaderId === NO_LEADER) return;
    for (const endpoint of endpoints) this.meet(endpoint);
    const known = this.#topics.get(at.topic);
    const before = known?.partitions.get(at.partition);
    if (known !== undefined && place.leaderEpoch > (before?.leaderEpoch ?? NO_LEADER_EPOCH)) {
      known.partitions.set(at.partition, place);
    }
  }

  /** Gives the address. */
  meet({ nodeId, host, port }: Endpoint): string {
    const address = `${host}:${port}`;
    this.#addresses.set(nodeId, address);
    return address;
  }

  /**
   * Where a partition begins or ends; undefined when nobody could say.
   *
   * @throws LinkLost
   */
  async offset(at: TopicPartition, which: 'earliest' | 'latest'): Promise<number | undefined> {
    const leader = this.leader(at.topic, at.partition);
    if (leader === undefined) return undefined;
    const timestamp = which === 'earliest' ? EARLIEST : LATEST;
    const { topics } = await leader.link.ask(
      listOffsets,
      () => ({
        topics: [
          {
            name: at.topic,
            partitions: [{ partitionIndex: at.partition, timestamp, currentLeaderEpoch: leader.place.leaderEpoch }],
          },
        ],
      }),
      { timeoutMs: TIMEOUT_MS },
    );
    const found = topics[0]?.partitions[0];
    return found?.errorCode === NO_ERROR ? found.offset : undefined;
  }

  close(): void {
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
  }

  #take({ brokers, topics }: ResponseOf<typeof metadata>): boolean {
    for (const broker of brokers) this.meet(broker);
    let isWhole = true;
    for (const { errorCode, name, topicId, partitions } of topics) {
      if (errorCode !== NO_ERROR || name === null) isWhole = false;
      else this.#takeTopic(name, topicId, partitions);
    }
    return isWhole;
  }

  #takeTopic(
    name: string,
    topicId: string,
    partitions: ResponseOf<typeof metadata>['topics'][number]['partitions'],
  ): void {
    const known = this.#topics.get(name) ?? { topicId: ZERO_UUID, partitions: new Map(), replicas: new Map() };
    this.#topics.set(name, known);
    if (topicId !== ZERO_UUID) known.topicId = topicId;
    for (const { partitionIndex, leaderId, leaderEpoch, replicaNodes } of partitions) {
      known.replicas.set(partitionIndex, replicaNodes);
      const before = known.partitions.get(partitionIndex);
      // Whoever was asked may be behind. Old versions do not tell the epoch.
      const isOlder = leaderEpoch !== NO_LEADER_EPOCH && leaderEpoch < (before?.leaderEpoch ?? NO_LEADER_EPOCH);
      if (!isOlder) known.partitions.set(partitionIndex, { leaderId, leaderEpoch });
    }
  }
}
