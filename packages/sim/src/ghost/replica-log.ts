import { assert, type LeaderEpoch, type Offset } from '@moldau/base';
import { readBatchRecords, splitBatches } from '@moldau/records';

/** One record as the ghost remembers it. Values are unique per run, so equal values are the same record. */
export interface GhostRecord {
  readonly epoch: LeaderEpoch;
  readonly value: string;
}

const decoder = new TextDecoder();

/** What one replica's log holds, as told by what it was given: appends, truncations, recoveries. */
export class ReplicaLog {
  readonly #records = new Map<Offset, GhostRecord>();
  #startOffset: Offset = 0;
  #endOffset: Offset = 0;
  /** Raised by every truncation, reset and recovery: what was compared before may have changed. */
  rewrites = 0;

  get startOffset(): Offset {
    return this.#startOffset;
  }

  get endOffset(): Offset {
    return this.#endOffset;
  }

  /** Each offset has one, as long as nothing compacts. */
  get recordCount(): number {
    return this.#records.size;
  }

  at(offset: Offset): GhostRecord | undefined {
    return this.#records.get(offset);
  }

  /** Whole batches as they stand in the log. Returns the records, in order. */
  append(batches: Uint8Array): readonly { readonly offset: Offset; readonly record: GhostRecord }[] {
    const added: { offset: Offset; record: GhostRecord }[] = [];
    for (const { header, position } of splitBatches(batches)) {
      assert(header.baseOffset >= this.#endOffset, 'a log only grows at its end', { baseOffset: header.baseOffset });
      for (const record of readBatchRecords(batches, header, position)) {
        const remembered = {
          epoch: header.leaderEpoch,
          value: record.value === null ? '' : decoder.decode(record.value),
        };
        this.#records.set(record.offset, remembered);
        added.push({ offset: record.offset, record: remembered });
      }
      this.#endOffset = header.baseOffset + header.lastOffsetDelta + 1;
    }
    return added;
  }

  truncateTo(endOffset: Offset): void {
    for (const offset of this.#records.keys()) if (offset >= endOffset) this.#records.delete(offset);
    this.#endOffset = Math.min(this.#endOffset, endOffset);
    this.rewrites++;
  }

  /** Everything is dropped; the log begins anew at `startOffset`. */
  resetTo(startOffset: Offset): void {
    this.#records.clear();
    this.#startOffset = startOffset;
    this.#endOffset = startOffset;
    this.rewrites++;
  }

  /** Takes over what another one knows of these offsets, which continue this one. */
  recall(known: ReplicaLog, from: Offset, to: Offset): void {
    for (let offset = from; offset < to; offset++) {
      const record = known.at(offset);
      if (record !== undefined) this.#records.set(offset, record);
    }
    this.#endOffset = Math.max(this.#endOffset, to);
  }

  /** Of whole batches, the records at offsets within the log of which nothing is known. */
  complete(batches: Uint8Array): void {
    for (const { header, position } of splitBatches(batches)) {
      for (const { offset, value } of readBatchRecords(batches, header, position)) {
        if (offset >= this.#endOffset || this.#records.has(offset)) continue;
        this.#records.set(offset, { epoch: header.leaderEpoch, value: value === null ? '' : decoder.decode(value) });
      }
    }
  }

  copy(): ReplicaLog {
    const copy = new ReplicaLog();
    copy.recall(this, this.#startOffset, this.#endOffset);
    return copy;
  }

  /** A truncation may leave a log that ends behind its last batch. */
  endAt(endOffset: Offset): void {
    assert(endOffset >= this.#endOffset, 'a log does not end within its batches', { endOffset });
    this.#endOffset = endOffset;
  }

  advanceStart(startOffset: Offset): void {
    if (startOffset <= this.#startOffset) return;
    for (const offset of this.#records.keys()) if (offset < startOffset) this.#records.delete(offset);
    this.#startOffset = startOffset;
  }
}
