import {
  assert,
  ByteWriter,
  type Checksum,
  NO_LEADER_EPOCH,
  type Offset,
  type ProducerEpoch,
  type ProducerId,
} from '@moldau/base';
import { BATCH_HEADER_BYTES, BATCH_PREFIX_BYTES, batchAttributes, CHECKSUMMED_AT } from './batch-header.ts';
import { type RecordData, recordBytes, writeRecord } from './record.ts';

/** Who sends the batch, as an idempotent producer. Without it the batch is sent at its own risk of duplicates. */
export interface BatchProducer {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  /** Sequence of the batch's first record; -1 in control batches. */
  readonly baseSequence: number;
}

export interface BatchOptions {
  readonly producer?: BatchProducer;
  /** The broker assigns the real one. Default 0. */
  readonly baseOffset?: Offset;
  readonly transactional?: boolean;
  readonly control?: boolean;
}

const NO_PRODUCER: BatchProducer = { producerId: -1, producerEpoch: -1, baseSequence: -1 };

const CRC_AT = 17;
const LAST_OFFSET_DELTA_AT = 23;
const MAX_TIMESTAMP_AT = 35;
const RECORD_COUNT_AT = 57;
const CAPACITY_INITIAL = 1024;

/**
 * Unix times in ms end before it, in the year 144683, and begin with -1, for none: so the difference of any two can be
 * written as a varint, which has 53 bits here, and one batch can hold both.
 */
export const TIMESTAMP_END_MS: number = 2 ** 52 - 1;

/** Collects records into one uncompressed batch. Who appends decides by {@link BatchBuilder.sizeBytesWith} when it is full. */
export class BatchBuilder {
  readonly #options: BatchOptions;
  readonly #writer = new ByteWriter(CAPACITY_INITIAL);
  #baseTimestamp = 0;
  #maxTimestamp = 0;
  #count = 0;

  constructor(options: BatchOptions = {}) {
    this.#options = options;
  }

  get recordCount(): number {
    return this.#count;
  }

  /** Bytes of the batch as it stands. */
  get sizeBytes(): number {
    return Math.max(this.#writer.position, BATCH_HEADER_BYTES);
  }

  /** Bytes of the batch if this record came next. */
  sizeBytesWith(record: RecordData, timestampMs: number): number {
    const timestampDelta = this.#count === 0 ? 0 : timestampMs - this.#baseTimestamp;
    return this.sizeBytes + recordBytes({ ...record, timestampDelta, offsetDelta: this.#count });
  }

  /**
   * All or nothing: a record that cannot be written leaves the batch as it was. Half of one would be sent with a right
   * checksum, and no consumer could read what stands around it.
   *
   * @param timestampMs Unix time in whole milliseconds, -1 for none
   */
  append(record: RecordData, timestampMs: number): void {
    const isTime = Number.isSafeInteger(timestampMs) && timestampMs >= -1 && timestampMs < TIMESTAMP_END_MS;
    assert(isTime, 'a timestamp is in whole milliseconds', { timestampMs });
    assertWritable(record);
    if (this.#count === 0) this.#start(timestampMs);
    const { key, value, headers } = record;
    const timestampDelta = timestampMs - this.#baseTimestamp;
    writeRecord(this.#writer, { key, value, headers, timestampDelta, offsetDelta: this.#count });
    this.#count++;
    this.#maxTimestamp = Math.max(this.#maxTimestamp, timestampMs);
  }

  /** The batch's bytes; the builder is spent. */
  finish(checksum: Checksum): Uint8Array<ArrayBuffer> {
    assert(this.#count > 0, 'a batch holds a record');
    const bytes = this.#writer.finish();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    view.setInt32(8, bytes.length - BATCH_PREFIX_BYTES);
    view.setInt32(LAST_OFFSET_DELTA_AT, this.#count - 1);
    view.setBigInt64(MAX_TIMESTAMP_AT, BigInt(this.#maxTimestamp));
    view.setInt32(RECORD_COUNT_AT, this.#count);
    view.setUint32(CRC_AT, checksum.crc32c(bytes.subarray(CHECKSUMMED_AT)));
    return bytes;
  }

  #start(timestampMs: number): void {
    const { producer = NO_PRODUCER, baseOffset = 0, transactional = false, control = false } = this.#options;
    this.#baseTimestamp = timestampMs;
    this.#maxTimestamp = timestampMs;
    this.#writer
      .int64(baseOffset)
      .int32(0)
      .int32(NO_LEADER_EPOCH)
      .int8(2)
      .uint32(0)
      .int16(batchAttributes({ transactional, control }))
      .int32(0)
      .int64(timestampMs)
      .int64(timestampMs)
      .int64(producer.producerId)
      .int16(producer.producerEpoch)
      .int32(producer.baseSequence)
      .int32(0);
  }
}

/** The types say it, but a record may come from a program without types. */
function assertWritable({ key, value, headers }: RecordData): void {
  assert(isBytesOrNull(key), 'a key is bytes or null');
  assert(isBytesOrNull(value), 'a value is bytes or null');
  for (const header of headers) {
    assert(typeof header.name === 'string', "a header's name is text");
    assert(isBytesOrNull(header.value), "a header's value is bytes or null");
  }
}

function isBytesOrNull(value: Uint8Array | null): boolean {
  return value === null || value instanceof Uint8Array;
}
