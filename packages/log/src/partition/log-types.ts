import type { LeaderEpoch, Offset } from '@moldau/base';
import type { LogNumber, ReplicaName } from '../journal/partition-frames.ts';
import type { SegmentJob, SegmentStore } from '../segment/segment-store.ts';
import type { EpochEntry } from './epoch-history.ts';
import type { Refusal } from './log-host.ts';
import type { ReplicaState, StateFiles } from './state-files.ts';

export type AppendResult =
  | { readonly kind: 'appended'; readonly baseOffset: Offset; readonly endOffset: Offset }
  /** Appended before; these are the offsets it got then. To be answered when the high watermark has passed them. */
  | { readonly kind: 'duplicate'; readonly baseOffset: Offset; readonly endOffset: Offset }
  | Refusal;

export interface ReadResult {
  /** Whole batches, in order; views of what the log holds, not to be changed. */
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
  /** Where the next read goes on; `from` when nothing was read. */
  readonly nextOffset: Offset;
}

/** What a recovery, or a creation, found out about a log. */
export interface LogBeginnings {
  readonly startOffset: Offset;
  readonly endOffset: Offset;
  readonly highWatermark: Offset;
  readonly damagedAt: Offset | undefined;
  readonly epochs: readonly EpochEntry[];
  readonly producers: Uint8Array | undefined;
  /** Of batches that had to be read, since no state file told of them. */
  readonly bytesSinceState: number;
}

export interface LogParts {
  readonly number: LogNumber;
  readonly name: ReplicaName;
  readonly directory: string;
  readonly segments: SegmentStore;
  readonly stateFiles: StateFiles;
}

/** What a checkpoint takes of a log in one moment, to write it later. */
export interface LogCapture {
  readonly isWiped: boolean;
  readonly job: SegmentJob;
  readonly states: readonly ReplicaState[];
  /** The reset in force then. */
  readonly resetState: ReplicaState | undefined;
}

export interface LogEpochs {
  readonly latest: LeaderEpoch;
  readonly entries: readonly EpochEntry[];
  /** The largest epoch at or below the one asked for, and where it ends here; undefined when none can be compared. */
  endOffsetFor(epoch: LeaderEpoch): { epoch: LeaderEpoch; endOffset: Offset } | undefined;
}

/** What the journal adds to a log's segments. */
export interface LogReplay {
  readonly operations: readonly RedoOperation[];
  readonly startOffset: Offset;
  readonly end: Offset;
}

/** One thing that the journal asks to be done again. */
export type RedoOperation =
  | { readonly kind: 'append'; readonly baseOffset: Offset; readonly endOffset: Offset; readonly batches: Uint8Array }
  | { readonly kind: 'epoch'; readonly epoch: number; readonly startOffset: Offset };
