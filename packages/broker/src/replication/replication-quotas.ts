import { type Clock, counter, gauge, type MetricSample, type NodeId, type Timer, type Timers } from '@moldau/base';
import { type BrokerDynamicConfig, isThrottled } from '@moldau/metadata';
import type { Partition } from '../partition/partition.ts';
import type { FollowerReplica } from './follower-replica.ts';

/** How often those that wait are called: the rate may be another by then, or the replica in sync. */
const TICK_MS = 100;
/** What an idle second leaves may go at once. */
const BURST_MS = 1000;

interface QuotaPorts {
  readonly clock: Clock;
  readonly timers: Timers;
}

interface Waiting {
  /** There may be something for it. */
  readonly turn: () => void;
  /** How many ticks there had been when it asked last. */
  readonly asked: number;
}

/**
 * Bytes a second for the replicas that catch up under a rate (KIP-73), of all partitions together, one after the other: who
 * has had some goes behind those that wait. Whole batches go, so it may be overdrawn by one; the next ones wait the longer.
 */
export class ReplicationQuota {
  /** All that went under the rate. */
  bytes = 0;
  readonly #ports: QuotaPorts;
  readonly #rate: () => number;
  /** What may go, as it stood at `#atMs`; negative when overdrawn. */
  #balance = 0;
  #atMs: number;
  /** In the order of their turns. */
  readonly #waiting = new Map<object, Waiting>();
  #ticks = 0;
  #timer: Timer | undefined;

  /** `rate`: bytes a second, as configured now. */
  constructor(ports: QuotaPorts, rate: () => number) {
    this.#ports = ports;
    this.#rate = rate;
    this.#atMs = ports.clock.nowMs() - BURST_MS;
  }

  /** Who waits right now. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /**
   * Bytes that this one may send or ask for now. Where some wait, what a tick brings is for the first of them, and what that
   * leaves for the next: nobody's turn is spent on the few bytes of the moment.
   */
  available(asker: object): number {
    const [first] = this.#waiting.keys();
    if (first === undefined) this.#refill();
    return first === undefined || first === asker ? Math.max(0, Math.floor(this.#balance)) : 0;
  }

  charge(asker: object, bytes: number): void {
    this.#balance -= bytes;
    this.bytes += bytes;
    this.#waiting.delete(asker);
    const [next] = this.#waiting.values();
    if (this.#balance >= 1) next?.turn();
  }

  /** Until `turn` is called, to ask again: it may be for nothing. Who waits already keeps its place. */
  wait(asker: object, turn: () => void): void {
    // The newer turn, in the old place: a replica that waits may have gone to another stream.
    this.#waiting.set(asker, { turn, asked: this.#ticks });
    this.#startTimer();
  }

  #startTimer(): void {
    this.#timer ??= this.#ports.timers.after(TICK_MS, () => this.#tick());
  }

  /** All are called: some may not be held to the rate any more. Who did not ask again since the last time has gone. */
  #tick(): void {
    this.#timer = undefined;
    this.#refill();
    const called = this.#ticks++;
    for (const [asker, { asked, turn }] of [...this.#waiting]) {
      if (asked === called) turn();
      else this.#waiting.delete(asker);
    }
    if (this.#waiting.size > 0) this.#startTimer();
  }

  #refill(): void {
    const nowMs = this.#ports.clock.nowMs();
    const rate = this.#rate();
    this.#balance = Math.min(this.#balance + (rate * (nowMs - this.#atMs)) / 1000, (rate * BURST_MS) / 1000);
    this.#atMs = nowMs;
  }
}

/** A broker's two rates: of what it sends as leader, and of what it asks for as follower. In-sync replicas know neither. */
export class ReplicationQuotas {
  readonly leader: ReplicationQuota;
  readonly follower: ReplicationQuota;

  constructor(ports: QuotaPorts, config: () => BrokerDynamicConfig) {
    this.leader = new ReplicationQuota(ports, () => config().leaderThrottledRate);
    this.follower = new ReplicationQuota(ports, () => config().followerThrottledRate);
  }

  /** The rate that this broker's replica, which leads, is held to for that follower; undefined: none. */
  ofLeader(partition: Partition, followerId: NodeId): ReplicationQuota | undefined {
    const isHeld = isThrottled(partition.config.leaderThrottled, partition.partition, partition.nodeId);
    // One that is about to join holds the high watermark already.
    return isHeld && !partition.leader?.maximalIsr().includes(followerId) ? this.leader : undefined;
  }

  /** The rate that this broker's replica, which follows, is held to; undefined: none. */
  ofFollower({ partition: replica, leaderHighWatermark }: FollowerReplica): ReplicationQuota | undefined {
    const { config, state, partition, nodeId, log } = replica;
    if (!isThrottled(config.followerThrottled, partition, nodeId)) return undefined;
    // With all that is committed it may join the ISR at any time, and hold the high watermark before it hears of that.
    const isInSync = state.isr.includes(nodeId) || log.endOffset >= leaderHighWatermark;
    return isInSync ? undefined : this.follower;
  }

  *samples(): Iterable<MetricSample> {
    const { leader, follower } = this;
    yield counter('kafka_server_leaderreplication_bytes_total', 'Bytes pushed under a rate', leader.bytes);
    yield counter('kafka_server_followerreplication_bytes_total', 'Bytes asked for under a rate', follower.bytes);
    yield gauge(
      'moldau_broker_throttled_replicas',
      'Replicas that a rate holds back now: followers of leaders here, and followers here',
      leader.waitingCount + follower.waitingCount,
    );
  }
}
