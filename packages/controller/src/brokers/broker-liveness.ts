/**
 * Who is alive, as the active controller sees it: pure, fed with events and the time.
 *
 * Only an unfenced broker can die. Its deadline moves with each sign of life; a stall of this process moves all deadlines,
 * since a stalled judge has not heard the witnesses. A new active controller has heard nobody yet: everybody gets a
 * full session.
 */
import type { BrokerEpoch, NodeId } from '@moldau/base';
import type { ClusterImage } from '@moldau/metadata';

interface Session {
  readonly brokerEpoch: BrokerEpoch;
  deadlineMs: number;
}

export class BrokerLiveness {
  readonly #sessionTimeoutMs: number;
  readonly #sessions = new Map<NodeId, Session>();

  constructor(sessionTimeoutMs: number) {
    this.#sessionTimeoutMs = sessionTimeoutMs;
  }

  /** Sessions follow the image: an unfenced broker has one, from the moment it became one. */
  follow(image: ClusterImage, nowMs: number): void {
    for (const [brokerId, session] of this.#sessions) {
      const broker = image.brokers.get(brokerId);
      if (broker === undefined || broker.fenced || broker.brokerEpoch !== session.brokerEpoch)
        this.#sessions.delete(brokerId);
    }
    for (const { brokerId, brokerEpoch, fenced } of image.brokers.values()) {
      if (!fenced && !this.#sessions.has(brokerId)) {
        this.#sessions.set(brokerId, { brokerEpoch, deadlineMs: nowMs + this.#sessionTimeoutMs });
      }
    }
  }

  /** A heartbeat of this uptime arrived. */
  heard(brokerId: NodeId, brokerEpoch: BrokerEpoch, nowMs: number): void {
    const session = this.#sessions.get(brokerId);
    if (session?.brokerEpoch === brokerEpoch)
      session.deadlineMs = Math.max(session.deadlineMs, nowMs + this.#sessionTimeoutMs);
  }

  /** This process did not run for so long. Whoever was heard since has a full session already, and gets no more. */
  delay(durationMs: number, nowMs: number): void {
    const latestMs = nowMs + this.#sessionTimeoutMs;
    for (const session of this.#sessions.values())
      session.deadlineMs = Math.min(session.deadlineMs + durationMs, latestMs);
  }

  /** Brokers whose session was over at that time. */
  expired(nowMs: number): NodeId[] {
    return [...this.#sessions].filter(([, { deadlineMs }]) => deadlineMs <= nowMs).map(([brokerId]) => brokerId);
  }

  has(brokerId: NodeId, brokerEpoch: BrokerEpoch): boolean {
    return this.#sessions.get(brokerId)?.brokerEpoch === brokerEpoch;
  }
}
