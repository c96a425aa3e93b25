import { type Codec, InvariantError, MalformedBytesError } from '@moldau/base';
import protobuf from 'protobufjs/minimal.js';

/** Protobuf's wire reader and writer: protobufjs's, reached through here alone, with numbers as {@link int64Read} says. */
export type WireWriter = protobuf.Writer;

/**
 * Nested messages that any message may hold. An empty one has 2 bytes on the wire and a hundred in memory: without a
 * bound, some megabytes off a socket would become gigabytes of objects before anybody has looked at one.
 */
const NESTED_MAX = 100_000;
/** Of a message that is larger than so many of these, one for each: records and their kind make about that much. */
const BYTES_PER_NESTED = 16;

export class WireReader extends protobuf.Reader {
  readonly #nestedMax: number;
  #nested = 0;

  constructor(bytes: Uint8Array) {
    super(bytes);
    this.#nestedMax = Math.max(NESTED_MAX, bytes.length / BYTES_PER_NESTED);
  }

  /** @throws MalformedBytesError when that is one too many */
  countNested(): void {
    if (++this.#nested > this.#nestedMax) throw new MalformedBytesError(`more than ${this.#nestedMax} messages in one`);
  }
}

/** What generated code gives for each message. */
export interface MessageCodec<T> extends Codec<T> {
  /** A message with the given fields, and the default of proto3 in all others. */
  create(fields: Partial<T>): T;
  write(writer: WireWriter, message: T): void;
  /** Reads up to `end`, a position in the reader. */
  read(reader: WireReader, end: number): T;
}

export function messageCodec<T extends object>(parts: {
  readonly empty: () => T;
  readonly write: (writer: WireWriter, message: T) => void;
  readonly read: (reader: WireReader, end: number) => T;
}): MessageCodec<T> {
  return {
    create: (fields) => ({ ...parts.empty(), ...fields }),
    write: parts.write,
    read: parts.read,
    encode(message) {
      const writer = protobuf.Writer.create();
      parts.write(writer, message);
      return writer.finish();
    },
    decode(bytes) {
      const reader = new WireReader(bytes);
      try {
        return parts.read(reader, reader.len);
      } catch (error) {
        if (error instanceof InvariantError) throw error;
        throw new MalformedBytesError(`not such a protobuf message: ${String(error)}`, { cause: error });
      }
    },
  };
}

/** Writes a nested message with its length before it. */
export function writeNested<T>(writer: WireWriter, tag: number, codec: MessageCodec<T>, message: T): void {
  writer.uint32(tag).fork();
  codec.write(writer, message);
  writer.ldelim();
}

export function readNested<T>(reader: WireReader, codec: MessageCodec<T>): T {
  reader.countNested();
  return codec.read(reader, lengthDelimitedEnd(reader));
}

/** Where the length-delimited field that starts here ends. */
export function lengthDelimitedEnd(reader: WireReader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new MalformedBytesError(`a field of ${length} bytes passes the end`);
  return end;
}

/** One entry of a map of strings: a message with the key as field 1 and the value as field 2. */
export function readMapEntry(reader: WireReader, into: Map<string, string>): void {
  reader.countNested();
  const end = lengthDelimitedEnd(reader);
  let key = '';
  let value = '';
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 10) key = reader.string();
    else if (tag === 18) value = reader.string();
    else reader.skipType(tag & 7);
  }
  into.set(key, value);
}
