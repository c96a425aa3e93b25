import { ByteReader, ByteWriter, MalformedBytesError, utf8Decode, utf8Encode } from '@moldau/base';
import type { Replica } from './replica.ts';

/**
 * The payload of a `voters` entry, also used in snapshot headers:
 *
 *   version u8 = 1 | count u8 | count x ( node id i32 | directory id | address )
 *   text: length u16 as i16 | UTF-8
 */
const VERSION = 1;
/** Bounds what a damaged or hostile payload can claim; quorums have 3 or 5 voters. */
export const VOTERS_MAX = 31;
const TEXT_BYTES_MAX = 1024;

export function encodeVoters(voters: readonly Replica[]): Uint8Array {
  const writer = new ByteWriter().int8(VERSION).int8(voters.length);
  for (const voter of voters) {
    writer.int32(voter.nodeId);
    for (const text of [voter.directoryId, voter.address]) {
      const bytes = utf8Encode(text);
      writer.int16(bytes.length).bytes(bytes);
    }
  }
  return writer.finish();
}

/** @throws MalformedBytesError, or TypeError when a text is not UTF-8 */
export function decodeVoters(bytes: Uint8Array): Replica[] {
  const reader = new ByteReader(bytes);
  const version = reader.uint8();
  if (version !== VERSION) throw new MalformedBytesError(`voter set version ${version} is newer than this program`);
  const count = reader.uint8();
  if (count > VOTERS_MAX) throw new MalformedBytesError(`a voter set has ${count} voters`);
  const voters: Replica[] = [];
  for (let position = 0; position < count; position++) {
    const nodeId = reader.int32();
    voters.push({ nodeId, directoryId: readText(reader), address: readText(reader) });
  }
  return voters;
}

function readText(reader: ByteReader): string {
  const length = reader.int16();
  if (length > TEXT_BYTES_MAX) throw new MalformedBytesError(`a text in a voter set has ${length} bytes`);
  return utf8Decode(reader.bytes(length));
}
