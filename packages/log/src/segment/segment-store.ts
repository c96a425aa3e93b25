import { assert, type Checksum, type Disk, type DiskFile, isMissing, type Offset } from '@moldau/base';
import { batchEndOffset } from '@moldau/records';
import type { Chunk } from '../partition/tail.ts';
import type { OpenSegment, OpenSegments } from './open-segments.ts';
import { type Segment, type SegmentFacts, segmentAt, segmentBaseOffset } from './segment.ts';
import type { SegmentIndex } from './segment-index.ts';
import { type ScanRange, scanSegment } from './segment-scan.ts';

/** What a checkpoint asks of one log: to make its segments hold the log as it stood when the checkpoint began. */
export interface SegmentJob {
  /** Segments that end at or below it go. */
  readonly startOffset: Offset;
  /** First cut the segments here, at a batch bound: a truncation reached below what they hold. */
  readonly cutTo: Offset | undefined;
  /** Then append these. */
  readonly chunks: readonly Chunk[];
  readonly endOffset: Offset;
  readonly limits: { readonly segmentBytesMax: number; readonly segmentMsMax: number };
  readonly nowWallMs: number;
}

/** One write; larger ones only hold the lane longer. */
const WRITE_BYTES_MAX = 4 * 1024 * 1024;
/** Linux takes 1024 parts in one writev. */
const WRITE_PARTS_MAX = 1024;

/**
 * The segment files of one log. Changed by checkpoints alone, one at a time; read at any time. Where segments end is
 * decided here, when batches are written, and nowhere recorded before: after a crash recovery cuts back to the last
 * checkpoint and decides anew.
 */
export class SegmentStore {
  readonly #disk: Disk;
  readonly #checksum: Checksum;
  readonly #open: OpenSegments;
  readonly #directory: string;
  /** In the order of their offsets; the last one grows. */
  readonly #segments: Segment[];
  /** No batch of the files ends behind it, also where a truncation waits for the next checkpoint to cut them. */
  #endOffset: Offset;
  #damagedAt: Offset | undefined;

  constructor(
    ports: { readonly disk: Disk; readonly checksum: Checksum },
    open: OpenSegments,
    directory: string,
    held: { readonly facts: readonly SegmentFacts[]; readonly endOffset: Offset },
  ) {
    this.#disk = ports.disk;
    this.#checksum = ports.checksum;
    this.#open = open;
    this.#directory = directory;
    this.#segments = held.facts.map((each) => segmentAt(directory, each));
    this.#endOffset = held.endOffset;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  get sizeBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  }

  facts(): SegmentFacts[] {
    return this.#segments.map(({ baseOffset, sizeBytes, createdMs, newestMs, maxTimestamp }) => {
      return { baseOffset, sizeBytes, createdMs, newestMs, maxTimestamp };
    });
  }

  /** The segment that holds, or would hold, this offset. */
  segmentFor(offset: Offset): Segment | undefined {
    return this.#segments.findLast((segment) => segment.baseOffset <= offset) ?? this.#segments[0];
  }

  next(segment: Segment): Segment | undefined {
    return this.#segments[this.#segments.indexOf(segment) + 1];
  }

  /** Performs the job; all of it is synced when resolved. */
  async apply(job: SegmentJob): Promise<void> {
    let namesChanged = false;
    if (job.cutTo !== undefined) namesChanged = await this.#cut(job.cutTo);
    for (let rest = job.chunks; rest.length > 0; ) {
      const count = rest.length;
      const { segment, isNew } = this.#segmentToWrite(rest[0], job);
      if (isNew) await this.#create(segment);
      namesChanged ||= isNew;
      rest = await this.#open.use(segment, 'checkpoint', (open) => this.#write(open, segment, rest, job));
      assert(rest.length < count, 'a segment takes at least one chunk');
    }
    if (await this.#removeBelow(job.startOffset, job.endOffset)) namesChanged = true;
    if (namesChanged) await this.#disk.syncDirectory(this.#directory);
  }

  /** Removes every segment: the log is reset. */
  async wipe(): Promise<void> {
    for (const segment of this.#segments.splice(0)) await this.#remove(segment);
    await this.#disk.syncDirectory(this.#directory);
  }

  /** Removes segment files that no checkpoint names: what a crash left of work since the last one. */
  async removeUnnamed(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const baseOffset = segmentBaseOffset(name);
      if (baseOffset === undefined || this.#segments.some((segment) => segment.baseOffset === baseOffset)) continue;
      const facts = { baseOffset, sizeBytes: 0, createdMs: 0, newestMs: -1, maxTimestamp: -1 };
      await this.#remove(segmentAt(this.#directory, facts));
    }
  }

  /**
   * From this batch bound on the segments are not as they were written: their bytes stay on the disk for whoever wants
   * to look, under another name where a whole file is concerned, and nobody reads them.
   *
   * @param positionBytes where the offset lies in the file that holds it
   */
  async quarantineFrom(offset: Offset, positionBytes: number): Promise<void> {
    let beginsFile = false;
    for (
      let last = this.#segments.at(-1);
      last !== undefined && last.baseOffset >= offset;
      last = this.#segments.at(-1)
    ) {
      beginsFile = last.baseOffset === offset;
      this.#segments.pop();
      await this.#open.forget(last.path);
      await renameIfThere(this.#disk, last.path, `${last.path}.damaged`);
    }
    // The first batch of a file is damaged: the one before it is whole.
    this.#endOffset = offset;
    const holder = beginsFile ? undefined : this.#segments.at(-1);
    if (holder !== undefined) {
      await this.#open.forget(holder.path);
      holder.sizeBytes = Math.min(holder.sizeBytes, positionBytes);
    }
    await this.#disk.syncDirectory(this.#directory);
  }

  closeFile(segment: Segment): Promise<void> {
    return this.#open.forget(segment.path);
  }

  /** Reads the segment's open file, also while a checkpoint appends to it. */
  use<T>(segment: Segment, run: (open: OpenSegment) => Promise<T>): Promise<T> {
    return this.#open.use(segment, 'bulk', run);
  }

  /** What a scan of this segment, as it stands now, is to find from a place that its index names. */
  rangeFrom(startBytes: number, index: SegmentIndex, segment: Segment): Required<Omit<ScanRange, 'windowBytes'>> {
    const at = this.#segments.indexOf(segment);
    return {
      startBytes,
      endBytes: segment.sizeBytes,
      firstOffset: index.offsetAt(startBytes) ?? segment.baseOffset,
      endOffset: at < 0 ? Infinity : (this.#segments[at + 1]?.baseOffset ?? this.#endOffset),
    };
  }

  /** A checkpoint has taken some of the range since: what a scan found wrong with it may be just that. */
  wasCut(segment: Segment, range: ScanRange): boolean {
    return segment.sizeBytes < range.endBytes || !this.#segments.includes(segment);
  }

  /** From where on a search for a batch bound found other bytes than were written, since this was asked last. */
  takeDamage(): Offset | undefined {
    const damagedAt = this.#damagedAt;
    this.#damagedAt = undefined;
    return damagedAt;
  }

  /** The batch bound at or below the offset: itself, or the base of the batch that holds it. */
  async boundary(offset: Offset): Promise<Offset> {
    const segment = this.segmentFor(offset);
    if (segment === undefined || segment.baseOffset > offset) return offset;
    try {
      const found = await this.#open.use(segment, 'bulk', (open) => this.#locate(open, segment, offset));
      return found.baseBelow ?? offset;
    } catch (error) {
      // Retention has taken it meanwhile: the log starts behind the offset now.
      if (isMissing(error) && !this.#segments.includes(segment)) return offset;
      throw error;
    }
  }

  /** The first batch that ends behind the offset, and what lies before it. */
  async #locate(open: OpenSegment, segment: Segment, offset: Offset): Promise<Location> {
    const startBytes = open.index.positionBelow(offset);
    let maxTimestamp = open.index.maxTimestampBefore(startBytes);
    let baseBelow: Offset | undefined;
    let position: number | undefined;
    const range = this.rangeFrom(startBytes, open.index, segment);
    let soundEnd = range.firstOffset;
    const scan = await scanSegment(open.file, range, this.#checksum, (_, header, at) => {
      if (batchEndOffset(header) <= offset) {
        soundEnd = batchEndOffset(header);
        maxTimestamp = Math.max(maxTimestamp, header.maxTimestamp);
        return true;
      }
      position = at;
      if (header.baseOffset < offset) baseBelow = header.baseOffset;
      return false;
    });
    if (scan.fault !== undefined && segment.sizeBytes < range.endBytes) return this.#locate(open, segment, offset);
    // What lies between is lost with the cut, and was durable: the replica must be fetched again.
    if (scan.fault !== undefined) this.#damagedAt ??= soundEnd;
    return { position: position ?? scan.endBytes, baseBelow, maxTimestamp };
  }

  async #cut(offset: Offset): Promise<boolean> {
    let removed = false;
    for (
      let last = this.#segments.at(-1);
      last !== undefined && last.baseOffset >= offset;
      last = this.#segments.at(-1)
    ) {
      this.#segments.pop();
      this.#endOffset = last.baseOffset;
      await this.#remove(last);
      removed = true;
    }
    const last = this.#segments.at(-1);
    if (last === undefined) return removed;
    await this.#open.use(last, 'checkpoint', async (open) => {
      const { position, maxTimestamp } = await this.#locate(open, last, offset);
      open.index.truncateTo(position);
      last.sizeBytes = position;
      last.maxTimestamp = maxTimestamp;
      this.#endOffset = offset;
      await open.file.truncate(position);
      await open.file.sync();
    });
    return removed;
  }

  #segmentToWrite(chunk: Chunk | undefined, job: SegmentJob): { readonly segment: Segment; readonly isNew: boolean } {
    assert(chunk !== undefined, 'there is a chunk to write');
    const active = this.#segments.at(-1);
    if (active !== undefined && hasRoom(active, chunk, active.sizeBytes, job)) return { segment: active, isNew: false };
    const { baseOffset } = chunk;
    const { nowWallMs } = job;
    const facts = { baseOffset, sizeBytes: 0, createdMs: nowWallMs, newestMs: -1, maxTimestamp: -1 };
    const segment = segmentAt(this.#directory, facts);
    this.#segments.push(segment);
    return { segment, isNew: true };
  }

  /** The name of what is created here may be that of a segment that was cut away: it starts empty. */
  async #create(segment: Segment): Promise<void> {
    const file = await this.#disk.open(segment.path, { lane: 'checkpoint', mode: 'createOrOpen' });
    await file.truncate(0);
    await file.close();
  }

  /** Writes the chunks that this segment takes and syncs it; returns the rest. */
  async #write(
    open: OpenSegment,
    segment: Segment,
    chunks: readonly Chunk[],
    job: SegmentJob,
  ): Promise<readonly Chunk[]> {
    let taken = 0;
    for (let isFull = false; !isFull && taken < chunks.length; ) {
      const parts: Uint8Array[] = [];
      let end = segment.sizeBytes;
      let { maxTimestamp, newestMs } = segment;
      let endOffset = this.#endOffset;
      for (let chunk = chunks[taken]; chunk !== undefined; chunk = chunks[taken]) {
        isFull = !hasRoom(segment, chunk, end, job);
        if (isFull || parts.length >= WRITE_PARTS_MAX || end - segment.sizeBytes >= WRITE_BYTES_MAX) break;
        open.index.note(chunk.baseOffset, end, maxTimestamp);
        parts.push(chunk.bytes);
        end += chunk.bytes.length;
        endOffset = chunk.endOffset;
        maxTimestamp = Math.max(maxTimestamp, chunk.maxTimestamp);
        newestMs = Math.max(newestMs, ageOf(chunk, job.nowWallMs));
        taken++;
      }
      await open.file.write(segment.sizeBytes, parts);
      segment.sizeBytes = end;
      this.#endOffset = endOffset;
      segment.maxTimestamp = maxTimestamp;
      segment.newestMs = newestMs;
    }
    await open.file.sync();
    await this.#saveIndex(open, segment);
    return chunks.slice(taken);
  }

  async #saveIndex(open: OpenSegment, segment: Segment): Promise<void> {
    const unsaved = open.index.takeUnsaved(this.#checksum);
    if (unsaved === undefined) return;
    const file: DiskFile = await this.#disk.open(segment.indexPath, { lane: 'checkpoint', mode: 'createOrOpen' });
    try {
      await file.truncate(unsaved.position);
      await file.write(unsaved.position, [unsaved.bytes]);
    } finally {
      await file.close();
    }
  }

  async #removeBelow(startOffset: Offset, endOffset: Offset): Promise<boolean> {
    let removed = false;
    for (let first = this.#segments[0]; first !== undefined; first = this.#segments[0]) {
      const end = this.#segments[1]?.baseOffset ?? endOffset;
      if (end > startOffset) break;
      this.#segments.shift();
      await this.#remove(first);
      removed = true;
    }
    return removed;
  }

  async #remove(segment: Segment): Promise<void> {
    await this.#open.forget(segment.path);
    await removeIfThere(this.#disk, segment.path);
    await removeIfThere(this.#disk, segment.indexPath);
  }
}

interface Location {
  readonly position: number;
  /** Base of the batch that holds the offset in its middle. */
  readonly baseBelow: Offset | undefined;
  /** Of the batches before the position. */
  readonly maxTimestamp: number;
}

/** See {@link Segment.newestMs}. */
function ageOf({ maxTimestamp }: Chunk, nowWallMs: number): number {
  return maxTimestamp < 0 ? nowWallMs : Math.min(maxTimestamp, nowWallMs);
}

/** An empty segment takes any chunk: a batch may be larger than the bound. */
function hasRoom(segment: Segment, chunk: Chunk, sizeBytes: number, { limits, nowWallMs }: SegmentJob): boolean {
  if (sizeBytes === 0) return true;
  if (sizeBytes + chunk.bytes.length > limits.segmentBytesMax) return false;
  return nowWallMs - segment.createdMs < limits.segmentMsMax;
}

/** Work is done again after a crash: what it removes may be gone already. */
async function removeIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.removeFile(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function renameIfThere(disk: Disk, source: string, target: string): Promise<void> {
  try {
    await disk.rename(source, target);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
