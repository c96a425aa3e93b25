import type { PartitionLog } from '../partition/partition-log.ts';

/** The queue is compacted when this much of it is behind its head. */
const HEAD_MAX = 4096;

/**
 * Bounds what the tails of all logs of a directory hold: the oldest append goes first, whichever log it went to, as soon
 * as its segment has it.
 */
export class TailCache {
  readonly #bytesMax: number;
  /** One entry for each append; one that was truncated meanwhile stands for a later one of the same log. */
  #queue: PartitionLog[] = [];
  #head = 0;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  added(log: PartitionLog, bytes: number): void {
    this.#queue.push(log);
    this.#bytes += bytes;
    this.shrink();
  }

  released(bytes: number): void {
    this.#bytes -= bytes;
  }

  shrink(): void {
    while (this.#bytes > this.#bytesMax) {
      const log = this.#queue[this.#head];
      if (log === undefined) break;
      const freed = log.dropOldest();
      // Not in its segment yet: the next checkpoint frees it, and all that was appended behind it.
      if (freed === 0 && log.memoryBytes > 0) break;
      this.#bytes -= freed;
      this.#head++;
    }
    if (this.#head > HEAD_MAX) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }
}
