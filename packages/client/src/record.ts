import { type Codec, utf8Encode } from '@moldau/base';
import { RECORD_HEADERS_MAX, type RecordData, type RecordHeader } from '@moldau/records';
import { MoldauError } from './errors.ts';

/** Headers to send: names with text (UTF-8), bytes or null, or a list where names may repeat. */
export type HeadersInit = Readonly<Record<string, string | Uint8Array | null>> | readonly RecordHeader[];

/** A record to send. */
export interface ProducerRecord<K = Uint8Array, V = Uint8Array> {
  /** Records of one key go to one partition, in order. Absent or null: no key. */
  readonly key?: K | null | undefined;
  /** null: on a compacted topic a tombstone, which deletes the key. */
  readonly value: V | null;
  readonly headers?: HeadersInit | undefined;
  /** Unix time in whole ms. Default: now. */
  readonly timestamp?: number | undefined;
  /** Default: by the key, or without a key any. */
  readonly partition?: number | undefined;
}

/** Where a record is. */
export interface RecordMetadata {
  readonly partition: number;
  /** -1n when it is not known (acks 0, or a duplicate from long ago). */
  readonly offset: bigint;
  /** Unix time in ms. */
  readonly timestamp: number;
}

/** A record that was read. */
export interface Message<K = Uint8Array, V = Uint8Array> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Unix time in ms. */
  readonly timestamp: number;
  readonly key: K | null;
  /** null: a tombstone. */
  readonly value: V | null;
  readonly headers: readonly RecordHeader[];
  /** Only with `onBadRecord: 'raw'`: a codec refused it. Key and value are null, these are the bytes. */
  readonly bad?: { readonly error: MoldauError; readonly key: Uint8Array | null; readonly value: Uint8Array | null };
}

const NO_HEADERS: readonly RecordHeader[] = [];
/** Lengths, deltas and attributes of a record, at most: six numbers of up to ten bytes. */
const RECORD_OVERHEAD_BYTES_MAX = 48;
const HEADER_OVERHEAD_BYTES_MAX = 10;

export interface EncodedRecord {
  readonly data: RecordData;
  readonly timestamp: number;
  readonly partition: number | undefined;
  /** At least what it takes in a batch. */
  readonly bytesMax: number;
}

/** @throws MoldauError BAD_RECORD, INVALID_ARGUMENT */
export function encodeRecord<K, V>(
  topic: string,
  record: ProducerRecord<K, V>,
  codecs: { readonly key: Codec<K>; readonly value: Codec<V> },
  nowMs: number,
): EncodedRecord {
  const timestamp = record.timestamp ?? nowMs;
  if (!Number.isSafeInteger(timestamp) || timestamp < 0) {
    throw new MoldauError('INVALID_ARGUMENT', `a timestamp is in whole ms since 1970, not ${timestamp}`, { topic });
  }
  const key = record.key === undefined || record.key === null ? null : encode(topic, 'key', codecs.key, record.key);
  const value = record.value === null ? null : encode(topic, 'value', codecs.value, record.value);
  const headers = record.headers === undefined ? NO_HEADERS : headersOf(topic, record.headers);
  let bytesMax = RECORD_OVERHEAD_BYTES_MAX + (key?.length ?? 0) + (value?.length ?? 0);
  // A UTF-16 unit has at most three bytes in UTF-8.
  for (const header of headers)
    bytesMax += HEADER_OVERHEAD_BYTES_MAX + header.name.length * 3 + (header.value?.length ?? 0);
  return { data: { key, value, headers }, timestamp, partition: record.partition, bytesMax };
}

function encode<T>(topic: string, what: string, codec: Codec<T>, value: T): Uint8Array {
  try {
    return codec.encode(value);
  } catch (error) {
    throw new MoldauError('BAD_RECORD', `the codec of the ${what} refused it: ${String(error)}`, {
      topic,
      cause: error,
    });
  }
}

function headersOf(topic: string, init: HeadersInit): readonly RecordHeader[] {
  const headers = isList(init)
    ? init
    : Object.entries(init).map(([name, value]) => ({
        name,
        value: typeof value === 'string' ? utf8Encode(value) : value,
      }));
  if (headers.length > RECORD_HEADERS_MAX) {
    throw new MoldauError('BAD_RECORD', `a record has at most ${RECORD_HEADERS_MAX} headers`, { topic });
  }
  return headers;
}

function isList(init: HeadersInit): init is readonly RecordHeader[] {
  return Array.isArray(init);
}
