import {
  assert,
  ByteReader,
  ByteWriter,
  type ControllerEpoch,
  MalformedBytesError,
  type MetadataOffset,
  utf8Decode,
  utf8Encode,
} from '@moldau/base';
import type { Entry, EntryKind, HardState } from '@moldau/raft';

/**
 * What the frames of the quorum log say. Numbers are big-endian.
 *
 *   1 hard state  i64 term | i32 voted-for node, -1 for none | u16 length, UTF-8: its directory
 *   2 entries     i64 first index | u32 count | count x ( i64 term | u8 kind | u32 length | payload )
 *   3 truncate    i64 index: this entry and all after it are gone
 *   4 reset       i64 index | i64 term: the log is empty and goes on after the snapshot of that id
 */
export type LogFrame =
  | { readonly kind: 'hardState'; readonly hardState: HardState }
  | { readonly kind: 'entries'; readonly entries: readonly Entry[] }
  | { readonly kind: 'truncate'; readonly from: MetadataOffset }
  | { readonly kind: 'reset'; readonly index: MetadataOffset; readonly term: ControllerEpoch };

const FRAME_TYPES = { hardState: 1, entries: 2, truncate: 3, reset: 4 } as const;
const ENTRY_KINDS: readonly EntryKind[] = ['data', 'noop', 'voters'];
const NO_VOTE = -1;

/** The payloads of entries are passed on, not copied. */
export function encodeLogFrame(frame: LogFrame): { readonly type: number; readonly parts: readonly Uint8Array[] } {
  const type = FRAME_TYPES[frame.kind];
  const writer = new ByteWriter();
  switch (frame.kind) {
    case 'hardState': {
      const { term, votedFor } = frame.hardState;
      const directory = utf8Encode(votedFor?.directoryId ?? '');
      writer
        .int64(term)
        .int32(votedFor?.nodeId ?? NO_VOTE)
        .int16(directory.length)
        .bytes(directory);
      return { type, parts: [writer.finish()] };
    }
    case 'entries':
      return { type, parts: encodeEntries(frame.entries) };
    case 'truncate':
      return { type, parts: [writer.int64(frame.from).finish()] };
    case 'reset':
      return { type, parts: [writer.int64(frame.index).int64(frame.term).finish()] };
    default:
      return frame satisfies never;
  }
}

function encodeEntries(entries: readonly Entry[]): Uint8Array[] {
  const first = entries[0];
  assert(first !== undefined, 'a frame of entries holds some');
  const parts: Uint8Array[] = [new ByteWriter().int64(first.index).uint32(entries.length).finish()];
  for (const { term, kind, payload } of entries) {
    const head = new ByteWriter(16).int64(term).int8(ENTRY_KINDS.indexOf(kind)).uint32(payload.length);
    parts.push(head.finish(), payload);
  }
  return parts;
}

/** @throws MalformedBytesError for what this version did not write */
export function decodeLogFrame(type: number, payload: Uint8Array): LogFrame {
  const reader = new ByteReader(payload);
  switch (type) {
    case FRAME_TYPES.hardState: {
      const term = reader.int64();
      const nodeId = reader.int32();
      const directoryId = utf8Decode(reader.bytes(reader.int16()));
      return {
        kind: 'hardState',
        hardState: { term, votedFor: nodeId === NO_VOTE ? undefined : { nodeId, directoryId } },
      };
    }
    case FRAME_TYPES.entries:
      return { kind: 'entries', entries: decodeEntries(reader) };
    case FRAME_TYPES.truncate:
      return { kind: 'truncate', from: reader.int64() };
    case FRAME_TYPES.reset:
      return { kind: 'reset', index: reader.int64(), term: reader.int64() };
    default:
      throw new MalformedBytesError(`the quorum log holds a frame of type ${type}: a newer program wrote it`);
  }
}

function decodeEntries(reader: ByteReader): Entry[] {
  const firstIndex = reader.int64();
  const count = reader.uint32();
  const entries: Entry[] = [];
  for (let position = 0; position < count; position++) {
    const term = reader.int64();
    const kind = ENTRY_KINDS[reader.uint8()];
    if (kind === undefined) throw new MalformedBytesError('the quorum log holds an entry of a kind of a newer program');
    // A copy: the frame's bytes are those of a whole file.
    entries.push({ index: firstIndex + position, term, kind, payload: new Uint8Array(reader.bytes(reader.uint32())) });
  }
  return entries;
}
