import {
  type BrokerEpoch,
  type Clock,
  type ErrorCode,
  type Logger,
  type NodeId,
  RequestError,
  type RpcCloseReason,
  type RpcStream,
  type RpcStreamEvents,
  type Timer,
  type Timers,
} from '@moldau/base';
import type { ReadResult } from '@moldau/log';
import {
  type FollowerMessage,
  type LeaderMessage,
  type Progress,
  Push,
  type StreamKind,
  type Subscribe,
} from '@moldau/proto';
import { compareLogs } from '../partition/divergence.ts';
import type { Partition } from '../partition/partition.ts';
import type { PartitionLeader } from '../partition/partition-leader.ts';
import type { Turn, TurnTask } from '../turn.ts';
import type { DiskReads, StreamReads } from './disk-reads.ts';
import { LeaderSubscription, type SubscriptionOwner } from './leader-subscription.ts';
import { PendingAnswers } from './pending-answers.ts';
import type { ReplicationQuotas } from './replication-quotas.ts';

/** Large enough that the cost per message vanishes, small enough that a message of another partition follows soon. */
const PUSH_BYTES_MAX = 1024 * 1024;
/** How long a high watermark waits for a push that it can ride on. */
const HIGH_WATERMARK_WAIT_MS = 5;
/** Subscriptions of one stream. */
const SUBSCRIPTIONS_MAX = 100_000;

export interface LeaderStreamContext {
  readonly clusterId: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly turn: Turn;
  readonly logger: Logger;
  readonly diskReads: DiskReads;
  readonly quotas: ReplicationQuotas;
  readonly partition: (topicId: string, partition: number) => Partition | undefined;
  readonly brokerEpoch: (brokerId: NodeId) => BrokerEpoch | undefined;
  readonly countBytesOut: (bytes: number) => void;
  readonly opened: (stream: LeaderStream) => void;
  readonly closed: (stream: LeaderStream, reason: RpcCloseReason) => void;
}

/** The leader's side of one stream of one follower broker. What one turn brings leaves as one message. */
export class LeaderStream implements RpcStreamEvents<FollowerMessage>, SubscriptionOwner, TurnTask {
  queued = false;
  brokerId: NodeId = -1;
  brokerEpoch: BrokerEpoch = -1;
  kind: StreamKind = 'unspecified';
  readonly #context: LeaderStreamContext;
  readonly #stream: RpcStream<LeaderMessage>;
  readonly #subscriptions = new Map<number, LeaderSubscription>();
  /** There may be something to push. */
  readonly #dirty = new Set<LeaderSubscription>();
  readonly #reads: StreamReads<LeaderSubscription>;
  /** The follower does not know the high watermark yet, or the start. */
  readonly #behind = new Set<LeaderSubscription>();
  readonly #answers = new PendingAnswers();
  /** Subscriptions whose answer waits for where the log's first batch begins. */
  readonly #looking = new Map<number, Subscribe>();
  #isPaused = false;
  #highWatermarkTimer: Timer | undefined;
  #closed = false;

  constructor(context: LeaderStreamContext, stream: RpcStream<LeaderMessage>) {
    this.#context = context;
    this.#stream = stream;
    this.#reads = context.diskReads.open((subscription) => this.dirty(subscription));
  }

  onMessage(message: FollowerMessage): void {
    if (message.hello !== undefined && !this.#hello(message.hello)) return;
    if (this.kind === 'unspecified') {
      this.#stream.close({ code: 'failed', message: 'the first message of a replication stream says hello' });
      return;
    }
    if (message.subscribe.length > SUBSCRIPTIONS_MAX) {
      this.#stream.close({ code: 'failed', message: `a stream has at most ${SUBSCRIPTIONS_MAX} subscriptions` });
      return;
    }
    for (const { subscription } of message.unsubscribe) {
      this.#looking.delete(subscription);
      this.#answers.withdraw(subscription);
      this.#end(subscription);
    }
    for (const subscribe of message.subscribe) this.#subscribe(subscribe);
    for (const progress of message.progress) this.#progress(progress);
    if (this.#isPaused || !this.#answers.isFull) return;
    this.#isPaused = true;
    this.#stream.pause();
  }

  onReady(): void {
    this.#context.turn.send(this);
  }

  onClose(reason: RpcCloseReason): void {
    this.#closed = true;
    this.#highWatermarkTimer?.cancel();
    for (const subscription of this.#subscriptions.values()) subscription.close();
    this.#subscriptions.clear();
    this.#looking.clear();
    this.#reads.close();
    this.#dirty.clear();
    this.#context.closed(this, reason);
  }

  dirty(subscription: LeaderSubscription): void {
    this.#dirty.add(subscription);
    this.#context.turn.send(this);
  }

  lost(subscription: LeaderSubscription, cause: 'leadership' | { readonly fault: unknown }): void {
    if (!this.#end(subscription.number)) return;
    if (cause === 'leadership') {
      this.#reject(subscription.number, 'NOT_LEADER_OR_FOLLOWER', 'another broker leads now', subscription.leader);
      return;
    }
    this.#unreadable(subscription.number, subscription.partition, subscription.leader, cause.fault);
  }

  /** Sends what this turn brought, up to one message; more follows on the next turn, so that others get theirs. */
  runTurn(): void {
    if (this.#closed) return;
    if (!this.#stream.ready()) {
      this.#reads.stall();
      return;
    }
    this.#reads.resume();
    const push = this.#collect();
    if (push.length > 0 || this.#answers.count > 0) this.#stream.send({ ...this.#answers.take(), push });
    if (this.#isPaused && !this.#answers.isFull) {
      this.#isPaused = false;
      this.#stream.resume();
    }
    if (this.#dirty.size > 0 || this.#answers.count > 0) this.#context.turn.send(this);
  }

  close(): void {
    this.#stream.close();
  }

  get #count(): number {
    return this.#subscriptions.size + this.#looking.size;
  }

  #hello(hello: NonNullable<FollowerMessage['hello']>): boolean {
    const { clusterId, brokerId, brokerEpoch, kind } = hello;
    if (clusterId !== this.#context.clusterId || this.kind !== 'unspecified' || kind === 'unspecified') {
      const message = `broker ${brokerId} of cluster ${clusterId} says hello to cluster ${this.#context.clusterId}`;
      this.#stream.close({ code: 'failed', message });
      return false;
    }
    this.brokerId = brokerId;
    this.brokerEpoch = brokerEpoch;
    this.kind = kind;
    this.#context.opened(this);
    return true;
  }

  #subscribe(request: Subscribe): void {
    const { subscription: number, topicId, leaderEpoch } = request;
    const partition = this.#context.partition(topicId, request.partition);
    const leader = partition?.leader;
    if (partition === undefined || leader === undefined || leaderEpoch > leader.leaderEpoch) {
      this.#reject(number, 'UNKNOWN_LEADER_EPOCH', 'this broker does not lead in that epoch (yet)', leader);
    } else if (leaderEpoch < leader.leaderEpoch) {
      this.#reject(number, 'FENCED_LEADER_EPOCH', 'a newer leader epoch has begun', leader);
    } else if (!leader.replicas.includes(this.brokerId) || this.#count >= SUBSCRIPTIONS_MAX) {
      this.#reject(number, 'UNKNOWN_TOPIC_OR_PARTITION', 'that broker has no replica of this partition', leader);
    } else if (request.replicaIncarnation !== partition.incarnationOf(this.brokerId)) {
      // Either side's metadata may be the older one. What another incarnation holds was never agreed with this leader.
      this.#reject(number, 'UNKNOWN_TOPIC_OR_PARTITION', 'that is another incarnation of the replica', leader);
    } else if (this.brokerEpoch < (this.#context.brokerEpoch(this.brokerId) ?? -1)) {
      this.#reject(number, 'STALE_BROKER_EPOCH', 'that broker has registered anew', leader);
    } else if (request.damaged && partition.mayBeElected(this.brokerId)) {
      this.#reject(number, 'INELIGIBLE_REPLICA', 'what is damaged is kept until it has left ISR and ELR', leader);
    } else if (this.#subscriptions.has(number) || this.#looking.has(number)) {
      this.#stream.close({ code: 'failed', message: `subscription ${number} is in use` });
    } else {
      this.#compare(request, partition, leader);
    }
    this.#context.turn.send(this);
  }

  #compare(request: Subscribe, partition: Partition, leader: PartitionLeader): void {
    const { log, firstBatch } = partition;
    if (request.logEnd <= log.startOffset && !firstBatch.isKnown) {
      this.#looking.set(request.subscription, request);
      const done = (fault?: unknown): void => this.#looked(request, partition, leader, fault);
      firstBatch.find().then(() => done(), done);
      return;
    }
    const follower = { startOffset: request.logStart, endOffset: request.logEnd, lastEpoch: request.lastEpoch };
    const { startOffset, endOffset, epochs } = log;
    const answer = compareLogs({ firstBatch: firstBatch.offset, startOffset, endOffset, epochs }, follower);
    if (answer.kind === 'agrees') {
      this.#accept(request, partition, leader);
    } else if (answer.kind === 'diverges') {
      this.#answers.diverge(request.subscription, answer);
    } else {
      this.#answers.startOver(request.subscription, partition, leader);
    }
  }

  #looked(request: Subscribe, partition: Partition, leader: PartitionLeader, fault: unknown): void {
    const { subscription: number } = request;
    if (this.#closed || this.#looking.get(number) !== request) return;
    this.#looking.delete(number);
    if (partition.leader !== leader) {
      this.#reject(number, 'NOT_LEADER_OR_FOLLOWER', 'another broker leads now', leader);
    } else if (fault === undefined || (fault instanceof RequestError && fault.code === 'OFFSET_OUT_OF_RANGE')) {
      // The log may begin elsewhere by now.
      this.#compare(request, partition, leader);
    } else {
      this.#unreadable(number, partition, leader, fault);
    }
    this.#context.turn.send(this);
  }

  #unreadable(number: number, { topic, partition }: Partition, leader: PartitionLeader, err: unknown): void {
    this.#context.logger.error('a log cannot be read for a follower', { topic, partition, err });
    this.#reject(number, 'KAFKA_STORAGE_ERROR', 'the leader cannot read its log', leader);
  }

  #accept(request: Subscribe, partition: Partition, leader: PartitionLeader): void {
    const subscription = new LeaderSubscription(this, {
      number: request.subscription,
      partition,
      leader,
      // Below the log's start lies at most the beginning of the batch that holds it.
      position: Math.max(request.logEnd, partition.log.startOffset),
      creditBytes: request.creditBytes,
    });
    this.#subscriptions.set(subscription.number, subscription);
    this.#dirty.add(subscription);
    this.#answers.accept(subscription.number, { partition, leader, catchUp: false });
    // A member whose report is gone holds the high watermark until it has reported again; one that joins is due now.
    partition.progressed();
  }

  #progress(report: Progress): void {
    const subscription = this.#subscriptions.get(report.subscription);
    if (subscription === undefined || report.leaderEpoch !== subscription.leader.leaderEpoch) return;
    const { partition, leader } = subscription;
    if (report.countedEnd > partition.log.endOffset) {
      const message = `a follower reports ${report.countedEnd}, the log ends at ${partition.log.endOffset}`;
      this.#stream.close({ code: 'failed', message });
      return;
    }
    if (report.creditBytes > 0) {
      subscription.creditBytes += report.creditBytes;
      this.dirty(subscription);
    }
    leader.progress(this.brokerId, subscription, {
      countedEnd: report.countedEnd,
      nowMs: this.#context.clock.nowMs(),
    });
    leader.followerStarts(this.brokerId, subscription, report.logStart);
    partition.progressed();
  }

  #collect(): Push[] {
    const pushes: Push[] = [];
    let bytes = 0;
    for (const subscription of [...this.#dirty]) {
      if (bytes >= PUSH_BYTES_MAX) break;
      this.#dirty.delete(subscription);
      if (subscription.creditBytes > 0)
        bytes += this.#take(subscription, Math.min(PUSH_BYTES_MAX - bytes, subscription.creditBytes), pushes);
      if (subscription.isBehind) this.#behind.add(subscription);
    }
    if (this.#behind.size > 0) this.#scheduleHighWatermarks();
    this.#context.countBytesOut(bytes);
    return pushes;
  }

  /** @returns bytes pushed */
  #take(subscription: LeaderSubscription, bytesMax: number, pushes: Push[]): number {
    const { cursor, partition, number } = subscription;
    const { startOffset, endOffset } = partition.log;
    if (cursor.position < startOffset) {
      // Retention has passed the follower: it starts over from what its next subscription is told.
      this.#end(number);
      this.#reject(number, 'OFFSET_OUT_OF_RANGE', 'the log starts behind what the follower has', subscription.leader);
      return 0;
    }
    const { needsDisk } = cursor;
    if (needsDisk && this.kind === 'live') {
      this.#sendToCatchUp(subscription);
      return 0;
    }
    const isMore = cursor.position < endOffset;
    const quota = isMore ? this.#context.quotas.ofLeader(partition, this.brokerId) : undefined;
    const allowed = Math.min(bytesMax, quota?.available(subscription) ?? bytesMax);
    // What was read already goes: it holds a read of the disk.
    if (allowed <= 0 && !cursor.onDisk) {
      quota?.wait(subscription, () => {
        if (this.#subscriptions.get(number) === subscription) this.dirty(subscription);
      });
      return 0;
    }
    if (needsDisk && !this.#reads.begin(subscription)) return 0;
    const read = cursor.take(endOffset, allowed);
    if (read === undefined && cursor.onDisk) return 0;
    this.#reads.end(subscription);
    if (read !== undefined) quota?.charge(subscription, read.bytes);
    // Read from memory, or nothing left to read: near the end, where the live stream takes over.
    const handOver = this.kind === 'catch-up' && !needsDisk;
    if (read !== undefined) this.#push(subscription, read, handOver, pushes);
    else if (handOver) pushes.push(this.#pushOf(subscription, undefined, true));
    if (handOver) this.#end(number);
    else if (cursor.position < endOffset) this.#dirty.add(subscription);
    return read?.bytes ?? 0;
  }

  /** One push for each piece of memory that was read: nothing is copied together. */
  #push(subscription: LeaderSubscription, read: ReadResult, handOver: boolean, pushes: Push[]): void {
    subscription.creditBytes -= read.bytes;
    for (const [index, part] of read.parts.entries()) {
      pushes.push(this.#pushOf(subscription, part, handOver && index === read.parts.length - 1));
    }
  }

  #pushOf(subscription: LeaderSubscription, records: Uint8Array | undefined, handOver: boolean): Push {
    const { leader, partition, number } = subscription;
    subscription.sentHighWatermark = leader.highWatermark;
    subscription.sentStart = partition.log.startOffset;
    this.#behind.delete(subscription);
    const push = Push.create({
      subscription: number,
      leaderEpoch: leader.leaderEpoch,
      highWatermark: leader.highWatermark,
      logStart: partition.log.startOffset,
      handOver,
    });
    return records === undefined ? push : { ...push, records };
  }

  #sendToCatchUp(subscription: LeaderSubscription): void {
    this.#end(subscription.number);
    const { leader, partition, number } = subscription;
    this.#answers.accept(number, { partition, leader, catchUp: true });
  }

  #scheduleHighWatermarks(): void {
    this.#highWatermarkTimer ??= this.#context.timers.after(HIGH_WATERMARK_WAIT_MS, () => {
      this.#highWatermarkTimer = undefined;
      if (this.#closed) return;
      if (!this.#stream.ready()) return this.#scheduleHighWatermarks();
      const push = [...this.#behind].map((subscription) => this.#pushOf(subscription, undefined, false));
      if (push.length > 0) this.#stream.send({ accepted: [], diverging: [], startAt: [], rejected: [], push });
    });
  }

  #end(number: number): boolean {
    const subscription = this.#subscriptions.get(number);
    if (subscription === undefined) return false;
    this.#subscriptions.delete(number);
    this.#dirty.delete(subscription);
    this.#behind.delete(subscription);
    subscription.close();
    this.#reads.end(subscription);
    return true;
  }

  #reject(subscription: number, code: ErrorCode, message: string, leader: PartitionLeader | undefined): void {
    this.#answers.reject(subscription, { code, message, leader });
    this.#context.turn.send(this);
  }
}
