import { type ErrorCode, errorCodeFromNumber, NO_ERROR } from '@moldau/base';
import {
  findCoordinator,
  heartbeat,
  joinGroup,
  leaveGroup,
  offsetCommit,
  offsetFetch,
  type ResponseOf,
  syncGroup,
  ZERO_UUID,
} from '@moldau/protocol';
import { sleep } from '../client-machine.ts';
import { nameOf } from './group-assignors.ts';
import type { KafkaCluster, TopicPartition } from './kafka-cluster.ts';
import { type KafkaLink, LinkLost } from './kafka-link.ts';

const TIMEOUT_MS = 2_000;
/** How much longer than a rebalance may take a join is waited for, as Kafka's own consumer does. */
const JOIN_GRACE_MS = 5_000;
const RETRY_MS = 100;
const PROTOCOL_TYPE = 'consumer';
/** Versions from which on a request says more, or says it elsewhere. */
const KEYS_FROM = 4;
const MEMBERS_FROM = 3;
const STATIC_JOIN_FROM = 5;
const STATIC_SYNC_FROM = 3;
const STATIC_HEARTBEAT_FROM = 3;
const STATIC_COMMIT_FROM = 7;
const GROUPS_FROM = 8;
/** The last version of OffsetCommit and OffsetFetch that names topics by name. */
const BY_NAME_MAX = 9;

/** As whom a member speaks. */
export interface MemberIdentity {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly generation: number;
}

export interface CommitEntry extends TopicPartition {
  readonly commitId: string;
  readonly offset: number;
  readonly epoch: number;
}

export interface CommittedEntry extends TopicPartition {
  readonly offset: number;
  readonly epoch: number;
  readonly commitId: string;
}

export interface GroupTimes {
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}

/** What a member asks the coordinator of its group, over a connection of its own: a join holds up what comes after it. */
export class CoordinatorClient {
  readonly #cluster: KafkaCluster;
  /** What the member knows of topics. */
  readonly #topics: KafkaCluster;
  readonly #group: string;
  #link: KafkaLink | undefined;

  constructor(cluster: KafkaCluster, topics: KafkaCluster, group: string) {
    this.#cluster = cluster;
    this.#topics = topics;
    this.#group = group;
  }

  /** Somebody else coordinates, or nobody. */
  forget(): void {
    this.#link = undefined;
  }

  close(): void {
    this.#cluster.close();
  }

  join(
    { memberId, instanceId }: MemberIdentity,
    protocol: { readonly name: string; readonly metadata: Uint8Array },
    times: GroupTimes,
  ): Promise<ResponseOf<typeof joinGroup>> {
    const timeoutMs = times.rebalanceTimeoutMs + JOIN_GRACE_MS;
    return this.#ask((link) =>
      link.ask(
        joinGroup,
        (version) => ({
          groupId: this.#group,
          ...times,
          memberId,
          protocolType: PROTOCOL_TYPE,
          protocols: [protocol],
          ...(version >= STATIC_JOIN_FROM && { groupInstanceId: instanceId }),
        }),
        { timeoutMs, ...from(STATIC_JOIN_FROM, instanceId) },
      ),
    );
  }

  sync(
    { memberId, instanceId, generation }: MemberIdentity,
    protocolName: string,
    assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[],
    { rebalanceTimeoutMs }: GroupTimes,
  ): Promise<ResponseOf<typeof syncGroup>> {
    return this.#ask((link) =>
      link.ask(
        syncGroup,
        (version) => ({
          groupId: this.#group,
          generationId: generation,
          memberId,
          protocolType: PROTOCOL_TYPE,
          protocolName,
          assignments,
          ...(version >= STATIC_SYNC_FROM && { groupInstanceId: instanceId }),
        }),
        { timeoutMs: rebalanceTimeoutMs + JOIN_GRACE_MS, ...from(STATIC_SYNC_FROM, instanceId) },
      ),
    );
  }

  async heartbeat({ memberId, instanceId, generation }: MemberIdentity): Promise<ErrorCode | undefined> {
    const { errorCode } = await this.#ask((link) =>
      link.ask(
        heartbeat,
        (version) => ({
          groupId: this.#group,
          generationId: generation,
          memberId,
          ...(version >= STATIC_HEARTBEAT_FROM && { groupInstanceId: instanceId }),
        }),
        { timeoutMs: TIMEOUT_MS, ...from(STATIC_HEARTBEAT_FROM, instanceId) },
      ),
    );
    return codeOf(errorCode);
  }

  async leave({ memberId, instanceId }: MemberIdentity): Promise<void> {
    await this.#ask((link) =>
      link.ask(
        leaveGroup,
        (version) => ({
          groupId: this.#group,
          ...(version >= MEMBERS_FROM ? { members: [{ memberId, groupInstanceId: instanceId }] } : { memberId }),
        }),
        { timeoutMs: TIMEOUT_MS },
      ),
    );
  }

  /** Outcomes in the order of the entries; undefined: kept. */
  async commit(
    { memberId, instanceId, generation }: MemberIdentity,
    entries: readonly CommitEntry[],
  ): Promise<readonly (ErrorCode | undefined)[]> {
    const topics = [...byTopic(entries)].map(([name, all]) => ({
      name,
      topicId: this.#topics.topicId(name),
      partitions: all.map(({ partition, offset, epoch, commitId }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: epoch,
        committedMetadata: commitId,
      })),
    }));
    const answer = await this.#ask((link) =>
      link.ask(
        offsetCommit,
        (version) => ({
          groupId: this.#group,
          generationIdOrMemberEpoch: generation,
          memberId,
          topics,
          ...(version >= STATIC_COMMIT_FROM && { groupInstanceId: instanceId }),
        }),
        { timeoutMs: TIMEOUT_MS, ...from(STATIC_COMMIT_FROM, instanceId), ...this.#limited(topics) },
      ),
    );
    const outcomes = new Map<string, ErrorCode | undefined>();
    for (const [at, { partitions }] of answer.topics.entries()) {
      const topic = topics[at]?.name ?? '';
      for (const told of partitions)
        outcomes.set(nameOf({ topic, partition: told.partitionIndex }), codeOf(told.errorCode));
    }
    return entries.map((entry) => {
      if (!outcomes.has(nameOf(entry))) throw new Error(`OffsetCommit says nothing of ${nameOf(entry)}`);
      return outcomes.get(nameOf(entry));
    });
  }

  /** What is committed; an error of the group as a whole is a code. */
  async committed(wanted: readonly TopicPartition[]): Promise<ErrorCode | readonly CommittedEntry[]> {
    const topics = [...byTopic(wanted)].map(([name, all]) => ({
      name,
      topicId: this.#topics.topicId(name),
      partitionIndexes: all.map(({ partition }) => partition),
    }));
    const answer = await this.#ask((link) =>
      link.ask(
        offsetFetch,
        (version) =>
          version >= GROUPS_FROM
            ? { groups: [{ groupId: this.#group, topics }], requireStable: true }
            : {
                groupId: this.#group,
                topics: topics.map(({ name, partitionIndexes }) => ({ name, partitionIndexes })),
              },
        { timeoutMs: TIMEOUT_MS, ...this.#limited(topics) },
      ),
    );
    const of = answer.groups[0] ?? answer;
    const error = codeOf(of.errorCode) ?? of.topics.flatMap(({ partitions }) => partitions.map(codeIn)).find(Boolean);
    if (error !== undefined) return error;
    return of.topics.flatMap(({ partitions }, at) =>
      partitions.map(({ partitionIndex, committedOffset, committedLeaderEpoch, metadata }) => ({
        topic: topics[at]?.name ?? '',
        partition: partitionIndex,
        offset: committedOffset,
        epoch: committedLeaderEpoch,
        commitId: metadata ?? '',
      })),
    );
  }

  #limited(topics: readonly { readonly topicId: string }[]): { readonly versionMax?: number } {
    return topics.some(({ topicId }) => topicId === ZERO_UUID) ? { versionMax: BY_NAME_MAX } : {};
  }

  async #ask<T>(ask: (link: KafkaLink) => Promise<T>): Promise<T> {
    if (this.#link === undefined || this.#link.isLost) this.#link = await this.#find();
    return ask(this.#link);
  }

  /** @throws LinkLost when it cannot be found now */
  async #find(): Promise<KafkaLink> {
    const answer = await this.#cluster
      .any()
      .ask(
        findCoordinator,
        (version) => (version >= KEYS_FROM ? { coordinatorKeys: [this.#group] } : { key: this.#group }),
        { timeoutMs: TIMEOUT_MS },
      );
    const found = answer.coordinators[0] ?? answer;
    if (found.errorCode === NO_ERROR) return this.#cluster.link(this.#cluster.meet(found));
    const code = errorCodeFromNumber(found.errorCode);
    if (code !== 'COORDINATOR_NOT_AVAILABLE') throw new Error(`FindCoordinator is answered with ${code}`);
    await sleep(this.#cluster.ports, RETRY_MS);
    throw new LinkLost('nobody coordinates');
  }
}

/** A static member needs a version in which it can say its name. */
function from(versionMin: number, instanceId: string | null): { readonly versionMin?: number } {
  return instanceId === null ? {} : { versionMin };
}

function codeIn({ errorCode }: { readonly errorCode: number }): ErrorCode | undefined {
  return codeOf(errorCode);
}

function codeOf(errorCode: number): ErrorCode | undefined {
  return errorCode === NO_ERROR ? undefined : errorCodeFromNumber(errorCode);
}

function byTopic<T extends TopicPartition>(entries: readonly T[]): Map<string, T[]> {
  const topics = new Map<string, T[]>();
  for (const entry of entries) topics.set(entry.topic, [...(topics.get(entry.topic) ?? []), entry]);
  return topics;
}
