import {
  type BrokerEpoch,
  type Logger,
  type NodeId,
  type PartitionId,
  type Ports,
  RequestError,
  RpcError,
  type TopicId,
  topicPartitionKey,
} from '@moldau/base';
import { ControllerService, type ReplicaFault, ReplicaReport, ReportReplicasRequest } from '@moldau/proto';
import { Backoff, pause } from './lifecycle/backoff.ts';
import type { ControllerLink } from './lifecycle/controller-link.ts';

const REPORT_TIMEOUT_MS = 5000;
const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 2000;

/** Tells the controller of replicas that were damaged or lost while the broker runs, until it has heard. */
export class ReplicaReports {
  readonly #ports: Pick<Ports, 'timers' | 'random' | 'stopProcess'>;
  readonly #logger: Logger;
  readonly #link: ControllerLink;
  readonly #nodeId: NodeId;
  readonly #brokerEpoch: () => BrokerEpoch | undefined;
  /** At most one for each replica of this broker. */
  readonly #waiting = new Map<string, ReplicaReport>();
  #isRunning = false;
  #closed = false;

  constructor(
    ports: Pick<Ports, 'timers' | 'random' | 'stopProcess'>,
    logger: Logger,
    link: ControllerLink,
    nodeId: NodeId,
    brokerEpoch: () => BrokerEpoch | undefined,
  ) {
    this.#ports = ports;
    this.#logger = logger;
    this.#link = link;
    this.#nodeId = nodeId;
    this.#brokerEpoch = brokerEpoch;
  }

  add(topicId: TopicId, partition: PartitionId, fault: ReplicaFault): void {
    this.#waiting.set(topicPartitionKey(topicId, partition), ReplicaReport.create({ topicId, partition, fault }));
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#run().catch(this.#ports.stopProcess);
  }

  close(): void {
    this.#closed = true;
  }

  async #run(): Promise<void> {
    const backoff = new Backoff(this.#ports.random, { msMin: RETRY_MS_MIN, msMax: RETRY_MS_MAX });
    while (this.#waiting.size > 0 && !this.#closed) {
      const sent = [...this.#waiting];
      const brokerEpoch = this.#brokerEpoch();
      if (brokerEpoch !== undefined && (await this.#report(sent, brokerEpoch))) {
        for (const [key, report] of sent) if (this.#waiting.get(key) === report) this.#waiting.delete(key);
      } else {
        await pause(this.#ports.timers, backoff.next());
      }
    }
    this.#isRunning = false;
  }

  async #report(sent: readonly (readonly [string, ReplicaReport])[], brokerEpoch: BrokerEpoch): Promise<boolean> {
    const replicas = sent.map(([, report]) => report);
    const request = ReportReplicasRequest.create({ brokerId: this.#nodeId, brokerEpoch, replicas });
    try {
      await this.#link.call(ControllerService.reportReplicas, request, REPORT_TIMEOUT_MS);
      return true;
    } catch (error) {
      if (!(error instanceof RpcError || error instanceof RequestError)) throw error;
      this.#logger.warn('lost replicas could not be reported yet', { replicaCount: sent.length, err: error });
      return false;
    }
  }
}
