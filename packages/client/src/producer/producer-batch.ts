import { assert, type Checksum } from '@moldau/base';
import {
  assignProducer,
  BATCH_HEADER_BYTES,
  BatchBuilder,
  type Codec,
  compress,
  parseBatchHeader,
  readBatchRecords,
  withRecords,
} from '@moldau/records';
import type { MoldauError } from '../errors.ts';
import type { ClientPorts } from '../ports.ts';
import { type EncodedRecord, type RecordMetadata, recordBytesMax } from '../record.ts';
import type { Deferred } from '../waiting.ts';
import type { LineBatch } from './delivery-line.ts';

/** The sender of one record; undefined when it was enqueued and nobody waits. */
export type RecordSettlement = Pick<Deferred<RecordMetadata>, 'resolve' | 'reject'> | undefined;

/** The id and epoch under which a partition's batches are numbered. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** The defaults of Kafka's producers: zlib's own, and levels 9 and 3. Snappy has none. */
const LEVELS: Readonly<Record<Codec, number>> = { gzip: -1, snappy: 0, lz4: 9, zstd: 3 };

/** Records on their way to one partition: gathering, then closed, then settled, once; or split, and settled by parts. */
export class ProducerBatch implements LineBatch {
  readonly partition: number;
  readonly createdMs: number;
  readonly deadlineMs: number;
  sequence = -1;
  ordinal = -1;
  maybeAppended = false;
  inFlight = false;
  attempts = 0;
  lastError: MoldauError | undefined;
  /** Somebody waits for what is in it: do not linger. */
  urgent = false;
  readonly #builder = new BatchBuilder();
  readonly #timestamps: number[] = [];
  readonly #settlements: RecordSettlement[] = [];
  readonly #onSettled: (batch: ProducerBatch, baseOffset: bigint, error: MoldauError | undefined) => void;
  #bytes: Uint8Array | undefined;
  /** What is sent instead; the plain bytes stay, since they may have to be split. */
  #compressed: Uint8Array | undefined;
  #packing: 'not begun' | 'begun' | 'done' = 'not begun';
  #reservedBytes = 0;
  #settled = false;
  #parts: readonly ProducerBatch[] | undefined;

  constructor(
    partition: number,
    times: { readonly createdMs: number; readonly deadlineMs: number },
    onSettled: (batch: ProducerBatch, baseOffset: bigint, error: MoldauError | undefined) => void,
  ) {
    this.partition = partition;
    this.createdMs = times.createdMs;
    this.deadlineMs = times.deadlineMs;
    this.#onSettled = onSettled;
  }

  get recordCount(): number {
    return this.#timestamps.length;
  }

  get isSettled(): boolean {
    return this.#parts?.every((part) => part.isSettled) ?? this.#settled;
  }

  /** Before compression. */
  get sizeBytes(): number {
    return this.#bytes?.length ?? this.#builder.sizeBytes;
  }

  /** What the producer's buffer counts for it. */
  get reservedBytes(): number {
    return this.#reservedBytes;
  }

  /** How many records came by `enqueue`. */
  get unawaitedCount(): number {
    return this.#settlements.reduce((count, settlement) => count + (settlement === undefined ? 1 : 0), 0);
  }

  fits(record: EncodedRecord, batchBytesMax: number): boolean {
    return this.recordCount === 0 || this.#builder.sizeBytes + record.bytesMax <= batchBytesMax;
  }

  append(record: EncodedRecord, settlement: RecordSettlement): void {
    assert(this.#bytes === undefined, 'a closed batch takes no records');
    this.#builder.append(record.data, record.timestamp);
    this.#timestamps.push(record.timestamp);
    this.#settlements.push(settlement);
    this.#reservedBytes += record.bytesMax;
  }

  /** Whether {@link pack} is done. */
  get isPacked(): boolean {
    return this.#packing === 'done';
  }

  /**
   * Compresses a closed batch, once; one that would not become smaller stays as it is. Undefined: that has begun already.
   *
   * @throws Error by rejection when the codec does; the batch stays as it is
   */
  pack(ports: ClientPorts, codec: Codec): Promise<void> | undefined {
    if (this.#packing !== 'not begun') return undefined;
    this.#packing = 'begun';
    return this.#compress(ports, codec).finally(() => {
      this.#packing = 'done';
    });
  }

  async #compress(ports: ClientPorts, codec: Codec): Promise<void> {
    const bytes = this.#finish(ports.checksum);
    const records = await compress(ports, codec, bytes.subarray(BATCH_HEADER_BYTES), LEVELS[codec]);
    if (BATCH_HEADER_BYTES + records.length >= bytes.length) return;
    this.#compressed = withRecords(bytes, records, codec, ports.checksum);
  }

  /** The bytes to send, numbered when there is an identity. */
  stamp(identity: ProducerIdentity | undefined, checksum: Checksum): Uint8Array {
    const bytes = this.#compressed ?? this.#finish(checksum);
    if (identity !== undefined) assignProducer(bytes, { ...identity, baseSequence: this.sequence }, checksum);
    return bytes;
  }

  /**
   * The same records in batches of at most this size, in order, each of one record at least; the batch itself when it is no
   * larger. Its senders hear from its parts.
   */
  split(batchBytesMax: number, checksum: Checksum): readonly ProducerBatch[] {
    assert(!this.#settled && !this.inFlight, 'a batch is split while it waits');
    if (this.recordCount === 1 || this.sizeBytes <= batchBytesMax) return [this];
    const bytes = this.#finish(checksum);
    const records = readBatchRecords(bytes, parseBatchHeader(bytes));
    const parts: ProducerBatch[] = [];
    const { partition } = this;
    let last = this.#part();
    for (const [index, { key, value, headers, timestampMs }] of records.entries()) {
      const data = { key, value, headers };
      const record = { data, timestamp: timestampMs, partition, bytesMax: recordBytesMax(data) };
      if (!last.fits(record, batchBytesMax)) {
        parts.push(last);
        last = this.#part();
      }
      last.append(record, this.#settlements[index]);
    }
    parts.push(last);
    // What was counted in is counted out, though a sender may have changed its bytes in between.
    const counted = parts.reduce((sum, { reservedBytes }) => sum + reservedBytes, 0);
    last.#reservedBytes += this.#reservedBytes - counted;
    this.#parts = parts;
    return parts;
  }

  #part(): ProducerBatch {
    const part = new ProducerBatch(this.partition, this, this.#onSettled);
    part.attempts = this.attempts;
    part.lastError = this.lastError;
    return part;
  }

  #finish(checksum: Checksum): Uint8Array {
    this.#bytes ??= this.#builder.finish(checksum);
    return this.#bytes;
  }

  /** @param baseOffset of the first record, -1 when it is not known */
  succeed(baseOffset: number): void {
    assert(!this.#settled, 'a batch is settled once');
    this.#settled = true;
    for (let index = 0; index < this.#settlements.length; index++) {
      const offset = baseOffset < 0 ? -1n : BigInt(baseOffset + index);
      this.#settlements[index]?.resolve({ partition: this.partition, offset, timestamp: this.#timestamps[index] ?? 0 });
    }
    this.#onSettled(this, BigInt(baseOffset), undefined);
  }

  fail(error: MoldauError): void {
    assert(!this.#settled, 'a batch is settled once');
    this.#settled = true;
    for (const settlement of this.#settlements) settlement?.reject(error);
    this.#onSettled(this, -1n, error);
  }
}
