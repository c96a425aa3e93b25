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
import type { DiskReads } from './disk-reads.ts';
import { isProvedGone } from './follower-probe.ts';
import { LeaderStream, type LeaderStreamContext } from './leader-stream.ts';
import type { ReplicationQuotas } from './replication-quotas.ts';

export interface ReplicationServerContext {
  readonly clusterId: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly rpc: Rpc;
  readonly partitions: PartitionContext;
  readonly diskReads: DiskReads;
  readonly quotas: ReplicationQuotas;
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
    const { clusterId, clock, timers, logger, partition, brokerEpoch, partitions, diskReads, quotas } = this.#context;
    return {
      clusterId,
      clock,
      timers,
      turn: partitions.turn,
      logger,
      diskReads,
      quotas,
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
    if (!this.#streams.delete(stream) || this.#closed) return;
    const { brokerId, kind } = stream;
    this.#context.logger.info('a follower’s stream ended', { brokerId, kind, reason: reason.code });
    // Of a process that is gone the catch-up stream may end last: what was read there is judged only now.
    if (this.#isLive(brokerId)) return;
    this.#probe(brokerId).catch((error: unknown) => {
      this.#context.logger.error('probing a follower failed', { brokerId, err: error });
    });
  }

  /** A catch-up stream proves nothing: it ends a little after the live one, or is forgotten by a process that is gone. */
  #isLive(brokerId: NodeId): boolean {
    for (const each of this.#streams) if (each.brokerId === brokerId && each.kind === 'live') return true;
    return false;
  }

  async #probe(brokerId: NodeId): Promise<void> {
    const address = this.#context.brokerAddress(brokerId);
    const isBack = (): boolean => this.#closed || this.#isLive(brokerId);
    if (address === undefined || !(await isProvedGone(this.#context, address, isBack))) return;
    for (const partition of this.#context.ledPartitions()) {
      if (!partition.leader?.isr.includes(brokerId)) continue;
      partition.leader.followerGone(brokerId);
      partition.progressed();
    }
  }
}
