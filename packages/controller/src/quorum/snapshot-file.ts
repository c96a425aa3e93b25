import {
  assert,
  ByteReader,
  ByteWriter,
  type Checksum,
  type ControllerEpoch,
  MalformedBytesError,
  type MetadataOffset,
} from '@moldau/base';
import { decodeVoters, encodeVoters, type Replica, type SnapshotMeta } from '@moldau/raft';

/**
 * A snapshot's file, the same bytes on every node that has it. Numbers are big-endian.
 *
 *    0  u32  magic "MQSN"          32  voters, as in a voters entry
 *    4  u16  version, 1             .  state: the state machine's bytes
 *    6  u16  zero                  -4  u32  CRC-32C of all before it
 *    8  i64  index
 *   16  i64  term
 *   24  u32  bytes of voters
 *   28  u32  bytes of state
 */
const MAGIC = 0x4d51534e;
const VERSION = 1;
const HEADER_BYTES = 32;
const TRAILER_BYTES = 4;
const NAME_DIGITS = 20;
const NAME_PATTERN = /^(\d{20})-(\d{20})\.snapshot$/;

export interface SnapshotPoint {
  readonly index: MetadataOffset;
  readonly term: ControllerEpoch;
  readonly voters: readonly Replica[];
}

export interface DecodedSnapshot {
  readonly meta: SnapshotMeta;
  readonly state: Uint8Array;
}

export function snapshotFileName({
  index,
  term,
}: {
  readonly index: MetadataOffset;
  readonly term: ControllerEpoch;
}): string {
  return `${String(index).padStart(NAME_DIGITS, '0')}-${String(term).padStart(NAME_DIGITS, '0')}.snapshot`;
}

export function isSnapshotFileName(name: string): boolean {
  return NAME_PATTERN.test(name);
}

export function encodeSnapshot(
  point: SnapshotPoint,
  state: Uint8Array,
  checksum: Checksum,
): { readonly meta: SnapshotMeta; readonly parts: readonly Uint8Array[] } {
  const { index, term, voters } = point;
  const voterBytes = encodeVoters(voters);
  const header = new ByteWriter(HEADER_BYTES).uint32(MAGIC).int16(VERSION).int16(0).int64(index).int64(term);
  header.uint32(voterBytes.length).uint32(state.length);
  const parts = [header.finish(), voterBytes, state];
  const crc = parts.reduce((running, part) => checksum.crc32c(part, running), 0);
  const sizeBytes = HEADER_BYTES + voterBytes.length + state.length + TRAILER_BYTES;
  return {
    meta: { index, term, voters, sizeBytes, checksum: crc },
    parts: [...parts, new ByteWriter(4).uint32(crc).finish()],
  };
}

/** @throws MalformedBytesError when one bit is not as it was written */
export function decodeSnapshot(bytes: Uint8Array, checksum: Checksum): DecodedSnapshot {
  const reader = new ByteReader(bytes);
  if (reader.uint32() !== MAGIC) throw new MalformedBytesError('not a snapshot of the quorum');
  const version = reader.int16();
  if (version !== VERSION) throw new MalformedBytesError(`a snapshot has version ${version}: a newer program wrote it`);
  reader.skip(2);
  const index = reader.int64();
  const term = reader.int64();
  const voterLength = reader.uint32();
  const stateLength = reader.uint32();
  const voterBytes = reader.bytes(voterLength);
  const state = reader.bytes(stateLength);
  const crc = checksum.crc32c(bytes.subarray(0, reader.position));
  if (reader.uint32() !== crc || reader.remaining > 0)
    throw new MalformedBytesError('the checksum of a snapshot does not match');
  assert(index > 0, 'a snapshot covers something');
  return { meta: { index, term, voters: decodeVoters(voterBytes), sizeBytes: bytes.length, checksum: crc }, state };
}
