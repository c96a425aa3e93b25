/**
 * The longest time without an acknowledgement, per partition. A gap that is still open counts up to now, so that a
 * partition that never comes back does not look well.
 */
export class AckGaps {
  readonly #lastMs: number[];
  readonly #longestMs: number[];

  constructor(partitionCount: number, nowMs: number) {
    this.#lastMs = Array.from({ length: partitionCount }, () => nowMs);
    this.#longestMs = Array.from({ length: partitionCount }, () => 0);
  }

  acknowledged(partition: number, nowMs: number): void {
    this.#longestMs[partition] = this.#longest(partition, nowMs);
    this.#lastMs[partition] = nowMs;
  }

  /** Begins a new window; a gap that is open now counts in it from its beginning. */
  reset(): void {
    this.#longestMs.fill(0);
  }

  /** Longest gap of each partition in this window. */
  longestMs(nowMs: number): number[] {
    return this.#lastMs.map((_, partition) => this.#longest(partition, nowMs));
  }

  /** The partitions that were not acknowledged at or after this time. */
  silentSince(atMs: number): number[] {
    return this.#lastMs.flatMap((lastMs, partition) => (lastMs >= atMs ? [] : [partition]));
  }

  #longest(partition: number, nowMs: number): number {
    return Math.max(this.#longestMs[partition] ?? 0, nowMs - (this.#lastMs[partition] ?? nowMs));
  }
}
