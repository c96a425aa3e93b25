import {
  assert,
  type ErrorCode,
  type LeaderEpoch,
  NO_LEADER,
  type NodeId,
  type Offset,
  type PartitionId,
  type TopicId,
} from '@moldau/base';
import type { AppendResult, PartitionLog } from '@moldau/log';
import { effectiveMinIsr, hasReplica, type PartitionState, type TopicConfig } from '@moldau/metadata';
import type { StartAt } from '@moldau/proto';
import type { TopicCounters } from '../counters.ts';
import type { TurnTask } from '../turn.ts';
import { AckQueue, type WaitingAck } from './ack-queue.ts';
import { FirstBatch } from './first-batch.ts';
import type { PartitionContext } from './partition-context.ts';
import { PartitionLeader } from './partition-leader.ts';

// One replica on this broker, and the only writer of its log. Its role follows applied metadata:
//
//   idle ──lead──> leader(epoch) ──follow──> follower(leader, epoch) ──lead──> leader(epoch + n)
//     any ──step down──> idle      (no leader, the registration is void, the replica moved away or its directory failed)
//
// Between roles nothing is carried over but the log: whoever waited is told that this is not the leader.

/** A produce with acks=all, waiting; the stream it came by takes the answer. */
export interface ProduceWait extends WaitingAck {
  readonly baseOffset: Offset;
  readonly answerTo: { produced(wait: ProduceWait, partition: Partition, error: ErrorCode | undefined): void };
}

/** A deletion of records, waiting for the low watermark. */
export interface DeletionWait extends WaitingAck {
  /** All replicas begin there, or further up. */
  deleted(lowWatermark: Offset): void;
  failed(error: ErrorCode): void;
}

/** A follower's or a consumer's subscription: told at the end of a turn in which there may be more to send. */
export interface PartitionReader {
  /** The log's end, its start or the high watermark has moved. */
  moved(): void;
  /** The leader epoch has ended, in which this replica led, or followed. */
  leadershipEnded(): void;
}

export type PartitionRole =
  | { readonly kind: 'idle' }
  | { readonly kind: 'leader'; readonly state: PartitionLeader }
  | { readonly kind: 'follower'; readonly leader: NodeId; readonly leaderEpoch: LeaderEpoch };

/** Which replicas a consumer may read: where it does not say otherwise, what it reads is the leader's. */
export type ReadFrom = 'leader' | 'any replica';

const IDLE: PartitionRole = { kind: 'idle' };

export class Partition implements TurnTask {
  queued = false;
  readonly topicId: TopicId;
  readonly partition: PartitionId;
  readonly topic: string;
  readonly log: PartitionLog;
  readonly firstBatch: FirstBatch;
  readonly counters: TopicCounters;
  readonly acks: AckQueue<ProduceWait> = new AckQueue();
  readonly deletions: AckQueue<DeletionWait> = new AckQueue();
  readonly #context: PartitionContext;
  readonly #followers = new Set<PartitionReader>();
  readonly #consumers = new Set<PartitionReader>();
  #state: PartitionState;
  #config: TopicConfig;
  #role: PartitionRole = IDLE;
  #broadcastEnd: Offset = 0;
  #broadcastStart: Offset = 0;
  #changing = false;
  /** Consumers were told nothing, since another broker might have led. */
  #consumersWait = false;
  /** The log's end when the topic became `flushed`: what is below may be counted where it is in memory alone. */
  #flushedFrom: Offset = 0;

  constructor(
    context: PartitionContext,
    log: PartitionLog,
    of: {
      readonly topic: string;
      readonly state: PartitionState;
      readonly config: TopicConfig;
      readonly counters: TopicCounters;
    },
  ) {
    this.#context = context;
    this.log = log;
    this.firstBatch = new FirstBatch(log);
    this.topicId = of.state.topicId;
    this.partition = of.state.partition;
    this.topic = of.topic;
    this.#state = of.state;
    this.#config = of.config;
    this.counters = of.counters;
  }

  get nodeId(): NodeId {
    return this.#context.nodeId;
  }

  get role(): PartitionRole {
    return this.#role;
  }

  /** As the last applied change of metadata left it. */
  get state(): PartitionState {
    return this.#state;
  }

  get config(): TopicConfig {
    return this.#config;
  }

  get leader(): PartitionLeader | undefined {
    return this.#role.kind === 'leader' ? this.#role.state : undefined;
  }

  get highWatermark(): Offset {
    return this.#role.kind === 'leader' ? this.#role.state.highWatermark : this.log.highWatermark;
  }

  /** What counts for acks=all of this replica: what survives a crash, or what is in memory. */
  get countedEnd(): Offset {
    return this.#config.durability === 'flushed' ? this.log.flushedEnd : this.log.endOffset;
  }

  /**
   * Whether an answer may be given as leader right now. Cut off from the controllers alone changes nothing; cut off from
   * an in-sync follower too, another leader may have been elected.
   */
  servesAsLeader(): boolean {
    const { lease, clock, bugs } = this.#context;
    if (this.#role.kind !== 'leader') return false;
    if (bugs.has('deposed-leader-keeps-serving')) return true;
    return !lease.fenced && !(lease.over(clock.nowMs()) && this.#role.state.isrStreamDown());
  }

  /** Whether consumers may read here right now what lies below the high watermark: of a follower only those that know (KIP-392). */
  servesReads(from: ReadFrom): boolean {
    return this.servesAsLeader() || (from === 'any replica' && this.#servesAsFollower());
  }

  /** Of its role; -1 when idle. */
  get leaderEpoch(): LeaderEpoch {
    if (this.#role.kind === 'idle') return -1;
    return this.#role.kind === 'leader' ? this.#role.state.leaderEpoch : this.#role.leaderEpoch;
  }

  /** Of that broker's replica; undefined when it has none. */
  incarnationOf(brokerId: NodeId): string | undefined {
    return this.#state.replicas.find((replica) => replica.brokerId === brokerId)?.incarnationId;
  }

  /** Whether the controller may elect that broker, or may be about to, as far as this leader can tell. */
  mayBeElected(brokerId: NodeId): boolean {
    const { isr, elr } = this.#state;
    // The controller's answer to a shrink comes before the metadata that moves the member to the ELR.
    return [isr, elr, this.leader?.maximalIsr() ?? []].some((members) => members.includes(brokerId));
  }

  /** A change of metadata or of the topic's settings. */
  update(state: PartitionState, config: TopicConfig): void {
    assert(state.partitionEpoch >= this.#state.partitionEpoch, 'metadata only moves forward', { ...state });
    if (config.durability !== this.#config.durability) this.#flushedFrom = this.log.endOffset;
    const replaced = replacedReplicas(this.#state, state);
    this.#state = state;
    this.#config = config;
    const leader = this.leader;
    // Consumers of a follower that has left the ISR go back to the leader.
    if (this.#role.kind === 'follower' && !this.#isInSync()) for (const reader of this.#consumers) reader.moved();
    if (leader === undefined) return;
    const nowMs = this.#context.clock.nowMs();
    leader.reconfigure({ replicas: this.#replicaIds(), replaced, minIsr: this.#minIsr(), nowMs });
    if (state.leader === this.#context.nodeId && state.leaderEpoch === leader.leaderEpoch) this.#committed();
    this.#context.turn.settle(this);
  }

  /** Begins the leader epoch that metadata names. */
  lead(): void {
    const { leaderEpoch } = this.#state;
    if (this.#role.kind === 'leader' && this.#role.state.leaderEpoch === leaderEpoch) return;
    assert(this.#state.leader === this.#context.nodeId, 'metadata names this broker as the leader', { ...this.#state });
    this.stepDown();
    this.log.beginEpoch(leaderEpoch);
    const state = new PartitionLeader(
      {
        nodeId: this.#context.nodeId,
        leaderEpoch,
        partitionEpoch: this.#state.partitionEpoch,
        isr: this.#state.isr,
        replicas: this.#replicaIds(),
        epochStart: this.log.endOffset,
        highWatermark: Math.min(this.log.highWatermark, this.log.endOffset),
        countedEnd: this.#leaderEnd(),
        minIsr: this.#minIsr(),
        nowMs: this.#context.clock.nowMs(),
      },
      this.#context.bugs,
    );
    this.#role = { kind: 'leader', state };
    this.#context.turn.settle(this);
  }

  /** Follows the leader that metadata names; the replication client does the rest. */
  follow(): void {
    const { leader, leaderEpoch } = this.#state;
    assert(leader !== NO_LEADER && leader !== this.#context.nodeId, 'there is another leader', { ...this.#state });
    if (this.#role.kind === 'follower' && this.#role.leaderEpoch === leaderEpoch) return;
    this.stepDown();
    this.#role = { kind: 'follower', leader, leaderEpoch };
  }

  stepDown(): void {
    if (this.#role.kind === 'idle') return;
    this.#role = IDLE;
    this.acks.drain((wait) => wait.answerTo.produced(wait, this, 'NOT_LEADER_OR_FOLLOWER'));
    this.deletions.drain((wait) => wait.failed('NOT_LEADER_OR_FOLLOWER'));
    for (const reader of [...this.#followers, ...this.#consumers]) reader.leadershipEnded();
    this.#followers.clear();
    this.#consumers.clear();
  }

  /** Appends what a producer sent; flushed and replicated later. The bytes belong to the log from here on. */
  append(records: Uint8Array, leader: PartitionLeader): AppendResult {
    assert(this.leader === leader, 'only the leader of this epoch appends');
    const outcome = this.log.appendAsLeader(records, leader.leaderEpoch, this.#context.clock.wallMs());
    if (outcome.kind === 'appended') this.#context.turn.settle(this);
    return outcome;
  }

  /** The answer comes when the high watermark is there. */
  awaitReplication(wait: ProduceWait): void {
    this.acks.add(wait);
    this.#context.turn.settle(this);
  }

  /** The log begins there, or further up. The wait ends when the same holds for all replicas on brokers that live. */
  deleteRecords(leader: PartitionLeader, wait: DeletionWait): void {
    assert(this.leader === leader, 'only the leader of this epoch deletes records');
    this.log.advanceStartOffset(wait.requiredOffset);
    this.deletions.add(wait);
    this.#context.turn.settle(this);
  }

  /** What has happened to a batch that ends here, once the high watermark is there. */
  replicatedAs(endOffset: Offset): 'flushed' | 'replicated' {
    return this.#config.durability === 'flushed' && endOffset > this.#flushedFrom ? 'flushed' : 'replicated';
  }

  /** Whole batches from the leader, with its offsets and epochs. */
  appendAsFollower(records: Uint8Array): void {
    assert(this.#role.kind === 'follower', 'only a follower takes over a leader’s batches');
    this.log.appendAsFollower(records);
    this.#context.counters.replicationBytesIn += records.length;
  }

  /** A change of the log's end is on its way to the disk: nothing else may touch the log. */
  get isChanging(): boolean {
    return this.#changing;
  }

  /** Ends the log at this offset; durable when resolved. */
  async truncateTo(offset: Offset): Promise<void> {
    const { log } = this;
    const end = Math.max(offset, log.startOffset);
    if (end < log.highWatermark) this.#context.counters.truncatedBelowHighWatermark++;
    if (end < log.endOffset) this.#context.counters.truncations++;
    await this.#change(() => log.truncateTo(end));
  }

  /** Drops everything and begins where the leader's log begins; durable when resolved. */
  async startOver(at: Pick<StartAt, 'offset' | 'epochs' | 'producerState'>): Promise<void> {
    await this.#change(() => this.log.resetTo(at.offset, at.epochs, at.producerState));
  }

  /** What the leader said; never above the own end. */
  applyLeaderOffsets(highWatermark: Offset, logStart: Offset): void {
    const applied = Math.min(highWatermark, this.log.endOffset);
    const isNews = applied > this.log.highWatermark;
    if (isNews) this.log.setHighWatermark(applied);
    if (logStart > this.log.startOffset && logStart <= this.log.highWatermark) this.log.advanceStartOffset(logStart);
    if (isNews) for (const reader of this.#consumers) reader.moved();
  }

  /** The log's flushed end has moved. */
  flushed(): void {
    if (this.#role.kind === 'leader') this.#context.turn.settle(this);
  }

  addFollower(reader: PartitionReader): void {
    this.#followers.add(reader);
  }

  removeFollower(reader: PartitionReader): void {
    this.#followers.delete(reader);
  }

  addConsumer(reader: PartitionReader): void {
    this.#consumers.add(reader);
  }

  /** They are told when this replica serves again. */
  holdConsumers(): void {
    this.#consumersWait = true;
  }

  removeConsumer(reader: PartitionReader): void {
    this.#consumers.delete(reader);
  }

  /** A follower's subscription, its report, or the answer of the controller changed what the leader knows. */
  progressed(): void {
    this.#context.turn.settle(this);
  }

  /** The controller's answer to the open proposal. */
  isrCommitted(isr: readonly NodeId[], partitionEpoch: number): void {
    const leader = this.leader;
    if (leader === undefined) return;
    this.#count(leader.isr, isr);
    leader.commit(isr, partitionEpoch);
    this.#context.turn.settle(this);
  }

  /** Once in a while: followers that lag are proposed out of the ISR, and consumers that were held go on. */
  tick(nowMs: number, stalledMs: number): void {
    this.leader?.tick(nowMs, stalledMs);
    if (this.#role.kind === 'leader') this.#context.turn.settle(this);
    if (!this.#consumersWait || !this.servesAsLeader()) return;
    this.#consumersWait = false;
    for (const reader of this.#consumers) reader.moved();
  }

  expireAcks(nowMs: number): void {
    this.acks.expired(nowMs, (wait) => wait.answerTo.produced(wait, this, 'REQUEST_TIMED_OUT'));
    this.deletions.expired(nowMs, (wait) => wait.failed('REQUEST_TIMED_OUT'));
  }

  /** The end of a turn in which something happened here. */
  runTurn(): void {
    const leader = this.leader;
    if (leader === undefined) return;
    leader.setCountedEnd(this.#leaderEnd());
    const advanced = leader.advance();
    const { highWatermark } = leader;
    if (advanced) {
      this.log.setHighWatermark(highWatermark);
      for (const reader of this.#consumers) reader.moved();
    }
    // Not only when it moved: a duplicate may wait for an offset that has been reached already.
    this.acks.reached(highWatermark, this.#acknowledge);
    // Waiting on would only end in a timeout: the ISR grows no sooner because of it.
    if (!leader.hasMinIsr && this.acks.size > 0) {
      this.acks.drain((wait) => wait.answerTo.produced(wait, this, 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'));
    }
    this.#endDeletions(leader);
    const { startOffset, endOffset } = this.log;
    if (advanced || endOffset !== this.#broadcastEnd || startOffset !== this.#broadcastStart) {
      this.#broadcastEnd = endOffset;
      this.#broadcastStart = startOffset;
      for (const reader of this.#followers) reader.moved();
    }
    const { broker, clock, lagMsMax } = this.#context;
    if (leader.decide(broker, clock.nowMs(), lagMsMax()) !== undefined) this.#context.propose(this);
  }

  async #change(work: () => Promise<void>): Promise<void> {
    assert(!this.#changing, 'a log is changed by one at a time');
    this.#changing = true;
    try {
      await work();
    } finally {
      this.#changing = false;
      this.#context.changed(this);
    }
  }

  readonly #acknowledge = (wait: ProduceWait): void => {
    wait.answerTo.produced(wait, this, this.servesAsLeader() ? undefined : 'NOT_LEADER_OR_FOLLOWER');
  };

  #endDeletions(leader: PartitionLeader): void {
    if (this.deletions.size === 0) return;
    const lives = (brokerId: NodeId): boolean => this.#context.broker(brokerId)?.fenced === false;
    const lowWatermark = leader.lowWatermark(this.log.flushedStart, lives);
    if (lowWatermark === undefined) return;
    this.deletions.reached(lowWatermark, (wait) => {
      if (this.servesAsLeader()) wait.deleted(lowWatermark);
      else wait.failed('NOT_LEADER_OR_FOLLOWER');
    });
  }

  /**
   * What makes it refuse is known to the leader as well, or will be: else the leader would send consumers here again and again.
   * What it serves was replicated for ever, whatever became of the leader that said so.
   */
  #servesAsFollower(): boolean {
    if (this.#role.kind !== 'follower' || this.#context.lease.fenced || !this.#isInSync()) return false;
    return this.#context.isFed(this) && this.log.damagedAt === undefined;
  }

  #isInSync(): boolean {
    return this.#state.isr.includes(this.#context.nodeId);
  }

  #leaderEnd(): Offset {
    return this.#context.bugs.has('ack-before-flush') ? this.log.endOffset : this.countedEnd;
  }

  #committed(): void {
    const leader = this.leader;
    if (leader === undefined) return;
    this.#count(leader.isr, this.#state.isr);
    leader.commit(this.#state.isr, this.#state.partitionEpoch);
  }

  #count(before: readonly NodeId[], after: readonly NodeId[]): void {
    if (after.length < before.length) this.#context.counters.isrShrinks++;
    else if (after.length > before.length) this.#context.counters.isrExpands++;
  }

  #replicaIds(): NodeId[] {
    assert(hasReplica(this.#state, this.#context.nodeId), 'this broker has a replica', { ...this.#state });
    return this.#state.replicas.map((replica) => replica.brokerId);
  }

  #minIsr(): number {
    return effectiveMinIsr(this.#config.minInsyncReplicas, this.#state);
  }
}

/** Brokers that have gone from the replicas and come back since, as when metadata was caught up with by a snapshot. */
function replacedReplicas(before: PartitionState, after: PartitionState): NodeId[] {
  const incarnations = new Map(before.replicas.map(({ brokerId, incarnationId }) => [brokerId, incarnationId]));
  return after.replicas
    .filter(({ brokerId, incarnationId }) => (incarnations.get(brokerId) ?? incarnationId) !== incarnationId)
    .map(({ brokerId }) => brokerId);
}
