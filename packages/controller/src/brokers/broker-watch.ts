/**
 * The active controller's watch over the brokers: heartbeat streams in, fencing out. One object for each time that this
 * node is the active controller; it ends with it.
 *
 * A stream that breaks is a hint, two refused connection attempts are proof: nobody listens where the broker did, so its
 * process is gone, and it is fenced at once. Attempts that are accepted or not answered prove nothing (the listener of a
 * dying process may outlive its streams by a moment; a new process may stand there): they are repeated until the broker
 * is back or its session is over.
 */
import {
  type BrokerEpoch,
  type ControllerEpoch,
  type ErrorCode,
  errorNumber,
  NO_ERROR,
  type NodeId,
  type Ports,
  type RpcStream,
  type Timer,
} from '@moldau/base';
import type { ClusterDelta, ClusterImage } from '@moldau/metadata';
import type { HeartbeatRequest, HeartbeatResponse } from '@moldau/proto';
import type { ControllerTimes } from '../config.ts';
import { BrokerLiveness } from './broker-liveness.ts';

/** What the watch needs of the controller. */
export interface WatchedCluster {
  /** The active controller as far as this node knows; -1: none. */
  readonly leaderId: NodeId;
  readonly term: ControllerEpoch;
  /** Committed. */
  readonly committed: ClusterImage;
  /** Committed, and what is on its way: decisions are taken on this. */
  readonly projected: ClusterImage;
  fence(brokerId: NodeId): void;
  unfence(brokerId: NodeId): void;
  beginShutdown(brokerId: NodeId): void;
}

interface Connection {
  readonly stream: RpcStream<HeartbeatResponse>;
  readonly brokerEpoch: BrokerEpoch;
  lastSequence: number;
}

/** Deadlines are looked at so often; a session is long against it. */
const TICK_MS = 100;
/** A tick that is later than this is a stall; less is the noise of timers. */
const TICK_LATE_MS_MAX = 25;
const PROBES_REFUSED = 2;
/** Between two probes of one broker; grows to the longer one while they prove nothing. */
const PROBE_GAP_MS = 20;
const PROBE_GAP_MS_MAX = 500;

export class BrokerWatch {
  readonly #ports: Ports;
  readonly #times: ControllerTimes;
  readonly #cluster: WatchedCluster;
  readonly #liveness: BrokerLiveness;
  readonly #connections = new Map<NodeId, Connection>();
  /** Runs of brokers: the next one of a broker may die while the last one is still being probed. */
  readonly #probing = new Set<string>();
  #timers: Timer[] = [];
  #ended = false;

  constructor(ports: Ports, times: ControllerTimes, cluster: WatchedCluster) {
    this.#ports = ports;
    this.#times = times;
    this.#cluster = cluster;
    this.#liveness = new BrokerLiveness(times.sessionTimeoutMs);
    this.#liveness.follow(cluster.committed, ports.clock.nowMs());
    this.#tickAfter(TICK_MS);
    this.#timers.push(ports.timers.after(times.connectGraceMs, () => this.#probeAbsent()));
  }

  /** Ends all streams: brokers look for the new active controller. */
  end(): void {
    this.#ended = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
    for (const { stream, lastSequence } of this.#connections.values()) {
      stream.send(refusal('NOT_CONTROLLER', lastSequence, this.#cluster));
      stream.close();
    }
    this.#connections.clear();
  }

  heartbeat(stream: RpcStream<HeartbeatResponse>, request: HeartbeatRequest): void {
    const broker = this.#cluster.projected.brokers.get(request.brokerId);
    if (broker === undefined || broker.brokerEpoch !== request.brokerEpoch) {
      stream.send(
        refusal(
          broker === undefined ? 'BROKER_ID_NOT_REGISTERED' : 'STALE_BROKER_EPOCH',
          request.sequence,
          this.#cluster,
        ),
      );
      return;
    }
    const { brokerId, brokerEpoch } = broker;
    this.#liveness.heard(brokerId, brokerEpoch, this.#ports.clock.nowMs());
    const connection = this.#connections.get(brokerId);
    if (connection?.stream === stream && connection.brokerEpoch === brokerEpoch)
      connection.lastSequence = request.sequence;
    else this.#connections.set(brokerId, { stream, brokerEpoch, lastSequence: request.sequence });

    if (request.wantsShutdown) {
      if (!broker.shuttingDown) this.#cluster.beginShutdown(brokerId);
    } else if (broker.fenced && !broker.shuttingDown && request.ready && request.appliedOffset >= brokerEpoch) {
      this.#cluster.unfence(brokerId);
    }
    // A change of this broker that is on its way answers when it is committed: the broker hears of it at once, not a heartbeat later.
    if (this.#cluster.projected.brokers.get(brokerId) === this.#cluster.committed.brokers.get(brokerId))
      this.#respond(brokerId);
  }

  disconnected(stream: RpcStream<HeartbeatResponse>): void {
    for (const [brokerId, connection] of this.#connections) {
      if (connection.stream !== stream) continue;
      this.#connections.delete(brokerId);
      this.#probe(brokerId, connection.brokerEpoch);
    }
  }

  /** A batch was committed: sessions follow, and whoever it is about hears of it now. */
  applied(delta: ClusterDelta): void {
    if (delta.brokers.length === 0) return;
    this.#liveness.follow(this.#cluster.committed, this.#ports.clock.nowMs());
    for (const { brokerId } of delta.brokers) this.#respond(brokerId);
  }

  #respond(brokerId: NodeId): void {
    const connection = this.#connections.get(brokerId);
    const broker = this.#cluster.committed.brokers.get(brokerId);
    if (connection === undefined || broker === undefined) return;
    if (broker.brokerEpoch !== connection.brokerEpoch) {
      // Its next run has registered while this one still talks.
      if (broker.brokerEpoch > connection.brokerEpoch)
        connection.stream.send(refusal('STALE_BROKER_EPOCH', connection.lastSequence, this.#cluster));
      return;
    }
    connection.stream.send({
      sequence: connection.lastSequence,
      sessionTimeoutMs: this.#times.sessionTimeoutMs,
      fenced: broker.fenced,
      mayShutDown: broker.shuttingDown,
      errorCode: NO_ERROR,
      controllerId: this.#cluster.leaderId,
      controllerEpoch: this.#cluster.term,
      committedOffset: this.#cluster.committed.offset,
    });
  }

  #tickAfter(delayMs: number): void {
    const dueMs = this.#ports.clock.nowMs() + delayMs;
    this.#timers[0] = this.#ports.timers.after(delayMs, () => {
      const nowMs = this.#ports.clock.nowMs();
      const lateMs = nowMs - dueMs;
      if (lateMs > TICK_LATE_MS_MAX) this.#liveness.delay(lateMs, nowMs);
      this.#tickAfter(TICK_MS);
      // What had arrived by now is read first; only then is anybody condemned.
      if (this.#liveness.expired(nowMs).length > 0) this.#ports.timers.afterPoll(() => this.#expire(nowMs));
    });
  }

  #expire(nowMs: number): void {
    if (this.#ended) return;
    for (const brokerId of this.#liveness.expired(nowMs)) this.#fence(brokerId, 'its session is over');
  }

  #fence(brokerId: NodeId, reason: string): void {
    const broker = this.#cluster.projected.brokers.get(brokerId);
    if (broker === undefined || broker.fenced) return;
    const fields = { brokerId, brokerEpoch: broker.brokerEpoch, reason };
    if (broker.shuttingDown) this.#ports.logger.info('broker stopped', fields);
    else this.#ports.logger.warn('broker fenced', fields);
    this.#cluster.fence(brokerId);
  }

  #probeAbsent(): void {
    for (const { brokerId, brokerEpoch, fenced } of this.#cluster.projected.brokers.values()) {
      if (!fenced && !this.#connections.has(brokerId)) this.#probe(brokerId, brokerEpoch);
    }
  }

  #probe(brokerId: NodeId, brokerEpoch: BrokerEpoch): void {
    const run = `${brokerId} in ${brokerEpoch}`;
    if (this.#probing.has(run)) return;
    this.#probing.add(run);
    this.#probeUntilKnown(brokerId, brokerEpoch)
      .catch((error: unknown) => this.#ports.stopProcess(error))
      .finally(() => this.#probing.delete(run));
  }

  async #probeUntilKnown(brokerId: NodeId, brokerEpoch: BrokerEpoch): Promise<void> {
    let refused = 0;
    let gapMs = PROBE_GAP_MS;
    for (;;) {
      const broker = this.#absentBroker(brokerId, brokerEpoch);
      if (broker === undefined) return;
      const result = await this.#ports.rpc.probe(broker.grpcAddress, { timeoutMs: this.#times.probeTimeoutMs });
      refused = result === 'refused' ? refused + 1 : 0;
      if (refused >= PROBES_REFUSED) break;
      if (result !== 'refused') gapMs = Math.min(gapMs * 2, PROBE_GAP_MS_MAX);
      await new Promise<void>((resolve) => this.#ports.timers.after(gapMs, resolve));
    }
    if (this.#absentBroker(brokerId, brokerEpoch) !== undefined)
      this.#fence(brokerId, 'its address refuses connections');
  }

  /** The broker, if it is still to be judged: same run, unfenced, not connected. Its session ends the probing in the end. */
  #absentBroker(brokerId: NodeId, brokerEpoch: BrokerEpoch): { readonly grpcAddress: string } | undefined {
    const broker = this.#cluster.projected.brokers.get(brokerId);
    if (this.#ended || broker === undefined || broker.fenced || broker.brokerEpoch !== brokerEpoch) return undefined;
    return this.#connections.has(brokerId) ? undefined : broker;
  }
}

/** What a heartbeat gets that does not count. */
export function refusal(
  code: ErrorCode,
  sequence: number,
  cluster: Pick<WatchedCluster, 'leaderId' | 'term' | 'committed'>,
): HeartbeatResponse {
  return {
    sequence,
    sessionTimeoutMs: 0,
    fenced: true,
    mayShutDown: false,
    errorCode: errorNumber(code),
    controllerId: cluster.leaderId,
    controllerEpoch: cluster.term,
    committedOffset: cluster.committed.offset,
  };
}
