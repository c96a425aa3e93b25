import type { LeaderEpoch, NodeId, Offset } from '@moldau/base';
import { Subscribe } from '@moldau/proto';
import type { Partition } from '../partition/partition.ts';

/** Bytes that a leader may have under way for one replica. */
const SUBSCRIPTION_CREDIT_BYTES = 4 * 1024 * 1024;

/**
 * One replica that follows a leader in one leader epoch; replaced, never reused, when that changes.
 *
 *   waiting ──subscribe──> asked ──accepted──> following ──(hand over, catch up)──> waiting on the other stream
 *      ^                     ├──diverging──> truncating ──durable──> waiting
 *      └──rejected, stream lost──┘
 */
export class FollowerReplica {
  readonly partition: Partition;
  readonly leader: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  kind: 'live' | 'catch-up' = 'live';
  stage: 'waiting' | 'asked' | 'following' | 'truncating' = 'waiting';
  /** Of the current subscription. */
  number = 0;
  /** Rejections in a row, by the leader or here: each waits longer than the one before. */
  rejections = 0;
  /** What came last could not be taken here: a leader that accepts again changes nothing of that. */
  isRefusing = false;
  /** The counted end as reported last in this subscription; -1 before the first report. */
  reportedEnd: Offset = -1;
  /** The same of the flushed start. */
  reportedStart: Offset = -1;
  /** As the leader said last, in this leader epoch. */
  leaderHighWatermark: Offset = Number.POSITIVE_INFINITY;
  /** Received since the flush before the last: its credit returns when the next flush has ended. */
  #unflushedBytes = 0;
  #flushingBytes = 0;
  #returnedBytes = 0;

  constructor(partition: Partition, leader: NodeId, leaderEpoch: LeaderEpoch) {
    this.partition = partition;
    this.leader = leader;
    this.leaderEpoch = leaderEpoch;
  }

  /** A new subscription begins with no report, and with full credit: at once, or as the rate allows that holds it. */
  subscribe(number: number, isThrottled: boolean): Subscribe {
    const { log, topicId, partition } = this.partition;
    this.number = number;
    this.stage = 'asked';
    this.reportedEnd = -1;
    this.reportedStart = -1;
    this.#unflushedBytes = 0;
    this.#flushingBytes = 0;
    this.#returnedBytes = isThrottled ? SUBSCRIPTION_CREDIT_BYTES : 0;
    const { entries } = log.epochs;
    // A damaged log claims nothing: once a leader answers, it is dropped and fetched again.
    const isSound = log.damagedAt === undefined;
    return Subscribe.create({
      subscription: number,
      topicId,
      partition,
      replicaIncarnation: this.partition.incarnationOf(this.partition.nodeId) ?? '',
      leaderEpoch: this.leaderEpoch,
      logStart: isSound ? log.startOffset : 0,
      logEnd: isSound ? log.endOffset : 0,
      // Of the last record: an epoch that was begun here and left no record is none that the leader could compare.
      lastEpoch: (isSound ? entries.findLast((entry) => entry.startOffset < log.endOffset)?.epoch : undefined) ?? -1,
      creditBytes: isThrottled ? 0 : SUBSCRIPTION_CREDIT_BYTES,
      damaged: !isSound,
    });
  }

  received(bytes: number): void {
    this.#unflushedBytes += bytes;
  }

  /** A flush has ended. What it covered leaves memory; what came while it ran is covered by the next. */
  flushed(): void {
    const { log } = this.partition;
    this.#returnedBytes += this.#flushingBytes;
    this.#flushingBytes = this.#unflushedBytes;
    this.#unflushedBytes = 0;
    if (log.flushedEnd !== log.endOffset) return;
    this.#returnedBytes += this.#flushingBytes;
    this.#flushingBytes = 0;
  }

  /** Up to so many bytes of the credit that the leader may have again. */
  takeReturnedCredit(bytesMax: number): number {
    const bytes = Math.max(0, Math.min(this.#returnedBytes, bytesMax));
    this.#returnedBytes -= bytes;
    return bytes;
  }

  get hasReturnedCredit(): boolean {
    return this.#returnedBytes > 0;
  }
}
