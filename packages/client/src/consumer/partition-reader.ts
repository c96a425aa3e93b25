import { assert, type Checksum, type LeaderEpoch, MalformedBytesError, type Offset } from '@moldau/base';
import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  type BatchRecord,
  batchEndOffset,
  type CompressionPorts,
  compressionCodec,
  decompressedRecords,
  isChecksumRight,
  isControl,
  readRecords,
  splitBatches,
} from '@moldau/records';
import { MoldauError } from '../errors.ts';
import type { StartFrom } from './consumer-options.ts';

type Content =
  | { readonly kind: 'compressed' | 'decompressing' }
  | { readonly kind: 'records'; readonly bytes: Uint8Array }
  /** Thrown when its turn comes. */
  | { readonly kind: 'unreadable'; readonly reason: unknown };

/** One batch that came and was not delivered whole. */
interface WaitingBatch {
  readonly header: BatchHeader;
  /** What it takes of the prefetch, compressed or not. */
  readonly bytes: Uint8Array;
  /** Its records: compressed ones are decompressed aside, before their turn comes. */
  content: Content;
  /** Read when its turn comes. */
  records: readonly BatchRecord[] | undefined;
  recordNext: number;
}

/** How many batches of a partition are decompressed: the one that is being read, and the next one meanwhile. */
const DECOMPRESSED_AHEAD = 2;

/** Where one goes on: the next offset, and the epoch of the record before it (-1: not known). */
export interface Place {
  readonly offset: Offset;
  readonly leaderEpoch: LeaderEpoch;
}

/** Told of a batch with a right checksum whose records cannot be read, and of the offset behind it: it is passed over. */
export type OnUnreadable = (error: MoldauError, endOffset: Offset) => void;

/** What became of bytes that a broker pushed. */
export type PushVerdict = 'taken' | 'corrupt';

/**
 * One assigned partition: what came from its leader and waits, and how far it was delivered. Two places are kept: the
 * next offset to deliver and the next to receive, each with the leader epoch of the batch before it, by which a leader
 * tells whether its log is still the one that was read (KIP-320).
 */
export class PartitionReader {
  readonly topic: string;
  readonly partition: number;
  /** Where to begin, until it was looked up. */
  start: StartFrom | undefined;
  position: Offset = 0;
  highWatermark: Offset = -1;
  logStartOffset: Offset = -1;
  paused = false;
  /** It is about to be given up, or was just assigned: nothing of it is delivered. */
  withheld = false;
  /** Of the topic that is read, where that matters: one that is made anew under the same name is another. */
  topicId = '';
  /** Thrown when all before it was delivered; a seek clears it. */
  failure: MoldauError | undefined;
  #positionEpoch: LeaderEpoch = -1;
  #receiveOffset: Offset = 0;
  #receiveEpoch: LeaderEpoch = -1;
  #waiting: WaitingBatch[] = [];
  #waitingBytes = 0;
  readonly #onUnreadable: OnUnreadable | undefined;

  /** @param options `onUnreadable`: without it such a batch is thrown, and not passed */
  constructor(
    topic: string,
    partition: number,
    options: { readonly start: StartFrom; readonly onUnreadable?: OnUnreadable | undefined },
  ) {
    this.topic = topic;
    this.partition = partition;
    this.start = options.start;
    this.#onUnreadable = options.onUnreadable;
  }

  get receiveOffset(): Offset {
    return this.#receiveOffset;
  }

  /** Of the batch before {@link receiveOffset}; -1 when nothing was read. */
  get receiveEpoch(): LeaderEpoch {
    return this.#receiveEpoch;
  }

  /** What comes after all that was delivered; undefined until it is known. */
  get place(): Place | undefined {
    if (this.start === undefined || this.hasWaiting) return { offset: this.position, leaderEpoch: this.#positionEpoch };
    return typeof this.start === 'bigint' ? { offset: Number(this.start), leaderEpoch: -1 } : undefined;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** What waits first can be read. */
  get isReady(): boolean {
    return this.#waiting[0] !== undefined && isReadable(this.#waiting[0]);
  }

  /** Nothing of it is to be delivered now. */
  get isHeld(): boolean {
    return this.paused || this.withheld;
  }

  /** Begins anew: what waits is dropped. */
  seek(to: StartFrom): void {
    this.start = to;
    this.failure = undefined;
    this.#drop();
  }

  /** The place to begin at was found. With an epoch the leader is asked whether its log is still the one that was read. */
  startAt(offset: Offset, leaderEpoch: LeaderEpoch = -1): void {
    this.start = undefined;
    this.#receiveOffset = offset;
    this.#receiveEpoch = leaderEpoch;
    // What waits from before a reset is delivered first; the position follows the deliveries.
    if (this.#waiting.length > 0) return;
    this.position = offset;
    this.#positionEpoch = leaderEpoch;
  }

  /** Whole batches from the leader; the first may begin below what was asked for. Nothing is kept of corrupt bytes. */
  receive(bytes: Uint8Array, checksum: Checksum): PushVerdict {
    const batches = splitOrNothing(bytes);
    if (batches === undefined) return 'corrupt';
    if (batches.some(({ header, position }) => !isChecksumRight(bytes, header, checksum, position))) return 'corrupt';
    for (const { header, position } of batches) {
      if (batchEndOffset(header) <= this.#receiveOffset) continue;
      // Plain bytes, whatever the transport's own kind of array is: they reach the caller.
      const own = new Uint8Array(bytes.buffer, bytes.byteOffset + position, header.sizeBytes);
      const isPlain = compressionCodec(header) === 0;
      const content: Content = isPlain
        ? { kind: 'records', bytes: own.subarray(BATCH_HEADER_BYTES) }
        : { kind: 'compressed' };
      this.#waiting.push({ header, bytes: own, content, records: undefined, recordNext: 0 });
      this.#waitingBytes += header.sizeBytes;
      this.#receiveOffset = batchEndOffset(header);
      this.#receiveEpoch = header.leaderEpoch;
    }
    return 'taken';
  }

  /** Passes over corrupt bytes, as far as their headers can be read. False: they cannot. */
  skipCorrupt(bytes: Uint8Array): boolean {
    const last = splitOrNothing(bytes)?.at(-1);
    if (last === undefined || batchEndOffset(last.header) <= this.#receiveOffset) return false;
    this.#receiveOffset = batchEndOffset(last.header);
    return true;
  }

  /**
   * The leader does not have the record before {@link receiveOffset} with the epoch it was read with; up to `endOffset` it
   * has what was written until `epoch` (-1: it remembers nothing so old). `again`: what was not delivered is dropped, ask
   * from the delivered position. `unchecked`: ask again, this time without the epoch. `truncated`: what was delivered is gone.
   */
  diverged(epoch: LeaderEpoch, endOffset: Offset): 'again' | 'unchecked' | 'truncated' {
    if (epoch >= 0 && endOffset < this.position) return 'truncated';
    const undelivered = this.#receiveOffset !== this.position || this.#receiveEpoch !== this.#positionEpoch;
    this.#drop();
    this.#receiveOffset = this.position;
    this.#receiveEpoch = this.#positionEpoch;
    if (undelivered) return 'again';
    if (epoch >= 0) return 'truncated';
    // Retention removes epochs with their last record, so this alone proves no loss: the offset's own range decides.
    this.#positionEpoch = -1;
    this.#receiveEpoch = -1;
    return 'unchecked';
  }

  /** Has what waits first decompressed; `ready` is called when it can be read, or can be seen to be unreadable. */
  prepare(ports: CompressionPorts, ready: () => void): void {
    for (const batch of this.#waiting.slice(0, DECOMPRESSED_AHEAD)) {
      if (batch.content.kind !== 'compressed') continue;
      batch.content = { kind: 'decompressing' };
      const done = (content: Content): void => {
        batch.content = content;
        ready();
      };
      decompressedRecords(ports, batch.bytes, batch.header).then(
        (bytes) => done({ kind: 'records', bytes }),
        (reason: unknown) => done({ kind: 'unreadable', reason }),
      );
    }
  }

  /**
   * The next record, without passing it; `bytesFreed` are those of batches that had no more. undefined: nothing waits, or it is
   * compressed still.
   *
   * @throws MoldauError CORRUPT_MESSAGE
   */
  peek(): { readonly record: BatchRecord | undefined; readonly bytesFreed: number } {
    let bytesFreed = 0;
    for (;;) {
      const batch = this.#waiting[0];
      if (batch === undefined || !isReadable(batch)) return { record: undefined, bytesFreed };
      batch.records ??= this.#read(batch);
      while (batch.recordNext < batch.records.length) {
        const record = batch.records[batch.recordNext];
        if (record !== undefined && record.offset >= this.position) return { record, bytesFreed };
        batch.recordNext++;
      }
      this.#waiting.shift();
      this.#waitingBytes -= batch.header.sizeBytes;
      bytesFreed += batch.header.sizeBytes;
      this.position = Math.max(this.position, batchEndOffset(batch.header));
      this.#positionEpoch = batch.header.leaderEpoch;
    }
  }

  /** Passes the record that {@link peek} showed. */
  pass(record: BatchRecord): void {
    const batch = this.#waiting[0];
    assert(batch?.records?.[batch.recordNext] === record, 'the record that is passed is the next one');
    batch.recordNext++;
    this.position = record.offset + 1;
    this.#positionEpoch = batch.header.leaderEpoch;
  }

  /** Whether the batch that is being read has more. */
  get inBatch(): boolean {
    const batch = this.#waiting[0];
    return batch?.records !== undefined && batch.recordNext < batch.records.length;
  }

  #read(batch: WaitingBatch): readonly BatchRecord[] {
    try {
      return contentOf(this, batch);
    } catch (error) {
      const isUnreadable = error instanceof MoldauError && error.code === 'CORRUPT_MESSAGE';
      if (!isUnreadable || this.#onUnreadable === undefined) throw error;
      this.#onUnreadable(error, batchEndOffset(batch.header));
      return NO_RECORDS;
    }
  }

  #drop(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

function splitOrNothing(bytes: Uint8Array): ReturnType<typeof splitBatches> | undefined {
  try {
    return splitBatches(bytes);
  } catch (error) {
    if (error instanceof MalformedBytesError) return undefined;
    throw error;
  }
}

const NO_RECORDS: readonly BatchRecord[] = [];

function isReadable({ content }: WaitingBatch): boolean {
  return content.kind === 'records' || content.kind === 'unreadable';
}

function contentOf({ topic, partition }: PartitionReader, { header, content }: WaitingBatch): readonly BatchRecord[] {
  if (isControl(header)) return NO_RECORDS;
  try {
    if (content.kind === 'unreadable') throw content.reason;
    assert(content.kind === 'records', 'a batch is read when it has been decompressed');
    return readRecords(content.bytes, header);
  } catch (error) {
    if (!(error instanceof MalformedBytesError)) throw error;
    // Its checksum is right: this is how its producer made it.
    const message = `the records of the batch at offset ${header.baseOffset} cannot be read (${error.message}): seek to ${batchEndOffset(header)} to go on behind it, or set onBadRecord to 'skip'`;
    throw new MoldauError('CORRUPT_MESSAGE', message, { topic, partition, retriable: false, cause: error });
  }
}
