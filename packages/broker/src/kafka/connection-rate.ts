/** Connections that may come at once, in seconds of the rate. */
const BURST_MS = 1000;

/**
 * How fast connections are taken up (`max.connection.creation.rate`). One that comes too early is not refused but waits, as in
 * Kafka: its client notices nothing but the time.
 */
export class ConnectionRate {
  /** When the connections so far have been due, one after the other. */
  #dueMs = Number.NEGATIVE_INFINITY;

  /** How long this one has to wait, in ms. `perSecond`: the rate in force now. */
  take(nowMs: number, perSecond: number): number {
    const dueMs = Math.max(this.#dueMs, nowMs - BURST_MS);
    this.#dueMs = dueMs + 1000 / perSecond;
    return Math.max(0, this.#dueMs - nowMs);
  }

  /** It was not taken up after all. */
  giveBack(perSecond: number): void {
    this.#dueMs -= 1000 / perSecond;
  }
}
