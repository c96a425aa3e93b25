/** Topics and their partitions: created, deleted, grown. Partitions never become fewer: keys would change places. */
import { NO_LEADER, type NodeId, type Random, RequestError, randomUuid } from '@moldau/base';
import {
  assignmentProblem,
  type BrokerState,
  type ClusterImage,
  clusterConfig,
  configProblem,
  directoryForReplica,
  isActive,
  isInternalTopic,
  placeReplicas,
  type TopicImage,
  targetReplicas,
  topicById,
  topicByName,
  topicCollisionKey,
  topicNameProblem,
} from '@moldau/metadata';
import type {
  CreatedTopic,
  CreatePartitionsRequest,
  CreatePartitionsResponse,
  CreateTopicsRequest,
  CreateTopicsResponse,
  DeletedTopic,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  GrowTopic,
  MetadataRecord,
  NewTopic,
  Outcome,
  ReplicaAssignment,
} from '@moldau/proto';
import { attempt, type Decision, type DecisionContext, OK, refusal } from './decision.ts';

/** A batch of them stays far below the limit of an entry of the log (8 MiB). */
const PARTITIONS_PER_REQUEST_MAX = 5_000;
/**
 * What an event of one broker touches is one batch, and so must fit one entry of the log (8 MiB) too. The largest is a
 * registration with an empty disk: some 110 bytes for each partition with the most replicas.
 */
const PARTITIONS_MAX = 50_000;
export const REPLICATION_FACTOR_MAX = 16;

export function createTopics(
  image: ClusterImage,
  request: CreateTopicsRequest,
  context: DecisionContext,
): Decision<CreateTopicsResponse> {
  const records: MetadataRecord[] = [];
  const budget = new PartitionBudget(image);
  const names = new TakenNames(image);
  const topics = request.topics.map((topic): CreatedTopic => {
    const refused = (error: RequestError): CreatedTopic => ({
      outcome: refusal(error.code, error.message),
      topicId: '',
      partitions: -1,
      replicationFactor: -1,
    });
    const problem = newNameProblem(image, topic.name, names);
    if (problem !== undefined) return refused(problem);
    const planned = attempt(() => planTopic(image, topic, budget, context.random));
    if (planned instanceof RequestError) return refused(planned);
    names.add(topic.name);
    records.push(...planned.records);
    const { topicId, partitions, replicationFactor } = planned;
    return { outcome: OK, topicId, partitions, replicationFactor };
  });
  return {
    records: request.validateOnly ? [] : records,
    respond: (metadataOffset) => ({ metadataOffset, topics }),
  };
}

function newNameProblem(image: ClusterImage, name: string, taken: TakenNames): RequestError | undefined {
  const problem = topicNameProblem(name);
  if (problem !== undefined) return new RequestError('INVALID_TOPIC_EXCEPTION', problem);
  if (taken.asked.has(name))
    return new RequestError('INVALID_REQUEST', `The request names topic ${name} twice. Name it once.`);
  if (topicByName(image, name) !== undefined) {
    return new RequestError('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists. Use it, or choose another name.`);
  }
  const other = taken.collidingWith(name);
  return other === undefined
    ? undefined
    : new RequestError(
        'INVALID_TOPIC_EXCEPTION',
        `Topic ${name} differs from topic ${other} only in "." and "_", which metrics cannot tell apart. Choose another name.`,
      );
}

/** Names of topics that there are, or will be after this request. */
class TakenNames {
  /** By this request. */
  readonly asked: Set<string> = new Set();
  readonly #image: ClusterImage;
  /** Collision key -> name; made when it is first needed, since it is as large as the cluster. */
  #keys: Map<string, string> | undefined;

  constructor(image: ClusterImage) {
    this.#image = image;
  }

  add(name: string): void {
    this.asked.add(name);
    this.#keys?.set(topicCollisionKey(name), name);
  }

  collidingWith(name: string): string | undefined {
    if (!/[._]/.test(name)) return undefined;
    this.#keys ??= new Map(
      [...this.asked, ...[...this.#image.topics.values()].map((topic) => topic.name)].map((each) => [
        topicCollisionKey(each),
        each,
      ]),
    );
    return this.#keys.get(topicCollisionKey(name));
  }
}

interface PlannedTopic {
  readonly records: readonly MetadataRecord[];
  readonly topicId: string;
  readonly partitions: number;
  readonly replicationFactor: number;
}

/** @throws RequestError */
function planTopic(image: ClusterImage, topic: NewTopic, budget: PartitionBudget, random: Random): PlannedTopic {
  for (const [name, value] of topic.configs) {
    const problem = configProblem('topic', name, value);
    if (problem !== undefined) throw new RequestError('INVALID_CONFIG', problem);
  }
  const placement = topic.assignments.length > 0 ? assigned(image, topic) : placed(image, topic, budget, random);
  budget.take(placement.length);
  const topicId = randomUuid(random);
  const configs = [...topic.configs].map(
    ([name, value]): MetadataRecord => ({
      record: { kind: 'config', value: { resourceType: 'topic', resourceName: topic.name, name, value } },
    }),
  );
  return {
    records: [
      { record: { kind: 'topic', value: { topicId, name: topic.name } } },
      ...placement.map((ids, index) => partitionRecord(image, topicId, index, ids, random)),
      ...configs,
    ],
    topicId,
    partitions: placement.length,
    replicationFactor: placement[0]?.length ?? 0,
  };
}

function assigned(image: ClusterImage, topic: NewTopic): (readonly NodeId[])[] {
  if (topic.partitions > 0 || topic.replicationFactor > 0) {
    throw new RequestError(
      'INVALID_REQUEST',
      `Topic ${topic.name} has an assignment and counts as well. Give one of the two.`,
    );
  }
  return inOrder(image, topic.assignments, { firstPartition: 0 });
}

function placed(image: ClusterImage, topic: NewTopic, budget: PartitionBudget, random: Random): NodeId[][] {
  const defaults = clusterConfig(image);
  // 0 is what an absent field reads as.
  const partitionCount = topic.partitions === -1 || topic.partitions === 0 ? defaults.partitions : topic.partitions;
  const factor =
    topic.replicationFactor === -1 || topic.replicationFactor === 0
      ? defaults.replicationFactor
      : topic.replicationFactor;
  if (partitionCount < 1)
    throw new RequestError('INVALID_PARTITIONS', `A topic cannot have ${partitionCount} partitions. Give at least 1.`);
  budget.check(partitionCount);
  return placeReplicas(
    { brokers: placementBrokers(image, factor), partitionCount, replicationFactor: factor, existing: [] },
    random,
  );
}

function placementBrokers(image: ClusterImage, replicationFactor: number): readonly BrokerState[] {
  const brokers = [...image.brokers.values()].filter(isActive);
  if (replicationFactor < 1) {
    throw new RequestError(
      'INVALID_REPLICATION_FACTOR',
      `A partition cannot have ${replicationFactor} replicas. Give at least 1.`,
    );
  }
  checkFactor(replicationFactor);
  if (replicationFactor > brokers.length) {
    throw new RequestError(
      'INVALID_REPLICATION_FACTOR',
      `${replicationFactor} replicas need ${replicationFactor} active brokers; there are ${brokers.length}. Start more brokers, or ask for fewer replicas (default.replication.factor, when none was given).`,
    );
  }
  return brokers;
}

function checkFactor(replicationFactor: number): void {
  if (replicationFactor <= REPLICATION_FACTOR_MAX) return;
  throw new RequestError(
    'INVALID_REPLICATION_FACTOR',
    `A partition has at most ${REPLICATION_FACTOR_MAX} replicas, not ${replicationFactor}. Ask for fewer.`,
  );
}

function inOrder(
  image: ClusterImage,
  assignments: readonly ReplicaAssignment[],
  options: { readonly firstPartition: number; readonly replicationFactor?: number },
): (readonly NodeId[])[] {
  const problem = assignmentProblem(assignments, {
    ...options,
    isRegistered: (id) => image.brokers.has(id),
    isActive: (id) => isActive(image.brokers.get(id)),
  });
  if (problem !== undefined) throw new RequestError('INVALID_REPLICA_ASSIGNMENT', problem);
  checkFactor(assignments[0]?.brokerIds.length ?? 0);
  return [...assignments].sort((left, right) => left.partition - right.partition).map(({ brokerIds }) => brokerIds);
}

/** A new partition is empty, so every active replica is in sync with it. */
function partitionRecord(
  image: ClusterImage,
  topicId: string,
  partition: number,
  ids: readonly NodeId[],
  random: Random,
): MetadataRecord {
  const isr = ids.filter((id) => isActive(image.brokers.get(id)));
  return {
    record: {
      kind: 'partition',
      value: {
        topicId,
        partition,
        replicas: ids.map((brokerId) => ({
          brokerId,
          directoryId: directoryForReplica(image.brokers.get(brokerId)?.directories ?? []),
          incarnationId: randomUuid(random),
        })),
        isr,
        elr: [],
        leader: isr[0] ?? NO_LEADER,
        leaderEpoch: 0,
        partitionEpoch: 0,
        addingReplicas: [],
        removingReplicas: [],
      },
    },
  };
}

export function deleteTopics(image: ClusterImage, request: DeleteTopicsRequest): Decision<DeleteTopicsResponse> {
  const records = new Map<string, MetadataRecord>();
  const decide = (topic: TopicImage | undefined, unknown: Outcome): Outcome => {
    if (topic === undefined) return unknown;
    if (isInternalTopic(topic.name))
      return refusal('INVALID_TOPIC_EXCEPTION', `Brokers keep their own state in ${topic.name}. It is not deleted.`);
    records.set(topic.topicId, { record: { kind: 'removeTopic', value: { topicId: topic.topicId } } });
    return OK;
  };
  const decided = [
    ...request.names.map((name) => {
      const topic = topicByName(image, name);
      const unknown = refusal('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic "${name}". Check the name.`);
      return { name, topicId: topic?.topicId ?? '', outcome: decide(topic, unknown) };
    }),
    ...request.topicIds.map((topicId) => {
      const topic = topicById(image, topicId);
      const unknown = refusal('UNKNOWN_TOPIC_ID', `There is no topic with the id ${topicId}. Check the id.`);
      return { name: topic?.name ?? '', topicId, outcome: decide(topic, unknown) };
    }),
  ];
  const topics = decided.map(({ name, topicId }): DeletedTopic => ({ name, topicId }));
  const outcomes = decided.map(({ outcome }) => outcome);
  return { records: [...records.values()], respond: (metadataOffset) => ({ metadataOffset, outcomes, topics }) };
}

export function createPartitions(
  image: ClusterImage,
  request: CreatePartitionsRequest,
  context: DecisionContext,
): Decision<CreatePartitionsResponse> {
  const records: MetadataRecord[] = [];
  const budget = new PartitionBudget(image);
  const names = new Set<string>();
  const outcomes = request.topics.map((grow): Outcome => {
    if (names.has(grow.name))
      return refusal('INVALID_REQUEST', `The request names topic ${grow.name} twice. Name it once.`);
    names.add(grow.name);
    const topic = topicByName(image, grow.name);
    if (topic === undefined)
      return refusal('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic "${grow.name}". Check the name.`);
    const planned = attempt(() => planGrowth(image, topic, grow, budget, context.random));
    if (planned instanceof RequestError) return refusal(planned.code, planned.message);
    records.push(...planned);
    return OK;
  });
  return {
    records: request.validateOnly ? [] : records,
    respond: (metadataOffset) => ({ metadataOffset, outcomes }),
  };
}

/** @throws RequestError */
function planGrowth(
  image: ClusterImage,
  topic: TopicImage,
  grow: GrowTopic,
  budget: PartitionBudget,
  random: Random,
): MetadataRecord[] {
  if (isInternalTopic(topic.name)) {
    throw new RequestError(
      'INVALID_REQUEST',
      `What lies where in ${topic.name} follows from its size. It stays as it is.`,
    );
  }
  const today = topic.partitions.length;
  if (grow.partitions <= today) {
    throw new RequestError(
      'INVALID_PARTITIONS',
      `Topic ${topic.name} has ${today} partitions, and they never become fewer. Give a total above ${today}.`,
    );
  }
  const partitionCount = grow.partitions - today;
  budget.check(partitionCount);
  // Where they will be: a move that is under way counts as done.
  const existing = topic.partitions.map((each) => targetReplicas(each).map(({ brokerId }) => brokerId));
  const replicationFactor = existing[0]?.length ?? 1;
  const given = grow.assignments.length;
  if (given > 0 && given !== partitionCount) {
    throw new RequestError(
      'INVALID_REPLICA_ASSIGNMENT',
      `${partitionCount} partitions are new, ${given} are assigned. Assign each new one.`,
    );
  }
  const placement =
    given > 0
      ? inOrder(image, grow.assignments, { firstPartition: today, replicationFactor })
      : placeReplicas(
          { brokers: placementBrokers(image, replicationFactor), partitionCount, replicationFactor, existing },
          random,
        );
  budget.take(partitionCount);
  return placement.map((ids, index) => partitionRecord(image, topic.topicId, today + index, ids, random));
}

/** How many partitions may still be made: by this request, and in the cluster. */
class PartitionBudget {
  #inRequest = 0;
  #inCluster = 0;

  constructor(image: ClusterImage) {
    for (const topic of image.topics.values()) this.#inCluster += topic.partitions.length;
  }

  /** @throws RequestError when so many more are too many */
  check(count: number): void {
    if (this.#inRequest + count > PARTITIONS_PER_REQUEST_MAX) {
      throw new RequestError(
        'POLICY_VIOLATION',
        `One request makes at most ${PARTITIONS_PER_REQUEST_MAX} partitions. Use several.`,
      );
    }
    if (this.#inCluster + count > PARTITIONS_MAX) {
      throw new RequestError(
        'POLICY_VIOLATION',
        `The cluster has ${this.#inCluster} partitions; the most is ${PARTITIONS_MAX}. Delete topics first.`,
      );
    }
  }

  take(count: number): void {
    this.check(count);
    this.#inRequest += count;
    this.#inCluster += count;
  }
}

/** One topic of a request may be refused while the others go on. */
