import type { NodeId, Offset } from '@moldau/base';
import { brokerDynamicConfig } from '@moldau/metadata';
import type { Partition } from '../partition/partition.ts';
import type { RequestContext } from '../requests/request-context.ts';
import { kafkaNode } from './kafka-context.ts';

/** For the partitions of one fetch: which replica its consumer had better read (KIP-392). */
export class ReadReplicas {
  readonly #context: RequestContext;
  readonly #rackId: string;
  readonly #isAsked: boolean;

  /** `rackId`: where the consumer stands; empty when it does not say. */
  constructor(context: RequestContext, rackId: string) {
    this.#context = context;
    this.#rackId = rackId;
    const { nodeId, image } = context;
    this.#isAsked = rackId !== '' && brokerDynamicConfig(image(), nodeId).replicaSelector === 'rack-aware';
  }

  /**
   * Of the consumer's rack, of those in sync that have what it reads, the one that has come furthest. Undefined: this
   * broker, as the leader, since it stands there itself or nobody else will do. A follower sends nobody anywhere.
   */
  choose({ leader }: Partition, offset: Offset): NodeId | undefined {
    if (!this.#isAsked || leader === undefined || this.#isNear(this.#context.nodeId)) return undefined;
    const near = leader.readableFollowers(offset).filter(({ brokerId }) => this.#isNear(brokerId));
    near.sort((left, right) => right.countedEnd - left.countedEnd || left.brokerId - right.brokerId);
    return near[0]?.brokerId;
  }

  #isNear(brokerId: NodeId): boolean {
    const broker = this.#context.image().brokers.get(brokerId);
    return broker !== undefined && !broker.fenced && kafkaNode(broker)?.rack === this.#rackId;
  }
}
