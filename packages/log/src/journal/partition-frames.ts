import {
  ByteReader,
  ByteWriter,
  type LeaderEpoch,
  MalformedBytesError,
  type Offset,
  type PartitionId,
  type TopicId,
  uuidFromBytes,
  uuidToBytes,
} from '@moldau/base';
import type { EpochEntry } from '../partition/epoch-history.ts';
import type { Frame } from './frame.ts';

/**
 * What a data directory's journal says. Every frame's payload starts with the number the directory gave to the log;
 * those that change its end name the end that was durable when they were written.
 *
 *     1 append    u32 log, i64 durable end, i64 base offset, i64 end offset, batches
 *     2 truncate  u32 log, i64 durable end, i64 new end, a batch bound
 *     3 create    u32 log, 16 bytes topic id, i32 partition, i64 incarnation
 *     4 delete    u32 log
 *     5 stray     u32 log: its directory moves to stray/
 *     6 reset     u32 log, i64 offset it is empty at, u32 count of epochs (i32 epoch, i64 start offset), producers
 *     7 start     u32 log, i64 new start offset
 *     8 epoch     u32 log, i32 epoch, i64 start offset
 */
export type LogNumber = number;

/** Which replica a log is. The incarnation tells a replica from an earlier one of the same partition on this disk. */
export interface ReplicaName {
  readonly topicId: TopicId;
  readonly partition: PartitionId;
  readonly incarnation: number;
}

export type PartitionFrame =
  | {
      readonly kind: 'append';
      readonly log: LogNumber;
      readonly durableEnd: Offset;
      readonly baseOffset: Offset;
      readonly endOffset: Offset;
      readonly batches: Uint8Array;
    }
  | { readonly kind: 'truncate'; readonly log: LogNumber; readonly durableEnd: Offset; readonly endOffset: Offset }
  | { readonly kind: 'create'; readonly log: LogNumber; readonly name: ReplicaName }
  | { readonly kind: 'delete'; readonly log: LogNumber }
  | { readonly kind: 'stray'; readonly log: LogNumber }
  | {
      readonly kind: 'reset';
      readonly log: LogNumber;
      readonly offset: Offset;
      readonly epochs: readonly EpochEntry[];
      readonly producers: Uint8Array;
    }
  | { readonly kind: 'start'; readonly log: LogNumber; readonly startOffset: Offset }
  | { readonly kind: 'epoch'; readonly log: LogNumber; readonly epoch: LeaderEpoch; readonly startOffset: Offset };

const TYPES = {
  append: 1,
  truncate: 2,
  create: 3,
  delete: 4,
  stray: 5,
  reset: 6,
  start: 7,
  epoch: 8,
} as const;

/** Bytes of an append frame's payload before the batches. */
export const APPEND_PREFIX_BYTES = 28;

/** The batches are passed on as they are, not copied. */
export function encodePartitionFrame(frame: PartitionFrame): { type: number; parts: Uint8Array[] } {
  const writer = new ByteWriter(APPEND_PREFIX_BYTES).uint32(frame.log);
  const parts: Uint8Array[] = [];
  switch (frame.kind) {
    case 'append':
      writer.int64(frame.durableEnd).int64(frame.baseOffset).int64(frame.endOffset);
      parts.push(frame.batches);
      break;
    case 'truncate':
      writer.int64(frame.durableEnd).int64(frame.endOffset);
      break;
    case 'create':
      writeReplicaName(writer, frame.name);
      break;
    case 'reset':
      writer.int64(frame.offset);
      writeEpochs(writer, frame.epochs);
      parts.push(frame.producers);
      break;
    case 'start':
      writer.int64(frame.startOffset);
      break;
    case 'epoch':
      writer.int32(frame.epoch).int64(frame.startOffset);
      break;
    case 'delete':
    case 'stray':
      break;
  }
  return { type: TYPES[frame.kind], parts: [writer.finish(), ...parts] };
}

/** @throws MalformedBytesError for a frame whose checksum is right and whose payload this version cannot read */
export function decodePartitionFrame(frame: Pick<Frame, 'type' | 'payload'>): PartitionFrame {
  const reader = new ByteReader(frame.payload);
  const log = reader.uint32();
  switch (frame.type) {
    case TYPES.append: {
      const [durableEnd, baseOffset, endOffset] = [reader.int64(), reader.int64(), reader.int64()];
      return { kind: 'append', log, durableEnd, baseOffset, endOffset, batches: reader.bytes(reader.remaining) };
    }
    case TYPES.truncate:
      return { kind: 'truncate', log, durableEnd: reader.int64(), endOffset: reader.int64() };
    case TYPES.create:
      return { kind: 'create', log, name: readReplicaName(reader) };
    case TYPES.delete:
      return { kind: 'delete', log };
    case TYPES.stray:
      return { kind: 'stray', log };
    case TYPES.reset:
      return {
        kind: 'reset',
        log,
        offset: reader.int64(),
        epochs: readEpochs(reader),
        producers: reader.bytes(reader.remaining),
      };
    case TYPES.start:
      return { kind: 'start', log, startOffset: reader.int64() };
    case TYPES.epoch:
      return { kind: 'epoch', log, epoch: reader.int32(), startOffset: reader.int64() };
    default:
      throw new MalformedBytesError(`a journal frame has type ${frame.type}; a newer program wrote it`);
  }
}

export function writeReplicaName(writer: ByteWriter, name: ReplicaName): void {
  writer.bytes(uuidToBytes(name.topicId)).int32(name.partition).int64(name.incarnation);
}

export function readReplicaName(reader: ByteReader): ReplicaName {
  return { topicId: uuidFromBytes(reader.bytes(16)), partition: reader.int32(), incarnation: reader.int64() };
}

export function writeEpochs(writer: ByteWriter, epochs: readonly EpochEntry[]): void {
  writer.uint32(epochs.length);
  for (const { epoch, startOffset } of epochs) writer.int32(epoch).int64(startOffset);
}

/** @throws MalformedBytesError unless epochs and offsets strictly rise */
export function readEpochs(reader: ByteReader): EpochEntry[] {
  const epochs: EpochEntry[] = [];
  for (let left = reader.uint32(); left > 0; left--) {
    const entry = { epoch: reader.int32(), startOffset: reader.int64() };
    const last = epochs.at(-1);
    if (last !== undefined && (entry.epoch <= last.epoch || entry.startOffset <= last.startOffset)) {
      throw new MalformedBytesError(`epoch ${entry.epoch} follows epoch ${last.epoch}`);
    }
    epochs.push(entry);
  }
  return epochs;
}
