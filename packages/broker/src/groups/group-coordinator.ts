import { type ErrorCode, type LeaderEpoch, type MetricSample, type Ports, RequestError } from '@moldau/base';
import { type BrokerState, isActive, type TopicImage, topicById, topicByName } from '@moldau/metadata';
import type { Partition } from '../partition/partition.ts';
import { NO_BUGS, type PlantedBugs } from '../planted-bugs.ts';
import type { Group, MemberInGeneration } from './group.ts';
import type { GroupContext } from './group-context.ts';
import { GroupCounters } from './group-counters.ts';
import { groupSamples } from './group-metrics.ts';
import { GROUP_SETTINGS_DEFAULT, type GroupSettings } from './group-settings.ts';
import { type CommittedOffset, GroupShard } from './group-shard.ts';
import {
  type GroupSnapshot,
  type JoinAnswer,
  type JoinRequest,
  type MemberIdentity,
  refusedJoin,
  refusedSync,
  type SyncAnswer,
  type SyncRequest,
} from './group-types.ts';
import { OFFSETS_TOPIC, type OffsetsTopic, partitionForGroup } from './offsets-topic.ts';
import { type OffsetEntry, STRING_BYTES_MAX } from './records.ts';

/** A name of a group must fit a record's key beside that of a topic; UTF-8 takes up to three bytes for a unit. */
const GROUP_ID_LENGTH_MAX = 4096;
/** What a client calls itself is kept with its group, and stands in its member id. */
const CLIENT_ID_LENGTH_MAX = 255;
const INSTANCE_ID_LENGTH_MAX = 1024;

type Fault = 'INVALID_GROUP_ID' | 'COORDINATOR_NOT_AVAILABLE' | 'NOT_COORDINATOR' | 'COORDINATOR_LOAD_IN_PROGRESS';

/** A topic as a client names it: by name, or by id where the name is empty. */
export interface TopicReference {
  readonly topic: string;
  readonly topicId: string;
}

/** An offset to be kept. */
interface OffsetToCommit extends TopicReference {
  readonly partition: number;
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
}

export interface CommitRequest extends MemberInGeneration {
  /** How long to keep the offsets, in ms; undefined: by the broker's retention. */
  readonly retentionMs?: number | undefined;
  readonly offsets: readonly OffsetToCommit[];
}

export interface PartitionsWanted extends TopicReference {
  readonly partitions: readonly number[];
}

export interface FetchedTopic extends TopicReference {
  readonly partitions: readonly {
    readonly partition: number;
    /** Undefined: nothing was committed. */
    readonly entry: OffsetEntry | undefined;
    readonly error: ErrorCode | undefined;
  }[];
}

/** A group as it is shown. */
export interface GroupDescription extends GroupSnapshot {
  readonly state: Group['state'];
}

export interface GroupListing {
  readonly groupId: string;
  readonly protocolType: string;
  readonly state: Group['state'];
}

/** One partition of the offsets topic, as its coordinator believes it to be. */
export interface CoordinatorInspection {
  readonly partition: number;
  /** The epoch in which it was read. */
  readonly leaderEpoch: LeaderEpoch;
  /** Whether requests for its groups would be answered right now. */
  readonly answers: boolean;
}

export type OrFault<T> = { readonly error: ErrorCode } | ({ readonly error: undefined } & T);

/** Join requests as a door hands them in: ids and tickets are given here. */
export type JoinGroup = Omit<JoinRequest, 'ticket' | 'newMemberId'>;
export type SyncGroup = Omit<SyncRequest, 'ticket'>;

/**
 * The groups that this broker coordinates: those whose partition of the offsets topic it leads. Both doors ask here. An
 * expected refusal is a value; nothing throws but {@link find}.
 */
export class GroupCoordinator {
  readonly #ports: Pick<Ports, 'clock' | 'random'>;
  readonly #context: GroupContext;
  readonly #settings: GroupSettings;
  readonly #topic: OffsetsTopic;
  readonly #counters = new GroupCounters();
  readonly #shards = new Map<number, GroupShard>();
  #nextExpiryMs: number;

  constructor(
    ports: Pick<Ports, 'clock' | 'random' | 'timers' | 'checksum' | 'stopProcess' | 'logger'>,
    topic: OffsetsTopic,
    settings: GroupSettings = GROUP_SETTINGS_DEFAULT,
    bugs: PlantedBugs = NO_BUGS,
  ) {
    const { clock, timers, checksum, stopProcess, logger } = ports;
    this.#ports = ports;
    this.#settings = settings;
    this.#topic = topic;
    this.#nextExpiryMs = clock.nowMs() + settings.offsetsRetentionCheckMs;
    this.#context = {
      clock,
      timers,
      checksum,
      stopProcess,
      logger,
      settings,
      counters: this.#counters,
      bugs,
      hasRoom: () => this.#groupCount() < settings.groupsMax,
      ended: (shard) => {
        if (this.#shards.get(shard.partition) === shard) this.#shards.delete(shard.partition);
      },
    };
  }

  // What the broker tells.

  /** This broker leads the partition, perhaps in a new epoch. That it stops, the partition tells its readers. */
  leads(partition: Partition): void {
    const { leader } = partition;
    if (partition.topic !== OFFSETS_TOPIC || leader === undefined) return;
    const shard = this.#shards.get(partition.partition);
    if (shard !== undefined && !shard.hasEnded) return;
    this.#shards.set(partition.partition, new GroupShard(this.#context, partition, leader));
  }

  topicsDeleted(names: readonly string[]): void {
    const gone = new Set(names);
    for (const shard of this.#shards.values()) shard.topicsDeleted(gone);
  }

  /** To be called some ten times a second. `stalledMs`: how late this time comes. */
  sweep(stalledMs: number): void {
    const nowMs = this.#ports.clock.nowMs();
    for (const shard of this.#shards.values()) shard.sweep(nowMs, stalledMs);
    if (nowMs < this.#nextExpiryMs) return;
    this.#nextExpiryMs = nowMs + this.#settings.offsetsRetentionCheckMs;
    for (const shard of this.#shards.values()) shard.expireOffsets();
  }

  samples(): Iterable<MetricSample> {
    return groupSamples(this.#shards.values(), this.#counters);
  }

  /** For checkers: the partitions whose groups this broker coordinates. */
  inspectAll(): readonly CoordinatorInspection[] {
    return [...this.#shards.values()].map(({ partition, leaderEpoch, fault }) => {
      return { partition, leaderEpoch, answers: fault === undefined };
    });
  }

  /** For checkers and tests: the groups of a partition as they are now. */
  inspect(partition: number): GroupShard | undefined {
    return this.#shards.get(partition);
  }

  // What clients ask.

  /**
   * The broker that coordinates a group.
   *
   * @throws RequestError COORDINATOR_NOT_AVAILABLE: nobody does just now
   */
  async find(groupId: string): Promise<BrokerState> {
    const topic = await this.#topic.ensure();
    const state = topic.partitions[partitionForGroup(groupId, topic.partitions.length)];
    const broker = state && this.#topic.image.brokers.get(state.leader);
    if (broker === undefined || !isActive(broker)) {
      throw new RequestError(
        'COORDINATOR_NOT_AVAILABLE',
        'the partition of this group has no leader just now; ask again',
      );
    }
    return broker;
  }

  join(groupId: string, request: JoinGroup): Promise<JoinAnswer> {
    const refuse = (error: ErrorCode): Promise<JoinAnswer> => Promise.resolve(refusedJoin(error, request.memberId));
    const shard = this.#shardOf(groupId);
    if (typeof shard === 'string') return refuse(shard);
    const { sessionTimeoutMsMin, sessionTimeoutMsMax } = this.#settings;
    const { sessionTimeoutMs, instanceId, protocolType, protocols } = request;
    if (sessionTimeoutMs < sessionTimeoutMsMin || sessionTimeoutMs > sessionTimeoutMsMax) {
      return refuse('INVALID_SESSION_TIMEOUT');
    }
    if (instanceId !== null && (instanceId === '' || instanceId.length > INSTANCE_ID_LENGTH_MAX)) {
      return refuse('INVALID_REQUEST');
    }
    const names = [protocolType, ...protocols.map(({ name }) => name)];
    if (names.some((name) => name.length > CLIENT_ID_LENGTH_MAX)) return refuse('INCONSISTENT_GROUP_PROTOCOL');
    const clientId = request.clientId.slice(0, CLIENT_ID_LENGTH_MAX);
    const newMemberId = `${instanceId ?? clientId}-${memberUuid(this.#ports.random.bytes(16))}`;
    return shard.join(groupId, { ...request, clientId, newMemberId });
  }

  sync(groupId: string, request: SyncGroup): Promise<SyncAnswer> {
    const shard = this.#shardOf(groupId);
    return typeof shard === 'string' ? Promise.resolve(refusedSync(shard)) : shard.sync(groupId, request);
  }

  heartbeat(groupId: string, from: MemberInGeneration): ErrorCode | undefined {
    const shard = this.#shardOf(groupId);
    if (typeof shard !== 'string') return shard.heartbeat(groupId, from);
    // Whether it is a member will be known soon; until then nobody is sent away.
    return shard === 'COORDINATOR_LOAD_IN_PROGRESS' ? undefined : shard;
  }

  leave(
    groupId: string,
    members: readonly MemberIdentity[],
  ): OrFault<{ readonly outcomes: readonly (ErrorCode | undefined)[] }> {
    const shard = this.#shardOf(groupId);
    if (typeof shard === 'string') return { error: shard };
    return { error: undefined, outcomes: shard.leave(groupId, members) };
  }

  /** Outcomes in the order of the offsets. */
  async commit(groupId: string, request: CommitRequest): Promise<readonly (ErrorCode | undefined)[]> {
    const shard = this.#shardOf(groupId, { mayBeEmpty: true });
    if (typeof shard === 'string') return request.offsets.map(() => shard);
    const committedWallMs = this.#ports.clock.wallMs();
    const { retentionMs } = request;
    const expiresWallMs =
      retentionMs === undefined ? undefined : Math.min(committedWallMs + retentionMs, Number.MAX_SAFE_INTEGER);
    const accepted: CommittedOffset[] = [];
    let room = this.#settings.offsetsPerGroupMax - (shard.offsets.get(groupId)?.size ?? 0);
    const outcomes = request.offsets.map((each): ErrorCode | undefined => {
      const topic = this.#topicOf(each);
      if (topic?.partitions[each.partition] === undefined) return unknownTopic(each, topic);
      if (utf8LengthAtMost(each.metadata) > this.#settings.offsetMetadataBytesMax) return 'OFFSET_METADATA_TOO_LARGE';
      const isNew = shard.offsets.get(groupId)?.has(topic.name, each.partition) !== true;
      if (isNew && --room < 0) return 'INVALID_COMMIT_OFFSET_SIZE';
      const { offset, leaderEpoch, metadata, partition } = each;
      const entry = { offset, leaderEpoch, metadata, committedWallMs, expiresWallMs, topicId: topic.topicId };
      accepted.push({ topic: topic.name, partition, entry });
      return undefined;
    });
    const error = await new Promise<ErrorCode | undefined>((resolve) => {
      shard.commit(groupId, request, accepted, resolve);
    });
    return outcomes.map((outcome) => outcome ?? error);
  }

  /** @param wanted null: everything that is committed */
  fetchOffsets(
    groupId: string,
    wanted: readonly PartitionsWanted[] | null,
  ): OrFault<{ readonly topics: readonly FetchedTopic[] }> {
    const shard = this.#shardOf(groupId, { mayBeEmpty: true });
    if (typeof shard === 'string') return { error: shard };
    const offsets = shard.offsets.get(groupId);
    const topics: FetchedTopic[] = [];
    if (wanted === null) {
      for (const name of offsets?.topics() ?? []) {
        const topic = this.#topicOf({ topic: name, topicId: '' });
        const partitions = [...(offsets?.committedOf(name) ?? [])]
          .filter(([, entry]) => isOfTopic(entry, topic))
          .map(([partition, entry]) => ({ partition, entry, error: undefined }));
        if (partitions.length > 0) topics.push({ topic: name, topicId: topic?.topicId ?? '', partitions });
      }
      return { error: undefined, topics };
    }
    for (const each of wanted) {
      const topic = this.#topicOf(each);
      const name = topic?.name ?? each.topic;
      const error = topic === undefined && each.topic === '' ? 'UNKNOWN_TOPIC_ID' : undefined;
      const partitions = each.partitions.map((partition) => {
        const entry = offsets?.committed(name, partition);
        return { partition, entry: entry && isOfTopic(entry, topic) ? entry : undefined, error } as const;
      });
      topics.push({ topic: name, topicId: topic?.topicId ?? each.topicId, partitions });
    }
    return { error: undefined, topics };
  }

  /** Outcomes in the order of what is to be forgotten. */
  async deleteOffsets(
    groupId: string,
    wanted: readonly { readonly topic: string; readonly partition: number }[],
  ): Promise<OrFault<{ readonly outcomes: readonly (ErrorCode | undefined)[] }>> {
    const shard = this.#shardOf(groupId);
    if (typeof shard === 'string') return { error: shard };
    const group = shard.groups.get(groupId);
    if (group === undefined) return { error: 'GROUP_ID_NOT_FOUND' };
    if (group.state !== 'Empty' && group.protocolType !== 'consumer') return { error: 'NON_EMPTY_GROUP' };
    const read = group.state === 'Empty' ? new Set<string>() : group.subscribedTopics();
    const outcomes = wanted.map(({ topic, partition }): ErrorCode | undefined => {
      if (topicByName(this.#topic.image, topic)?.partitions[partition] === undefined)
        return 'UNKNOWN_TOPIC_OR_PARTITION';
      return read === undefined || read.has(topic) ? 'GROUP_SUBSCRIBED_TO_TOPIC' : undefined;
    });
    const going = wanted.filter(
      ({ topic, partition }, index) =>
        outcomes[index] === undefined && shard.offsets.get(groupId)?.has(topic, partition),
    );
    const error = await new Promise<ErrorCode | undefined>((resolve) => shard.delete(groupId, going, resolve));
    return { error: undefined, outcomes: outcomes.map((outcome) => outcome ?? error) };
  }

  /** Error GROUP_ID_NOT_FOUND: there is no such group. */
  describe(groupId: string): OrFault<{ readonly group: GroupDescription }> {
    const shard = this.#shardOf(groupId, { mayBeEmpty: true });
    if (typeof shard === 'string') return { error: shard };
    const group = shard.groups.get(groupId);
    if (group === undefined) return { error: 'GROUP_ID_NOT_FOUND' };
    return { error: undefined, group: { ...group.snapshot(), state: group.state } };
  }

  /** Those of this broker. `isLoading`: there are more to come. */
  list(): { readonly groups: readonly GroupListing[]; readonly isLoading: boolean } {
    const groups: GroupListing[] = [];
    let isLoading = false;
    for (const shard of this.#shards.values()) {
      if (shard.fault === 'COORDINATOR_LOAD_IN_PROGRESS') isLoading = true;
      if (shard.fault !== undefined) continue;
      for (const [groupId, { protocolType, state }] of shard.groups) {
        groups.push({ groupId, protocolType: protocolType ?? '', state });
      }
    }
    return { groups, isLoading };
  }

  /** With all that it has committed. Only a group without members. */
  deleteGroup(groupId: string): Promise<ErrorCode | undefined> {
    const shard = this.#shardOf(groupId, { mayBeEmpty: true });
    if (typeof shard === 'string') return Promise.resolve(shard);
    const group = shard.groups.get(groupId);
    if (group === undefined) return Promise.resolve('GROUP_ID_NOT_FOUND');
    if (group.state !== 'Empty') return Promise.resolve('NON_EMPTY_GROUP');
    return new Promise((resolve) => {
      shard.delete(groupId, undefined, resolve);
    });
  }

  #shardOf(groupId: string, { mayBeEmpty = false } = {}): GroupShard | Fault {
    if ((groupId === '' && !mayBeEmpty) || groupId.length > GROUP_ID_LENGTH_MAX) return 'INVALID_GROUP_ID';
    const { topic } = this.#topic;
    if (topic === undefined) return 'NOT_COORDINATOR';
    const shard = this.#shards.get(partitionForGroup(groupId, topic.partitions.length));
    return shard === undefined ? 'NOT_COORDINATOR' : (shard.fault ?? shard);
  }

  #topicOf({ topic, topicId }: TopicReference): TopicImage | undefined {
    const { image } = this.#topic;
    return topic === '' ? topicById(image, topicId) : topicByName(image, topic);
  }

  #groupCount(): number {
    let count = 0;
    for (const { groups } of this.#shards.values()) count += groups.size;
    return count;
  }
}

function unknownTopic({ topic }: TopicReference, found: TopicImage | undefined): ErrorCode {
  return topic === '' && found === undefined ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION';
}

/** An offset of a topic that was deleted says nothing about the one that bears its name now. */
function isOfTopic({ topicId }: OffsetEntry, topic: TopicImage | undefined): boolean {
  return topicId === '' || topic === undefined || topic.topicId === topicId;
}

function utf8LengthAtMost(text: string): number {
  let length = 0;
  for (let index = 0; index < text.length && length <= STRING_BYTES_MAX; index++) {
    const unit = text.charCodeAt(index);
    // Each half of a surrogate pair counts two: four bytes together.
    length += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3;
  }
  return length;
}

/** In the form of Java's UUIDs: some tools cut member ids by it. */
function memberUuid(bytes: Uint8Array): string {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
