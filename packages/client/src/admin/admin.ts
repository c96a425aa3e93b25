import { type AbortSignalLike, errorCodeFromNumber, NO_ERROR, type RpcChannel, type UnaryMethod } from '@moldau/base';
import { ApiService, type MetadataResponse, type Outcome, type QuorumReplica } from '@moldau/proto';
import { deleteRecords } from '../cluster/delete-records.ts';
import { EARLIEST, LATEST, listOffsets } from '../cluster/list-offsets.ts';
import { checkTopicName } from '../cluster/topic-name.ts';
import { errorFromWire, type ItemOutcome, MoldauError, PartialFailureError } from '../errors.ts';
import type { GroupSource } from '../group/group-source.ts';
import type { PartitionName } from '../partition-name.ts';
import { abortable } from '../waiting.ts';
import type {
  ClusterDescription,
  ConfigAlteration,
  ConfigDescription,
  ConfigTarget,
  CreatedTopicInfo,
  NewTopicSpec,
  OffsetSpec,
  OngoingReassignment,
  PartitionGrowth,
  PartitionMove,
  PartitionOffset,
  QuorumDescription,
  QuorumMember,
  RecordDeletion,
  TopicDescription,
  VoterIdentity,
} from './admin-types.ts';
import { alterGroupOffsets, deleteGroup, deleteGroupOffsets, describeGroup, listGroups } from './group-admin.ts';
import type { GroupDescription, GroupListing, GroupOffset } from './group-types.ts';

export interface AdminOptions {
  readonly signal?: AbortSignalLike | undefined;
  /** For all attempts together, in ms; default 30,000. */
  readonly timeoutMs?: number | undefined;
}

/** Options of what can be tried without doing it. */
export interface ChangeOptions extends AdminOptions {
  /** Check only; change nothing. */
  readonly validateOnly?: boolean | undefined;
}

const TIMEOUT_MS = 30_000;

/** A second try of these would be refused for having been done, so they end with REQUEST_TIMED_OUT: look whether it was done. */
const MADE_ONCE: ReadonlySet<string> = new Set(
  [
    ApiService.createTopics,
    ApiService.deleteTopics,
    ApiService.createPartitions,
    ApiService.addVoter,
    ApiService.removeVoter,
  ].map(({ path }) => path),
);

/**
 * Describes and changes the cluster. Any broker is asked; a change is answered once it is committed and the broker sees
 * it, and later calls of this client see it too. What asks for several things throws {@link PartialFailureError} when some
 * were refused: the others are done. A change whose outcome the cluster does not know is not tried again where that would be
 * refused for having been done; one whose answer was lost on the way is, and then may be.
 */
export class Admin {
  readonly #source: GroupSource;

  constructor(source: GroupSource) {
    this.#source = source;
  }

  /** @throws MoldauError TOPIC_ALREADY_EXISTS, INVALID_TOPIC_EXCEPTION, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_CONFIG */
  async createTopics(
    topics: readonly NewTopicSpec[],
    options: ChangeOptions = {},
  ): Promise<readonly CreatedTopicInfo[]> {
    checkTopicNames(topics.map(({ name }) => name));
    const request = {
      topics: topics.map((topic) => ({
        name: topic.name,
        partitions: topic.assignments ? 0 : (topic.partitions ?? -1),
        replicationFactor: topic.assignments ? 0 : (topic.replicationFactor ?? -1),
        assignments: topic.assignments ?? [],
        configs: new Map(Object.entries(topic.configs ?? {})),
      })),
      validateOnly: options.validateOnly ?? false,
    };
    const response = await this.#change(ApiService.createTopics, request, options);
    throwRefused(
      topics.map(({ name }) => ({ name, topic: name })),
      response.topics.map((topic) => topic.outcome),
    );
    return response.topics.map(({ topicId, partitions, replicationFactor }, index) => ({
      name: topics[index]?.name ?? '',
      topicId,
      partitions,
      replicationFactor,
    }));
  }

  /** @throws MoldauError UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION where brokers keep their own state */
  async deleteTopics(names: readonly string[], options: AdminOptions = {}): Promise<void> {
    checkTopicNames(names);
    const response = await this.#change(ApiService.deleteTopics, { names, topicIds: [] }, options);
    throwRefused(
      names.map((name) => ({ name, topic: name })),
      response.outcomes,
    );
    this.#source.metadata.refreshSoon();
  }

  /** Grows topics; partitions never become fewer. @throws MoldauError UNKNOWN_TOPIC_OR_PARTITION, INVALID_PARTITIONS */
  async createPartitions(topics: readonly PartitionGrowth[], options: ChangeOptions = {}): Promise<void> {
    checkTopicNames(topics.map(({ name }) => name));
    const request = {
      topics: topics.map((topic) => ({ ...topic, assignments: topic.assignments ?? [] })),
      validateOnly: options.validateOnly ?? false,
    };
    const response = await this.#change(ApiService.createPartitions, request, options);
    throwRefused(
      topics.map(({ name }) => ({ name, topic: name })),
      response.outcomes,
    );
    // So that a record sent next may go to a new partition.
    if (!request.validateOnly) await abortable(this.#source.metadata.refresh(), options.signal);
  }

  /** The names of all topics, in order. */
  async listTopics(options: AdminOptions = {}): Promise<readonly string[]> {
    const { topics } = await this.#metadata({ topics: [], brokersOnly: false }, options);
    return topics.map((topic) => topic.name).sort();
  }

  /** All topics when no names are given. @throws MoldauError UNKNOWN_TOPIC_OR_PARTITION */
  async describeTopics(
    names: readonly string[] = [],
    options: AdminOptions = {},
  ): Promise<readonly TopicDescription[]> {
    checkTopicNames(names);
    const { topics } = await this.#metadata({ topics: names, brokersOnly: false }, options);
    throwRefused(
      topics.map(({ name }) => ({ name, topic: name })),
      topics.map(({ name, errorCode, message }) => ({
        errorCode,
        message: isUnknownTopic(errorCode) ? `topic ${name} does not exist: check its name` : message,
      })),
    );
    return topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: [...partitions].sort((left, right) => left.partition - right.partition),
    }));
  }

  async describeCluster(options: AdminOptions = {}): Promise<ClusterDescription> {
    const { clusterId, controllerId, brokers } = await this.#metadata({ topics: [], brokersOnly: true }, options);
    return { clusterId, controllerId, brokers: [...brokers].sort((left, right) => left.brokerId - right.brokerId) };
  }

  /** @throws MoldauError UNKNOWN_TOPIC_OR_PARTITION, INVALID_REQUEST */
  async describeConfigs(
    targets: readonly ConfigTarget[],
    options: AdminOptions = {},
  ): Promise<readonly ConfigDescription[]> {
    const request = { resources: targets.map(({ type, name }) => ({ resourceType: type, resourceName: name })) };
    const { resources } = await this.#ask(ApiService.describeConfigs, request, options);
    throwRefused(
      targets.map((target) => ({ name: nameOf(target), topic: topicOf(target) })),
      resources.map((resource) => resource.outcome),
    );
    return targets.map((target, index) => ({ ...target, entries: resources[index]?.entries ?? [] }));
  }

  /** All changes of one target succeed or fail together. @throws MoldauError INVALID_CONFIG, UNKNOWN_TOPIC_OR_PARTITION */
  async alterConfigs(changes: readonly ConfigAlteration[], options: ChangeOptions = {}): Promise<void> {
    const request = {
      changes: changes.map(({ type, name, setting, value }) => ({
        resourceType: type,
        resourceName: name,
        name: setting,
        value,
        listChange: 'unspecified' as const,
      })),
      resources: [],
      validateOnly: options.validateOnly ?? false,
    };
    const { outcomes } = await this.#change(ApiService.alterConfigs, request, options);
    throwRefused(
      changes.map((change) => ({ name: `${nameOf(change)}: ${change.setting}`, topic: topicOf(change) })),
      outcomes,
    );
  }

  /** In the order of the specs. @throws MoldauError UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE */
  async listOffsets(specs: readonly OffsetSpec[], options: AdminOptions = {}): Promise<readonly PartitionOffset[]> {
    checkTopicNames(specs.map(({ topic }) => topic));
    const queries = specs.map(({ topic, partition, at }) => ({
      topic,
      partition,
      timestamp: at === 'earliest' ? EARLIEST : at === 'latest' ? LATEST : at.timestamp,
    }));
    const found = await listOffsets(this.#source, queries, callOptions(options));
    return specs.map(({ topic, partition }, index) => ({
      topic,
      partition,
      offset: BigInt(found[index]?.offset ?? -1),
      timestamp: found[index]?.timestamp ?? -1,
    }));
  }

  /**
   * Deletes the records below an offset: gone for good, from all replicas on brokers that live, when this resolves. Asking again is
   * harmless. Resolves with the offsets at which the partitions begin then, in the order of the deletions.
   *
   * @throws MoldauError OFFSET_OUT_OF_RANGE, POLICY_VIOLATION for a topic that is only compacted, INVALID_TOPIC_EXCEPTION for one that
   *   brokers keep their own state in, REQUEST_TIMED_OUT when a replica does not follow in time; some may be done by then
   */
  async deleteRecords(deletions: readonly RecordDeletion[], options: AdminOptions = {}): Promise<readonly bigint[]> {
    checkTopicNames(deletions.map(({ topic }) => topic));
    const queries = deletions.map(({ topic, partition, before }) => {
      return { topic, partition, beforeOffset: wireOffset(before) };
    });
    const starts = await deleteRecords(this.#source, queries, callOptions(options));
    return starts.map(BigInt);
  }

  /** The quorum of controllers. */
  async describeQuorum(options: AdminOptions = {}): Promise<QuorumDescription> {
    const found = await this.#ask(ApiService.describeQuorum, {}, options);
    const { clusterId, leaderId, epoch } = found;
    return {
      clusterId,
      leaderId,
      epoch,
      commitOffset: BigInt(found.commitOffset),
      voters: found.voters.map(memberOf),
      observers: found.observers.map(memberOf),
    };
  }

  /** One at a time. The controller must run and have caught up. @throws MoldauError DUPLICATE_VOTER, INVALID_REQUEST */
  async addVoter(voter: VoterIdentity & { readonly address: string }, options: AdminOptions = {}): Promise<void> {
    await this.#ask(ApiService.addVoter, voter, options);
  }

  /** @throws MoldauError VOTER_NOT_FOUND, INVALID_REQUEST */
  async removeVoter(voter: VoterIdentity, options: AdminOptions = {}): Promise<void> {
    await this.#ask(ApiService.removeVoter, voter, options);
  }

  /**
   * Gives leadership to the preferred replicas: of these partitions, or of all. With `unclean` a replica that may lack
   * acknowledged records is taken where no other is left: records can be lost, so the partitions must be named.
   *
   * @throws MoldauError PREFERRED_LEADER_NOT_AVAILABLE, ELIGIBLE_LEADERS_NOT_AVAILABLE, ELECTION_NOT_NEEDED
   */
  async electLeaders(
    partitions: readonly { readonly topic: string; readonly partition: number }[] | 'all',
    options: AdminOptions & { readonly unclean?: boolean | undefined } = {},
  ): Promise<void> {
    const unclean = options.unclean ?? false;
    if (partitions === 'all' && unclean) {
      throw new MoldauError('INVALID_ARGUMENT', 'an unclean election can lose records: name the partitions');
    }
    const named = partitions === 'all' ? [] : partitions;
    checkTopicNames(named.map(({ topic }) => topic));
    const { outcomes } = await this.#change(ApiService.electLeaders, { partitions: named, unclean }, options);
    throwRefused(
      outcomes.map((_, index) => {
        const { topic, partition } = named[index] ?? {};
        return { name: `${topic ?? ''}/${partition ?? index}`, topic, partition };
      }),
      outcomes,
    );
  }

  /**
   * Moves replicas of partitions to other brokers, the preferred leader first, or calls a move off where no replicas are given.
   * Answered when it has begun: {@link listPartitionReassignments} says what is still under way. A move under way is turned
   * to the new target; called off, it is back where it began. With `allowReplicationFactorChange: false` (default true) a
   * partition that would have more or fewer replicas than before is refused. KIP-455, KIP-860.
   *
   * @throws MoldauError UNKNOWN_TOPIC_OR_PARTITION, INVALID_REPLICA_ASSIGNMENT, INVALID_REPLICATION_FACTOR,
   * NO_REASSIGNMENT_IN_PROGRESS
   */
  async alterPartitionReassignments(
    moves: readonly PartitionMove[],
    options: AdminOptions & { readonly allowReplicationFactorChange?: boolean | undefined } = {},
  ): Promise<void> {
    checkTopicNames(moves.map(({ topic }) => topic));
    const request = {
      reassignments: moves.map(({ topic, partition, replicas }) => ({
        topic,
        partition,
        replicas: replicas && { brokerIds: replicas },
      })),
      allowReplicationFactorChange: options.allowReplicationFactorChange ?? true,
    };
    const { outcomes } = await this.#change(ApiService.alterPartitionReassignments, request, options);
    throwRefused(
      moves.map(({ topic, partition }) => ({ name: `${topic}/${partition}`, topic, partition })),
      outcomes,
    );
  }

  /** Moves of replicas that are under way: of these topics, or of all. @throws MoldauError UNKNOWN_TOPIC_OR_PARTITION */
  async listPartitionReassignments(
    topics: readonly string[] = [],
    options: AdminOptions = {},
  ): Promise<readonly OngoingReassignment[]> {
    const described = await this.describeTopics(topics, options);
    return described.flatMap(({ name, partitions }) =>
      partitions
        .filter(({ addingReplicas, removingReplicas }) => addingReplicas.length + removingReplicas.length > 0)
        .map(({ partition, replicas, addingReplicas, removingReplicas }) => ({
          topic: name,
          partition,
          replicas,
          addingReplicas,
          removingReplicas,
        })),
    );
  }

  /** Finalizes a feature's level: from then on nodes may write what that level allows. @throws MoldauError INVALID_UPDATE_VERSION, FEATURE_UPDATE_FAILED */
  async updateFeatures(name: string, level: number, options: AdminOptions = {}): Promise<void> {
    await this.#change(ApiService.updateFeatures, { name, level, validateOnly: false }, options);
  }

  /** All groups, in order. @throws MoldauError when a broker does not answer: its groups would be missing */
  listGroups(options: AdminOptions = {}): Promise<readonly GroupListing[]> {
    const addresses = async (): Promise<readonly string[]> => {
      const { brokers } = await this.describeCluster(options);
      return brokers.filter(({ fenced }) => !fenced).map(({ grpcAddress }) => grpcAddress);
    };
    return listGroups(this.#source, addresses, callOptions(options));
  }

  /** Members, what they read, and how far the group is. @throws MoldauError GROUP_ID_NOT_FOUND */
  describeGroup(groupId: string, options: AdminOptions = {}): Promise<GroupDescription> {
    return describeGroup(this.#source, groupId, callOptions(options));
  }

  /** With all that it has committed; only while nobody is in it. @throws MoldauError GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP */
  deleteGroup(groupId: string, options: AdminOptions = {}): Promise<void> {
    return deleteGroup(this.#source, groupId, callOptions(options));
  }

  /**
   * Where the group is to go on; only while nobody is in it. A group that is not there is made by it.
   *
   * @throws PartialFailureError NON_EMPTY_GROUP, UNKNOWN_TOPIC_OR_PARTITION
   */
  alterGroupOffsets(groupId: string, offsets: readonly GroupOffset[], options: AdminOptions = {}): Promise<void> {
    checkTopicNames(offsets.map(({ topic }) => topic));
    return alterGroupOffsets(this.#source, groupId, offsets, callOptions(options));
  }

  /**
   * The group forgets how far it has read these; not of topics that its members read.
   *
   * @throws MoldauError GROUP_ID_NOT_FOUND, and PartialFailureError GROUP_SUBSCRIBED_TO_TOPIC, UNKNOWN_TOPIC_OR_PARTITION
   */
  deleteGroupOffsets(groupId: string, partitions: readonly PartitionName[], options: AdminOptions = {}): Promise<void> {
    return deleteGroupOffsets(this.#source, groupId, partitions, callOptions(options));
  }

  async #metadata(
    wanted: { readonly topics: readonly string[]; readonly brokersOnly: boolean },
    options: AdminOptions,
  ): Promise<MetadataResponse> {
    const { metadata } = this.#source;
    const response = await this.#ask(
      ApiService.metadata,
      { ...wanted, minMetadataOffset: metadata.metadataOffset },
      options,
    );
    metadata.saw(response.metadataOffset);
    return response;
  }

  async #change<Request, Response extends { readonly metadataOffset: number }>(
    method: UnaryMethod<Request, Response>,
    request: Request,
    options: AdminOptions,
  ): Promise<Response> {
    const response = await this.#ask(method, request, options);
    this.#source.metadata.saw(response.metadataOffset);
    return response;
  }

  #ask<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
    options: AdminOptions,
  ): Promise<Response> {
    const attempt = (channel: RpcChannel, limits: { timeoutMs: number; signal: AbortSignalLike }): Promise<Response> =>
      channel.call(method, request, limits);
    return this.#source.calls.any(attempt, { ...callOptions(options), isMadeOnce: MADE_ONCE.has(method.path) });
  }
}

function callOptions(options: AdminOptions): { timeoutMs: number; signal: AbortSignalLike | undefined } {
  return { timeoutMs: options.timeoutMs ?? TIMEOUT_MS, signal: options.signal };
}

function nameOf({ type, name }: ConfigTarget): string {
  return name === '' ? type : `${type} ${name}`;
}

function isUnknownTopic(errorCode: number): boolean {
  return errorCode !== NO_ERROR && errorCodeFromNumber(errorCode) === 'UNKNOWN_TOPIC_OR_PARTITION';
}

/** What is no offset would be understood as something else: -1 as the end. */
function wireOffset(offset: bigint): number {
  if (offset >= 0n && offset <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(offset);
  throw new MoldauError('INVALID_ARGUMENT', `${offset} is not an offset: they begin at 0`);
}

function topicOf({ type, name }: ConfigTarget): string | undefined {
  return type === 'topic' ? name : undefined;
}

function checkTopicNames(names: readonly string[]): void {
  for (const name of names) checkTopicName(name);
}

/** One of several things asked for: what it is called, and the place that it is about. */
interface Asked {
  readonly name: string;
  readonly topic: string | undefined;
  readonly partition?: number | undefined;
}

/** @throws PartialFailureError when some outcome is a refusal */
function throwRefused(asked: readonly Asked[], outcomes: readonly (Outcome | undefined)[]): void {
  const items: ItemOutcome[] = outcomes.map((outcome, index) => {
    const { name = '', topic, partition } = asked[index] ?? {};
    if (outcome === undefined || outcome.errorCode === NO_ERROR) return { name, error: undefined };
    // The broker had seen all that this client changed before it answered: asking again changes nothing.
    const isFinal = isUnknownTopic(outcome.errorCode);
    const details = { topic, partition, ...(isFinal && { retriable: false }) };
    return { name, error: errorFromWire(outcome.errorCode, outcome.message, details) };
  });
  const first = items.find((item) => item.error !== undefined)?.error;
  if (first !== undefined) throw new PartialFailureError(first, items);
}

function memberOf({ nodeId, directoryId, address, logEndOffset, lastContactMs }: QuorumReplica): QuorumMember {
  return { nodeId, directoryId, address, logEndOffset: BigInt(logEndOffset), lastContactMs };
}
