import { type Clock, counter, gauge, type MetricSample, type NodeId, type Timer, type Timers } from '@moldau/base';
import { type BrokerDynamicConfig, isThrottled } from '@moldau/metadata';
import type { Partition } from '../partition/partition.ts';

/** How often those that wait are asked again: the rate may be another by then, or the replica in sync. */
const TICK_MS = 100;
/** What an idle second leaves may go at once. */
const BURST_MS = 1000;

interface QuotaPorts {
  readonly clock: Clock;
  readonly timers: Timers;
}

/**
 * Bytes a second for the replicas that catch up under a rate (KIP-73), of all partitions together. Whole batches go, so it
 * may be overdrawn by one; the next ones wait the longer.
 */
export class ReplicationQuota {
  /** All that went under the rate. */
  bytes = 0;
  readonly #ports: QuotaPorts;
  readonly #rate: () => number;
  /** What may go, as it stood at `#atMs`; negative when overdrawn. */
  #balance = 0;
  #atMs: number;
  /** Who is asked again at the next tick, in the order of waiting. */
  #waiting = new Map<object, () => void>();
  #tick: Timer | undefined;

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

  /** Bytes that may go now; none when it is not positive. */
  available(): number {
    const nowMs = this.#ports.clock.nowMs();
    const rate = this.#rate();
    this.#balance = Math.min(this.#balance + (rate * (nowMs - this.#atMs)) / 1000, (rate * BURST_MS) / 1000);
    this.#atMs = nowMs;
    return Math.floor(this.#balance);
  }

  charge(bytes: number): void {
    this.#balance -= bytes;
    this.bytes += bytes;
  }

  /** `run` is called once, a little later: whether there is something by then is for the caller to ask. */
  wait(waiter: object, run: () => void): void {
    this.#waiting.set(waiter, run);
    this.#tick ??= this.#ports.timers.after(TICK_MS, () => {
      const waiting = this.#waiting;
      this.#waiting = new Map();
      this.#tick = undefined;
      for (const again of waiting.values()) again();
    });
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
  ofFollower({ config, state, partition, nodeId }: Partition): ReplicationQuota | undefined {
    const isHeld = isThrottled(config.followerThrottled, partition, nodeId);
    return isHeld && !state.isr.includes(nodeId) ? this.follower : undefined;
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
