import { assert, type Checksum, type Offset } from '@moldau/base';

/**
 * Where in a segment's file some of its batches start: sparse, one entry for each 64 KiB or so, so that a lookup by
 * offset or by timestamp reads at most that much before it finds its batch. One file answers both questions, since an
 * entry knows the highest timestamp before it.
 *
 *     entry, 24 bytes
 *      0  i64  base offset of the batch that starts here
 *      8  u32  position in the segment's file
 *     12  i64  highest timestamp of all batches before it in this segment; -1 for none
 *     20  u32  CRC-32C of [0, 20)
 *
 * Not synced: each entry proves itself, and what is missing is found again by reading the segment.
 */
const INDEX_ENTRY_BYTES = 24;

/** Distance between two entries. A reader of the middle walks half of it: 32 KiB is nothing beside a read's latency. */
const INDEX_INTERVAL_BYTES = 64 * 1024;

export interface IndexEntry {
  readonly offset: Offset;
  readonly position: number;
  readonly maxTimestampBefore: number;
}

export class SegmentIndex {
  readonly #entries: IndexEntry[] = [];
  /** Entries that are in the index file. */
  #savedCount = 0;

  get entries(): readonly IndexEntry[] {
    return this.#entries;
  }

  /** The next batch starts here: remembers it when the last entry is far enough away. */
  note(offset: Offset, position: number, maxTimestampBefore: number): void {
    const last = this.#entries.at(-1);
    if (last !== undefined) assert(position > last.position, 'an index grows', { position, last: last.position });
    if (last !== undefined && position - last.position < INDEX_INTERVAL_BYTES) return;
    this.#entries.push({ offset, position, maxTimestampBefore });
  }

  /** Where to start reading for a batch that holds, or follows, this offset. */
  positionBelow(offset: Offset): number {
    return this.#entries[lastBelow(this.#entries, (entry) => entry.offset <= offset)]?.position ?? 0;
  }

  /** Where to start reading for the first batch whose highest timestamp is at or above this one. */
  positionBeforeTimestamp(timestampMs: number): number {
    return this.#entries[lastBelow(this.#entries, (entry) => entry.maxTimestampBefore < timestampMs)]?.position ?? 0;
  }

  /** The offset of the entry at this position; undefined where there is none. */
  offsetAt(position: number): Offset | undefined {
    const entry = this.#entries[lastBelow(this.#entries, (each) => each.position <= position)];
    return entry?.position === position ? entry.offset : undefined;
  }

  /** What the entry at this position knows; -1 at the start of the segment. */
  maxTimestampBefore(position: number): number {
    return this.#entries.find((entry) => entry.position === position)?.maxTimestampBefore ?? -1;
  }

  truncateTo(sizeBytes: number): void {
    while ((this.#entries.at(-1)?.position ?? -1) >= sizeBytes) this.#entries.pop();
    this.#savedCount = Math.min(this.#savedCount, this.#entries.length);
  }

  /** Bytes of the entries that are not in the file yet, and where they go; undefined when all are. */
  takeUnsaved(checksum: Checksum): { position: number; bytes: Uint8Array } | undefined {
    const unsaved = this.#entries.slice(this.#savedCount);
    if (unsaved.length === 0) return undefined;
    const position = this.#savedCount * INDEX_ENTRY_BYTES;
    this.#savedCount = this.#entries.length;
    return { position, bytes: encodeEntries(unsaved, checksum) };
  }

  /** Takes the valid entries at the start of an index file that lie within the segment. */
  load(bytes: Uint8Array, segmentBytes: number, checksum: Checksum): void {
    assert(this.#entries.length === 0, 'an index is loaded once');
    for (let at = 0; at + INDEX_ENTRY_BYTES <= bytes.length; at += INDEX_ENTRY_BYTES) {
      const entry = decodeEntry(bytes, at, checksum);
      const last = this.#entries.at(-1);
      if (entry === undefined || entry.position >= segmentBytes) break;
      if (last !== undefined && (entry.position <= last.position || entry.offset <= last.offset)) break;
      this.#entries.push(entry);
    }
    this.#savedCount = this.#entries.length;
  }
}

function lastBelow(entries: readonly IndexEntry[], isBelow: (entry: IndexEntry) => boolean): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if (entry !== undefined && isBelow(entry)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function encodeEntries(entries: readonly IndexEntry[], checksum: Checksum): Uint8Array {
  const bytes = new Uint8Array(entries.length * INDEX_ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, entry] of entries.entries()) {
    const at = index * INDEX_ENTRY_BYTES;
    setInt64(view, at, entry.offset);
    view.setUint32(at + 8, entry.position);
    setInt64(view, at + 12, entry.maxTimestampBefore);
    view.setUint32(at + 20, checksum.crc32c(bytes.subarray(at, at + 20)));
  }
  return bytes;
}

function decodeEntry(bytes: Uint8Array, at: number, checksum: Checksum): IndexEntry | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, INDEX_ENTRY_BYTES);
  if (view.getUint32(20) !== checksum.crc32c(bytes.subarray(at, at + 20))) return undefined;
  return { offset: getInt64(view, 0), position: view.getUint32(8), maxTimestampBefore: getInt64(view, 12) };
}

function setInt64(view: DataView, at: number, value: number): void {
  view.setInt32(at, Math.floor(value / 2 ** 32));
  view.setUint32(at + 4, value >>> 0);
}

function getInt64(view: DataView, at: number): number {
  return view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4);
}
