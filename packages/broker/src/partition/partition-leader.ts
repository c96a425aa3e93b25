import {
  assert,
  type BrokerEpoch,
  type ErrorCode,
  type LeaderEpoch,
  type NodeId,
  type Offset,
  type PartitionEpoch,
} from '@moldau/base';
import type { PlantedBugs } from '../planted-bugs.ts';

// What one leader knows during one leader epoch, and the two decisions that follow: how far the high watermark is, and
// which in-sync set to propose. Nothing here waits, reads a clock or sends.
//
// committed ──decide──> committed + proposed ──commit──> committed'      (the controller took it, or metadata moved on)
//                            └──────refuse───> committed                 (only when the controller certainly did not)
//
// While a proposal is open, nobody but the controller knows which of the two sets holds. The high watermark therefore
// counts the union of both (the maximal ISR): whoever may be elected next from either has everything below it.

/** What metadata says of a broker, as far as the leader's decisions need it. */
export interface BrokerView {
  readonly epoch: BrokerEpoch;
  readonly fenced: boolean;
  readonly shuttingDown: boolean;
}

export interface LeaderStart {
  readonly nodeId: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
  readonly isr: readonly NodeId[];
  readonly replicas: readonly NodeId[];
  /** The log's end when this epoch began: the true high watermark cannot lie above it. */
  readonly epochStart: Offset;
  /** As this replica had applied it; may lag behind the true one. */
  readonly highWatermark: Offset;
  readonly countedEnd: Offset;
  /** `min.insync.replicas`, at most the number of replicas. */
  readonly minIsr: number;
  readonly nowMs: number;
}

/** A change of the in-sync set on its way to the controller; sent again unchanged until its fate is known. */
export interface IsrProposal {
  readonly leaderEpoch: LeaderEpoch;
  /** The partition epoch that the change is based on: compare-and-set. */
  readonly partitionEpoch: PartitionEpoch;
  readonly isr: readonly { readonly brokerId: NodeId; readonly brokerEpoch: BrokerEpoch }[];
}

interface Follower {
  /** Identity of the subscription that may report; undefined while there is none. */
  source: object | undefined;
  /** As its stream said; undefined before the first subscription in this leader epoch. */
  brokerEpoch: BrokerEpoch | undefined;
  /** Undefined until the current subscription has reported. */
  countedEnd: Offset | undefined;
  /** Flushed start of its log; undefined until the current subscription has reported. */
  startOffset: Offset | undefined;
  /** The last time at which it is known to have had everything that the leader had. */
  caughtUpMs: number;
  /** Once it has reached `mark`, it was caught up at `markMs`. */
  mark: Offset;
  markMs: number;
  /** Its process is proved gone. */
  gone: boolean;
}

/** How long a refused expansion rests: the refusal says that metadata here is behind the controller's. */
const REFUSED_REST_MS = 500;

export class PartitionLeader {
  readonly leaderEpoch: LeaderEpoch;
  readonly epochStart: Offset;
  readonly #nodeId: NodeId;
  readonly #bugs: PlantedBugs;
  readonly #followers = new Map<NodeId, Follower>();
  #replicas: readonly NodeId[];
  #isr: readonly NodeId[];
  #partitionEpoch: PartitionEpoch;
  #proposal: IsrProposal | undefined;
  #minIsr: number;
  #highWatermark: Offset;
  #countedEnd: Offset;
  #restUntilMs = 0;

  constructor(start: LeaderStart, bugs: PlantedBugs) {
    assert(start.isr.includes(start.nodeId), 'a leader is in its ISR', { ...start });
    assert(start.highWatermark <= start.epochStart, 'the high watermark lies within the log', { ...start });
    this.leaderEpoch = start.leaderEpoch;
    this.epochStart = start.epochStart;
    this.#nodeId = start.nodeId;
    this.#bugs = bugs;
    this.#replicas = start.replicas;
    this.#isr = start.isr;
    this.#partitionEpoch = start.partitionEpoch;
    this.#minIsr = start.minIsr;
    this.#highWatermark = start.highWatermark;
    this.#countedEnd = start.countedEnd;
    for (const brokerId of start.replicas) this.#addFollower(brokerId, start.nowMs);
  }

  get highWatermark(): Offset {
    return this.#highWatermark;
  }

  get partitionEpoch(): PartitionEpoch {
    return this.#partitionEpoch;
  }

  /** As the controller committed it. */
  get isr(): readonly NodeId[] {
    return this.#isr;
  }

  get replicas(): readonly NodeId[] {
    return this.#replicas;
  }

  get proposal(): IsrProposal | undefined {
    return this.#proposal;
  }

  /** Whether the committed ISR is large enough to acknowledge. */
  get hasMinIsr(): boolean {
    return this.#isr.length >= this.#minIsr;
  }

  /** Until then the high watermark known here may lie below the true one. */
  get reachedEpochStart(): boolean {
    return this.#highWatermark >= this.epochStart;
  }

  /** Committed and proposed members. */
  maximalIsr(): readonly NodeId[] {
    const proposed = this.#proposal?.isr;
    if (proposed === undefined || this.#bugs.has('hw-from-committed-isr')) return this.#isr;
    const proposedIds = proposed.map((member) => member.brokerId);
    if (this.#bugs.has('shrink-before-commit')) return proposedIds;
    return [...this.#isr, ...proposedIds.filter((id) => !this.#isr.includes(id))];
  }

  /** Whether some in-sync follower has no subscription: it may have been cut off together with a newer leader. */
  isrStreamDown(): boolean {
    return this.#isr.some((id) => id !== this.#nodeId && this.#followers.get(id)?.source === undefined);
  }

  /** The counted end of a follower; undefined when its current subscription has reported nothing. */
  countedEndOf(brokerId: NodeId): Offset | undefined {
    return brokerId === this.#nodeId ? this.#countedEnd : this.#followers.get(brokerId)?.countedEnd;
  }

  /**
   * This replica's own flushed (or appended) end. A lower one than before, when a topic became `flushed`, changes nothing
   * until the flushes have come past what already counted.
   */
  setCountedEnd(end: Offset): void {
    if (end > this.#countedEnd) this.#countedEnd = end;
  }

  /** A follower's log agrees with this one. What it claimed or reported before counts for nothing. */
  attach(brokerId: NodeId, subscription: { readonly source: object; readonly brokerEpoch: BrokerEpoch }): void {
    const follower = this.#followers.get(brokerId);
    if (follower === undefined) return;
    follower.source = subscription.source;
    follower.brokerEpoch = subscription.brokerEpoch;
    follower.gone = false;
    follower.startOffset = undefined;
    if (!this.#bugs.has('progress-credited-to-reused-subscription')) follower.countedEnd = undefined;
  }

  /** The subscription ended. What it had reported stays: the follower has that much on disk. */
  detach(brokerId: NodeId, source: object): void {
    const follower = this.#followers.get(brokerId);
    if (follower?.source === source) follower.source = undefined;
  }

  /** A report, from the subscription that is attached now; any other is late and means nothing. */
  progress(brokerId: NodeId, source: object, report: { readonly countedEnd: Offset; readonly nowMs: number }): void {
    const follower = this.#followers.get(brokerId);
    if (follower?.source !== source) return;
    const { countedEnd, nowMs } = report;
    if (follower.countedEnd !== undefined && countedEnd <= follower.countedEnd) return;
    follower.countedEnd = countedEnd;
    if (countedEnd >= follower.mark) {
      // It may have had everything long after the mark was set, while nothing came.
      follower.caughtUpMs = Math.max(follower.caughtUpMs, follower.markMs);
      follower.mark = this.#countedEnd;
      follower.markMs = nowMs;
    }
    if (countedEnd >= this.#countedEnd) follower.caughtUpMs = nowMs;
  }

  /** The follower's log starts there, durably; from the subscription that is attached now. */
  followerStarts(brokerId: NodeId, source: object, startOffset: Offset): void {
    const follower = this.#followers.get(brokerId);
    if (follower?.source === source) follower.startOffset = startOffset;
  }

  /** What is below is gone for good from all replicas on brokers that live; undefined when one has not said. */
  lowWatermark(ownStart: Offset, lives: (brokerId: NodeId) => boolean): Offset | undefined {
    let lowest = ownStart;
    if (this.#bugs.has('deletion-answered-before-followers')) return lowest;
    for (const [brokerId, { startOffset }] of this.#followers) {
      if (!lives(brokerId)) continue;
      if (startOffset === undefined) return undefined;
      lowest = Math.min(lowest, startOffset);
    }
    return lowest;
  }

  /** Members of the committed ISR that can be read from this offset, with how far each has come (KIP-392). */
  readableFollowers(offset: Offset): { readonly brokerId: NodeId; readonly countedEnd: Offset }[] {
    const readable: { readonly brokerId: NodeId; readonly countedEnd: Offset }[] = [];
    for (const brokerId of this.#isr) {
      const { source, startOffset, countedEnd = -1 } = this.#followers.get(brokerId) ?? {};
      if (source === undefined || startOffset === undefined || offset < startOffset || offset > countedEnd) continue;
      readable.push({ brokerId, countedEnd });
    }
    return readable;
  }

  /** The broker's process is proved gone: it leaves at once instead of by lag. */
  followerGone(brokerId: NodeId): void {
    const follower = this.#followers.get(brokerId);
    if (follower !== undefined && follower.source === undefined) follower.gone = true;
  }

  /**
   * Once in a while: a follower that has everything, and would be sent more, is caught up now, however long ago it reported
   * that.
   * `stalledMs`: how late this call comes; a stall of the leader must not condemn its followers.
   */
  tick(nowMs: number, stalledMs: number): void {
    for (const follower of this.#followers.values()) {
      follower.caughtUpMs = Math.min(nowMs, follower.caughtUpMs + stalledMs);
      if (this.#hasEverything(follower)) follower.caughtUpMs = nowMs;
    }
  }

  /** Moves the high watermark as far as the maximal ISR allows. @returns whether it moved */
  advance(): boolean {
    if (!this.hasMinIsr && !this.#bugs.has('hw-under-min-isr')) return false;
    let lowest: Offset = this.#countedEnd;
    for (const brokerId of this.maximalIsr()) {
      const end = this.countedEndOf(brokerId);
      if (end === undefined) return false;
      if (end < lowest) lowest = end;
    }
    if (lowest <= this.#highWatermark) return false;
    this.#highWatermark = lowest;
    return true;
  }

  /** The next in-sync set to propose, when one is due and none is open; it is open from here on. */
  decide(
    brokers: (brokerId: NodeId) => BrokerView | undefined,
    nowMs: number,
    lagMsMax: number,
  ): IsrProposal | undefined {
    if (this.#proposal !== undefined) return undefined;
    const staying = this.#isr.filter((id) => id === this.#nodeId || !this.#mustLeave(id, nowMs, lagMsMax));
    const joining =
      nowMs < this.#restUntilMs
        ? []
        : this.#replicas.filter((id) => !this.#isr.includes(id) && this.#mayJoin(id, brokers(id), nowMs, lagMsMax));
    if (staying.length === this.#isr.length && joining.length === 0) return undefined;
    const isr: { brokerId: NodeId; brokerEpoch: BrokerEpoch }[] = [];
    for (const brokerId of [...staying, ...joining]) {
      const registered = brokers(brokerId)?.epoch;
      // A member that joins is named by the run that reported. One that stays may be named by metadata: had it restarted
      // since, the controller would have moved the partition epoch that this proposal is compared with.
      const reported = joining.includes(brokerId) ? this.#followers.get(brokerId)?.brokerEpoch : registered;
      const brokerEpoch = this.#bugs.has('no-broker-epoch-check') ? registered : reported;
      if (brokerEpoch === undefined) return undefined;
      isr.push({ brokerId, brokerEpoch });
    }
    this.#proposal = { leaderEpoch: this.leaderEpoch, partitionEpoch: this.#partitionEpoch, isr };
    return this.#proposal;
  }

  /** The controller committed this set: its answer says so, or metadata. Older news changes nothing. */
  commit(isr: readonly NodeId[], partitionEpoch: PartitionEpoch): void {
    if (partitionEpoch <= this.#partitionEpoch) return;
    assert(isr.includes(this.#nodeId), 'the leader of an epoch stays in its ISR', { isr: isr.join(), partitionEpoch });
    this.#isr = isr;
    this.#partitionEpoch = partitionEpoch;
    // A proposal is based on an older partition epoch than this one: it has been committed just now, or never will be.
    this.#proposal = undefined;
  }

  /** Replicas were added or removed without a new leader epoch, or the configuration changed. */
  reconfigure(change: {
    readonly replicas: readonly NodeId[];
    /** Brokers whose replica is another incarnation than before: what the one before reported is not its. */
    readonly replaced?: readonly NodeId[];
    readonly minIsr: number;
    readonly nowMs: number;
  }): void {
    this.#replicas = change.replicas;
    for (const brokerId of change.replaced ?? []) this.#followers.delete(brokerId);
    this.#minIsr = change.minIsr;
    for (const brokerId of change.replicas) this.#addFollower(brokerId, change.nowMs);
    for (const brokerId of this.#followers.keys()) {
      if (!change.replicas.includes(brokerId)) this.#followers.delete(brokerId);
    }
  }

  /**
   * The controller refused the proposal.
   * @returns what is left to do: nothing (it is withdrawn, metadata will tell), or to send it again
   */
  refuse(code: ErrorCode, nowMs: number): 'withdrawn' | 'again' {
    if (this.#proposal === undefined) return 'withdrawn';
    if (code !== 'INELIGIBLE_REPLICA') return 'again';
    this.#proposal = undefined;
    this.#restUntilMs = nowMs + REFUSED_REST_MS;
    return 'withdrawn';
  }

  #addFollower(brokerId: NodeId, nowMs: number): void {
    if (brokerId === this.#nodeId || this.#followers.has(brokerId)) return;
    this.#followers.set(brokerId, {
      source: undefined,
      brokerEpoch: undefined,
      countedEnd: undefined,
      startOffset: undefined,
      // Of a member that is as far as anybody knows: a new leader has not heard from it yet.
      caughtUpMs: this.#isr.includes(brokerId) ? nowMs : -Infinity,
      mark: this.#countedEnd,
      markMs: nowMs,
      gone: false,
    });
  }

  #mustLeave(brokerId: NodeId, nowMs: number, lagMsMax: number): boolean {
    const follower = this.#followers.get(brokerId);
    return follower === undefined || follower.gone || !this.#keepsUp(follower, nowMs, lagMsMax);
  }

  #keepsUp(follower: Follower, nowMs: number, lagMsMax: number): boolean {
    return this.#hasEverything(follower) || nowMs - follower.caughtUpMs <= lagMsMax;
  }

  /** Without a subscription it gets nothing more: the next record would wait for it until it has lagged long enough. */
  #hasEverything({ source, countedEnd }: Follower): boolean {
    return source !== undefined && countedEnd !== undefined && countedEnd >= this.#countedEnd;
  }

  /**
   * Who joins does not have to leave at once: under the minimum ISR the high watermark stands still, and a follower that lags
   * behind the end may be at it.
   */
  #mayJoin(brokerId: NodeId, broker: BrokerView | undefined, nowMs: number, lagMsMax: number): boolean {
    const follower = this.#followers.get(brokerId);
    if (follower?.source === undefined || follower.countedEnd === undefined) return false;
    if (broker === undefined || broker.fenced || broker.shuttingDown) return false;
    if (broker.epoch !== follower.brokerEpoch && !this.#bugs.has('no-broker-epoch-check')) return false;
    if (follower.countedEnd < this.#highWatermark) return false;
    if (this.#bugs.has('expand-without-epoch-start-check')) return true;
    return follower.countedEnd >= this.epochStart && this.#keepsUp(follower, nowMs, lagMsMax);
  }
}
