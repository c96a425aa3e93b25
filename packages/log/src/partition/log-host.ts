import type { Checksum, Clock, ErrorCode, Logger } from '@moldau/base';
import type { PartitionFrame } from '../journal/partition-frames.ts';
import type { PlantedBugs } from '../planted-bugs.ts';
import type { PartitionLog } from './partition-log.ts';

export interface Refusal {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly message: string;
}

/** What a log asks of the data directory it lives in. */
export interface LogHost {
  readonly clock: Clock;
  readonly checksum: Checksum;
  readonly logger: Logger;
  readonly plantedBugs: PlantedBugs | undefined;
  readonly producerExpiryMs: number;
  /** Why nothing can be appended now: {@link ended}, or the disk is full, or too slow. */
  refusal(): Refusal | undefined;
  /** Why no log can be changed any more: the directory is being closed, or its disk is gone. */
  ended(): Refusal | undefined;
  /** Puts a frame into the journal's next flush; the log has changed and belongs into the next checkpoint. */
  journal(log: PartitionLog, frame: PartitionFrame): void;
  /** Batches were appended: they are to be flushed, and count against the tail's bound. */
  appended(log: PartitionLog, bytes: number): void;
  /** The start is to be flushed: somebody may wait for that. */
  startMoved(log: PartitionLog): void;
  /** Batches came out of the journal: they are durable, and count against the tail's bound. */
  replayed(log: PartitionLog, bytes: number): void;
  /** Batches left the tail. */
  released(bytes: number): void;
  /** Resolves when all frames so far are durable. */
  durable(): Promise<void>;
  /** A read found bytes that are not as they were written. */
  foundDamage(log: PartitionLog): void;
  /** The disk failed. Never returns to normal. */
  fail(error: unknown): void;
}
