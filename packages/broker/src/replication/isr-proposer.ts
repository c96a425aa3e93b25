import {
  type BrokerEpoch,
  type Clock,
  errorCodeFromNumber,
  type Logger,
  NO_ERROR,
  type NodeId,
  RequestError,
  RpcError,
  type Timers,
} from '@moldau/base';
import {
  type AlterPartitionItem,
  AlterPartitionRequest,
  type AlterPartitionResult,
  ControllerService,
} from '@moldau/proto';
import type { BrokerCounters } from '../counters.ts';
import type { ControllerLink } from '../lifecycle/controller-link.ts';
import type { Partition } from '../partition/partition.ts';
import type { IsrProposal, PartitionLeader } from '../partition/partition-leader.ts';
import type { Turn, TurnTask } from '../turn.ts';

/** Short: a controller that hangs must not hold a shrink up, and asking twice is harmless. */
const REQUEST_TIMEOUT_MS = 1500;
const RETRY_MS_MIN = 20;
const RETRY_MS_MAX = 500;

interface Sent {
  readonly partition: Partition;
  readonly leader: PartitionLeader;
  readonly proposal: IsrProposal;
}

/** Brings proposed in-sync sets to the controller: one request in flight, all proposals of a turn in one. */
export class IsrProposer implements TurnTask {
  queued = false;
  readonly #nodeId: NodeId;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #logger: Logger;
  readonly #link: ControllerLink;
  readonly #turn: Turn;
  readonly #brokerEpoch: () => BrokerEpoch | undefined;
  readonly #counters: BrokerCounters;
  readonly #waiting = new Set<Partition>();
  #inFlight = false;
  #retryMs = RETRY_MS_MIN;
  #closed = false;

  constructor(of: {
    readonly nodeId: NodeId;
    readonly clock: Clock;
    readonly timers: Timers;
    readonly logger: Logger;
    readonly link: ControllerLink;
    readonly turn: Turn;
    readonly brokerEpoch: () => BrokerEpoch | undefined;
    readonly counters: BrokerCounters;
  }) {
    this.#nodeId = of.nodeId;
    this.#clock = of.clock;
    this.#timers = of.timers;
    this.#logger = of.logger;
    this.#link = of.link;
    this.#turn = of.turn;
    this.#brokerEpoch = of.brokerEpoch;
    this.#counters = of.counters;
  }

  propose(partition: Partition): void {
    this.#waiting.add(partition);
    this.#turn.send(this);
  }

  runTurn(): void {
    const brokerEpoch = this.#brokerEpoch();
    if (this.#inFlight || this.#closed || brokerEpoch === undefined) return;
    const sent: Sent[] = [];
    for (const partition of this.#waiting) {
      const { leader } = partition;
      if (leader?.proposal !== undefined) sent.push({ partition, leader, proposal: leader.proposal });
    }
    this.#waiting.clear();
    if (sent.length === 0) return;
    this.#inFlight = true;
    this.#send(sent, brokerEpoch).then(
      (again) => this.#answered(again),
      (error: unknown) => {
        this.#logger.error('an in-sync set could not be proposed', { err: error });
        this.#answered(sent);
      },
    );
  }

  close(): void {
    this.#closed = true;
  }

  /** @returns what must be sent again */
  async #send(sent: readonly Sent[], brokerEpoch: BrokerEpoch): Promise<readonly Sent[]> {
    const request = AlterPartitionRequest.create({
      brokerId: this.#nodeId,
      brokerEpoch,
      partitions: sent.map(toItem),
    });
    try {
      const response = await this.#link.call(ControllerService.alterPartition, request, REQUEST_TIMEOUT_MS);
      return sent.filter((each, index) => this.#apply(each, response.partitions[index]) === 'again');
    } catch (error) {
      // Whether it was committed is unknown: the proposals stay open, and their members count until it is known.
      if (error instanceof RpcError || error instanceof RequestError) {
        this.#logger.debug('proposed in-sync sets are sent again', { err: error });
        return sent;
      }
      throw error;
    }
  }

  #apply({ partition, leader, proposal }: Sent, result: AlterPartitionResult | undefined): 'again' | 'settled' {
    // Leadership or metadata may have moved on meanwhile.
    if (partition.leader !== leader || leader.proposal !== proposal) return 'settled';
    if (result === undefined) return 'again';
    if (result.errorCode === NO_ERROR) {
      partition.isrCommitted(result.isr, result.partitionEpoch);
      return leader.proposal === undefined ? 'settled' : 'again';
    }
    this.#counters.failedIsrUpdates++;
    const outcome = leader.refuse(errorCodeFromNumber(result.errorCode), this.#clock.nowMs());
    partition.progressed();
    return outcome === 'again' ? 'again' : 'settled';
  }

  #answered(again: readonly Sent[]): void {
    this.#inFlight = false;
    if (this.#closed) return;
    if (again.length === 0) {
      this.#retryMs = RETRY_MS_MIN;
      if (this.#waiting.size > 0) this.#turn.send(this);
      return;
    }
    for (const { partition } of again) this.#waiting.add(partition);
    this.#timers.after(this.#retryMs, () => this.#turn.send(this));
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX);
  }
}

function toItem({ partition, proposal }: Sent): AlterPartitionItem {
  return {
    topicId: partition.topicId,
    partition: partition.partition,
    leaderEpoch: proposal.leaderEpoch,
    partitionEpoch: proposal.partitionEpoch,
    isr: proposal.isr.map(({ brokerId, brokerEpoch }) => ({ brokerId, brokerEpoch })),
  };
}
