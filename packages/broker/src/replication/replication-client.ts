import {
  type BrokerEpoch,
  type ClusterId,
  DiskError,
  type Logger,
  MalformedBytesError,
  type NodeId,
  type Ports,
  RequestError,
  type RpcCloseReason,
} from '@moldau/base';
import { NO_PRODUCERS } from '@moldau/log';
import type { Accepted, Diverging, Push, Rejected, StartAt } from '@moldau/proto';
import { validateBatches } from '@moldau/records';
import { Backoff } from '../lifecycle/backoff.ts';
import { checkStartOver, truncationOffset } from '../partition/divergence.ts';
import type { Partition } from '../partition/partition.ts';
import type { PlantedBugs } from '../planted-bugs.ts';
import type { Turn } from '../turn.ts';
import { FollowerReplica } from './follower-replica.ts';
import { FollowerStream, type FollowerStreamContext } from './follower-stream.ts';
import type { ReplicationQuotas } from './replication-quotas.ts';

/** A leader that has not heard of its election yet, or a listener that comes back, is there within this. */
const RETRY_MS_MIN = 10;
const RETRY_MS_MAX = 500;

export interface ReplicationClientContext {
  readonly clusterId: ClusterId;
  readonly nodeId: NodeId;
  readonly turn: Turn;
  readonly bugs: PlantedBugs;
  readonly quotas: ReplicationQuotas;
  readonly brokerEpoch: () => BrokerEpoch | undefined;
  readonly brokerAddress: (brokerId: NodeId) => string | undefined;
}

/** Follows leaders: one stream for each leader broker, and a second one for replicas that catch up. */
export class ReplicationClient {
  readonly #ports: Pick<Ports, 'rpc' | 'timers' | 'random' | 'checksum' | 'stopProcess'>;
  readonly #logger: Logger;
  readonly #context: ReplicationClientContext;
  readonly #replicas = new Map<Partition, FollowerReplica>();
  readonly #streams = new Map<string, FollowerStream>();
  readonly #backoffs = new Map<NodeId, Backoff>();
  #closed = false;

  constructor(
    ports: Pick<Ports, 'rpc' | 'timers' | 'random' | 'checksum' | 'stopProcess'>,
    logger: Logger,
    context: ReplicationClientContext,
  ) {
    this.#ports = ports;
    this.#logger = logger;
    this.#context = context;
  }

  /** The partition has become a follower, in a new leader epoch. */
  follow(partition: Partition): void {
    const { role } = partition;
    if (role.kind !== 'follower') return;
    const current = this.#replicas.get(partition);
    if (current?.leaderEpoch === role.leaderEpoch && current.leader === role.leader) return;
    this.unfollow(partition);
    const replica = new FollowerReplica(partition, role.leader, role.leaderEpoch);
    this.#replicas.set(partition, replica);
    const { log } = partition;
    if (this.#context.bugs.has('truncate-to-hw') && log.highWatermark < log.endOffset) {
      this.#change(replica, () => partition.truncateTo(log.highWatermark));
      return;
    }
    this.#subscribe(replica);
  }

  unfollow(partition: Partition): void {
    const replica = this.#replicas.get(partition);
    if (replica === undefined) return;
    this.#replicas.delete(partition);
    const stream = this.#streamOf(replica);
    stream?.release(replica);
    if (stream !== undefined && !this.#isUsed(stream)) stream.close();
  }

  /** The log's flushed end has moved, or its flushed start. */
  flushed(partition: Partition): void {
    const replica = this.#replicas.get(partition);
    if (replica === undefined) return;
    replica.flushed();
    this.#streamOf(replica)?.progressed(replica);
  }

  /** Whether the replica gets what its leader appends, in the leader epoch that it is in. */
  isFed(partition: Partition): boolean {
    return this.#replicas.get(partition)?.stage === 'following';
  }

  /** The broker is registered anew, or another broker has another address: its streams say hello again. */
  reconnect(leader?: NodeId): void {
    for (const stream of [...this.#streams.values()]) {
      if (leader !== undefined && (stream.leader !== leader || stream.address === this.#context.brokerAddress(leader)))
        continue;
      stream.close();
    }
  }

  /** Replicas that no leader serves right now; for metrics. */
  get waitingReplicas(): number {
    let count = 0;
    for (const replica of this.#replicas.values()) if (replica.stage !== 'following') count++;
    return count;
  }

  /** Open subscriptions to leaders, over all streams. */
  subscriptionsOf(partition: Partition): number {
    let count = 0;
    for (const stream of this.#streams.values()) count += stream.subscriptionsOf(partition);
    return count;
  }

  close(): void {
    this.#closed = true;
    for (const stream of [...this.#streams.values()]) stream.close();
  }

  #isCurrent(replica: FollowerReplica): boolean {
    return !this.#closed && this.#replicas.get(replica.partition) === replica;
  }

  #isUsed(stream: FollowerStream): boolean {
    for (const replica of this.#replicas.values()) {
      if (replica.leader === stream.leader && (stream.kind === 'live' || replica.kind === stream.kind)) return true;
    }
    return false;
  }

  #subscribe(replica: FollowerReplica): void {
    if (!this.#isCurrent(replica) || replica.stage === 'truncating') return;
    const stream = this.#streamOf(replica) ?? this.#open(replica);
    if (stream === undefined) this.#subscribeLater(replica);
    else stream.subscribe(replica);
  }

  #subscribeLater(replica: FollowerReplica): void {
    replica.stage = 'waiting';
    const ms = Math.min(RETRY_MS_MIN * 2 ** replica.rejections, RETRY_MS_MAX);
    replica.rejections = Math.min(replica.rejections + 1, 10);
    this.#ports.timers.after(ms, () => {
      if (replica.stage === 'waiting') this.#subscribe(replica);
    });
  }

  #streamOf(replica: FollowerReplica): FollowerStream | undefined {
    return this.#streams.get(streamKey(replica.leader, replica.kind));
  }

  #open(replica: FollowerReplica): FollowerStream | undefined {
    const { leader, kind } = replica;
    const address = this.#context.brokerAddress(leader);
    const brokerEpoch = this.#context.brokerEpoch();
    if (address === undefined || brokerEpoch === undefined) return undefined;
    const purpose = kind === 'live' ? 'replication' : 'catch-up';
    const channel = this.#ports.rpc.connect(address, { purpose, clientId: `broker-${this.#context.nodeId}` });
    const stream = new FollowerStream(this.#streamContext(brokerEpoch), { leader, kind, address, channel });
    this.#streams.set(streamKey(leader, kind), stream);
    return stream;
  }

  #streamContext(brokerEpoch: BrokerEpoch): FollowerStreamContext {
    return {
      clusterId: this.#context.clusterId,
      nodeId: this.#context.nodeId,
      brokerEpoch,
      turn: this.#context.turn,
      logger: this.#logger,
      quotas: this.#context.quotas,
      countedEnd: ({ partition }) =>
        this.#context.bugs.has('follower-reports-unflushed-end') ? partition.log.endOffset : partition.countedEnd,
      accepted: (replica, answer) => this.#accepted(replica, answer),
      diverging: (replica, answer) => this.#diverging(replica, answer),
      startAt: (replica, answer) => this.#startOver(replica, answer),
      rejected: (replica, answer) => this.#rejected(replica, answer),
      pushed: (replica, push) => this.#pushed(replica, push),
      closed: (stream, reason, replicas) => this.#streamClosed(stream, reason, replicas),
    };
  }

  #accepted(replica: FollowerReplica, answer: Accepted): void {
    if (!this.#isCurrent(replica)) return;
    this.#backoffs.get(replica.leader)?.reset();
    if (replica.partition.log.damagedAt !== undefined) {
      this.#streamOf(replica)?.release(replica);
      this.#startOver(replica, { offset: 0, epochs: [], producerState: NO_PRODUCERS });
      return;
    }
    if (answer.catchUp) {
      this.#move(replica, 'catch-up');
      return;
    }
    replica.stage = 'following';
    if (!replica.isRefusing) replica.rejections = 0;
    replica.leaderHighWatermark = answer.highWatermark;
    replica.partition.applyLeaderOffsets(answer.highWatermark, answer.logStart);
    this.#streamOf(replica)?.progressed(replica);
  }

  #diverging(replica: FollowerReplica, answer: Diverging): void {
    const { partition } = replica;
    this.#change(replica, () => partition.truncateTo(truncationOffset(partition.log.epochs, answer)));
  }

  #startOver(replica: FollowerReplica, at: Pick<StartAt, 'offset' | 'epochs' | 'producerState'>): void {
    this.#change(replica, async () => {
      checkStartOver(at, replica.leaderEpoch);
      await replica.partition.startOver(at);
    });
  }

  /** Changes the log's end, durably, before the next subscription: no progress is reported in between. */
  #change(replica: FollowerReplica, change: () => Promise<void>): void {
    if (!this.#isCurrent(replica)) return;
    replica.stage = 'truncating';
    change().then(
      () => {
        replica.stage = 'waiting';
        this.#subscribe(replica);
      },
      (error: unknown) => {
        // Refused before anything was changed.
        if (error instanceof MalformedBytesError) return this.#refused(replica, error);
        // The directory is offline by now, and its replicas with it.
        if (!(error instanceof DiskError || error instanceof RequestError)) this.#ports.stopProcess(error);
      },
    );
  }

  #rejected(replica: FollowerReplica, _answer: Rejected): void {
    if (!this.#isCurrent(replica)) return;
    replica.kind = 'live';
    this.#subscribeLater(replica);
  }

  #pushed(replica: FollowerReplica, push: Push): void {
    if (!this.#isCurrent(replica) || replica.stage !== 'following' || push.leaderEpoch !== replica.leaderEpoch) return;
    const { partition } = replica;
    if (push.records.length > 0) {
      try {
        this.#validate(push);
        partition.appendAsFollower(push.records);
      } catch (error) {
        if (!(error instanceof RequestError || error instanceof MalformedBytesError)) throw error;
        this.#refused(replica, error);
        return;
      }
      replica.received(push.records.length);
      replica.isRefusing = false;
      replica.rejections = 0;
    }
    replica.leaderHighWatermark = push.highWatermark;
    partition.applyLeaderOffsets(push.highWatermark, push.logStart);
    const stream = this.#streamOf(replica);
    if (partition.config.durability === 'replicated') stream?.progressed(replica);
    if (push.handOver) this.#move(replica, 'live');
  }

  /** @throws RequestError when the batches are not what their leader can have written */
  #validate(push: Push): void {
    const batches = validateBatches(push.records, this.#ports.checksum, { batchBytesMax: Number.POSITIVE_INFINITY });
    // The epoch lies outside of the batch's checksum; one from the future would cut this log off from every leader.
    const foreign = batches.find(({ header }) => header.leaderEpoch > push.leaderEpoch);
    if (foreign === undefined) return;
    const { leaderEpoch, baseOffset } = foreign.header;
    throw new RequestError('CORRUPT_MESSAGE', `a batch at offset ${baseOffset} has leader epoch ${leaderEpoch}`);
  }

  /** What came is broken, or the disk is full or behind: it is asked for again, after a while. */
  #refused(replica: FollowerReplica, error: unknown): void {
    const { topic, partition } = replica.partition;
    this.#logger.warn('what a leader sent cannot be taken', {
      topic,
      partition,
      leader: replica.leader,
      err: error,
    });
    this.#streamOf(replica)?.release(replica);
    replica.isRefusing = true;
    this.#subscribeLater(replica);
  }

  /** The leader has ended the subscription on this stream; it goes on from the own log end on the other. */
  #move(replica: FollowerReplica, kind: 'live' | 'catch-up'): void {
    this.#streamOf(replica)?.ended(replica);
    replica.stage = 'waiting';
    replica.kind = kind;
    this.#subscribe(replica);
  }

  #streamClosed(stream: FollowerStream, reason: RpcCloseReason, replicas: readonly FollowerReplica[]): void {
    const key = streamKey(stream.leader, stream.kind);
    if (this.#streams.get(key) === stream) this.#streams.delete(key);
    if (this.#closed) return;
    this.#logger.debug('a replication stream ended', {
      leader: stream.leader,
      kind: stream.kind,
      reason: reason.message,
    });
    let backoff = this.#backoffs.get(stream.leader);
    if (backoff === undefined) {
      backoff = new Backoff(this.#ports.random, { msMin: RETRY_MS_MIN, msMax: RETRY_MS_MAX });
      this.#backoffs.set(stream.leader, backoff);
    }
    for (const replica of replicas) {
      replica.stage = 'waiting';
      replica.kind = 'live';
    }
    // One dial for all of them.
    this.#ports.timers.after(backoff.next(), () => {
      for (const replica of replicas) if (replica.stage === 'waiting') this.#subscribe(replica);
    });
  }
}

function streamKey(leader: NodeId, kind: 'live' | 'catch-up'): string {
  return `${leader} ${kind}`;
}
