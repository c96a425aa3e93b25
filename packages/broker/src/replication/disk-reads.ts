import type { LogCursor } from './log-cursor.ts';

/**
 * Reads of the disk that are under way, or wait to be taken, for all consumers and all replicas that catch up. Each holds up
 * to a megabyte, so this bounds what they hold together, and leaves the disk to the appends.
 */
const BROKER_READS_MAX = 32;
/** Of one stream: enough to keep a disk busy, and few enough that eight streams have their turn at once. */
const STREAM_READS_MAX = 4;

/** A subscription that may have to read the disk. */
interface DiskReader {
  readonly cursor: Pick<LogCursor, 'dropRead' | 'isReading' | 'afterRead'>;
}

/** The reads of one stream, as all of them together see it. */
interface Share {
  /** There may be room. */
  wake(): void;
  /** What was read and not taken makes room. */
  giveUp(): void;
}

/** The broker's budget. Streams that wait for it are served in turn. */
export class DiskReads {
  readonly #readsMax: number;
  readonly #waiting = new Set<Share>();
  readonly #stalled = new Set<Share>();
  #count = 0;

  constructor(readsMax: number = BROKER_READS_MAX) {
    this.#readsMax = readsMax;
  }

  get count(): number {
    return this.#count;
  }

  /** `dirty`: the reader is to be asked again, at the end of a turn. */
  open<T extends DiskReader>(dirty: (reader: T) => void): StreamReads<T> {
    return new StreamReads(this, dirty);
  }

  /** Whether there is room; if not, the share is woken when there may be. */
  take(share: Share): boolean {
    for (const stalled of this.#stalled) {
      if (this.#count < this.#readsMax) break;
      this.#stalled.delete(stalled);
      stalled.giveUp();
    }
    if (this.#count >= this.#readsMax) {
      this.#waiting.add(share);
      return false;
    }
    this.#waiting.delete(share);
    this.#count++;
    return true;
  }

  give(): void {
    this.#count--;
    for (const first of this.#waiting) {
      this.#waiting.delete(first);
      first.wake();
      return;
    }
  }

  /** The share's peer takes nothing at the moment. */
  stall(share: Share): void {
    if (this.#waiting.size > 0) share.giveUp();
    else this.#stalled.add(share);
  }

  /** It takes again. */
  resume(share: Share): void {
    this.#stalled.delete(share);
  }

  leave(share: Share): void {
    this.#waiting.delete(share);
    this.#stalled.delete(share);
  }
}

/** One stream's part of it. */
export class StreamReads<T extends DiskReader> implements Share {
  readonly #budget: DiskReads;
  readonly #dirty: (reader: T) => void;
  /** A read is under way, or waits to be taken. */
  readonly #reading = new Set<T>();
  readonly #waiting = new Set<T>();

  constructor(budget: DiskReads, dirty: (reader: T) => void) {
    this.#budget = budget;
    this.#dirty = dirty;
  }

  /** Whether this one may read now; if not, it is dirty again when it may. */
  begin(reader: T): boolean {
    if (this.#reading.has(reader)) return true;
    if (this.#reading.size < STREAM_READS_MAX && this.#budget.take(this)) {
      this.#reading.add(reader);
      return true;
    }
    this.#waiting.add(reader);
    return false;
  }

  /** What it read was taken, or is not wanted any more. */
  end(reader: T): void {
    this.#waiting.delete(reader);
    reader.cursor.dropRead();
    if (!this.#reading.delete(reader)) return;
    // A disk that has been asked is busy until it has answered, whether anybody still wants that or not.
    if (reader.cursor.isReading) reader.cursor.afterRead(() => this.#budget.give());
    else this.#budget.give();
    this.wake();
  }

  /**
   * The peer takes nothing at the moment: what was read for it must not keep others from the disk. It is read again, most
   * likely from the system's cache.
   */
  stall(): void {
    if (this.#reading.size > 0) this.#budget.stall(this);
  }

  /** The peer takes again. */
  resume(): void {
    this.#budget.resume(this);
  }

  close(): void {
    for (const reader of [...this.#reading]) this.end(reader);
    this.#waiting.clear();
    this.#budget.leave(this);
  }

  wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const reader of waiting) this.#dirty(reader);
  }

  giveUp(): void {
    for (const reader of [...this.#reading]) {
      if (!reader.cursor.dropRead()) continue;
      this.end(reader);
      this.#dirty(reader);
    }
  }
}
