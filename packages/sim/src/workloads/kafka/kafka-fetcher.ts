import {
  type ErrorCode,
  errorCodeFromNumber,
  isRetriable,
  NO_ERROR,
  NO_LEADER_EPOCH,
  topicPartitionKey,
  utf8Decode,
} from '@moldau/base';
import { fetch, offsetForLeaderEpoch, type ResponseOf } from '@moldau/protocol';
import { isChecksumRight, readBatchRecords, splitBatches, wholeBatchesBytes } from '@moldau/records';
import { consistentRead } from '../../checkers/27-consistent-read.ts';
import { InvariantViolation } from '../../checkers/checker.ts';
import type { World } from '../../world/world.ts';
import { FetchSession, type WantedFetch } from './fetch-session.ts';
import type { KafkaCluster, TopicPartition } from './kafka-cluster.ts';
import { type KafkaLink, LinkLost } from './kafka-link.ts';

const TIMEOUT_MS = 2_000;
const NO_RECORDS = new Uint8Array(0);
/** From here on Fetch itself finds out whether what was read is in the log no more. */
const FINDS_TRUNCATION_FROM = 12;
/** From here on followers may be read (KIP-392). */
const ANY_REPLICA_FROM = 11;
/** Besides those that say of themselves that a repeat may succeed. */
const REPEATABLE: readonly ErrorCode[] = ['UNKNOWN_TOPIC_ID', 'OFFSET_NOT_AVAILABLE'];

type Told = ResponseOf<typeof fetch>['responses'][number]['partitions'][number];

/** How far a partition has been read. */
export interface Position extends TopicPartition {
  /** Undefined: not known yet, the partition's beginning is looked up. */
  offset: number | undefined;
  /** Of the last record read. */
  epoch: number;
  /** The leader epoch in which the position was last found to be right. */
  validatedEpoch: number;
}

export interface FetchedRecord extends TopicPartition {
  readonly offset: number;
  readonly value: string;
}

/** Reads partitions from their positions on, from their leaders or from any replica; what it reads the ghost is shown. */
export class KafkaFetcher {
  readonly #world: World;
  readonly #cluster: KafkaCluster;
  readonly #sessions = new WeakMap<KafkaLink, FetchSession>();
  readonly #positions = new Map<string, Position>();
  readonly #from: 'leaders' | 'any replica';
  #isStale = false;

  constructor(world: World, cluster: KafkaCluster, from: 'leaders' | 'any replica' = 'leaders') {
    this.#world = world;
    this.#cluster = cluster;
    this.#from = from;
  }

  get positions(): Iterable<Position> {
    return this.#positions.values();
  }

  position(name: string): Position | undefined {
    return this.#positions.get(name);
  }

  /** @param offset undefined: from the beginning */
  add({ topic, partition }: TopicPartition, offset: number | undefined, epoch: number): void {
    const position = { topic, partition, offset, epoch, validatedEpoch: NO_LEADER_EPOCH };
    this.#positions.set(`${topic}/${partition}`, position);
  }

  drop(name: string): void {
    this.#positions.delete(name);
  }

  /** One fetch from everyone who is to be asked; what could not be read is read the next time. */
  async poll(waitMs: number): Promise<readonly FetchedRecord[]> {
    if (this.#isStale) await this.#refresh();
    const asked = new Map<KafkaLink, WantedFetch[]>();
    for (const position of [...this.#positions.values()]) {
      try {
        const ready = await this.#prepare(position);
        if (ready !== undefined) asked.set(ready.link, [...(asked.get(ready.link) ?? []), ready.wanted]);
      } catch (error) {
        this.#lost(error);
      }
    }
    const all = await Promise.all([...asked].map(([link, wanted]) => this.#fetch(link, wanted, waitMs)));
    return all.flat();
  }

  async #refresh(): Promise<void> {
    const topics = [...new Set([...this.#positions.values()].map(({ topic }) => topic))];
    this.#isStale = topics.length > 0 && !(await this.#cluster.refresh(topics));
  }

  async #prepare(position: Position): Promise<{ link: KafkaLink; wanted: WantedFetch } | undefined> {
    const { topic, partition } = position;
    const leader = this.#cluster.leader(topic, partition);
    if (leader === undefined) this.#isStale = true;
    position.offset ??= await this.#cluster.offset(position, 'earliest');
    if (position.offset === undefined) this.#isStale = true;
    if (leader === undefined || position.offset === undefined) return undefined;
    const { leaderEpoch } = leader.place;
    if (!(await this.#isValid(position, leader.link, leaderEpoch))) return undefined;
    const { offset } = position;
    const topicId = this.#cluster.topicId(topic);
    const link = await this.#linkTo(position, leader.link);
    const isOfLeader = link === leader.link;
    const wanted = { topic, topicId, partition, offset, leaderEpoch, lastFetchedEpoch: position.epoch, isOfLeader };
    const version = await link.versionOf(fetch);
    return {
      link,
      wanted: version >= FINDS_TRUNCATION_FROM ? wanted : { ...wanted, lastFetchedEpoch: -1 },
    };
  }

  async #linkTo({ topic, partition }: Position, leader: KafkaLink): Promise<KafkaLink> {
    if (this.#from === 'leaders') return leader;
    const link = this.#cluster.anyReplica(topic, partition) ?? leader;
    return (await link.versionOf(fetch)) >= ANY_REPLICA_FROM ? link : leader;
  }

  /** With a new leader a client whose Fetch cannot find it out asks first whether its position is still in the log (KIP-320). */
  async #isValid(position: Position, link: KafkaLink, leaderEpoch: number): Promise<boolean> {
    const { topic, partition, epoch, offset = 0 } = position;
    if (epoch < 0 || leaderEpoch < 0 || leaderEpoch <= position.validatedEpoch) return true;
    if ((await link.versionOf(fetch)) >= FINDS_TRUNCATION_FROM) return true;
    const asked = { partition, currentLeaderEpoch: leaderEpoch, leaderEpoch: epoch };
    const answer = await link.ask(
      offsetForLeaderEpoch,
      (version) => ({ topics: [{ topic, partitions: [asked] }], ...(version >= 3 && { replicaId: -1 }) }),
      { timeoutMs: TIMEOUT_MS },
    );
    const told = answer.topics[0]?.partitions[0];
    if (told?.errorCode !== NO_ERROR) {
      this.#isStale = true;
      return false;
    }
    position.validatedEpoch = leaderEpoch;
    if (told.endOffset >= offset && told.leaderEpoch === epoch) return true;
    this.#cut(position, told.endOffset, `epoch ${epoch} ends as ${told.leaderEpoch} at ${told.endOffset}`);
    return false;
  }

  async #fetch(link: KafkaLink, wanted: readonly WantedFetch[], waitMs: number): Promise<FetchedRecord[]> {
    const session = this.#sessions.get(link) ?? new FetchSession(link);
    this.#sessions.set(link, session);
    try {
      const { partitions, endpoints } = await session.fetch(wanted, waitMs);
      return partitions.flatMap((each) => this.#take(each.wanted, each.told, endpoints));
    } catch (error) {
      this.#lost(error);
      return [];
    }
  }

  #take(wanted: WantedFetch, told: Told, endpoints: ResponseOf<typeof fetch>['nodeEndpoints']): FetchedRecord[] {
    const position = this.#positions.get(`${wanted.topic}/${wanted.partition}`);
    // It was dropped, or begun elsewhere, while the answer was on its way.
    if (position?.offset !== wanted.offset) return [];
    const { errorCode, divergingEpoch, currentLeader } = told;
    if (errorCode !== NO_ERROR) {
      const code = errorCodeFromNumber(errorCode);
      this.#isStale = true;
      // A follower's retention may be ahead: only the leader says that a position is gone.
      if (code === 'OFFSET_OUT_OF_RANGE' && !wanted.isOfLeader) return [];
      if (code === 'OFFSET_OUT_OF_RANGE') this.#cut(position, undefined, 'the position is out of range');
      else if (isRetriable(code) || REPEATABLE.includes(code)) this.#cluster.learn(position, currentLeader, endpoints);
      else throw new Error(`Fetch of ${wanted.topic}/${wanted.partition} is answered with ${code}`);
      return [];
    }
    if (divergingEpoch.endOffset >= 0) {
      this.#cut(position, divergingEpoch.endOffset, `the logs part at ${divergingEpoch.endOffset}`);
      return [];
    }
    return this.#read(position, told.records ?? NO_RECORDS);
  }

  #read(position: Position, bytes: Uint8Array): FetchedRecord[] {
    const { topic, partition } = position;
    const found: FetchedRecord[] = [];
    const key = topicPartitionKey(this.#world.ghost.topicIds.get(topic) ?? '', partition);
    const { checksum } = this.#cluster.ports;
    for (const { header, position: at } of splitBatches(bytes.subarray(0, wholeBatchesBytes(bytes)))) {
      if (!isChecksumRight(bytes, header, checksum, at)) throw new Error(`a batch of ${topic}/${partition} is damaged`);
      for (const { offset, value } of readBatchRecords(bytes, header, at)) {
        if (offset < (position.offset ?? 0)) continue;
        if (offset !== position.offset) {
          throw new Error(`${topic}/${partition} was read from ${position.offset}, and goes on with ${offset}`);
        }
        const record = { topic, partition, offset, value: utf8Decode(value ?? NO_RECORDS) };
        this.#world.ghost.witness('consumed', key, record);
        found.push(record);
        position.offset = offset + 1;
        position.epoch = header.leaderEpoch;
      }
    }
    return found;
  }

  /** What was read is said to be gone. Of what is promised nothing may go but by retention. */
  #cut(position: Position, endOffset: number | undefined, why: string): void {
    const { ghost, plantedBugs } = this.#world;
    const { topic, partition, offset = 0 } = position;
    const known = ghost.partition(topicPartitionKey(ghost.topicIds.get(topic) ?? '', partition));
    const isDeleted = offset < (known?.legalStart ?? 0);
    if (known !== undefined && !isDeleted && plantedBugs.size === 0) {
      throw new InvariantViolation(
        consistentRead.name,
        `a Kafka consumer of ${topic}/${partition} has read to ${offset}, and is told: ${why}`,
      );
    }
    position.offset = isDeleted ? undefined : endOffset;
    position.epoch = NO_LEADER_EPOCH;
  }

  #lost(error: unknown): void {
    if (!(error instanceof LinkLost)) throw error;
    this.#isStale = true;
  }
}
