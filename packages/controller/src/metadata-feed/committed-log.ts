import { assert, type ControllerEpoch, type MetadataOffset, present } from '@moldau/base';

/** One committed entry as it is sent to followers; empty bytes for an entry of the quorum itself. */
export interface CommittedEntry {
  readonly offset: MetadataOffset;
  readonly epoch: ControllerEpoch;
  readonly bytes: Uint8Array;
}

/** Enough for a broker that was away for a while; longer ones take a snapshot, which is not much more. */
const ENTRIES_MAX = 10_000;
const BYTES_MAX = 16 * 1024 * 1024;

/** The newest committed entries, kept in memory for followers. Bounded by count and bytes. */
export class CommittedLog {
  #entries: CommittedEntry[] = [];
  #bytes = 0;
  /** The entry before the first: who stands there can go on from here. */
  #before: { readonly offset: MetadataOffset; readonly epoch: ControllerEpoch } = { offset: 0, epoch: 0 };

  /** First offset that is not here yet. */
  get endOffset(): MetadataOffset {
    return this.#before.offset + this.#entries.length + 1;
  }

  append(entry: CommittedEntry): void {
    assert(entry.offset === this.endOffset, 'entries follow one another', {
      offset: entry.offset,
      endOffset: this.endOffset,
    });
    this.#entries.push(entry);
    this.#bytes += entry.bytes.length;
    // Halved at once, so that trimming costs little per entry.
    if (this.#entries.length > ENTRIES_MAX || this.#bytes > BYTES_MAX) this.#trim(Math.ceil(this.#entries.length / 2));
  }

  /** A snapshot took the place of everything. */
  reset(before: { readonly offset: MetadataOffset; readonly epoch: ControllerEpoch }): void {
    this.#entries = [];
    this.#bytes = 0;
    this.#before = { offset: before.offset, epoch: before.epoch };
  }

  /** Epoch of the entry at `offset`; undefined when it is not known here any more, or not yet. */
  epochAt(offset: MetadataOffset): ControllerEpoch | undefined {
    if (offset === this.#before.offset) return this.#before.epoch;
    return this.#entries[offset - this.#before.offset - 1]?.epoch;
  }

  /** The entry at `offset`, which is held. */
  at(offset: MetadataOffset): CommittedEntry {
    return present(this.#entries[offset - this.#before.offset - 1], 'a committed entry');
  }

  #trim(count: number): void {
    const dropped = this.#entries.slice(0, count);
    this.#entries = this.#entries.slice(count);
    for (const { bytes } of dropped) this.#bytes -= bytes.length;
    this.#before = present(dropped.at(-1), 'a trimmed entry');
  }
}
