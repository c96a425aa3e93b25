import { assert, type LeaderEpoch, NO_LEADER_EPOCH, type Offset } from '@moldau/base';

/** From this offset on, the log was written by the leader of this epoch. */
export interface EpochEntry {
  readonly epoch: LeaderEpoch;
  readonly startOffset: Offset;
}

/**
 * Which leader epoch wrote which part of the log (KIP-101, KIP-279): what two replicas compare to find where they
 * diverge. Epochs and start offsets both strictly increase; an epoch that appended nothing leaves no trace.
 */
export class EpochHistory {
  #entries: EpochEntry[] = [];

  get entries(): readonly EpochEntry[] {
    return this.#entries;
  }

  /** -1 when the log knows no epoch. */
  get latest(): LeaderEpoch {
    return this.#entries.at(-1)?.epoch ?? NO_LEADER_EPOCH;
  }

  /** The epoch starts at this offset; epochs that would start at or behind it had appended nothing that is left. */
  begin(epoch: LeaderEpoch, startOffset: Offset): void {
    if (epoch === this.latest) return;
    // Before the comparison: an epoch that was begun here and appended nothing may be younger than the one that did.
    this.truncateTo(startOffset);
    if (epoch === this.latest) return;
    assert(epoch > this.latest, 'epochs in a log only rise', { epoch, latest: this.latest });
    this.#entries.push({ epoch, startOffset });
  }

  /** A batch of this epoch stands at this offset, in a log that ended at `logEnd` before it. */
  note(epoch: LeaderEpoch, offset: Offset, logEnd: Offset): void {
    if (this.epochAt(offset) === epoch) return;
    // An epoch that was begun at the end and appended nothing is not older than the batch because there is a gap between.
    this.truncateTo(logEnd);
    this.begin(epoch, offset);
  }

  /**
   * The largest known epoch at or below `epoch`, and where it ends: the start of the next, or the log's end.
   * undefined when the log knows nothing at or below it, or only older epochs than a newer one asked for.
   */
  endOffsetFor(epoch: LeaderEpoch, logEnd: Offset): { epoch: LeaderEpoch; endOffset: Offset } | undefined {
    if (epoch > this.latest) return undefined;
    let found: EpochEntry | undefined;
    for (const entry of this.#entries) {
      if (entry.epoch > epoch) {
        // Nothing of what is asked for is left: whatever the asker has of it ends where this log begins.
        return { epoch: found?.epoch ?? epoch, endOffset: entry.startOffset };
      }
      found = entry;
    }
    return found === undefined ? undefined : { epoch: found.epoch, endOffset: logEnd };
  }

  /** The epoch that wrote the record at this offset; -1 when unknown. */
  epochAt(offset: Offset): LeaderEpoch {
    return this.#entries.findLast((entry) => entry.startOffset <= offset)?.epoch ?? NO_LEADER_EPOCH;
  }

  /** The log now ends here. */
  truncateTo(endOffset: Offset): void {
    while ((this.#entries.at(-1)?.startOffset ?? -1) >= endOffset) this.#entries.pop();
  }

  /** The log now starts here; the epoch that covers the start is kept, from there. */
  advanceStart(startOffset: Offset): void {
    const covering = this.#entries.findLastIndex((entry) => entry.startOffset <= startOffset);
    if (covering < 0) return;
    const epoch = this.#entries[covering]?.epoch ?? NO_LEADER_EPOCH;
    this.#entries.splice(0, covering + 1, { epoch, startOffset });
  }

  replaceWith(entries: readonly EpochEntry[]): void {
    this.#entries = [...entries];
  }
}
