import { ByteReader, ByteWriter, type Offset } from '@moldau/base';
import type { FrameSequence } from '../journal/frame.ts';
import {
  type LogNumber,
  type ReplicaName,
  readEpochs,
  readReplicaName,
  writeEpochs,
  writeReplicaName,
} from '../journal/partition-frames.ts';
import type { EpochEntry } from '../partition/epoch-history.ts';
import type { SegmentFacts } from '../segment/segment.ts';

/**
 * What the segments of a data directory hold, so that the journal before `sequence` is not needed any more. A checked
 * file; its payload:
 *
 *     i64  sequence of the first journal frame that is not in the segments
 *     u32  number that the next created log gets
 *     u32  count of logs; each:
 *          u32 number, 16 bytes topic id, i32 partition, i64 incarnation
 *          i64 start offset, i64 end offset, i64 high watermark, i64 damaged at (-1: sound)
 *          u32 count of epochs; each: i32 epoch, i64 start offset
 *          u32 count of segments; each: i64 base offset, u32 bytes, i64 wall time
 *          of its first write, i64 time of its newest record, i64 highest timestamp
 */
export interface Checkpoint {
  readonly sequence: FrameSequence;
  readonly nextLogNumber: LogNumber;
  readonly logs: readonly CheckpointedLog[];
}

export interface CheckpointedLog {
  readonly number: LogNumber;
  readonly name: ReplicaName;
  readonly startOffset: Offset;
  readonly endOffset: Offset;
  readonly highWatermark: Offset;
  readonly damagedAt: Offset | undefined;
  /** What the batches in the segments are checked against: their own checksums do not cover their epochs. */
  readonly epochs: readonly EpochEntry[];
  readonly segments: readonly SegmentFacts[];
}

export const CHECKPOINT_FILE_NAME = 'checkpoint';

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const writer = new ByteWriter(64 + checkpoint.logs.length * 96);
  writer.int64(checkpoint.sequence).uint32(checkpoint.nextLogNumber).uint32(checkpoint.logs.length);
  for (const log of checkpoint.logs) {
    writer.uint32(log.number);
    writeReplicaName(writer, log.name);
    writer
      .int64(log.startOffset)
      .int64(log.endOffset)
      .int64(log.highWatermark)
      .int64(log.damagedAt ?? -1);
    writeEpochs(writer, log.epochs);
    writer.uint32(log.segments.length);
    for (const { baseOffset, sizeBytes, createdMs, newestMs, maxTimestamp } of log.segments) {
      writer.int64(baseOffset).uint32(sizeBytes).int64(createdMs).int64(newestMs).int64(maxTimestamp);
    }
  }
  return writer.finish();
}

export function decodeCheckpoint(payload: Uint8Array): Checkpoint {
  const reader = new ByteReader(payload);
  const sequence = reader.int64();
  const nextLogNumber = reader.uint32();
  const logs: CheckpointedLog[] = [];
  for (let left = reader.uint32(); left > 0; left--) logs.push(readLog(reader));
  return { sequence, nextLogNumber, logs };
}

function readLog(reader: ByteReader): CheckpointedLog {
  const number = reader.uint32();
  const name = readReplicaName(reader);
  const [startOffset, endOffset, highWatermark, damagedAt] = [
    reader.int64(),
    reader.int64(),
    reader.int64(),
    reader.int64(),
  ];
  const epochs = readEpochs(reader);
  const segments: SegmentFacts[] = [];
  for (let left = reader.uint32(); left > 0; left--) {
    segments.push({
      baseOffset: reader.int64(),
      sizeBytes: reader.uint32(),
      createdMs: reader.int64(),
      newestMs: reader.int64(),
      maxTimestamp: reader.int64(),
    });
  }
  const damage = damagedAt < 0 ? undefined : damagedAt;
  return { number, name, startOffset, endOffset, highWatermark, damagedAt: damage, epochs, segments };
}
