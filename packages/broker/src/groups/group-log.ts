import {
  assert,
  type Checksum,
  type Clock,
  type ErrorCode,
  type LeaderEpoch,
  type Logger,
  MalformedBytesError,
  type Offset,
} from '@moldau/base';
import { BatchBuilder, readBatchRecords, splitBatches } from '@moldau/records';
import type { Partition, PartitionReader } from '../partition/partition.ts';
import type { PartitionLeader } from '../partition/partition-leader.ts';
import type { PlantedBugs } from '../planted-bugs.ts';
import { decodeGroupRecord, encodeGroupRecord, type GroupRecord } from './records.ts';

/** One append is one batch, so that it is there as a whole or not at all; a frame of the journal holds 32 MiB. */
const APPEND_BYTES_MAX = 12 * 1024 * 1024;
/** What waits for its replication in one partition. Full: refused, and the client tries again. */
const WAITING_BYTES_MAX = 32 * 1024 * 1024;
/** At least one batch comes, whatever its size. */
const LOAD_BYTES = 1024 * 1024;

/** What an append comes to. */
export interface GroupWrite {
  /** It is replicated. Called once unless leadership ends, late ones included. */
  committed(): void;
  /** Not replicated in time; it may still be. */
  timedOut(): void;
}

interface WaitingWrite {
  readonly endOffset: Offset;
  readonly deadlineMs: number;
  readonly bytes: number;
  readonly write: GroupWrite;
}

export interface GroupLogPorts {
  readonly clock: Clock;
  readonly checksum: Checksum;
  readonly logger: Logger;
  readonly bugs: PlantedBugs;
}

/**
 * A partition of the offsets topic, while this broker leads it in one epoch: read once from the start, appended to from then
 * on. Writes are committed in the order of the log, when the high watermark is there, however late: what is in memory is
 * at all times what a replay up to the high watermark gives. It listens as consumers do, since what waits in the
 * partition's queue of acknowledgements is forgotten at its deadline.
 */
export class GroupLog implements PartitionReader {
  readonly #ports: GroupLogPorts;
  readonly #partition: Partition;
  readonly #leader: PartitionLeader;
  readonly #events: { readonly ended: () => void; readonly reached: () => void };
  #waiting: WaitingWrite[] = [];
  #waitingBytes = 0;
  #late = 0;
  #bytes = 0;
  #hasEnded = false;

  constructor(
    ports: GroupLogPorts,
    partition: Partition,
    leader: PartitionLeader,
    events: { readonly ended: () => void; readonly reached: () => void },
  ) {
    this.#ports = ports;
    this.#partition = partition;
    this.#leader = leader;
    this.#events = events;
    partition.addConsumer(this);
  }

  get leaderEpoch(): LeaderEpoch {
    return this.#leader.leaderEpoch;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get #goesOn(): boolean {
    return this.#ports.bugs.has('two-coordinators-answer');
  }

  /** Whether this broker may answer from what is here, right now. */
  get serves(): boolean {
    return !this.#hasEnded && (this.#partition.servesAsLeader() || this.#goesOn);
  }

  /** Read and appended since {@link trimTo}, or since the start. */
  get bytes(): number {
    return this.#bytes;
  }

  get endOffset(): Offset {
    return this.#partition.log.endOffset;
  }

  get startOffset(): Offset {
    return this.#partition.log.startOffset;
  }

  /** Everything from before this epoch is replicated: what was read lasts. */
  get isSettled(): boolean {
    return this.#leader.highWatermark >= this.#leader.epochStart;
  }

  get highWatermark(): Offset {
    return this.#leader.highWatermark;
  }

  /** Undefined: it is in the log, and `write` hears what it comes to. Otherwise nothing was written. */
  append(records: readonly GroupRecord[], write: GroupWrite, timeoutMs: number): ErrorCode | undefined {
    assert(records.length > 0, 'something is written');
    if (!this.serves) return 'NOT_COORDINATOR';
    if (!this.#leader.hasMinIsr || this.#waitingBytes >= WAITING_BYTES_MAX) return 'COORDINATOR_NOT_AVAILABLE';
    const builder = new BatchBuilder();
    const wallMs = this.#ports.clock.wallMs();
    for (const record of records) builder.append({ ...encodeGroupRecord(record), headers: [] }, wallMs);
    const batch = builder.finish(this.#ports.checksum);
    if (batch.length > APPEND_BYTES_MAX) return 'INVALID_COMMIT_OFFSET_SIZE';
    const outcome = this.#partition.append(batch, this.#leader);
    if (outcome.kind === 'refused') {
      this.#ports.logger.warn('a record of groups is not written', { code: outcome.code, reason: outcome.message });
      return outcome.code === 'KAFKA_STORAGE_ERROR' ? 'NOT_COORDINATOR' : 'COORDINATOR_NOT_AVAILABLE';
    }
    const deadlineMs = this.#ports.clock.nowMs() + timeoutMs;
    this.#waiting.push({ endOffset: outcome.endOffset, deadlineMs, bytes: batch.length, write });
    this.#waitingBytes += batch.length;
    this.#bytes += batch.length;
    return undefined;
  }

  /** Whoever has waited too long is told; all have the same time, so the first are due first. */
  expire(nowMs: number): void {
    for (; ; this.#late++) {
      const next = this.#waiting[this.#late];
      if (next === undefined || next.deadlineMs > nowMs) return;
      next.write.timedOut();
    }
  }

  /**
   * Everything that was in the log when this epoch began, in order. Gives up when leadership ends.
   *
   * @throws RequestError or DiskError when the disk does not give it
   */
  async replay(apply: (record: GroupRecord) => void): Promise<void> {
    const { log } = this.#partition;
    this.#bytes = 0;
    const end = this.#leader.epochStart;
    let from = log.startOffset;
    while (from < end && !this.#hasEnded) {
      const { parts, bytes, nextOffset } = await log.read(from, { maxBytes: LOAD_BYTES, end, minOneBatch: true });
      if (this.#hasEnded) return;
      assert(nextOffset > from, 'a log that is not at its end gives something', { from, end });
      for (const part of parts) this.#replayBatches(part, from, apply);
      this.#bytes += bytes;
      from = nextOffset;
    }
  }

  /** Records below are not needed any more. They must be replicated, and so must what replaces them. */
  trimTo(offset: Offset): void {
    if (!this.#hasEnded) this.#partition.log.advanceStartOffset(offset);
  }

  /** What was written since then is all that counts from now on. */
  restartBytes(bytes: number): void {
    this.#bytes = bytes;
  }

  moved(): void {
    const { highWatermark } = this.#leader;
    let count = 0;
    for (const { endOffset, bytes } of this.#waiting) {
      if (endOffset > highWatermark) break;
      count++;
      this.#waitingBytes -= bytes;
    }
    const done = this.#waiting.splice(0, count);
    this.#late = Math.max(0, this.#late - count);
    for (const { write } of done) write.committed();
    this.#events.reached();
  }

  leadershipEnded(): void {
    if (this.#goesOn) return;
    this.#hasEnded = true;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#events.ended();
  }

  /** Lets go of the partition. Nothing is heard any more. */
  close(): void {
    this.#hasEnded = true;
    this.#partition.removeConsumer(this);
  }

  #replayBatches(bytes: Uint8Array, from: Offset, apply: (record: GroupRecord) => void): void {
    for (const { header, position } of splitBatches(bytes)) {
      const records = this.#orLeftOut(header.baseOffset, () => readBatchRecords(bytes, header, position)) ?? [];
      for (const { offset, key, value } of records) {
        if (offset < from || key === null) continue;
        const record = this.#orLeftOut(offset, () => decodeGroupRecord(key, value));
        if (record !== undefined) apply(record);
      }
    }
  }

  /**
   * What cannot be read, or is of a kind that is not known, is not ours: somebody else wrote into the topic, or a later
   * version. One such record must not stop all groups.
   */
  #orLeftOut<T>(offset: Offset, read: () => T | undefined): T | undefined {
    const { logger } = this.#ports;
    const { partition } = this.#partition;
    try {
      const found = read();
      if (found === undefined) logger.warn('a record of groups is of an unknown kind', { partition, offset });
      return found;
    } catch (error) {
      if (!(error instanceof MalformedBytesError)) throw error;
      logger.error('a record of groups cannot be read, and is left out', { partition, offset, err: error });
      return undefined;
    }
  }
}
