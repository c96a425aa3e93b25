import {
  type BrokerEpoch,
  type Clock,
  type Logger,
  type NodeId,
  type Rpc,
  type RpcCloseReason,
  type RpcHandler,
  streamHandler,
  type Timers,
} from '@moldau/base';
import { ReplicationService } from '@moldau/proto';
import type { Partition } from '../partition/partition.ts';
import type { PartitionContext } from '../partition/partition-context.ts';
import { isProvedGone } from './follower-probe.ts';
import { LeaderStream, type LeaderStreamContext } from './leader-stream.ts';

export interface ReplicationServerContext {
  readonly clusterId: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly rpc: Rpc;
  readonly partitions: PartitionContext;
  readonly partition: (topicId: string, partition: number) => Partition | undefined;
  readonly ledPartitions: () => Iterable<Partition>;
  readonly brokerAddress: (brokerId: NodeId) => string | undefined;
  readonly brokerEpoch: (brokerId: NodeId) => BrokerEpoch | undefined;
}

/** Serves followers. A follower whose stream broke and whose address refuses is proposed out of the ISR at once. */
export class ReplicationServer {
  readonly #context: ReplicationServerContext;
  readonly #streams = new Set<LeaderStream>();
  #closed = false;

  constructor(context: ReplicationServerContext) {
    this.#context = context;
  }

  handler(): RpcHandler {
    return streamHandler(ReplicationService.replicate, (stream) => new LeaderStream(this.#streamContext(), stream));
  }

  close(): void {
    this.#closed = true;
    for (const stream of this.#streams) stream.close();
  }

  #streamContext(): LeaderStreamContext {
    const { clusterId, clock, timers, logger, partition, brokerEpoch, partitions } = this.#context;
    return {
      clusterId,
      clock,
      timers,
      turn: partitions.turn,
      logger,
      partition,
      brokerEpoch,
      countBytesOut: (bytes) => {
        partitions.counters.replicationBytesOut += bytes;
      },
      opened: (stream) => this.#streams.add(stream),
      closed: (stream, reason) => this.#streamClosed(stream, reason),
    };
  }

  #streamClosed(stream: LeaderStream, reason: RpcCloseReason): void {
    if (!this.#streams.delete(stream) || this.#closed || stream.kind !== 'live') return;
    this.#context.logger.info('a follower’s stream ended', { brokerId: stream.brokerId, reason: reason.code });
    this.#probe(stream.brokerId).catch((error: unknown) => {
      this.#context.logger.error('probing a follower failed', { brokerId: stream.brokerId, err: error });
    });
  }

  async #probe(brokerId: NodeId): Promise<void> {
    const address = this.#context.brokerAddress(brokerId);
    const isBack = (): boolean => this.#closed || [...this.#streams].some((each) => each.brokerId === brokerId);
    if (address === undefined || !(await isProvedGone(this.#context, address, isBack))) return;
    for (const partition of this.#context.ledPartitions()) {
      if (!partition.leader?.isr.includes(brokerId)) continue;
      partition.leader.followerGone(brokerId);
      partition.progressed();
    }
  }
}
