import {
  type BrokerEpoch,
  type ClusterId,
  errorCodeFromNumber,
  type Logger,
  type NodeId,
  type RpcChannel,
  type RpcCloseReason,
  type RpcStream,
} from '@moldau/base';
import {
  type Accepted,
  type Diverging,
  FollowerMessage,
  Hello,
  type LeaderMessage,
  type Progress,
  type Push,
  type Rejected,
  ReplicationService,
  type StartAt,
  type Subscribe,
} from '@moldau/proto';
import type { Partition } from '../partition/partition.ts';
import type { Turn, TurnTask } from '../turn.ts';
import type { FollowerReplica } from './follower-replica.ts';
import type { ReplicationQuotas } from './replication-quotas.ts';

export interface FollowerStreamContext {
  readonly clusterId: ClusterId;
  readonly nodeId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
  readonly turn: Turn;
  readonly logger: Logger;
  readonly quotas: ReplicationQuotas;
  /** What the replica's progress counts: flushed, or appended. */
  readonly countedEnd: (replica: FollowerReplica) => number;
  readonly accepted: (replica: FollowerReplica, answer: Accepted) => void;
  readonly diverging: (replica: FollowerReplica, answer: Diverging) => void;
  readonly startAt: (replica: FollowerReplica, answer: StartAt) => void;
  readonly rejected: (replica: FollowerReplica, answer: Rejected) => void;
  readonly pushed: (replica: FollowerReplica, push: Push) => void;
  readonly closed: (stream: FollowerStream, reason: RpcCloseReason, replicas: readonly FollowerReplica[]) => void;
}

/** The follower's side of one stream to one leader broker. What one turn has to say leaves as one message. */
export class FollowerStream implements TurnTask {
  queued = false;
  readonly leader: NodeId;
  readonly kind: 'live' | 'catch-up';
  readonly address: string;
  readonly #context: FollowerStreamContext;
  readonly #channel: RpcChannel;
  readonly #stream: RpcStream<FollowerMessage>;
  readonly #replicas = new Map<number, FollowerReplica>();
  readonly #progressed = new Set<FollowerReplica>();
  #subscribe: Subscribe[] = [];
  #unsubscribe: number[] = [];
  #lastNumber = 0;
  #closed = false;

  constructor(
    context: FollowerStreamContext,
    to: {
      readonly leader: NodeId;
      readonly kind: 'live' | 'catch-up';
      readonly address: string;
      readonly channel: RpcChannel;
    },
  ) {
    this.#context = context;
    this.leader = to.leader;
    this.kind = to.kind;
    this.address = to.address;
    this.#channel = to.channel;
    this.#stream = to.channel.open(ReplicationService.replicate, {
      onMessage: (message) => this.#onMessage(message),
      onReady: () => context.turn.send(this),
      onClose: (reason) => this.#onClose(reason),
    });
    const { clusterId, nodeId, brokerEpoch } = context;
    const hello = Hello.create({ clusterId, brokerId: nodeId, brokerEpoch, kind: to.kind });
    this.#stream.send(FollowerMessage.create({ hello }));
  }

  subscribe(replica: FollowerReplica): void {
    const isThrottled = this.#context.quotas.ofFollower(replica) !== undefined;
    const request = replica.subscribe(++this.#lastNumber, isThrottled);
    this.#replicas.set(request.subscription, replica);
    this.#subscribe.push(request);
    this.#context.turn.send(this);
  }

  /** The replica goes elsewhere. */
  release(replica: FollowerReplica): void {
    if (!this.#forget(replica)) return;
    const unsent = this.#subscribe.findIndex((request) => request.subscription === replica.number);
    if (unsent >= 0) this.#subscribe.splice(unsent, 1);
    else this.#unsubscribe.push(replica.number);
    this.#context.turn.send(this);
  }

  /** How many open subscriptions are the partition's. */
  subscriptionsOf(partition: Partition): number {
    let count = 0;
    for (const replica of this.#replicas.values()) if (replica.partition === partition) count++;
    return count;
  }

  /** There may be an end or a credit to report. */
  progressed(replica: FollowerReplica): void {
    this.#progressed.add(replica);
    this.#context.turn.send(this);
  }

  close(): void {
    this.#stream.close();
  }

  runTurn(): void {
    if (this.#closed || !this.#stream.ready()) return;
    const progress: Progress[] = [];
    for (const replica of this.#progressed) {
      const report = this.#report(replica);
      if (report !== undefined) progress.push(report);
    }
    this.#progressed.clear();
    if (progress.length + this.#subscribe.length + this.#unsubscribe.length === 0) return;
    const unsubscribe = this.#unsubscribe.map((subscription) => ({ subscription }));
    this.#stream.send(FollowerMessage.create({ subscribe: this.#subscribe, unsubscribe, progress }));
    this.#subscribe = [];
    this.#unsubscribe = [];
  }

  #report(replica: FollowerReplica): Progress | undefined {
    if (replica.stage !== 'following' || this.#replicas.get(replica.number) !== replica) return undefined;
    const countedEnd = this.#context.countedEnd(replica);
    const creditBytes = this.#takeCredit(replica);
    const { flushedStart: logStart } = replica.partition.log;
    const isNews = countedEnd > replica.reportedEnd || logStart > replica.reportedStart;
    if (!isNews && creditBytes === 0) return undefined;
    replica.reportedEnd = Math.max(replica.reportedEnd, countedEnd);
    replica.reportedStart = logStart;
    const { number: subscription, leaderEpoch } = replica;
    return { subscription, leaderEpoch, countedEnd: replica.reportedEnd, creditBytes, logStart };
  }

  /** What the rate holds back is looked at again a little later. */
  #takeCredit(replica: FollowerReplica): number {
    const quota = this.#context.quotas.ofFollower(replica);
    const bytes = replica.takeReturnedCredit(quota?.available(replica) ?? Number.POSITIVE_INFINITY);
    if (bytes > 0) quota?.charge(replica, bytes);
    if (replica.hasReturnedCredit) quota?.wait(replica, () => this.progressed(replica));
    return bytes;
  }

  #onMessage(message: LeaderMessage): void {
    const { accepted, diverging, startAt, rejected, pushed } = this.#context;
    for (const answer of message.accepted) this.#to(answer.subscription, (replica) => accepted(replica, answer));
    for (const answer of message.diverging) this.#ended(answer.subscription, (replica) => diverging(replica, answer));
    for (const answer of message.startAt) this.#ended(answer.subscription, (replica) => startAt(replica, answer));
    // Pushes before rejections: what a leader sent while it led is good.
    for (const push of message.push) this.#to(push.subscription, (replica) => pushed(replica, push));
    for (const answer of message.rejected) {
      const { leader } = this;
      const code = errorCodeFromNumber(answer.errorCode);
      this.#context.logger.debug('a subscription is rejected', { leader, code, reason: answer.message });
      this.#ended(answer.subscription, (replica) => rejected(replica, answer));
    }
  }

  #to(subscription: number, act: (replica: FollowerReplica) => void): void {
    const replica = this.#replicas.get(subscription);
    if (replica !== undefined) act(replica);
  }

  #ended(subscription: number, act: (replica: FollowerReplica) => void): void {
    const replica = this.#replicas.get(subscription);
    if (replica === undefined) return;
    this.#forget(replica);
    act(replica);
  }

  /** The leader ended the subscription, in a message that is being handled. */
  ended(replica: FollowerReplica): void {
    this.#forget(replica);
  }

  #forget(replica: FollowerReplica): boolean {
    this.#progressed.delete(replica);
    if (this.#replicas.get(replica.number) !== replica) return false;
    return this.#replicas.delete(replica.number);
  }

  #onClose(reason: RpcCloseReason): void {
    this.#closed = true;
    this.#channel.close();
    const replicas = [...this.#replicas.values()];
    this.#replicas.clear();
    this.#context.closed(this, reason, replicas);
  }
}
