import {
  ByteReader,
  ByteWriter,
  MalformedBytesError,
  utf8Decode,
  utf8Encode,
  uuidFromBytes,
  uuidToBytes,
} from '@moldau/base';
import type { GroupSnapshot, MemberSnapshot } from './group-types.ts';

// The records of `__consumer_offsets`, in Kafka's layout, so that tools which read that topic can read ours. Big-endian;
// string: i16 length and UTF-8, -1 for null; bytes: i32 length.
//
//   key    i16 version: 0, 1  string group, string topic, i32 partition        an offset
//                       2     string group                                     a group
//   offset i16 version: 3     i64 offset, i32 leader epoch, string metadata, i64 committed at
//                       1     i64 offset, string metadata, i64 committed at, i64 expires at
//                       4     as 3, string and tags compact; tag 0: topic id
//   group  i16 version: 3     string protocol type, i32 generation, string protocol, string leader, i64 state since,
//                             i32 count; each member: string id, string instance id, string client id,
//                             string client host, i32 rebalance timeout, i32 session timeout, bytes subscription,
//                             bytes assignment
//
// No value: deleted. Written are 4 with the topic's id (which Kafka reads from 3.5 on), 1 when the client set a time of its
// own, 3 for groups; read is what Kafka has ever written. Other keys are of KIP-848 and of other kinds of groups.

const KEY_OFFSET = 1;
const KEY_GROUP = 2;
const OFFSET_EXPIRING = 1;
const OFFSET_PLAIN = 3;
const OFFSET_TAGGED = 4;
const TAG_TOPIC_ID = 0;
const UUID_BYTES = 16;
const GROUP_VERSION = 3;
/** A string's length has 16 bits. */
export const STRING_BYTES_MAX = 32_767;

/** A committed offset. */
export interface OffsetEntry {
  readonly offset: number;
  /** Of the last record read; -1: not said. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  /** Unix time. */
  readonly committedWallMs: number;
  /** When it goes whatever happens, Unix time; undefined: by the broker's retention. */
  readonly expiresWallMs: number | undefined;
  /** Of the topic as it was then: another of the same name is another topic. Empty: not known. */
  readonly topicId: string;
}

export type GroupRecord =
  | { readonly kind: 'group'; readonly group: string; readonly value: GroupSnapshot | null }
  | {
      readonly kind: 'offset';
      readonly group: string;
      readonly topic: string;
      readonly partition: number;
      readonly value: OffsetEntry | null;
    };

export interface KeyAndValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

export function encodeGroupRecord(record: GroupRecord): KeyAndValue {
  const key = new ByteWriter(64);
  if (record.kind === 'group') {
    string(key.int16(KEY_GROUP), record.group);
    return { key: key.finish(), value: record.value && encodeSnapshot(record.value) };
  }
  string(string(key.int16(KEY_OFFSET), record.group), record.topic).int32(record.partition);
  return { key: key.finish(), value: record.value && encodeOffset(record.value) };
}

/**
 * Undefined: a kind of record that this version does not know.
 *
 * @throws MalformedBytesError
 */
export function decodeGroupRecord(keyBytes: Uint8Array, valueBytes: Uint8Array | null): GroupRecord | undefined {
  const key = new ByteReader(keyBytes);
  const version = key.int16();
  if (version === KEY_GROUP) {
    return { kind: 'group', group: readString(key), value: valueBytes && decodeSnapshot(valueBytes) };
  }
  if (version !== KEY_OFFSET && version !== 0) return undefined;
  const at = { group: readString(key), topic: readString(key), partition: key.int32() };
  return { kind: 'offset', ...at, value: valueBytes && decodeOffset(valueBytes) };
}

function encodeOffset(entry: OffsetEntry): Uint8Array {
  const { offset, leaderEpoch, metadata, committedWallMs, expiresWallMs, topicId } = entry;
  const writer = new ByteWriter(64);
  if (expiresWallMs !== undefined) {
    return string(writer.int16(OFFSET_EXPIRING).int64(offset), metadata)
      .int64(committedWallMs)
      .int64(expiresWallMs)
      .finish();
  }
  if (topicId === '') {
    writer.int16(OFFSET_PLAIN).int64(offset).int32(leaderEpoch);
    return string(writer, metadata).int64(committedWallMs).finish();
  }
  writer.int16(OFFSET_TAGGED).int64(offset).int32(leaderEpoch);
  const text = utf8Encode(metadata);
  unsigned(writer, text.length + 1)
    .bytes(text)
    .int64(committedWallMs);
  return writer.uint8(1).uint8(TAG_TOPIC_ID).uint8(UUID_BYTES).bytes(uuidToBytes(topicId)).finish();
}

function decodeOffset(bytes: Uint8Array): OffsetEntry {
  const reader = new ByteReader(bytes);
  const version = reader.int16();
  if (version < 0 || version > OFFSET_TAGGED) throw new MalformedBytesError(`an offset has version ${version}`);
  const offset = reader.int64();
  const leaderEpoch = version >= OFFSET_PLAIN ? reader.int32() : -1;
  if (version === OFFSET_TAGGED) {
    const metadata = decodeText(reader.bytes(readUnsigned(reader) - 1));
    const committedWallMs = reader.int64();
    return { offset, leaderEpoch, metadata, committedWallMs, expiresWallMs: undefined, topicId: readTopicId(reader) };
  }
  const metadata = readString(reader);
  const committedWallMs = reader.int64();
  const expires = version === OFFSET_EXPIRING ? reader.int64() : -1;
  const expiresWallMs = expires < 0 ? undefined : expires;
  return { offset, leaderEpoch, metadata, committedWallMs, expiresWallMs, topicId: '' };
}

function readTopicId(reader: ByteReader): string {
  let topicId = '';
  for (let count = readUnsigned(reader); count > 0; count--) {
    const tag = readUnsigned(reader);
    const value = reader.bytes(readUnsigned(reader));
    if (tag === TAG_TOPIC_ID && value.length === UUID_BYTES) topicId = uuidFromBytes(value);
  }
  return topicId;
}

function encodeSnapshot(snapshot: GroupSnapshot): Uint8Array {
  const writer = new ByteWriter(512);
  string(writer.int16(GROUP_VERSION), snapshot.protocolType).int32(snapshot.generation);
  string(string(writer, snapshot.protocol), snapshot.leader).int64(snapshot.stateWallMs).int32(snapshot.members.length);
  for (const member of snapshot.members) {
    for (const text of [member.memberId, member.instanceId, member.clientId, member.clientHost]) string(writer, text);
    writer.int32(member.rebalanceTimeoutMs).int32(member.sessionTimeoutMs);
    for (const part of [member.subscription, member.assignment]) writer.int32(part.length).bytes(part);
  }
  return writer.finish();
}

function decodeSnapshot(bytes: Uint8Array): GroupSnapshot {
  const reader = new ByteReader(bytes);
  const version = reader.int16();
  if (version < 0 || version > GROUP_VERSION) throw new MalformedBytesError(`a group has version ${version}`);
  const protocolType = readString(reader);
  const generation = reader.int32();
  const protocol = readNullable(reader);
  const leader = readNullable(reader);
  const stateWallMs = version >= 2 ? reader.int64() : -1;
  const members: MemberSnapshot[] = [];
  for (let count = reader.int32(); count > 0; count--) members.push(decodeMember(reader, version));
  return { protocolType, generation, protocol, leader, stateWallMs, members };
}

function decodeMember(reader: ByteReader, version: number): MemberSnapshot {
  const memberId = readString(reader);
  const instanceId = version >= 3 ? readNullable(reader) : null;
  const clientId = readString(reader);
  const clientHost = readString(reader);
  const first = reader.int32();
  // The oldest version knew one time for both.
  const sessionTimeoutMs = version >= 1 ? reader.int32() : first;
  const told = { memberId, instanceId, clientId, clientHost, rebalanceTimeoutMs: first, sessionTimeoutMs };
  // A copy: what is kept must not hold on to the batch that it came in. `slice` of a Buffer would be a view.
  const subscription = new Uint8Array(reader.bytes(reader.int32()));
  return { ...told, subscription, assignment: new Uint8Array(reader.bytes(reader.int32())) };
}

function string(writer: ByteWriter, text: string | null): ByteWriter {
  if (text === null) return writer.int16(-1);
  const bytes = utf8Encode(text);
  if (bytes.length > STRING_BYTES_MAX) throw new MalformedBytesError(`a string has ${bytes.length} bytes`);
  return writer.int16(bytes.length).bytes(bytes);
}

function readString(reader: ByteReader): string {
  return decodeText(reader.bytes(reader.int16()));
}

function readNullable(reader: ByteReader): string | null {
  const length = reader.int16();
  return length === -1 ? null : decodeText(reader.bytes(length));
}

function decodeText(bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes);
  } catch (error) {
    throw new MalformedBytesError('a string is not UTF-8', { cause: error });
  }
}

function unsigned(writer: ByteWriter, value: number): ByteWriter {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) writer.uint8((rest % 128) + 128);
  return writer.uint8(rest);
}

/** Up to 28 bits: what it counts lies within one record. */
function readUnsigned(reader: ByteReader): number {
  let value = 0;
  for (let scale = 1; scale <= 2 ** 21; scale *= 128) {
    const byte = reader.uint8();
    value += (byte & 127) * scale;
    if (byte < 128) return value;
  }
  throw new MalformedBytesError('a length does not fit 28 bits');
}
