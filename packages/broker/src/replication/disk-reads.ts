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
  /** Room for one of those that wait: its reader has it until it ends. False when none waits any more. */
  grant(): boolean;
  /** What was granted or read, and not taken, makes room. */
  giveUp(): void;
}

/** The broker's budget. Streams that wait for it have their turn one after the other; nobody waits while there is room. */
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

  /** One read that belongs to no stream, as soon as there is room. */
  async run<T>(read: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => {
      const grant = (): boolean => {
        resolve();
        return true;
      };
      if (this.take({ grant, giveUp: () => undefined })) resolve();
    });
    try {
      return await read();
    } finally {
      this.give();
    }
  }

  /** Whether there is room now; if not, it is granted later. */
  take(share: Share): boolean {
    for (const stalled of this.#stalled) {
      if (this.#count < this.#readsMax) break;
      this.#stalled.delete(stalled);
      stalled.giveUp();
    }
    if (this.#count < this.#readsMax) {
      this.#count++;
      return true;
    }
    this.#waiting.add(share);
    return false;
  }

  give(): void {
    this.#count--;
    this.#grant();
  }

  /** More of this share wait. */
  queue(share: Share): void {
    this.#waiting.add(share);
    this.#grant();
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

  #grant(): void {
    for (const share of this.#waiting) {
      if (this.#count >= this.#readsMax) return;
      this.#waiting.delete(share);
      this.#count++;
      if (!share.grant()) this.#count--;
    }
  }
}

/** One stream's part of it. */
export class StreamReads<T extends DiskReader> implements Share {
  readonly #budget: DiskReads;
  readonly #dirty: (reader: T) => void;
  /** May read: a read is about to start, under way, or waits to be taken. */
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
      this.#waiting.delete(reader);
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
    this.#queue();
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
    this.#waiting.clear();
    for (const reader of [...this.#reading]) this.end(reader);
    this.#budget.leave(this);
  }

  grant(): boolean {
    for (const reader of this.#waiting) {
      this.#waiting.delete(reader);
      this.#reading.add(reader);
      this.#dirty(reader);
      this.#queue();
      return true;
    }
    return false;
  }

  giveUp(): void {
    for (const reader of [...this.#reading]) {
      if (reader.cursor.isReading) continue;
      this.end(reader);
      this.#dirty(reader);
    }
  }

  #queue(): void {
    if (this.#waiting.size > 0 && this.#reading.size < STREAM_READS_MAX) this.#budget.queue(this);
  }
}
