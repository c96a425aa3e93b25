import type { BrokerEpoch, NodeId, Offset } from '@moldau/base';
import type { Partition, PartitionReader } from '../partition/partition.ts';
import type { PartitionLeader } from '../partition/partition-leader.ts';
import { LogCursor } from './log-cursor.ts';

/** The stream that a subscription sends by. */
export interface SubscriptionOwner {
  readonly brokerId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
  /** There may be more to send. */
  dirty(subscription: LeaderSubscription): void;
  /** It must end, since this replica does not lead (any more) or cannot read its log. */
  lost(subscription: LeaderSubscription, cause: 'leadership' | { readonly fault: unknown }): void;
}

/** One replica of one follower, agreed with the leader's log: from here on its reports count. */
export class LeaderSubscription implements PartitionReader {
  readonly number: number;
  readonly partition: Partition;
  readonly leader: PartitionLeader;
  readonly cursor: LogCursor;
  /** Bytes that may still be pushed; one batch may overdraw it. */
  creditBytes: number;
  /** The high watermark as the follower was told last. */
  sentHighWatermark: Offset;
  /** The log's start, the same. */
  sentStart: Offset;
  readonly #owner: SubscriptionOwner;

  constructor(
    owner: SubscriptionOwner,
    of: {
      readonly number: number;
      readonly partition: Partition;
      readonly leader: PartitionLeader;
      readonly position: Offset;
      readonly creditBytes: number;
    },
  ) {
    this.#owner = owner;
    this.number = of.number;
    this.partition = of.partition;
    this.leader = of.leader;
    this.creditBytes = of.creditBytes;
    this.sentHighWatermark = of.leader.highWatermark;
    this.sentStart = of.partition.log.startOffset;
    this.cursor = new LogCursor(of.partition.log, of.position, {
      read: () => owner.dirty(this),
      fault: (fault) => owner.lost(this, { fault }),
    });
    of.leader.attach(owner.brokerId, { source: this, brokerEpoch: owner.brokerEpoch });
    of.partition.addFollower(this);
  }

  /** The follower does not know the high watermark, or the start. */
  get isBehind(): boolean {
    return this.leader.highWatermark > this.sentHighWatermark || this.partition.log.startOffset > this.sentStart;
  }

  moved(): void {
    this.#owner.dirty(this);
  }

  leadershipEnded(): void {
    this.#owner.lost(this, 'leadership');
  }

  close(): void {
    this.cursor.close();
    this.leader.detach(this.#owner.brokerId, this);
    this.partition.removeFollower(this);
  }
}
