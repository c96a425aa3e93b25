import type { PartitionName } from '../partition-name.ts';
import type { Fetcher } from './fetcher.ts';
import type { PartitionReader, Place } from './partition-reader.ts';

/** What was handed to the application and is not processed yet, as far as anybody knows. */
interface Hand {
  readonly reader: PartitionReader;
  /** Where its partition was processed up to before. */
  place: Place | undefined;
}

/** The partitions that a consumer reads just now, whose turn it is, and what the application is at. */
export class ReaderSet {
  readonly #fetcher: Fetcher;
  readonly #prepare: (reader: PartitionReader) => void;
  #readers: readonly PartitionReader[] = [];
  #turn = 0;
  #hand: Hand | undefined;

  /** @param prepare has decompressed what waits first at a reader */
  constructor(fetcher: Fetcher, prepare: (reader: PartitionReader) => void) {
    this.#fetcher = fetcher;
    this.#prepare = prepare;
  }

  get all(): readonly PartitionReader[] {
    return this.#readers;
  }

  /** Whose turn it is. */
  get current(): PartitionReader | undefined {
    return this.#readers[this.#turn];
  }

  /** The partition of which something is in the application's hands. */
  get inHand(): PartitionReader | undefined {
    return this.#hand?.reader;
  }

  find({ topic, partition }: PartitionName): PartitionReader | undefined {
    return this.#readers.find((each) => each.topic === topic && each.partition === partition);
  }

  has(reader: PartitionReader): boolean {
    return this.#readers.includes(reader);
  }

  add(readers: readonly PartitionReader[]): void {
    this.#readers = [...this.#readers, ...readers];
    this.#fetcher.add(readers);
  }

  remove(readers: readonly PartitionReader[]): void {
    const gone = new Set(readers);
    this.#readers = this.#readers.filter((each) => !gone.has(each));
    this.#fetcher.remove(readers);
    this.#turn = 0;
    if (this.#hand !== undefined && gone.has(this.#hand.reader)) this.#hand = undefined;
  }

  /** The reader was told to begin elsewhere. */
  restart(reader: PartitionReader): void {
    if (this.#hand?.reader === reader) this.#hand = undefined;
    this.#fetcher.restart(reader);
  }

  grant(reader: PartitionReader, bytes: number): void {
    this.#fetcher.grant(reader, bytes);
  }

  /** Turns to the next reader that has something to deliver. */
  turnToWaiting(): boolean {
    for (let step = 1; step <= this.#readers.length; step++) {
      const turn = (this.#turn + step) % this.#readers.length;
      const reader = this.#readers[turn];
      if (reader === undefined || reader.isHeld || !reader.hasWaiting) continue;
      this.#prepare(reader);
      if (!reader.isReady) continue;
      this.#turn = turn;
      return true;
    }
    return false;
  }

  /** Something of this reader goes to the application; `place`: where it was before. */
  handOut(reader: PartitionReader, place: Place | undefined): void {
    this.#hand = { reader, place };
  }

  /** The application has said of what it holds that it is processed up to there. */
  processedUpTo(reader: PartitionReader, place: Place): void {
    if (this.#hand?.reader === reader) this.#hand.place = place;
  }

  /** The application comes for more: what it had is processed. */
  takeBack(): void {
    this.#hand = undefined;
  }

  /** Up to where everything was processed. */
  processed(reader: PartitionReader): Place | undefined {
    return this.#hand?.reader === reader ? this.#hand.place : reader.place;
  }

  end(): void {
    this.#fetcher.end();
  }
}
