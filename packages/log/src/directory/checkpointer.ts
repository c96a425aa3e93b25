import type { Offset } from '@moldau/base';
import { replaceCheckedFile } from '../checked-file.ts';
import type { FrameSequence } from '../journal/frame.ts';
import type { LogNumber } from '../journal/partition-frames.ts';
import type { EpochEntry } from '../partition/epoch-history.ts';
import type { LogCapture } from '../partition/log-types.ts';
import type { PartitionLog } from '../partition/partition-log.ts';
import { CHECKPOINT_FILE_NAME, type CheckpointedLog, encodeCheckpoint } from './checkpoint-file.ts';
import type { DirectoryCore } from './directory-core.ts';

/** Logs written at a time: as many as the checkpoint lane takes. */
const CONCURRENCY = 2;

interface Capture {
  readonly log: PartitionLog;
  /** undefined for a log that has not changed since the last checkpoint. */
  readonly changes: LogCapture | undefined;
  readonly startOffset: Offset;
  readonly endOffset: Offset;
  readonly damagedAt: Offset | undefined;
  readonly epochs: readonly EpochEntry[];
}

/**
 * Makes the segments follow the journal, and trims it. A checkpoint captures all logs in one moment, waits until the
 * journal has what they hold, writes their files, syncs them, then names them in the checkpoint file. Only then the journal
 * before that moment is not needed any more: truncations and deletions in it have reached the files too.
 *
 * Nothing else changes a replica's files, and never two at a time: {@link Checkpointer.alone} is for those who remove or
 * move them.
 */
export class Checkpointer {
  readonly #core: DirectoryCore;
  readonly #logs: ReadonlyMap<string, PartitionLog>;
  readonly #nextLogNumber: () => LogNumber;
  #queue: Promise<void> = Promise.resolve();
  #isAsked = false;
  #count = 0;

  constructor(core: DirectoryCore, logs: ReadonlyMap<string, PartitionLog>, nextLogNumber: () => LogNumber) {
    this.#core = core;
    this.#logs = logs;
    this.#nextLogNumber = nextLogNumber;
  }

  get count(): number {
    return this.#count;
  }

  /** A checkpoint soon; failures take the directory offline. */
  ask(): void {
    if (this.#isAsked || this.#core.isOffline) return;
    this.#isAsked = true;
    this.#core.ports.timers.endOfTurn(() => {
      this.run({ forceState: false }).catch((error: unknown) => this.#core.report(error));
    });
  }

  /** A checkpoint of all that was appended before the call. */
  run(options: { readonly forceState: boolean }): Promise<void> {
    return this.alone(async () => {
      this.#isAsked = false;
      if (this.#core.isOffline) return;
      const sequence = this.#core.frames.nextSequence;
      const captures = this.#capture(options.forceState);
      await this.#core.durable();
      await this.#write(captures, sequence);
      await this.#core.frames.trim(sequence);
      // Others write to the disk too.
      await this.#core.space.measure();
    });
  }

  /** A checkpoint without a journal: it was corrupt, and what was left of it is in the logs. */
  runWithoutJournal(sequence: FrameSequence): Promise<void> {
    return this.alone(() => this.#write(this.#capture(true), sequence));
  }

  /** Runs when no checkpoint does, in the order of the calls. */
  alone(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(() => this.#core.orFail(work()));
    this.#queue = done.catch(() => undefined);
    return done;
  }

  #capture(forceState: boolean): Capture[] {
    this.#core.checkpointStarts();
    return [...this.#logs.values()].map((log) => {
      const changes = log.isDirty || forceState ? log.capture(forceState) : undefined;
      const { startOffset, endOffset, damagedAt } = log;
      return { log, changes, startOffset, endOffset, damagedAt, epochs: [...log.epochs.entries] };
    });
  }

  async #write(captures: readonly Capture[], sequence: FrameSequence): Promise<void> {
    const waiting = captures.filter((capture) => capture.changes !== undefined);
    const writeNext = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        if (next.changes !== undefined) await next.log.write(next.changes);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, writeNext));
    const logs: CheckpointedLog[] = captures.map(({ log, startOffset, endOffset, damagedAt, epochs }) => {
      const { number, name, highWatermark } = log;
      return { number, name, highWatermark, startOffset, endOffset, damagedAt, epochs, segments: log.segmentFacts() };
    });
    const payload = encodeCheckpoint({ sequence, nextLogNumber: this.#nextLogNumber(), logs });
    const target = { directory: this.#core.path, name: CHECKPOINT_FILE_NAME };
    await replaceCheckedFile(this.#core.ports, target, 'checkpoint', payload);
    this.#count++;
    this.#core.checkpointEnds();
  }
}
