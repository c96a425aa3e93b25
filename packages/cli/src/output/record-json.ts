import { utf8Decode, utf8Encode } from '@moldau/base';
import type { Message, ProducerRecord, RecordHeader } from '@moldau/client';
import { usageError } from '../cli-error.ts';

/** Text as text, bytes that are not UTF-8 as `{"base64": "..."}`. */
export type JsonBytes = string | { readonly base64: string } | null;

/** One line of `consume -o jsonl`; `produce --input jsonl` reads the same. */
export interface JsonRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestamp: number;
  readonly key: JsonBytes;
  readonly value: JsonBytes;
  readonly headers: readonly JsonHeader[];
}

export interface JsonHeader {
  readonly name: string;
  readonly value: JsonBytes;
}

export function jsonRecord(message: Message): JsonRecord {
  const { topic, partition, offset, timestamp, key, value, headers } = message;
  return {
    topic,
    partition,
    offset,
    timestamp,
    key: jsonBytes(key),
    value: jsonBytes(value),
    headers: jsonHeaders(headers),
  };
}

export function jsonHeaders(headers: readonly RecordHeader[]): readonly JsonHeader[] {
  return headers.map(({ name, value }) => ({ name, value: jsonBytes(value) }));
}

/**
 * Reads such a line back: key, value, headers and timestamp. Where the record was before (topic, partition, offset) says
 * nothing about where it goes.
 *
 * @throws CliError
 */
export function recordOfJson(line: string): ProducerRecord & { readonly headers: readonly RecordHeader[] } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (error) {
    throw usageError(
      `this is not JSON: ${String(error)}`,
      'with --input jsonl each line is one object, as consume -o jsonl prints it',
    );
  }
  if (typeof parsed !== 'object' || parsed === null || !('value' in parsed)) {
    throw usageError('there is no "value"', 'write null as the value to delete a key');
  }
  const { value } = parsed;
  const headers = 'headers' in parsed ? parsed.headers : [];
  const timestamp = 'timestamp' in parsed ? parsed.timestamp : undefined;
  if (!Array.isArray(headers)) throw usageError('"headers" is a list of {"name", "value"}');
  if (timestamp !== undefined && typeof timestamp !== 'number') throw usageError('"timestamp" is a number of ms');
  return {
    key: bytesOf('key' in parsed ? parsed.key : null, 'key'),
    value: bytesOf(value, 'value'),
    headers: headers.map(headerOf),
    timestamp,
  };
}

export function jsonBytes(bytes: Uint8Array | null): JsonBytes {
  if (bytes === null) return null;
  try {
    return utf8Decode(bytes);
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') };
  }
}

/** For people: what is not UTF-8 is shown as base64. */
export function textOfBytes(bytes: Uint8Array | null): string {
  const json = jsonBytes(bytes);
  return json === null ? '' : typeof json === 'string' ? json : json.base64;
}

function headerOf(header: unknown): RecordHeader {
  if (typeof header !== 'object' || header === null || !('name' in header) || typeof header.name !== 'string') {
    throw usageError('a header has a "name" and a "value"');
  }
  return { name: header.name, value: bytesOf('value' in header ? header.value : null, `header ${header.name}`) };
}

function bytesOf(json: unknown, what: string): Uint8Array | null {
  if (json === null) return null;
  if (typeof json === 'string') return utf8Encode(json);
  if (typeof json === 'object' && 'base64' in json && typeof json.base64 === 'string') {
    return new Uint8Array(Buffer.from(json.base64, 'base64'));
  }
  throw usageError(`"${what}" is text, {"base64": "..."} or null`);
}
