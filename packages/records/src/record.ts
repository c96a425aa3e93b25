import { ByteReader, type ByteWriter, MalformedBytesError, utf8Decode, utf8Encode, varlongSize } from '@moldau/base';

/**
 * One record of an uncompressed batch. All numbers are zigzag varints.
 *
 *     length of what follows
 *     i8    attributes, unused
 *     timestamp delta to the batch's base timestamp
 *     offset delta to the batch's base offset
 *     key length (-1: null), key
 *     value length (-1: null), value
 *     count of headers; each: name length, name (UTF-8), value length (-1: null), value
 */
export interface RecordHeader {
  readonly name: string;
  readonly value: Uint8Array | null;
}

/** null and empty differ: on a compacted topic a null value deletes the key. */
export interface RecordData {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}

export interface DeltaRecord extends RecordData {
  readonly timestampDelta: number;
  readonly offsetDelta: number;
}

/** More would be an attack on the reader's memory: a header of two bytes costs fifty as an object. */
export const RECORD_HEADERS_MAX = 1000;

const NO_HEADERS: readonly RecordHeader[] = [];

export function writeRecord(writer: ByteWriter, record: DeltaRecord): void {
  const names = record.headers.map((header) => utf8Encode(header.name));
  writer.varlong(recordBodyBytes(record, names));
  writer.int8(0).varlong(record.timestampDelta).varlong(record.offsetDelta);
  writeNullable(writer, record.key);
  writeNullable(writer, record.value);
  writer.varlong(record.headers.length);
  for (const [index, header] of record.headers.entries()) {
    writeNullable(writer, names[index] ?? null);
    writeNullable(writer, header.value);
  }
}

/** Bytes that the record takes in a batch, its length included. */
export function recordBytes(record: DeltaRecord): number {
  const body = recordBodyBytes(
    record,
    record.headers.map((header) => utf8Encode(header.name)),
  );
  return varlongSize(body) + body;
}

/** @throws MalformedBytesError; keys and values are views of the reader's bytes */
export function readRecord(reader: ByteReader): DeltaRecord {
  const body = new ByteReader(reader.bytes(reader.varint()));
  body.int8();
  const timestampDelta = body.varlong();
  const offsetDelta = body.varint();
  if (offsetDelta < 0) throw new MalformedBytesError(`a record has offset delta ${offsetDelta}`);
  const key = readNullable(body);
  const value = readNullable(body);
  const headers = readHeaders(body);
  if (body.remaining !== 0) throw new MalformedBytesError(`${body.remaining} bytes are left at the end of a record`);
  return { timestampDelta, offsetDelta, key, value, headers };
}

function readHeaders(reader: ByteReader): readonly RecordHeader[] {
  const count = reader.varint();
  if (count < 0 || count > RECORD_HEADERS_MAX) throw new MalformedBytesError(`a record has ${count} headers`);
  if (count === 0) return NO_HEADERS;
  const headers: RecordHeader[] = [];
  for (let index = 0; index < count; index++) {
    const name = reader.bytes(reader.varint());
    headers.push({ name: decodeName(name), value: readNullable(reader) });
  }
  return headers;
}

function decodeName(bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes);
  } catch (error) {
    throw new MalformedBytesError('the name of a record header is not UTF-8', { cause: error });
  }
}

function recordBodyBytes(record: DeltaRecord, names: readonly Uint8Array[]): number {
  let bytes = 1 + varlongSize(record.timestampDelta) + varlongSize(record.offsetDelta);
  bytes += nullableBytes(record.key) + nullableBytes(record.value) + varlongSize(record.headers.length);
  for (const [index, header] of record.headers.entries()) {
    bytes += nullableBytes(names[index] ?? null) + nullableBytes(header.value);
  }
  return bytes;
}

function nullableBytes(value: Uint8Array | null): number {
  return value === null ? 1 : varlongSize(value.length) + value.length;
}

function writeNullable(writer: ByteWriter, value: Uint8Array | null): void {
  if (value === null) writer.varlong(-1);
  else writer.varlong(value.length).bytes(value);
}

function readNullable(reader: ByteReader): Uint8Array | null {
  const length = reader.varint();
  if (length < -1) throw new MalformedBytesError(`a length is ${length}`);
  return length === -1 ? null : reader.bytes(length);
}
