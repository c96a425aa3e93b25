import type { PartitionLog } from '../partition/partition-log.ts';

/** The queue is looked through when it has grown by this much, or to twice what was left the last time. */
const COMPACT_MIN = 4096;

/**
 * Bounds what the tails of all logs of a directory hold: the oldest append goes first, whichever log it went to, as soon
 * as its segment has it.
 */
export class TailCache {
  readonly #bytesMax: number;
  /** One entry for each append; one that was truncated meanwhile stands for a later one of the same log. */
  #queue: PartitionLog[] = [];
  #head = 0;
  #compactAt = COMPACT_MIN;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Entries, also of appends that are gone. */
  get count(): number {
    return this.#queue.length;
  }

  /** `bytes`: what the tail holds more, its overhead included. */
  added(log: PartitionLog, bytes: number): void {
    this.#queue.push(log);
    this.#bytes += bytes;
    this.shrink();
    if (this.#queue.length >= this.#compactAt) this.#compact();
  }

  released(bytes: number): void {
    this.#bytes -= bytes;
  }

  shrink(): void {
    for (let log = this.#queue[this.#head]; log !== undefined; log = this.#queue[this.#head]) {
      if (log.memoryBytes > 0) {
        if (this.#bytes <= this.#bytesMax) break;
        const freed = log.dropOldest();
        // Not in its segment yet: the next checkpoint frees it, and all that was appended behind it.
        if (freed === 0) break;
        this.#bytes -= freed;
      }
      this.#head++;
    }
    if (this.#head === this.#queue.length) this.#compact();
  }

  /** Logs that hold nothing, deleted ones too, are let go wherever they stand. */
  #compact(): void {
    this.#queue = this.#queue.slice(this.#head).filter((log) => log.memoryBytes > 0);
    this.#head = 0;
    this.#compactAt = Math.max(COMPACT_MIN, this.#queue.length * 2);
  }
}
