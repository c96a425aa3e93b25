import { assert, type Offset } from '@moldau/base';
import type { LogNumber, PartitionFrame, ReplicaName } from '../journal/partition-frames.ts';
import type { EpochEntry } from '../partition/epoch-history.ts';
import type { RedoOperation } from '../partition/log-types.ts';
import { sliceBatches } from '../partition/tail.ts';
import type { SegmentFacts } from '../segment/segment.ts';
import type { Checkpoint } from './checkpoint-file.ts';

/**
 * What a journal asks to be done again on top of a checkpoint, gathered before any file is touched.
 *
 * Per log there is one offset, the base: below it the segments hold the log as it is to be, above it nothing they hold
 * counts. A truncation below the base lowers it. So it does not matter how far the segments had followed when the
 * process ended: they are cut at the base, and what is kept here is appended.
 */
export interface LogRedo {
  readonly number: LogNumber;
  readonly name: ReplicaName;
  readonly highWatermark: Offset;
  readonly segments: readonly SegmentFacts[];
  /** Of the segments, by the checkpoint's word. */
  readonly epochs: readonly EpochEntry[];
  /** Where the checkpoint says that the segments end. */
  readonly checkpointEnd: Offset;
  startOffset: Offset;
  base: Offset;
  end: Offset;
  /** In order; all at or above the base. */
  operations: RedoOperation[];
  /** The log was emptied: nothing in its directory counts. */
  reset: { readonly epochs: readonly EpochEntry[]; readonly producers: Uint8Array } | undefined;
  damagedAt: Offset | undefined;
}

export class Redo {
  readonly logs: Map<LogNumber, LogRedo> = new Map();
  readonly deleted: ReplicaName[] = [];
  readonly strayed: ReplicaName[] = [];
  nextLogNumber: LogNumber;

  constructor(checkpoint: Checkpoint) {
    this.nextLogNumber = checkpoint.nextLogNumber;
    for (const log of checkpoint.logs) {
      this.logs.set(log.number, {
        ...log,
        checkpointEnd: log.endOffset,
        base: log.endOffset,
        end: log.endOffset,
        operations: [],
        reset: undefined,
      });
    }
  }

  apply(frame: PartitionFrame): void {
    if (frame.kind === 'create') {
      this.#create(frame.log, frame.name);
      return;
    }
    const log = this.logs.get(frame.log);
    if (log === undefined) {
      // Its deletion stands before this frame, or before the checkpoint. A start is not refused for a frame too many:
      // nothing is lost with it, since a directory that nobody knows is put aside with all it holds.
      assert(frame.log < this.nextLogNumber, 'the journal speaks of logs that were created', {
        log: frame.log,
        kind: frame.kind,
      });
      return;
    }
    switch (frame.kind) {
      case 'append':
        append(log, frame);
        return;
      case 'truncate':
        truncate(log, frame.endOffset);
        return;
      case 'delete':
        this.logs.delete(frame.log);
        this.deleted.push(log.name);
        return;
      case 'stray':
        this.logs.delete(frame.log);
        this.strayed.push(log.name);
        return;
      case 'reset':
        log.startOffset = frame.offset;
        log.base = frame.offset;
        log.end = frame.offset;
        log.operations = [];
        log.reset = { epochs: frame.epochs, producers: frame.producers };
        log.damagedAt = undefined;
        return;
      case 'start':
        log.startOffset = Math.max(log.startOffset, frame.startOffset);
        return;
      case 'epoch':
        log.operations.push({ kind: 'epoch', epoch: frame.epoch, startOffset: frame.startOffset });
    }
  }

  #create(number: LogNumber, name: ReplicaName): void {
    this.nextLogNumber = Math.max(this.nextLogNumber, number + 1);
    this.logs.set(number, {
      number,
      name,
      highWatermark: 0,
      segments: [],
      epochs: [],
      checkpointEnd: 0,
      startOffset: 0,
      base: 0,
      end: 0,
      operations: [],
      reset: undefined,
      damagedAt: undefined,
    });
  }
}

function append(log: LogRedo, frame: Extract<PartitionFrame, { kind: 'append' }>): void {
  // The journal and the checkpoint together hold everything that was durable. When they do not, what follows the hole
  // is not appended: a log has no holes.
  if (frame.durableEnd > log.end) log.damagedAt ??= log.end;
  if (log.damagedAt !== undefined && frame.baseOffset > log.end && frame.durableEnd > log.end) return;
  const { baseOffset, endOffset, batches } = frame;
  log.operations.push({ kind: 'append', baseOffset, endOffset, batches });
  log.end = endOffset;
}

function truncate(log: LogRedo, endOffset: Offset): void {
  if (endOffset >= log.end) return;
  log.end = endOffset;
  if (endOffset <= log.base) {
    log.base = endOffset;
    log.operations = [];
    return;
  }
  log.operations = log.operations.flatMap((operation): RedoOperation[] => {
    if (operation.kind === 'epoch') return operation.startOffset < endOffset ? [operation] : [];
    if (operation.endOffset <= endOffset) return [operation];
    if (operation.baseOffset >= endOffset) return [];
    const slice = sliceBatches(operation.batches, 0, { maxBytes: Infinity, end: endOffset, minOneBatch: true }, true);
    return slice === undefined ? [] : [{ ...operation, endOffset: slice.endOffset, batches: slice.bytes }];
  });
}
