import {
  errorNumber,
  type Ports,
  RequestError,
  type RpcHandler,
  type RpcStream,
  type RpcStreamEvents,
  randomUuid,
  streamHandler,
  topicPartitionKey,
  type UnaryMethod,
  unaryHandler,
} from '@moldau/base';
import {
  applyBatch,
  type ClusterImage,
  cancelReassignment,
  changePartition,
  configProblem,
  decodeBatch,
  EMPTY_IMAGE,
  encodeBatch,
  isActive,
  judgeAlterPartition,
  partitionContext,
  partitionOf,
  partitionsAtRegistration,
  partitionsWithBroker,
  partitionsWithoutBroker,
  partitionsWithoutReplicas,
  reassign,
  topicByName,
} from '@moldau/metadata';
import {
  type AlterConfigsRequest,
  type AlterConfigsResponse,
  type AlterPartitionItem,
  type AlterPartitionResult,
  type CommittedBatch,
  type ConfigResourceType,
  ControllerService,
  type CreateTopicsResponse,
  type DescribeQuorumResponse,
  type FollowMetadataResponse,
  type HeartbeatRequest,
  HeartbeatResponse,
  type MetadataRecord,
  type Outcome,
  type PartitionChangeRecord,
  type PartitionReassignment,
} from '@moldau/proto';

import { isProvedGone } from '../../src/replication/follower-probe.ts';

export const CLUSTER_ID = 'CCCCCCCCCCCCCCCCCCCCCA';

/**
 * A quorum of one that commits at once: the smallest thing that brokers can be run against. It takes the decisions of
 * packages/metadata, so that a broker meets here what it meets in a cluster.
 */
export class TinyController {
  image: ClusterImage = EMPTY_IMAGE;
  address = '';
  /** Tests hold answers back, or refuse. */
  onAlterPartition: () => Promise<void> = () => Promise.resolve();
  /** What brokers asked for. */
  readonly alterations: AlterConfigsRequest[] = [];
  onReportReplicas: () => Promise<void> = () => Promise.resolve();
  /** Why no broker gets metadata. */
  feedRefusal: string | undefined;
  /** By the method's path. */
  readonly answers: Map<string, (request: unknown) => unknown> = new Map<string, (request: unknown) => unknown>();
  readonly #ports: Ports;
  readonly #log: CommittedBatch[] = [];
  readonly #followers = new Set<RpcStream<FollowMetadataResponse>>();
  readonly #heartbeats = new Map<number, object>();
  sessionTimeoutMs = 4000;
  #nextProducerId = 1000;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** This is what it says to that, from now on. */
  answer<Request, Response>(method: UnaryMethod<Request, Response>, reply: (request: Request) => Response): void {
    this.answers.set(method.path, reply as (request: unknown) => unknown);
  }

  async open(address: string): Promise<void> {
    const listener = await this.#ports.rpc.listen({ address, listener: 'controller', handlers: this.#handlers() });
    this.address = listener.address;
    this.commit([{ record: { kind: 'cluster', value: { clusterId: CLUSTER_ID } } }]);
  }

  /** Commits records, as one batch; returns its offset. */
  commit(records: readonly MetadataRecord[]): number {
    const offset = this.image.offset + 1;
    const batch = encodeBatch(records, 0);
    const applied = applyBatch(this.image, decodeBatch(batch), { offset, epoch: 1 });
    this.image = applied.image;
    const committed = { offset, epoch: 1, batch };
    this.#log.push(committed);
    for (const follower of this.#followers) this.#send(follower, [committed]);
    return offset;
  }

  createTopic(
    name: string,
    replicas: readonly (readonly number[])[],
    configs: Readonly<Record<string, string>> = {},
  ): string {
    const topicId = randomUuid(this.#ports.random);
    const records: MetadataRecord[] = [{ record: { kind: 'topic', value: { topicId, name } } }];
    for (const [key, value] of Object.entries(configs)) records.push(configRecord(name, key, value));
    for (const [partition, ids] of replicas.entries()) {
      const isr = ids.filter((id) => isActive(this.image.brokers.get(id)));
      records.push({
        record: {
          kind: 'partition',
          value: {
            topicId,
            partition,
            replicas: ids.map((brokerId) => ({
              brokerId,
              directoryId: '',
              incarnationId: randomUuid(this.#ports.random),
            })),
            isr,
            elr: [],
            leader: isr[0] ?? -1,
            leaderEpoch: 0,
            partitionEpoch: 0,
            addingReplicas: [],
            removingReplicas: [],
          },
        },
      });
    }
    this.commit(records);
    return topicId;
  }

  setConfig(topic: string, name: string, value: string): void {
    this.commit([configRecord(topic, name, value)]);
  }

  setClusterConfig(name: string, value: string): void {
    this.commit([{ record: { kind: 'config', value: { resourceType: 'cluster', resourceName: '', name, value } } }]);
  }

  /** Moves leadership, to a member of the ISR. */
  moveLeader(topicId: string, partition: number, leader: number): void {
    const state = partitionOf(this.image, topicId, partition);
    if (state === undefined || state.leader < 0 || !state.isr.includes(leader)) return;
    this.commit([
      {
        record: {
          kind: 'partitionChange',
          value: { ...NO_CHANGE, topicId, partition, leader },
        },
      },
    ]);
  }

  /** Begins, turns or (without brokers) calls off a reassignment; gives the code of the outcome. */
  reassign(topic: string, partition: number, brokerIds?: readonly number[]): number {
    return this.#reassign({ topic, partition, replicas: brokerIds && { brokerIds } }).errorCode;
  }

  fence(brokerId: number): void {
    const broker = this.image.brokers.get(brokerId);
    if (broker === undefined || broker.fenced) return;
    const { brokerEpoch } = broker;
    this.commit([
      { record: { kind: 'brokerState', value: { brokerId, brokerEpoch, fenced: true, shuttingDown: false } } },
      ...changes(partitionsWithoutBroker(this.image, brokerId, this.#isActive)),
    ]);
  }

  readonly #isActive = (id: number): boolean => isActive(this.image.brokers.get(id));

  #handlers(): RpcHandler[] {
    return [
      unaryHandler(ControllerService.describeQuorum, (request) => {
        const own = {
          nodeId: 11,
          directoryId: '',
          address: this.address,
          logEndOffset: 0,
          lastContactMs: 0,
          behindMs: 0,
        };
        const { offset: commitOffset } = this.image;
        const quorum = { clusterId: CLUSTER_ID, leaderId: 11, epoch: 1, commitOffset, observers: [], nodeId: 11 };
        const reply = this.answers.get(ControllerService.describeQuorum.path);
        return Promise.resolve(
          (reply?.(request) as DescribeQuorumResponse | undefined) ?? { ...quorum, voters: [own] },
        );
      }),
      unaryHandler(ControllerService.registerBroker, ({ registration, damaged }) => {
        if (registration === undefined) throw new RequestError('INVALID_REQUEST', 'no registration');
        const lost = new Set(damaged.map((each) => topicPartitionKey(each.topicId, each.partition)));
        const brokerEpoch = this.commit([
          { record: { kind: 'registerBroker', value: registration } },
          ...changes(partitionsAtRegistration(this.image, registration, lost, this.#isActive)),
        ]);
        return Promise.resolve({ brokerEpoch, clusterId: CLUSTER_ID });
      }),
      streamHandler(ControllerService.heartbeat, (stream) => this.#heartbeatStream(stream)),
      streamHandler(ControllerService.followMetadata, (stream) => {
        return {
          onMessage: ({ appliedOffset }) => {
            if (this.feedRefusal !== undefined) stream.close({ code: 'failed', message: this.feedRefusal });
            if (this.#followers.has(stream) || this.feedRefusal !== undefined) return;
            this.#followers.add(stream);
            this.#send(
              stream,
              this.#log.filter(({ offset }) => offset > appliedOffset),
            );
          },
          onReady: () => undefined,
          onClose: () => this.#followers.delete(stream),
        };
      }),
      unaryHandler(ControllerService.alterPartition, async (request) => {
        await this.onAlterPartition();
        const partitions = request.partitions.map((item) => this.#alter(request.brokerId, item));
        return { metadataOffset: this.image.offset, partitions };
      }),
      unaryHandler(ControllerService.alterPartitionReassignments, ({ reassignments }) => {
        const outcomes = reassignments.map((each) => this.#reassign(each));
        return Promise.resolve({ metadataOffset: this.image.offset, outcomes });
      }),
      unaryHandler(ControllerService.reportReplicas, async ({ brokerId, replicas }) => {
        await this.onReportReplicas();
        const lost = new Map(replicas.map((each) => [topicPartitionKey(each.topicId, each.partition), each.fault]));
        const records = changes(partitionsWithoutReplicas(this.image, brokerId, lost, this.#isActive));
        if (records.length > 0) this.commit(records);
        return { metadataOffset: this.image.offset };
      }),
      unaryHandler(ControllerService.allocateProducerIds, () => {
        this.#nextProducerId += 1000;
        return Promise.resolve({ firstProducerId: this.#nextProducerId, count: 1000 });
      }),
      unaryHandler(ControllerService.createTopics, (request) => {
        const reply = this.answers.get(ControllerService.createTopics.path);
        if (reply !== undefined) return Promise.resolve(reply(request) as CreateTopicsResponse);
        const { topics } = request;
        const created = topics.map((topic) => {
          if (this.image.topicIds.get(topic.name) !== undefined) {
            const outcome = { errorCode: errorNumber('TOPIC_ALREADY_EXISTS'), message: 'it is there' };
            return { outcome, topicId: '', partitions: -1, replicationFactor: -1 };
          }
          const ids = [...this.image.brokers.keys()].slice(0, Math.max(1, topic.replicationFactor));
          const partitions = Math.max(1, topic.partitions);
          const topicId = this.createTopic(
            topic.name,
            Array.from({ length: partitions }, () => ids),
            Object.fromEntries(topic.configs),
          );
          return { outcome: { errorCode: 0, message: '' }, topicId, partitions, replicationFactor: ids.length };
        });
        return Promise.resolve({ metadataOffset: this.image.offset, topics: created });
      }),
      unaryHandler(ControllerService.alterConfigs, (request) => Promise.resolve(this.#alterConfigs(request))),
      unaryHandler(ControllerService.alterClientQuotas, ({ alterations }) => {
        const records = alterations.flatMap(({ entity, changes: quotas }) =>
          quotas.map((quota): MetadataRecord => ({ record: { kind: 'clientQuota', value: { entity, ...quota } } })),
        );
        const outcomes = alterations.map(() => ({ errorCode: 0, message: '' }));
        return Promise.resolve({ metadataOffset: this.commit(records), outcomes, notice: 'Quotas are stored.' });
      }),
      unaryHandler(ControllerService.alterScramCredentials, ({ upsertions }) => {
        const records = upsertions.map(({ saltedPassword: storedKey, ...upsertion }): MetadataRecord => {
          return { record: { kind: 'scramCredential', value: { ...upsertion, storedKey, serverKey: storedKey } } };
        });
        const users = [...new Set(upsertions.map(({ user }) => user))];
        const outcomes = users.map((user) => ({ user, outcome: { errorCode: 0, message: '' } }));
        return Promise.resolve({ metadataOffset: this.commit(records), outcomes, notice: 'Credentials are stored.' });
      }),
      unaryHandler(ControllerService.deleteTopics, ({ names, topicIds }) => {
        const topics = [
          ...names.map((name) => ({ name, topicId: this.image.topicIds.get(name) ?? '' })),
          ...topicIds.map((topicId) => ({ topicId, name: this.image.topics.get(topicId)?.name ?? '' })),
        ];
        const outcomes = topics.map(({ name, topicId }) => {
          if (name === '') return { errorCode: errorNumber('UNKNOWN_TOPIC_ID'), message: 'no such id' };
          if (topicId === '') return { errorCode: errorNumber('UNKNOWN_TOPIC_OR_PARTITION'), message: 'no such topic' };
          this.commit([{ record: { kind: 'removeTopic', value: { topicId } } }]);
          return { errorCode: 0, message: '' };
        });
        return Promise.resolve({ metadataOffset: this.image.offset, outcomes, topics });
      }),
      ...this.#scripted(),
    ];
  }

  /** What tests answer themselves: doors are looked at then, and not decisions. */
  #scripted(): RpcHandler[] {
    const { createPartitions, electLeaders, updateFeatures, unregisterBroker, addVoter, removeVoter } =
      ControllerService;
    return [createPartitions, electLeaders, updateFeatures, unregisterBroker, addVoter, removeVoter].map((method) =>
      unaryHandler(method as unknown as UnaryMethod<unknown, unknown>, (request) => {
        const answer = this.answers.get(method.path);
        if (answer === undefined) throw new Error(`the test has no answer of ${method.path}`);
        return Promise.resolve(answer(request));
      }),
    );
  }

  /** As far as it can be judged here: what a whole controller makes of it is tested there. */
  #alterConfigs({ changes, resources, validateOnly }: AlterConfigsRequest): AlterConfigsResponse {
    this.alterations.push({ changes, resources, validateOnly });
    const problemOf = (type: ConfigResourceType, name: string): string | undefined =>
      changes
        .filter((change) => change.resourceType === type && change.resourceName === name)
        .map((change) => configProblem(type, change.name, change.value))
        .find((problem) => problem !== undefined);
    const resourceOutcomes = resources.map(({ resourceType, resourceName }) => {
      if (resourceType === 'topic' && this.image.topicIds.get(resourceName) === undefined)
        return { errorCode: errorNumber('UNKNOWN_TOPIC_OR_PARTITION'), message: 'there is no such topic' };
      const message = problemOf(resourceType, resourceName);
      return message === undefined
        ? { errorCode: 0, message: '' }
        : { errorCode: errorNumber('INVALID_CONFIG'), message };
    });
    const isWrong = resourceOutcomes.some(({ errorCode }) => errorCode !== 0);
    if (!validateOnly && !isWrong && changes.length > 0)
      this.commit(changes.map((value) => ({ record: { kind: 'config', value } })));
    return { metadataOffset: this.image.offset, outcomes: [], resourceOutcomes };
  }

  #reassign({ topic, partition: number, replicas }: PartitionReassignment): Outcome {
    const partition = topicByName(this.image, topic)?.partitions[number];
    if (partition === undefined) return { errorCode: errorNumber('UNKNOWN_TOPIC_OR_PARTITION'), message: 'no such' };
    const context = partitionContext(this.image, topic, this.#isActive);
    const created = (brokerId: number) => ({
      brokerId,
      directoryId: '',
      incarnationId: randomUuid(this.#ports.random),
    });
    const verdict =
      replicas === undefined
        ? cancelReassignment(partition, context.minInsyncReplicas)
        : reassign(partition, replicas.brokerIds, context.minInsyncReplicas, created);
    if (!verdict.ok) return { errorCode: errorNumber(verdict.error), message: verdict.message };
    const change = changePartition(partition, { election: 'when-needed', assignment: verdict.assignment }, context);
    if (change !== undefined) this.commit(changes([change]));
    return { errorCode: 0, message: '' };
  }

  #alter(sender: number, item: AlterPartitionItem): AlterPartitionResult {
    const verdict = judgeAlterPartition(this.image, sender, item);
    if (!verdict.ok) return { errorCode: errorNumber(verdict.error), partitionEpoch: 0, isr: [] };
    const topic = this.image.topics.get(item.topicId)?.name ?? '';
    const context = partitionContext(this.image, topic, this.#isActive);
    const change = changePartition(verdict.partition, { election: 'when-needed', isr: verdict.isr }, context);
    if (change !== undefined) this.commit(changes([change]));
    if (change?.replicas !== undefined)
      return { errorCode: errorNumber('NEW_LEADER_ELECTED'), partitionEpoch: 0, isr: [] };
    const state = partitionOf(this.image, item.topicId, item.partition);
    return { errorCode: 0, partitionEpoch: state?.partitionEpoch ?? 0, isr: state?.isr ?? [] };
  }

  #heartbeatStream(stream: RpcStream<HeartbeatResponse>): RpcStreamEvents<HeartbeatRequest> {
    let brokerId = -1;
    return {
      onMessage: (request) => {
        brokerId = request.brokerId;
        this.#heartbeats.set(brokerId, stream);
        const broker = this.image.brokers.get(brokerId);
        if (broker?.brokerEpoch !== request.brokerEpoch) {
          stream.send(
            HeartbeatResponse.create({ sequence: request.sequence, errorCode: errorNumber('STALE_BROKER_EPOCH') }),
          );
          return;
        }
        if (broker.fenced && request.ready && request.appliedOffset >= broker.brokerEpoch && !request.wantsShutdown) {
          this.#unfence(brokerId, broker.brokerEpoch);
        }
        if (request.wantsShutdown && !broker.shuttingDown) this.#shutDown(brokerId, broker.brokerEpoch);
        stream.send(
          HeartbeatResponse.create({
            sequence: request.sequence,
            sessionTimeoutMs: this.sessionTimeoutMs,
            fenced: this.image.brokers.get(brokerId)?.fenced ?? true,
            mayShutDown: request.wantsShutdown,
            controllerId: 11,
            committedOffset: this.image.offset,
          }),
        );
      },
      onReady: () => undefined,
      onClose: () => {
        if (brokerId < 0 || this.#heartbeats.get(brokerId) !== stream) return;
        this.#heartbeats.delete(brokerId);
        void this.#judge(brokerId).catch(this.#ports.stopProcess);
      },
    };
  }

  #unfence(brokerId: number, brokerEpoch: number): void {
    this.commit([
      { record: { kind: 'brokerState', value: { brokerId, brokerEpoch, fenced: false, shuttingDown: false } } },
      ...changes(partitionsWithBroker(this.image, brokerId, this.#isActive)),
    ]);
  }

  #shutDown(brokerId: number, brokerEpoch: number): void {
    const { fenced } = this.image.brokers.get(brokerId) ?? { fenced: true };
    this.commit([
      { record: { kind: 'brokerState', value: { brokerId, brokerEpoch, fenced, shuttingDown: true } } },
      ...changes(partitionsWithoutBroker(this.image, brokerId, this.#isActive)),
    ]);
  }

  /** The stream is gone: refused twice, the process is gone; else the session decides. */
  async #judge(brokerId: number): Promise<void> {
    const address = this.image.brokers.get(brokerId)?.grpcAddress;
    if (address === undefined) return;
    const isBack = (): boolean => this.#heartbeats.has(brokerId);
    if (await isProvedGone(this.#ports, address, isBack)) this.fence(brokerId);
    else {
      this.#ports.timers.after(this.sessionTimeoutMs, () => {
        if (!this.#heartbeats.has(brokerId)) this.fence(brokerId);
      });
    }
  }

  #send(stream: RpcStream<FollowMetadataResponse>, batches: readonly CommittedBatch[]): void {
    stream.send({ part: { kind: 'batches', value: { batches, committedOffset: this.image.offset } } });
  }
}

const NO_CHANGE = {
  isr: undefined,
  elr: undefined,
  leader: undefined,
  replicas: undefined,
  bumpLeaderEpoch: false,
  moved: undefined,
  addingReplicas: undefined,
  removingReplicas: undefined,
} as const;

function changes(records: readonly PartitionChangeRecord[]): MetadataRecord[] {
  return records.map((value) => ({ record: { kind: 'partitionChange', value } }));
}

function configRecord(resourceName: string, name: string, value: string): MetadataRecord {
  return { record: { kind: 'config', value: { resourceType: 'topic', resourceName, name, value } } };
}
