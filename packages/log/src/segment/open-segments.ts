import { type Checksum, type Disk, type DiskFile, type DiskLane, isMissing } from '@moldau/base';
import { readFile } from '../checked-file.ts';
import type { Segment } from './segment.ts';
import { SegmentIndex } from './segment-index.ts';
import { scanSegment } from './segment-scan.ts';

/** A segment in use: its file and its index, complete up to what the segment held when it was opened. */
export interface OpenSegment {
  readonly file: DiskFile;
  readonly index: SegmentIndex;
}

/** Readers of old records wait behind one another; a checkpoint does not wait behind them, or appends would be refused. */
export type SegmentLane = Extract<DiskLane, 'bulk' | 'checkpoint'>;

interface Slot {
  /** One for each lane that has asked. */
  readonly files: Map<SegmentLane, Promise<DiskFile>>;
  /** Shared: what is written is found by readers. */
  index: Promise<SegmentIndex> | undefined;
  users: number;
  /** Closed by its last user: it was pushed out or its segment was removed. */
  isLeaving: boolean;
}

/** The segments of one data directory that are open, the least recently used closed first. */
export class OpenSegments {
  readonly #disk: Disk;
  readonly #checksum: Checksum;
  readonly #countMax: number;
  /** In the order of use. */
  readonly #slots = new Map<string, Slot>();

  constructor(disk: Disk, checksum: Checksum, countMax: number) {
    this.#disk = disk;
    this.#checksum = checksum;
    this.#countMax = countMax;
  }

  get count(): number {
    return this.#slots.size;
  }

  /** Opens the segment, or finds it open, and keeps it open while `run` runs. */
  async use<T>(segment: Segment, lane: SegmentLane, run: (open: OpenSegment) => Promise<T>): Promise<T> {
    const slot = this.#slots.get(segment.path) ?? { files: new Map(), index: undefined, users: 0, isLeaving: false };
    this.#slots.delete(segment.path);
    this.#slots.set(segment.path, slot);
    slot.users++;
    try {
      const opening = this.#fileOf(slot, segment, lane);
      slot.index ??= opening.then((file) => this.#loadIndex(segment, file, lane));
      const [file, index] = await Promise.all([opening, slot.index]);
      return await run({ file, index });
    } catch (error) {
      slot.isLeaving = true;
      throw error;
    } finally {
      slot.users--;
      await this.#settle(segment.path, slot);
      await this.#shrink();
    }
  }

  /** Closes the segment's file, now or when its last reader is done: its segment is being removed. */
  async forget(path: string): Promise<void> {
    const slot = this.#slots.get(path);
    if (slot === undefined) return;
    this.#slots.delete(path);
    slot.isLeaving = true;
    await this.#settle(path, slot);
  }

  async closeAll(): Promise<void> {
    for (const path of [...this.#slots.keys()]) await this.forget(path);
  }

  async #shrink(): Promise<void> {
    if (this.#slots.size <= this.#countMax) return;
    for (const [path, slot] of this.#slots) {
      if (slot.users === 0) return this.forget(path);
    }
  }

  async #settle(path: string, slot: Slot): Promise<void> {
    if (!slot.isLeaving || slot.users > 0) return;
    if (this.#slots.get(path) === slot) this.#slots.delete(path);
    const files = [...slot.files.values()];
    slot.files.clear();
    for (const opening of files) {
      const file = await opening.catch(() => undefined);
      await file?.close();
    }
  }

  #fileOf(slot: Slot, segment: Segment, lane: SegmentLane): Promise<DiskFile> {
    const opening = slot.files.get(lane) ?? this.#disk.open(segment.path, { lane, mode: 'existing' });
    slot.files.set(lane, opening);
    return opening;
  }

  /** The index file's entries as far as they are valid, then what the segment itself says. */
  async #loadIndex(segment: Segment, file: DiskFile, lane: SegmentLane): Promise<SegmentIndex> {
    const bytes = await this.#readIndexFile(segment.indexPath, lane);
    for (const source of [bytes, new Uint8Array(0)]) {
      const index = new SegmentIndex();
      index.load(source, segment.sizeBytes, this.#checksum);
      const last = index.entries.at(-1);
      let maxTimestamp = last?.maxTimestampBefore ?? -1;
      let isTrue = last === undefined;
      const startBytes = last?.position ?? 0;
      // What cannot be read is left to whoever reads it: an index does not judge its segment.
      const first = startBytes === 0 ? { firstOffset: segment.baseOffset } : {};
      const range = { startBytes, endBytes: segment.sizeBytes, ...first };
      await scanSegment(file, range, this.#checksum, (_, header, position) => {
        if (position === last?.position) isTrue = header.baseOffset === last.offset;
        else index.note(header.baseOffset, position, maxTimestamp);
        maxTimestamp = Math.max(maxTimestamp, header.maxTimestamp);
        return isTrue;
      });
      if (isTrue) return index;
    }
    return new SegmentIndex();
  }

  async #readIndexFile(path: string, lane: SegmentLane): Promise<Uint8Array> {
    try {
      return await readFile(this.#disk, path, lane);
    } catch (error) {
      if (isMissing(error)) return new Uint8Array(0);
      throw error;
    }
  }
}
