import { assert, type ControllerEpoch, type MetadataOffset } from '@moldau/base';
import { type Entry, entryBytes, type LogPosition } from './entry.ts';

/**
 * The entries since (about) the last snapshot, in memory; snapshots bound it.
 *
 *        base          base + 1 ... handedOut     handedOut + 1 ... last
 *   position only      given to storage           waiting for the next persist
 *
 * The base is the position of an entry whose payload is gone, or (0, 0), the position before the first entry.
 */
export class RaftLog {
  #base: LogPosition;
  #entries: Entry[] = [];
  #handedOutIndex: MetadataOffset;
  #truncatedFrom: MetadataOffset | undefined;

  constructor(base: LogPosition, entries: readonly Entry[]) {
    this.#base = base;
    for (const entry of entries) this.append(entry);
    this.#handedOutIndex = this.lastIndex;
  }

  get base(): LogPosition {
    return this.#base;
  }

  get lastIndex(): MetadataOffset {
    return this.#base.index + this.#entries.length;
  }

  get last(): LogPosition {
    return this.#entries.at(-1) ?? this.#base;
  }

  /** Undefined before the base and after the end. */
  termAt(index: MetadataOffset): ControllerEpoch | undefined {
    return index === this.#base.index ? this.#base.term : this.#entries[index - this.#base.index - 1]?.term;
  }

  entryAt(index: MetadataOffset): Entry | undefined {
    return this.#entries[index - this.#base.index - 1];
  }

  /** Entries `[from, to)`, at least one if there is one, and no more than fit `bytesMax`. */
  slice(from: MetadataOffset, to: MetadataOffset, bytesMax: number): Entry[] {
    assert(from > this.#base.index, 'entries wanted are in the log', { from, base: this.#base.index });
    const picked: Entry[] = [];
    let bytes = 0;
    for (let index = from; index < to && index <= this.lastIndex; index++) {
      const entry = this.#entries[index - this.#base.index - 1];
      assert(entry !== undefined, 'the log has no holes', { index });
      bytes += entryBytes(entry);
      if (picked.length > 0 && bytes > bytesMax) break;
      picked.push(entry);
    }
    return picked;
  }

  append(entry: Entry): void {
    assert(entry.index === this.lastIndex + 1, 'entries are appended without a gap', {
      index: entry.index,
      last: this.lastIndex,
    });
    assert(entry.term >= this.last.term, 'terms do not decrease along the log', {
      term: entry.term,
      last: this.last.term,
    });
    this.#entries.push(entry);
  }

  /** Drops the entry at `index` and all after it. */
  truncateFrom(index: MetadataOffset): void {
    assert(index > this.#base.index && index <= this.lastIndex, 'a truncation cuts something', {
      index,
      last: this.lastIndex,
    });
    this.#entries.length = index - this.#base.index - 1;
    if (index > this.#handedOutIndex) return;
    this.#handedOutIndex = index - 1;
    this.#truncatedFrom = Math.min(index, this.#truncatedFrom ?? index);
  }

  /** What storage has not been given yet; afterwards it counts as given. */
  handOut(): { readonly truncateFrom: MetadataOffset | undefined; readonly append: readonly Entry[] } {
    const truncateFrom = this.#truncatedFrom;
    const append = this.#entries.slice(this.#handedOutIndex - this.#base.index);
    this.#truncatedFrom = undefined;
    this.#handedOutIndex = this.lastIndex;
    return { truncateFrom, append };
  }

  /** Forgets the entries up to and including `index`, which a snapshot covers. */
  compactTo(index: MetadataOffset): void {
    const term = this.termAt(index);
    assert(term !== undefined && index <= this.#handedOutIndex, 'what is compacted is in the log and in storage', {
      index,
    });
    this.#entries.splice(0, index - this.#base.index);
    this.#base = { index, term };
  }

  /** The base of a log that keeps, of what lies up to `index`, no more than these. */
  baseFor(index: MetadataOffset, kept: { readonly entriesMax: number; readonly bytesMax: number }): MetadataOffset {
    const lowest = Math.max(this.#base.index, index - kept.entriesMax);
    let bytes = 0;
    for (let at = index; at > lowest; at--) {
      const entry = this.entryAt(at);
      assert(entry !== undefined, 'the log has no holes', { at });
      bytes += entryBytes(entry);
      if (bytes > kept.bytesMax) return at;
    }
    return lowest;
  }

  /** The log is replaced by a snapshot. */
  reset({ index, term }: LogPosition): void {
    this.#base = { index, term };
    this.#entries = [];
    this.#handedOutIndex = index;
    this.#truncatedFrom = undefined;
  }

  /**
   * The last position at or before `index` whose term is at most `term`: where two logs may still agree when one of
   * them has (`index`, `term`). A leader or follower that steps back this way skips whole terms.
   */
  lastPositionWithin(index: MetadataOffset, term: ControllerEpoch): LogPosition {
    for (let at = Math.min(index, this.lastIndex); at > this.#base.index; at--) {
      const found = this.termAt(at);
      if (found !== undefined && found <= term) return { index: at, term: found };
    }
    return this.#base;
  }
}
