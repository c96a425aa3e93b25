import {
  assert,
  errorCodeFromNumber,
  type LeaderEpoch,
  type MetadataOffset,
  NO_LEADER,
  type NodeId,
} from '@moldau/base';
import {
  ApiService,
  type CurrentLeader,
  type MetadataResponse,
  type PartitionInfo,
  type TopicInfo,
} from '@moldau/proto';
import { errorFromWire, MoldauError } from '../errors.ts';
import type { ClientPorts } from '../ports.ts';
import { backoffMs, delay, within } from '../waiting.ts';
import type { BrokerCalls, CallOptions } from './broker-calls.ts';

/** Who leads a partition, and where to find it. */
export interface Leader {
  readonly leaderId: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  readonly address: string;
}

/** A topic as this client last heard of it. */
export interface KnownTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitionCount: number;
}

interface CachedTopic extends KnownTopic {
  readonly leaders: Leader[];
}

/** The brokers' word that a topic is not there. */
interface MissingTopic {
  readonly error: MoldauError;
  /** When they first said so, having said nothing else since. */
  readonly sinceMs: number;
}

/** One refresh; retries of what needs it come with their own backoff. */
const REFRESH_TIMEOUT_MS = 5_000;
/** Those that a program asks for by mistake; the oldest is forgotten first. */
const MISSING_MAX = 1_000;

const NOWHERE: Leader = { leaderId: NO_LEADER, leaderEpoch: -1, address: '' };

/**
 * What this client knows of the topics it uses: ids, partition counts, leaders. Knowledge only grows newer: a leader is
 * replaced by one of a later epoch alone, and every request carries the highest metadata offset seen, so that what this
 * client changed it also sees.
 */
export class ClusterMetadata {
  readonly #ports: ClientPorts;
  readonly #calls: BrokerCalls;
  readonly #topics = new Map<string, CachedTopic>();
  readonly #missing = new Map<string, MissingTopic>();
  /** Asked for in each refresh: the topics that this client uses. */
  readonly #wanted = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #metadataOffset: MetadataOffset = 0;
  #clusterId = '';
  #refreshing: Promise<void> | undefined;

  constructor(ports: ClientPorts, calls: BrokerCalls) {
    this.#ports = ports;
    this.#calls = calls;
  }

  get metadataOffset(): MetadataOffset {
    return this.#metadataOffset;
  }

  /** A change of this client was answered with this offset: from now on no older state will do. */
  saw(metadataOffset: MetadataOffset): void {
    this.#metadataOffset = Math.max(this.#metadataOffset, metadataOffset);
  }

  topic(name: string): KnownTopic | undefined {
    return this.#topics.get(name);
  }

  /** undefined while nobody leads, or its address is unknown. */
  leader(topic: string, partition: number): Leader | undefined {
    const leader = this.#topics.get(topic)?.leaders[partition];
    return leader === undefined || leader.address === '' ? undefined : leader;
  }

  /** Runs after each change of what is known. Returns how to stop it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The topic, asked for until a broker knows it or the time is up: a topic that was just created may not have
   * reached every broker. One that is known with fewer partitions than `partitionsMin` is looked up again, once, since
   * topics grow; with Infinity always.
   *
   * @throws MoldauError UNKNOWN_TOPIC_OR_PARTITION and what {@link BrokerCalls.any} throws
   */
  async awaitTopic(name: string, options: CallOptions & { readonly partitionsMin?: number }): Promise<KnownTopic> {
    const known = this.#topics.get(name);
    if (known !== undefined && known.partitionCount >= (options.partitionsMin ?? 0)) return known;
    try {
      return await this.#lookUp(name, options);
    } catch (error) {
      // Nobody uses it now; who still looks for it asks again.
      if (!this.#topics.has(name)) this.#wanted.delete(name);
      throw error;
    }
  }

  /** That there is no such topic, when the brokers have been saying so for that long. */
  gone(name: string, forMs: number): MoldauError | undefined {
    const missing = this.#missing.get(name);
    const nowMs = this.#ports.clock.nowMs();
    return missing !== undefined && nowMs - missing.sinceMs >= forMs ? missing.error : undefined;
  }

  async #lookUp(name: string, options: CallOptions): Promise<KnownTopic> {
    const { clock, timers, random } = this.#ports;
    const { timeoutMs, signal } = options;
    const deadlineMs = clock.nowMs() + timeoutMs;
    let missing: MoldauError | undefined;
    const late = (): MoldauError => missing ?? this.#calls.unanswered(timeoutMs);
    for (let attempts = 1; ; attempts++) {
      this.#wanted.add(name);
      const failure = await within(timers, this.#refreshed(), { timeoutMs: deadlineMs - clock.nowMs(), signal, late });
      const found = this.#topics.get(name);
      // A refresh that was under way when the topic was first wanted did not ask for it.
      if (failure === undefined && found !== undefined) return found;
      if (failure === undefined) missing = this.#missing.get(name)?.error;
      const waitMs = backoffMs(random, attempts);
      if (clock.nowMs() + waitMs >= deadlineMs) throw failure ?? late();
      await delay(timers, waitMs, signal);
    }
  }

  /** A failure that may pass is a value. @throws MoldauError what no retry can help */
  async #refreshed(): Promise<MoldauError | undefined> {
    try {
      await this.refresh();
      return undefined;
    } catch (error) {
      if (error instanceof MoldauError && error.retriable) return error;
      throw error;
    }
  }

  /** Asks a broker. Calls while one is under way share it. @throws MoldauError */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#ask().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** So that of each of these topics it is known how it is, or that it is not there. @throws MoldauError */
  async ask(names: readonly string[]): Promise<void> {
    for (const name of names) this.#wanted.add(name);
    await this.refresh();
    // One that was under way did not ask for all of them.
    if (!names.every((name) => this.#topics.has(name) || this.#missing.has(name))) await this.refresh();
  }

  /** As {@link refresh}, for those that retry anyway: a failure is only noted. */
  refreshSoon(): void {
    this.refresh().catch((error: unknown) => {
      this.#ports.logger.debug('client.metadata_refresh_failed', { err: error });
    });
  }

  /** As {@link refreshSoon}, for one that uses this topic. */
  lookAgain(topic: string): void {
    this.#wanted.add(topic);
    this.refreshSoon();
  }

  /** A broker that does not lead said who does (KIP-951). Returns whether that was news. */
  learnLeader(topic: string, partition: number, hint: CurrentLeader | undefined): boolean {
    const cached = this.#topics.get(topic);
    const known = cached?.leaders[partition];
    if (hint === undefined || cached === undefined || known === undefined) return false;
    if (hint.leaderEpoch <= known.leaderEpoch || hint.grpcAddress === '' || hint.leaderId < 0) return false;
    cached.leaders[partition] = {
      leaderId: hint.leaderId,
      leaderEpoch: hint.leaderEpoch,
      address: hint.grpcAddress,
    };
    this.#changed();
    return true;
  }

  async #ask(): Promise<void> {
    const topics = [...this.#wanted];
    const request = { topics, brokersOnly: topics.length === 0 };
    const response = await this.#calls.any(
      async (channel, options) => {
        const wantedOffset = this.#metadataOffset;
        const answer = await channel.call(
          ApiService.metadata,
          { ...request, minMetadataOffset: wantedOffset },
          options,
        );
        if (answer.metadataOffset >= wantedOffset) return answer;
        throw new MoldauError(
          'TIMED_OUT',
          `broker ${channel.address} is behind: it has not seen the latest change yet`,
        );
      },
      { timeoutMs: REFRESH_TIMEOUT_MS },
    );
    this.#merge(response);
  }

  #merge(response: MetadataResponse): void {
    if (this.#clusterId !== '' && response.clusterId !== this.#clusterId) {
      throw new MoldauError(
        'INCONSISTENT_CLUSTER_ID',
        `a broker of cluster ${response.clusterId} answered, this client talks to ${this.#clusterId}: the bootstrap list names two clusters`,
      );
    }
    if (this.#clusterId === '') {
      const { clusterId, brokers } = response;
      this.#ports.logger.info('client.cluster_found', { clusterId, brokerCount: brokers.length });
    }
    this.#clusterId = response.clusterId;
    this.saw(response.metadataOffset);
    const addresses = new Map(response.brokers.map((broker) => [broker.brokerId, broker.grpcAddress]));
    this.#calls.brokersAre(
      response.brokers.filter((broker) => !broker.fenced && broker.grpcAddress !== '').map((b) => b.grpcAddress),
    );
    for (const topic of response.topics) this.#mergeTopic(topic, addresses);
    this.#changed();
  }

  #mergeTopic(topic: TopicInfo, addresses: ReadonlyMap<NodeId, string>): void {
    const { name, topicId } = topic;
    if (topic.errorCode !== 0) {
      const sinceMs = this.#missing.get(name)?.sinceMs ?? this.#ports.clock.nowMs();
      this.#missing.set(name, { error: errorOfTopic(topic), sinceMs });
      const [oldest] = this.#missing.keys();
      if (oldest !== undefined && this.#missing.size > MISSING_MAX) this.#missing.delete(oldest);
      if (errorCodeFromNumber(topic.errorCode) === 'UNKNOWN_TOPIC_OR_PARTITION') this.#topics.delete(name);
      return;
    }
    this.#missing.delete(name);
    const before = this.#topics.get(name);
    const leaders: Leader[] = [];
    for (const info of topic.partitions) leaders[info.partition] = leaderOf(info, addresses);
    for (let partition = 0; partition < leaders.length; partition++) {
      const known = before?.topicId === topicId ? before.leaders[partition] : undefined;
      const told = leaders[partition] ?? NOWHERE;
      leaders[partition] = known !== undefined && known.leaderEpoch > told.leaderEpoch ? known : told;
    }
    this.#topics.set(name, { name, topicId, partitionCount: leaders.length, leaders });
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function leaderOf(info: PartitionInfo, addresses: ReadonlyMap<NodeId, string>): Leader {
  assert(info.partition >= 0, 'a partition has a number', { partition: info.partition });
  const { leaderId, leaderEpoch } = info;
  return { leaderId, leaderEpoch, address: leaderId < 0 ? '' : (addresses.get(leaderId) ?? '') };
}

function errorOfTopic(topic: TopicInfo): MoldauError {
  const { name } = topic;
  const message = `topic ${name} does not exist: create it, or check its name`;
  if (errorCodeFromNumber(topic.errorCode) === 'UNKNOWN_TOPIC_OR_PARTITION') {
    // A broker may say it of a topic that was just created; whoever hands it on has asked for long enough.
    return new MoldauError('UNKNOWN_TOPIC_OR_PARTITION', message, { topic: name, retriable: false });
  }
  return errorFromWire(topic.errorCode, topic.message, { topic: name });
}
