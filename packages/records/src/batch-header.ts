import {
  type Checksum,
  type LeaderEpoch,
  MalformedBytesError,
  type Offset,
  type ProducerEpoch,
  type ProducerId,
} from '@moldau/base';

/**
 * The header of a record batch, version 2: the unit that is produced, stored, replicated and fetched, byte for byte.
 *
 *      0  i64  base offset             patched by the leader
 *      8  i32  length of what follows
 *     12  i32  partition leader epoch  patched by the leader
 *     16  i8   magic, 2
 *     17  u32  CRC-32C of [21, end)
 *     21  i16  attributes: 0-2 compression codec, 3 timestamp type (0 create, 1 append), 4 transactional, 5 control
 *     23  i32  last offset delta
 *     27  i64  base timestamp
 *     35  i64  max timestamp
 *     43  i64  producer id, -1 for none
 *     51  i16  producer epoch
 *     53  i32  base sequence
 *     57  i32  count of records
 *     61       records, compressed as one block when a codec is set
 *
 * What a leader assigns lies before the checksummed part, so a batch is taken over without touching its records.
 */
export const BATCH_HEADER_BYTES = 61;

/** Bytes of base offset and length: what must be read to know how long a batch is. */
export const BATCH_PREFIX_BYTES = 12;

const LEADER_EPOCH_AT = 12;
const MAGIC_AT = 16;
const CRC_AT = 17;
export const CHECKSUMMED_AT = 21;
const MAGIC = 2;

const CODEC_MASK = 0b111;
const APPEND_TIME_BIT = 1 << 3;
const TRANSACTIONAL_BIT = 1 << 4;
const CONTROL_BIT = 1 << 5;

/** What the broker knows of a batch: all of its header, nothing of its records. */
export interface BatchHeader {
  readonly baseOffset: Offset;
  /** Of the whole batch, prefix included. */
  readonly sizeBytes: number;
  readonly leaderEpoch: LeaderEpoch;
  readonly crc: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  readonly baseSequence: number;
  readonly recordCount: number;
}

/** The offset behind the batch's last record. */
export function batchEndOffset(header: BatchHeader): Offset {
  return header.baseOffset + header.lastOffsetDelta + 1;
}

/** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd; the broker passes all of them on as they came. */
export function compressionCodec(header: BatchHeader): number {
  return header.attributes & CODEC_MASK;
}

/** Length, attributes, four deltas and lengths of nothing, count of headers: one byte each. */
const RECORD_BYTES_MIN = 7;

/** Of a compressed batch: what 32 MiB hold when nothing is in them. Its bytes do not tell, and nobody here opens it. */
const RECORDS_COMPRESSED_MAX = Math.floor((32 * 1024 * 1024) / RECORD_BYTES_MIN);

/** More records than are in the batch would each take an offset, and whoever looks for them finds none. */
export function recordCountMax(header: BatchHeader): number {
  if (compressionCodec(header) !== 0) return RECORDS_COMPRESSED_MAX;
  return Math.floor((header.sizeBytes - BATCH_HEADER_BYTES) / RECORD_BYTES_MIN);
}

export function isAppendTime(header: BatchHeader): boolean {
  return (header.attributes & APPEND_TIME_BIT) !== 0;
}

export function isTransactional(header: BatchHeader): boolean {
  return (header.attributes & TRANSACTIONAL_BIT) !== 0;
}

export function isControl(header: BatchHeader): boolean {
  return (header.attributes & CONTROL_BIT) !== 0;
}

/** The attributes of an uncompressed batch. */
export function batchAttributes(flags: { readonly transactional: boolean; readonly control: boolean }): number {
  return (flags.transactional ? TRANSACTIONAL_BIT : 0) | (flags.control ? CONTROL_BIT : 0);
}

/**
 * Reads the header of the batch that starts at `position` and checks that its fields agree with one another and that
 * the whole batch is there. Does not look at the checksum.
 *
 * @throws MalformedBytesError
 */
export function parseBatchHeader(bytes: Uint8Array, position = 0): BatchHeader {
  const left = bytes.length - position;
  if (position < 0 || left < BATCH_HEADER_BYTES)
    throw new MalformedBytesError(`a batch header has 61 bytes, ${left} are left`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + position, left);
  const magic = view.getInt8(MAGIC_AT);
  if (magic !== MAGIC) throw new MalformedBytesError(`a batch has magic ${magic}; only version 2 is accepted`);
  const header: BatchHeader = {
    baseOffset: int64(view, 0),
    sizeBytes: view.getInt32(8) + BATCH_PREFIX_BYTES,
    leaderEpoch: view.getInt32(LEADER_EPOCH_AT),
    crc: view.getUint32(CRC_AT),
    attributes: view.getInt16(21),
    lastOffsetDelta: view.getInt32(23),
    baseTimestamp: int64(view, 27),
    maxTimestamp: int64(view, 35),
    producerId: int64(view, 43),
    producerEpoch: view.getInt16(51),
    baseSequence: view.getInt32(53),
    recordCount: view.getInt32(57),
  };
  const fault = headerFault(header, left);
  if (fault !== undefined) throw new MalformedBytesError(fault);
  return header;
}

function headerFault(header: BatchHeader, left: number): string | undefined {
  const { baseOffset, sizeBytes, lastOffsetDelta, recordCount, producerId, producerEpoch, baseSequence } = header;
  if (sizeBytes < BATCH_HEADER_BYTES || sizeBytes > left) return `a batch of ${sizeBytes} bytes, ${left} are left`;
  if (baseOffset < 0 || !Number.isSafeInteger(batchEndOffset(header))) return `a base offset of ${baseOffset}`;
  if (lastOffsetDelta < 0) return `a last offset delta of ${lastOffsetDelta}`;
  // A compacted batch keeps its last offset and loses records, down to none; more records than offsets are nonsense.
  if (recordCount < 0 || recordCount > lastOffsetDelta + 1)
    return `${recordCount} records up to delta ${lastOffsetDelta}`;
  if (header.leaderEpoch < -1) return `a leader epoch of ${header.leaderEpoch}`;
  if (producerId < -1) return `a producer id of ${producerId}`;
  if (producerId === -1) return undefined;
  if (producerEpoch < 0) return `producer ${producerId} with epoch ${producerEpoch}`;
  // Control batches of a transaction carry a producer and no sequence.
  if (baseSequence < 0 && !isControl(header)) return `producer ${producerId} with sequence ${baseSequence}`;
  return undefined;
}

/** Whether the checksummed part is as its producer wrote it. The header must have been parsed from the same place. */
export function isChecksumRight(bytes: Uint8Array, header: BatchHeader, checksum: Checksum, position = 0): boolean {
  return checksum.crc32c(bytes.subarray(position + CHECKSUMMED_AT, position + header.sizeBytes)) === header.crc;
}

/** Writes what the leader assigns into the batch's own bytes. The checksum does not cover it. */
export function assignBatch(
  bytes: Uint8Array,
  position: number,
  assigned: { readonly baseOffset: Offset; readonly leaderEpoch: LeaderEpoch },
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + position, BATCH_HEADER_BYTES);
  view.setInt32(0, Math.floor(assigned.baseOffset / 2 ** 32));
  view.setUint32(4, assigned.baseOffset >>> 0);
  view.setInt32(LEADER_EPOCH_AT, assigned.leaderEpoch);
}

function int64(view: DataView, at: number): number {
  const value = view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4);
  if (!Number.isSafeInteger(value)) throw new MalformedBytesError(`a number of a batch header does not fit 53 bits`);
  return value;
}
