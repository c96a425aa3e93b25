import { assert, type Offset } from '@moldau/base';
import type { PartitionLog, ReadResult } from '@moldau/log';

/**
 * A reader's place in one log. What is in memory is taken at once; what is on disk is read ahead, one read at a time, and
 * taken on a later turn: nobody waits for it.
 */
export class LogCursor {
  readonly #log: PartitionLog;
  readonly #onRead: () => void;
  readonly #onFault: (error: unknown) => void;
  #position: Offset;
  #read: ReadResult | undefined;
  #reading = false;
  #closed = false;
  #afterRead: (() => void)[] = [];

  constructor(
    log: PartitionLog,
    position: Offset,
    on: { readonly read: () => void; readonly fault: (error: unknown) => void },
  ) {
    this.#log = log;
    this.#position = position;
    this.#onRead = on.read;
    this.#onFault = on.fault;
  }

  /** Everything below was taken. */
  get position(): Offset {
    return this.#position;
  }

  /** A read of the disk is under way or waits to be taken. */
  get onDisk(): boolean {
    return this.#reading || this.#read !== undefined;
  }

  /** What comes next is not in memory, or was read already. */
  get needsDisk(): boolean {
    return this.onDisk || this.#position < this.#log.memoryStart;
  }

  get isReading(): boolean {
    return this.#reading;
  }

  /** Whole batches below `end`, at least one whatever its size where that is wanted; undefined when there are none now. */
  take(end: Offset, bytesMax: number, minOneBatch = true): ReadResult | undefined {
    if (this.#read !== undefined) return this.#taken(this.#read);
    if (this.#reading || this.#closed || this.#position >= end) return undefined;
    const read = this.#log.read(this.#position, { maxBytes: bytesMax, end, minOneBatch });
    if (!(read instanceof Promise)) return this.#taken(read);
    this.#reading = true;
    read.then(
      (result) => {
        this.#readEnded();
        if (this.#closed) return;
        this.#read = result;
        this.#onRead();
      },
      (error: unknown) => {
        this.#readEnded();
        if (!this.#closed) this.#onFault(error);
      },
    );
    return undefined;
  }

  /** Forgets what was read and not taken: it is read again when it is wanted. */
  dropRead(): void {
    this.#read = undefined;
  }

  /** Called once, when the read that is under way has ended. */
  afterRead(run: () => void): void {
    this.#afterRead.push(run);
  }

  close(): void {
    this.#closed = true;
    this.#read = undefined;
  }

  #readEnded(): void {
    this.#reading = false;
    const ended = this.#afterRead;
    this.#afterRead = [];
    for (const run of ended) run();
  }

  #taken(read: ReadResult): ReadResult | undefined {
    this.#read = undefined;
    if (read.bytes === 0) return undefined;
    assert(read.nextOffset > this.#position, 'a read moves on', { next: read.nextOffset, position: this.#position });
    this.#position = read.nextOffset;
    return read;
  }
}
