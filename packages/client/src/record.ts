import { type Codec, utf8Encode } from '@moldau/base';
import { RECORD_HEADERS_MAX, type RecordData, type RecordHeader, TIMESTAMP_END_MS } from '@moldau/records';
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
  /** Unix time in whole ms, from 0 to below 2^52 - 1. Default: now. */
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

/**
 * All that is wrong with a record is found here, before it is counted or stands beside others.
 *
 * @throws MoldauError BAD_RECORD, INVALID_ARGUMENT
 */
export function encodeRecord<K, V>(
  topic: string,
  record: ProducerRecord<K, V>,
  codecs: { readonly key: Codec<K>; readonly value: Codec<V> },
  nowMs: number,
): EncodedRecord {
  const { timestamp = nowMs, partition } = record;
  if (!Number.isSafeInteger(timestamp) || timestamp < 0 || timestamp >= TIMESTAMP_END_MS) {
    const message = `a timestamp is in whole ms since 1970, at most ${TIMESTAMP_END_MS - 1}, not ${timestamp}`;
    throw new MoldauError('INVALID_ARGUMENT', message, { topic });
  }
  if (partition !== undefined && !(Number.isSafeInteger(partition) && partition >= 0)) {
    throw new MoldauError('INVALID_ARGUMENT', `a partition is a number from 0, not ${partition}`, { topic });
  }
  const key = record.key === undefined || record.key === null ? null : encode(topic, 'key', codecs.key, record.key);
  const value = record.value === null ? null : encode(topic, 'value', codecs.value, record.value);
  const headers = record.headers === undefined ? NO_HEADERS : headersOf(topic, record.headers);
  const data = { key, value, headers };
  return { data, timestamp, partition, bytesMax: recordBytesMax(data) };
}

/** At least what a record takes in a batch. */
export function recordBytesMax({ key, value, headers }: RecordData): number {
  let bytesMax = RECORD_OVERHEAD_BYTES_MAX + (key?.length ?? 0) + (value?.length ?? 0);
  // A UTF-16 unit has at most three bytes in UTF-8.
  for (const header of headers)
    bytesMax += HEADER_OVERHEAD_BYTES_MAX + header.name.length * 3 + (header.value?.length ?? 0);
  return bytesMax;
}

function encode<T>(topic: string, what: string, codec: Codec<T>, value: T): Uint8Array {
  let encoded: unknown;
  try {
    encoded = codec.encode(value);
  } catch (error) {
    throw new MoldauError('BAD_RECORD', `the codec of the ${what} refused it: ${String(error)}`, {
      topic,
      cause: error,
    });
  }
  // Without a codec this is the value itself, and bytes of something else would be stored without a word.
  if (encoded instanceof Uint8Array) return encoded;
  const hint = value === undefined ? 'null stands for none' : 'give the producer a codec, such as string() or json()';
  throw new MoldauError('BAD_RECORD', `a ${what} is sent as bytes, not as ${kindOf(encoded)}: ${hint}`, { topic });
}

/** The list is the record's own: its sender may change the given one while the record waits for its topic. */
function headersOf(topic: string, init: HeadersInit): readonly RecordHeader[] {
  const named: readonly { readonly name: unknown; readonly value: unknown }[] = isList(init)
    ? init
    : Object.entries(init).map(([name, value]) => ({ name, value }));
  if (named.length > RECORD_HEADERS_MAX) {
    throw new MoldauError('BAD_RECORD', `a record has at most ${RECORD_HEADERS_MAX} headers`, { topic });
  }
  return named.map(({ name, value }) => {
    if (typeof name !== 'string') {
      throw new MoldauError('BAD_RECORD', `the name of a header is text, not ${kindOf(name)}`, { topic });
    }
    if (typeof value === 'string') return { name, value: utf8Encode(value) };
    if (value === null || value instanceof Uint8Array) return { name, value };
    const message = `the value of header ${name} is text, bytes or null, not ${kindOf(value)}`;
    throw new MoldauError('BAD_RECORD', message, { topic });
  });
}

/** What a value is, for a sentence; never the value itself, which may be secret. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function isList(init: HeadersInit): init is readonly RecordHeader[] {
  return Array.isArray(init);
}
