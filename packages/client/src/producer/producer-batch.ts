import { assert, type Checksum } from '@moldau/base';
import { assignProducer, BatchBuilder } from '@moldau/records';
import type { MoldauError } from '../errors.ts';
import type { EncodedRecord, RecordMetadata } from '../record.ts';
import type { Deferred } from '../waiting.ts';
import type { LineBatch } from './delivery-line.ts';

/** The sender of one record; undefined when it was enqueued and nobody waits. */
export type RecordSettlement = Pick<Deferred<RecordMetadata>, 'resolve' | 'reject'> | undefined;

/** The id and epoch under which a partition's batches are numbered. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** Records on their way to one partition: gathering, then closed, then settled, once. */
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
  #reservedBytes = 0;
  #settled = false;

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
    return this.#settled;
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

  /** The bytes to send, numbered when there is an identity. */
  stamp(identity: ProducerIdentity | undefined, checksum: Checksum): Uint8Array {
    this.#bytes ??= this.#builder.finish(checksum);
    if (identity !== undefined) assignProducer(this.#bytes, { ...identity, baseSequence: this.sequence }, checksum);
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
