import type { Offset } from '@moldau/base';

/** A produce with acks=all that waits for the high watermark. */
export interface WaitingAck {
  /** Answered once the high watermark is here. */
  readonly requiredOffset: Offset;
  /** Monotonic. */
  readonly deadlineMs: number;
}

/** Taken off the front before the array is compacted: amortised constant, without a linked list. */
const COMPACT_AT = 1024;

/**
 * The acks=all requests of one partition, in the order of the offsets they wait for. No timer and no promise of their own:
 * the high watermark takes them off the front, and one sweep looks at the deadlines. Bounded by the bytes in flight of
 * the producers ({@link InFlightBytes}).
 */
export class AckQueue<T extends WaitingAck> {
  #items: T[] = [];
  #first = 0;
  #earliestDeadlineMs = Number.POSITIVE_INFINITY;

  get size(): number {
    return this.#items.length - this.#first;
  }

  /** No entry times out before this. */
  get earliestDeadlineMs(): number {
    return this.#earliestDeadlineMs;
  }

  /** Appends come in order; only a resent batch waits for an offset below the last. */
  add(item: T): void {
    if (item.deadlineMs < this.#earliestDeadlineMs) this.#earliestDeadlineMs = item.deadlineMs;
    let at = this.#items.length;
    while (at > this.#first && (this.#items[at - 1]?.requiredOffset ?? 0) > item.requiredOffset) at--;
    if (at === this.#items.length) this.#items.push(item);
    else this.#items.splice(at, 0, item);
  }

  /** Hands on everything that the high watermark has reached. */
  reached(highWatermark: Offset, done: (item: T) => void): void {
    for (;;) {
      const item = this.#items[this.#first];
      if (item === undefined || item.requiredOffset > highWatermark) break;
      this.#first++;
      done(item);
    }
    if (this.size === 0) this.#clear();
    else if (this.#first >= COMPACT_AT) this.#compact(this.#items.slice(this.#first));
  }

  /** Hands on what has waited too long. */
  expired(nowMs: number, done: (item: T) => void): void {
    if (nowMs < this.#earliestDeadlineMs) return;
    const staying: T[] = [];
    const leaving: T[] = [];
    for (let at = this.#first; at < this.#items.length; at++) {
      const item = this.#items[at];
      if (item !== undefined) (item.deadlineMs <= nowMs ? leaving : staying).push(item);
    }
    this.#compact(staying);
    this.#earliestDeadlineMs = staying.reduce(
      (least, item) => Math.min(least, item.deadlineMs),
      Number.POSITIVE_INFINITY,
    );
    for (const item of leaving) done(item);
  }

  /** Hands on everything: leadership is over, or the ISR is too small. */
  drain(done: (item: T) => void): void {
    const leaving = this.#items.slice(this.#first);
    this.#clear();
    for (const item of leaving) done(item);
  }

  #clear(): void {
    this.#compact([]);
    this.#earliestDeadlineMs = Number.POSITIVE_INFINITY;
  }

  #compact(items: T[]): void {
    this.#items = items;
    this.#first = 0;
  }
}
