import { assert, MalformedBytesError } from '@moldau/base';
import protobuf from 'protobufjs/minimal.js';
import type { WireReader, WireWriter } from './codec.ts';

// protobufjs yields Long objects, and takes a bigint for 0 without a word. Inside Moldau a 64-bit number is a safe
// integer, and this is the one place where that is made true: without Long, protobufjs computes a plain number, exact up
// to 2^53 and above that never a safe integer, so a value that would be rounded is seen here.
protobuf.util.Long = undefined as unknown as typeof protobuf.util.Long;
protobuf.configure();

/** @throws MalformedBytesError when the value is no safe integer */
export function int64Read(reader: WireReader): number {
  const value = reader.int64() as unknown as number;
  if (!Number.isSafeInteger(value)) throw new MalformedBytesError('a 64-bit number does not fit 53 bits');
  return value;
}

export function int64Write(writer: WireWriter, value: number): void {
  assert(Number.isSafeInteger(value), 'a 64-bit field holds a safe integer', { value });
  writer.int64(value);
}
