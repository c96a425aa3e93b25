import { type ErrorCode, errorNumber } from '@moldau/base';
import { Accepted, Diverging, type LeaderMessage, Rejected, StartAt } from '@moldau/proto';
import type { Partition } from '../partition/partition.ts';
import type { PartitionLeader } from '../partition/partition-leader.ts';

/** More answers than this wait: the follower does not read them, and is not asked for more. */
const WAITING_MAX = 1000;
/** Of one message, so that its size has a bound beside the one of its bytes. */
const ANSWERS_PER_MESSAGE_MAX = 10_000;
/** Of start-overs in one message: each carries its producers, 2.8 MB when a partition has as many as it may. */
const START_OVER_BYTES_MAX = 1024 * 1024;

/** A replica that begins where the leader's log begins. Kept as this, since what it is told may be large. */
interface StartOver {
  readonly partition: Partition;
  readonly leader: PartitionLeader;
}

type Answers = Omit<LeaderMessage, 'push'>;

/** Answers to one follower's subscriptions, until its stream takes them. */
export class PendingAnswers {
  readonly #accepted = new Map<number, Accepted>();
  readonly #startOver = new Map<number, StartOver>();
  #diverging: Diverging[] = [];
  #rejected: Rejected[] = [];

  get count(): number {
    return this.#accepted.size + this.#diverging.length + this.#startOver.size + this.#rejected.length;
  }

  get isFull(): boolean {
    return this.count > WAITING_MAX;
  }

  /**
   * `catchUp`: it has ended, whether the follower knows of its beginning or not: the replica subscribes on the catch-up
   * stream.
   */
  accept(
    subscription: number,
    of: { readonly partition: Partition; readonly leader: PartitionLeader; readonly catchUp: boolean },
  ): void {
    const { highWatermark } = of.leader;
    const logStart = of.partition.log.startOffset;
    const { catchUp } = of;
    this.#accepted.set(subscription, Accepted.create({ subscription, highWatermark, logStart, catchUp }));
  }

  diverge(subscription: number, at: { readonly epoch: number; readonly endOffset: number }): void {
    this.#diverging.push(Diverging.create({ subscription, epoch: at.epoch, endOffset: at.endOffset }));
  }

  startOver(subscription: number, partition: Partition, leader: PartitionLeader): void {
    this.#startOver.set(subscription, { partition, leader });
  }

  reject(
    subscription: number,
    of: { readonly code: ErrorCode; readonly message: string; readonly leader: PartitionLeader | undefined },
  ): void {
    const { code, message, leader } = of;
    const leaderEpoch = leader?.leaderEpoch ?? -1;
    this.#rejected.push(Rejected.create({ subscription, errorCode: errorNumber(code), leaderEpoch, message }));
  }

  /** The follower has given the subscription up. */
  withdraw(subscription: number): void {
    this.#startOver.delete(subscription);
  }

  /** As much as fits one message. All that is accepted: pushes may follow in the same one, and mean nothing before. */
  take(): Answers {
    const startAt = this.#takeStartOvers();
    const accepted = [...this.#accepted.values()];
    this.#accepted.clear();
    const diverging = this.#diverging.splice(0, ANSWERS_PER_MESSAGE_MAX);
    const rejected = this.#rejected.splice(0, ANSWERS_PER_MESSAGE_MAX);
    return { accepted, diverging, startAt, rejected };
  }

  #takeStartOvers(): StartAt[] {
    const taken: StartAt[] = [];
    let bytes = 0;
    for (const [subscription, { partition, leader }] of this.#startOver) {
      if (bytes >= START_OVER_BYTES_MAX || taken.length === ANSWERS_PER_MESSAGE_MAX) break;
      this.#startOver.delete(subscription);
      if (partition.leader !== leader) {
        this.reject(subscription, { code: 'NOT_LEADER_OR_FOLLOWER', message: 'another broker leads now', leader });
        continue;
      }
      const { log } = partition;
      const { offset } = partition.firstBatch;
      const producerState = log.producerSnapshot(offset);
      bytes += producerState.length;
      taken.push(
        StartAt.create({
          subscription,
          offset,
          epochs: log.epochs.entries
            .filter(({ startOffset }) => startOffset <= log.startOffset)
            // The epoch of a batch that is half deleted has been cut to the log's start.
            .map(({ epoch, startOffset }) => ({ epoch, startOffset: Math.min(startOffset, offset) })),
          producerState,
          highWatermark: leader.highWatermark,
        }),
      );
    }
    return taken;
  }
}
