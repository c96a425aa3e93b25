import { assert, DiskError, isMissing, type LeaderEpoch, type Offset, RequestError } from '@moldau/base';
import { type BatchAt, batchEndOffset, splitBatches } from '@moldau/records';
import type { LogNumber, PartitionFrame, ReplicaName } from '../journal/partition-frames.ts';
import type { LogConfig } from '../log-config.ts';
import { isPlanted } from '../planted-bugs.ts';
import type { SegmentFacts } from '../segment/segment.ts';
import type { SegmentStore } from '../segment/segment-store.ts';
import { assignBatches, detached, endOf, followerFault, leaderRefusal } from './append-checks.ts';
import { type EpochEntry, EpochHistory } from './epoch-history.ts';
import type { LogHost } from './log-host.ts';
import { LogOffsets } from './log-offsets.ts';
import type {
  AppendResult,
  LogBeginnings,
  LogCapture,
  LogEpochs,
  LogParts,
  LogReplay,
  ReadResult,
} from './log-types.ts';
import { ProducerState } from './producer-state.ts';
import { relearnProducers } from './relearn-producers.ts';
import { expiredBelow } from './retention.ts';
import { findTimestamp, type ReadableLog, readSegments, type SegmentDamage } from './segment-reads.ts';
import type { ReplicaState, StateFiles } from './state-files.ts';
import { type ReadLimits, Tail } from './tail.ts';
import type { FoundByTimestamp } from './timestamps.ts';

/** A state file is written after this much: what a recovery reads of the segments to know the producers. */
const STATE_INTERVAL_BYTES = 4 * 1024 * 1024;

/**
 * One replica's log. Appends are synchronous: visible at once in memory, in the journal with the next flush, in the
 * segments with the next checkpoint. One owner changes it, and does nothing else with it while a truncation or a reset
 * is on its way.
 */
export class PartitionLog {
  readonly number: LogNumber;
  readonly name: ReplicaName;
  readonly directory: string;
  readonly #host: LogHost;
  readonly #segments: SegmentStore;
  readonly #stateFiles: StateFiles;
  readonly #tail = new Tail();
  readonly #epochs = new EpochHistory();
  readonly #producers = new ProducerState();
  #config: LogConfig;
  readonly #at: LogOffsets;
  #damagedAt: Offset | undefined;
  #cutTo: Offset | undefined;
  #isWiped = false;
  /** What the last reset brought: no batch here tells it again. */
  #resetState: ReplicaState | undefined;
  #isDirty = true;
  /** Of batches that no state file tells of. */
  #bytesSinceState: number;
  /** Counts truncations and resets: what was read before one may be gone. */
  #generation = 0;
  #isClosed = false;

  constructor(host: LogHost, parts: LogParts, config: LogConfig, beginnings: LogBeginnings) {
    this.#host = host;
    this.number = parts.number;
    this.name = parts.name;
    this.directory = parts.directory;
    this.#segments = parts.segments;
    this.#stateFiles = parts.stateFiles;
    this.#config = config;
    this.#at = new LogOffsets(beginnings);
    this.#damagedAt = beginnings.damagedAt;
    this.#bytesSinceState = beginnings.bytesSinceState;
    this.#epochs.replaceWith(beginnings.epochs);
    if (beginnings.producers !== undefined) this.#producers.replaceWith(beginnings.producers);
  }

  get startOffset(): Offset {
    return this.#at.start;
  }

  /** Behind the last batch; what the next append gets. */
  get endOffset(): Offset {
    return this.#at.end;
  }

  /** Everything below it survives the loss of power. */
  get flushedEnd(): Offset {
    return this.#at.flushed;
  }

  /** Where the log starts after a loss of power, or further up. */
  get flushedStart(): Offset {
    return this.#at.flushedStart;
  }

  get highWatermark(): Offset {
    return this.#at.highWatermark;
  }

  /** Below it no transaction is open. Without transactions it is the high watermark. */
  get lastStableOffset(): Offset {
    return this.#at.highWatermark;
  }

  /** From about here on the disk did not hold what was durable; undefined for a sound log. */
  get damagedAt(): Offset | undefined {
    return this.#damagedAt;
  }

  get config(): LogConfig {
    return this.#config;
  }

  /** Bytes of batches, on disk and still to be written. */
  get sizeBytes(): number {
    return this.#segments.sizeBytes + this.unwrittenBytes;
  }

  /** Of the tail: its batches, and what each append costs beside them. */
  get memoryBytes(): number {
    return this.#tail.bytes;
  }

  /** From here on a {@link read} is answered at once. */
  get memoryStart(): Offset {
    return this.#tail.startOffset ?? this.#at.end;
  }

  get unwrittenBytes(): number {
    return this.#tail.from(this.#at.written).reduce((sum, chunk) => sum + chunk.bytes.length, 0);
  }

  get segmentCount(): number {
    return this.#segments.segments.length;
  }

  get producerCount(): number {
    return this.#producers.count;
  }

  /** Epochs of the leaders that wrote the log, as replicas compare them. */
  get epochs(): LogEpochs {
    return {
      latest: this.#epochs.latest,
      entries: this.#epochs.entries,
      endOffsetFor: (epoch) => this.#epochs.endOffsetFor(epoch, this.#at.end),
    };
  }

  /** The topic's settings changed. */
  setConfig(config: LogConfig): void {
    this.#config = config;
  }

  /** This replica leads from here on, in this epoch. */
  beginEpoch(epoch: LeaderEpoch): void {
    assert(!this.#isClosed, 'an open log begins an epoch');
    if (epoch === this.#epochs.latest) return;
    this.#epochs.begin(epoch, this.#at.end);
    this.#journal({ kind: 'epoch', log: this.number, epoch, startOffset: this.#at.end });
  }

  /**
   * Appends batches whose headers and checksums the caller has checked, and assigns their offsets and epoch in their own
   * bytes, which are the log's from here on. Batches of an idempotent producer come one at a time.
   *
   * @param leaderEpoch the epoch begun last
   */
  appendAsLeader(bytes: Uint8Array, leaderEpoch: LeaderEpoch, nowWallMs: number): AppendResult {
    assert(leaderEpoch === this.#epochs.latest, 'a leader appends in the epoch it began', { leaderEpoch });
    const batches = splitBatches(bytes);
    const state = { isClosed: this.#isClosed, damagedAt: this.#damagedAt, endOffset: this.#at.end };
    const refusal = this.#host.refusal() ?? leaderRefusal(bytes, batches, state);
    if (refusal !== undefined) return refusal;
    const baseOffset = this.#at.end;
    for (const { header } of batches) {
      const verdict = this.#producers.check(header);
      if (verdict.kind === 'accepted') continue;
      if (verdict.kind === 'refused') return verdict;
      if (!isPlanted(this.#host.plantedBugs, 'duplicate-answered-with-new-offset')) return verdict;
      return { kind: 'duplicate', baseOffset, endOffset: baseOffset + header.lastOffsetDelta + 1 };
    }
    const own = detached(bytes);
    const assigned = assignBatches(own, batches, { baseOffset, leaderEpoch });
    const nextOffset = endOf(assigned, baseOffset);
    this.#append(own, assigned, nowWallMs);
    assert(this.#at.end === nextOffset, 'the log ends behind what was appended');
    return { kind: 'appended', baseOffset, endOffset: nextOffset };
  }

  /**
   * Appends a leader's batches as they are: offsets and epochs kept, gaps allowed.
   *
   * @throws RequestError KAFKA_STORAGE_ERROR when the disk cannot take them; CORRUPT_MESSAGE when they do not continue
   *   the log
   */
  appendAsFollower(bytes: Uint8Array): { endOffset: Offset } {
    const batches = splitBatches(bytes);
    const refusal = this.#host.refusal();
    if (refusal !== undefined) throw new RequestError(refusal.code, refusal.message);
    const fault = followerFault(batches, { offset: this.#at.end, epoch: this.#epochs.epochAt(this.#at.end - 1) });
    if (fault !== undefined) throw new RequestError('CORRUPT_MESSAGE', fault);
    if (batches.length > 0) this.#append(detached(bytes), batches, this.#host.clock.wallMs());
    return { endOffset: this.#at.end };
  }

  /** Replication has reached this offset. It only rises; a lower one is an older message. */
  setHighWatermark(offset: Offset): void {
    assert(offset <= this.#at.end, 'the high watermark lies within the log', { offset, end: this.#at.end });
    if (offset > this.#at.highWatermark) this.#at.highWatermark = offset;
  }

  /** Records below are gone for readers; whole segments below go with the next checkpoint. Set the high watermark first. */
  advanceStartOffset(offset: Offset): void {
    if (offset <= this.#at.start) return;
    const isAllowed =
      offset <= this.#at.highWatermark || isPlanted(this.#host.plantedBugs, 'retention-above-high-watermark');
    assert(isAllowed, 'nothing above the high watermark is deleted', { offset, highWatermark: this.#at.highWatermark });
    this.#at.start = offset;
    this.#at.highWatermark = Math.max(this.#at.highWatermark, offset);
    this.#epochs.advanceStart(offset);
    this.#journal({ kind: 'start', log: this.number, startOffset: offset });
    this.#host.startMoved(this);
  }

  /**
   * Whole batches from the one that holds `from`, or the next. At once from the tail; otherwise from the segments, each
   * batch's checksum checked. May give less than there is: go on at `nextOffset`.
   *
   * @throws RequestError OFFSET_OUT_OF_RANGE, or KAFKA_STORAGE_ERROR where the disk does not hold what was written
   */
  read(from: Offset, limits: ReadLimits): ReadResult | Promise<ReadResult> {
    this.#checkRange(from);
    if (from >= this.memoryStart) return this.#tail.read(from, limits);
    return this.#readSegments(from, limits);
  }

  /**
   * Ends the log at this offset, or before the batch that holds it, and forgets with it the epochs and producers behind.
   * Durable when resolved.
   *
   * @throws RequestError when the log went while its segments were read, deleted or closed: a frame behind that of its
   *   deletion would be nobody's
   */
  async truncateTo(offset: Offset): Promise<void> {
    assert(offset >= this.#at.start, 'a log is truncated within its bounds', { offset, start: this.#at.start });
    if (offset >= this.#at.end) return;
    const bound = this.#tail.boundary(offset) ?? (await this.#orFail(this.#segments.boundary(offset)));
    this.#checkChangeable();
    this.#noteDamage(this.#segments.takeDamage());
    // The start may lie within a batch: a log that loses this batch is empty, and still starts there.
    const boundary = Math.max(bound, this.#at.start);
    this.#cutEnd(boundary);
    this.#journal({ kind: 'truncate', log: this.number, durableEnd: this.#at.flushed, endOffset: boundary });
    const durable = this.#host.durable();
    if (this.#producers.reachesBeyond(boundary)) await Promise.all([this.#orFail(this.#relearnProducers()), durable]);
    await durable;
  }

  /**
   * Empties the log and starts it at this offset: what the leader still has begins behind what is here, or what is here is
   * damaged. Durable when resolved.
   */
  async resetTo(offset: Offset, epochs: readonly EpochEntry[], producers: Uint8Array): Promise<void> {
    this.#checkChangeable();
    this.#producers.replaceWith(producers);
    this.#epochs.replaceWith(epochs);
    this.#generation++;
    this.#host.released(this.#tail.clear());
    this.#stateFiles.truncateTo(-1);
    this.#isWiped = true;
    this.#resetState = { offset, producers: this.#producers.encode() };
    this.#cutTo = undefined;
    this.#bytesSinceState = Infinity;
    this.#damagedAt = undefined;
    this.#at.reset(offset);
    this.#journal({ kind: 'reset', log: this.number, offset, epochs, producers: this.#producers.encode() });
    await this.#host.durable();
  }

  /**
   * What a follower that starts at this offset needs to know of the producers. Not more: of a batch behind it which never
   * reaches the follower, it would answer a retry as a duplicate, and nobody had the record.
   */
  producerSnapshot(below: Offset): Uint8Array {
    return this.#producers.encode(below);
  }

  /** Of the youngest record; -1 when there is none, or none has a timestamp. */
  get maxTimestamp(): number {
    return Math.max(this.#tail.maxTimestamp, ...this.#segments.segments.map(({ maxTimestamp }) => maxTimestamp));
  }

  /**
   * The first record at or above the timestamp, not below `fromOffset`. undefined when there is none.
   *
   * @throws RequestError KAFKA_STORAGE_ERROR where the disk does not hold what was written, and the record may be there
   */
  async offsetForTimestamp(timestampMs: number, fromOffset: Offset = 0): Promise<FoundByTimestamp | undefined> {
    for (;;) {
      this.#checkOpen();
      const generation = this.#generation;
      const log = this.#readable();
      const query = { timestampMs, fromOffset: Math.max(fromOffset, this.#at.start) };
      const found = await this.#orFail(findTimestamp(log, query));
      if (generation !== this.#generation || query.fromOffset < this.#at.start || found?.kind === 'changed') continue;
      if (found?.kind === 'damaged') throw this.#damaged(found);
      if (found !== undefined) return found;
      // What was in memory alone is in the segments now, and may have left the memory.
      const isMoved = this.#at.written > log.writtenEnd && this.memoryStart > log.writtenEnd;
      if (!isMoved)
        return this.#tail.findTimestamp({ timestampMs, fromOffset: Math.max(query.fromOffset, log.writtenEnd) });
    }
  }

  /** Moves the start behind segments that are too old or too much, never above the high watermark. */
  applyRetention(nowWallMs: number): void {
    const isUnbound = isPlanted(this.#host.plantedBugs, 'retention-above-high-watermark');
    const limits = {
      nowWallMs,
      endOffset: isUnbound ? this.#at.end : this.#at.highWatermark,
      writtenEnd: this.#at.written,
      unwrittenBytes: this.unwrittenBytes,
    };
    this.advanceStartOffset(expiredBelow(this.#segments.segments, this.#config, limits) ?? this.#at.start);
    this.#producers.expire(nowWallMs, this.#host.producerExpiryMs);
  }

  // What follows is for the data directory alone.

  get isDirty(): boolean {
    return this.#isDirty;
  }

  /** A flush that takes all frames so far starts. */
  flushStarts(): void {
    this.#at.flushStarts();
  }

  /** That flush has ended: what it reached, as far as it was not truncated since, is durable. Whether that is news. */
  flushEnds(): boolean {
    return this.#at.flushEnds();
  }

  /** Drops the tail's oldest chunk when the segments hold it; returns the bytes that are free now. */
  dropOldest(): number {
    return this.#tail.dropOldest(this.#at.written);
  }

  /** Takes all that changed since the last checkpoint. The next capture comes after {@link write} of this one has ended. */
  capture(forceState: boolean): LogCapture {
    const isStateDue = forceState || this.#bytesSinceState >= STATE_INTERVAL_BYTES;
    const states: ReplicaState[] = this.#isWiped && this.#resetState !== undefined ? [this.#resetState] : [];
    if (isStateDue) {
      states.push({ offset: this.#at.end, producers: this.#producers.encode() });
      this.#bytesSinceState = 0;
    }
    const job = {
      startOffset: this.#at.start,
      endOffset: this.#at.end,
      cutTo: this.#cutTo,
      chunks: this.#tail.from(this.#at.captured),
      limits: this.#config,
      nowWallMs: this.#host.clock.wallMs(),
    };
    const capture = { isWiped: this.#isWiped, job, states, resetState: this.#resetState };
    this.#isDirty = false;
    this.#isWiped = false;
    this.#cutTo = undefined;
    this.#at.captured = this.#at.end;
    return capture;
  }

  /**
   * Makes the files hold what was captured; synced when resolved. Changes to the log since then wait for the next
   * checkpoint, also a truncation: its frame must be durable before the files follow it.
   */
  async write(capture: LogCapture): Promise<void> {
    if (capture.isWiped) await this.#segments.wipe();
    await this.#segments.apply(capture.job);
    this.#noteDamage(this.#segments.takeDamage());
    for (const state of capture.states) await this.#stateFiles.save(state);
    // The log was truncated or reset meanwhile: part of what was saved is not its history any more.
    this.#stateFiles.truncateTo(capture.resetState === this.#resetState ? this.#at.captured : -1);
    await this.#stateFiles.tidy();
    this.#at.written = this.#at.captured;
  }

  /** Segments as the checkpoint names them. */
  segmentFacts(): readonly SegmentFacts[] {
    return this.#segments.facts();
  }

  /**
   * Recovery: what the journal adds to the segments, all of it durable. A truncation may have ended the log behind its last
   * batch, and records that are in the journal alone may have been deleted.
   */
  replay({ operations, startOffset, end }: LogReplay): void {
    for (const operation of operations) {
      if (operation.kind === 'epoch') this.#epochs.begin(operation.epoch, operation.startOffset);
      else {
        this.#take(operation.batches, splitBatches(operation.batches), this.#host.clock.wallMs());
        this.#host.replayed(this, operation.batches.length);
      }
    }
    this.#at.recovered(startOffset, end);
    this.#epochs.advanceStart(this.#at.start);
  }

  /** Recovery: the directory as a whole lost something durable, and nobody can tell whether it was this log's. */
  distrust(): void {
    this.#damagedAt ??= this.#at.end;
  }

  /** Lets go of the segments' files. */
  async closeFiles(): Promise<void> {
    for (const segment of this.#segments.segments) await this.#segments.closeFile(segment);
  }

  /** The log is deleted, or its directory is closed: whoever still reads gets an error. */
  close(): void {
    this.#isClosed = true;
    this.#generation++;
    this.#host.released(this.#tail.clear());
    // Others hold on to a log for a while longer, and these can be megabytes.
    this.#producers.clear();
    this.#resetState = undefined;
  }

  #append(bytes: Uint8Array, batches: readonly BatchAt[], nowMs: number): void {
    const baseOffset = batches[0]?.header.baseOffset ?? this.#at.end;
    assert(!this.#isClosed, 'an open log is appended to');
    assert(baseOffset >= this.#at.end, 'an append is behind the log', { baseOffset, end: this.#at.end });
    const durableEnd = this.#at.flushed;
    this.#take(bytes, batches, nowMs);
    const endOffset = this.#at.end;
    this.#journal({ kind: 'append', log: this.number, durableEnd, baseOffset, endOffset, batches: bytes });
    this.#host.appended(this, bytes.length);
  }

  #take(bytes: Uint8Array, batches: readonly BatchAt[], nowMs: number): void {
    let maxTimestamp = -1;
    let baseOffset: Offset | undefined;
    for (const { header } of batches) {
      this.#epochs.note(header.leaderEpoch, header.baseOffset, this.#at.end);
      this.#producers.apply(header, nowMs);
      maxTimestamp = Math.max(maxTimestamp, header.maxTimestamp);
      baseOffset ??= header.baseOffset;
      this.#at.end = batchEndOffset(header);
    }
    if (baseOffset === undefined) return;
    this.#tail.push({ baseOffset, endOffset: this.#at.end, maxTimestamp, bytes });
    this.#bytesSinceState += bytes.length;
  }

  #journal(frame: PartitionFrame): void {
    this.#isDirty = true;
    this.#host.journal(this, frame);
  }

  #cutEnd(boundary: Offset): void {
    if (boundary < this.#at.highWatermark) {
      const fields = { directory: this.directory, offset: boundary, highWatermark: this.#at.highWatermark };
      this.#host.logger.warn('log is truncated below its high watermark', fields);
    }
    this.#generation++;
    this.#host.released(this.#tail.truncateTo(boundary));
    if (boundary < this.#at.captured) this.#cutTo = Math.min(this.#cutTo ?? boundary, boundary);
    this.#stateFiles.truncateTo(boundary);
    this.#epochs.truncateTo(boundary);
    this.#at.cut(boundary);
  }

  async #relearnProducers(): Promise<void> {
    const isReset = this.#resetState !== undefined && this.#resetState.offset <= this.#at.end;
    const state = (await this.#stateFiles.load(this.#at.end)) ?? (isReset ? this.#resetState : undefined);
    await relearnProducers(this.#producers, state, {
      startOffset: this.#at.start,
      endOffset: this.#at.end,
      nowMs: this.#host.clock.wallMs(),
      read: (from, limits) => this.read(from, limits),
    });
  }

  async #readSegments(from: Offset, limits: ReadLimits): Promise<ReadResult> {
    for (;;) {
      const generation = this.#generation;
      const result = await this.#orFail(readSegments(this.#readable(), from, limits));
      this.#checkRange(from);
      // A truncation cut what was read while it was being read: what is there now is asked for again.
      if (generation !== this.#generation)
        return this.read(from, { ...limits, end: Math.min(limits.end, this.#at.end) });
      if (result.kind === 'read') return result;
      if (result.kind === 'damaged') throw this.#damaged(result);
    }
  }

  #readable(): ReadableLog {
    const { checksum } = this.#host;
    return { segments: this.#segments, checksum, epochs: this.#epochs, writtenEnd: this.#at.written };
  }

  #damaged({ path, offset, fault }: SegmentDamage): RequestError {
    this.#noteDamage(offset);
    return new RequestError('KAFKA_STORAGE_ERROR', `${path} is damaged behind offset ${offset}: ${fault}`);
  }

  #checkOpen(): void {
    if (!this.#isClosed) return;
    throw new RequestError('NOT_LEADER_OR_FOLLOWER', 'this replica is gone; ask for the metadata again');
  }

  /** What was believed before an `await` may have changed: the log was deleted, or its directory has ended. */
  #checkChangeable(): void {
    this.#checkOpen();
    const ended = this.#host.ended();
    if (ended !== undefined) throw new RequestError(ended.code, ended.message);
  }

  #checkRange(from: Offset): void {
    this.#checkOpen();
    if (from >= this.#at.start && from <= this.#at.end) return;
    const range = `[${this.#at.start}, ${this.#at.end}]`;
    throw new RequestError('OFFSET_OUT_OF_RANGE', `offset ${from} is outside ${range}; reset the position`);
  }

  #noteDamage(offset: Offset | undefined): void {
    this.#damagedAt ??= offset;
    if (offset !== undefined) this.#host.foundDamage(this);
  }

  /** A disk that cannot read is not to be trusted with writes either; files of a deleted log are missing by order. */
  async #orFail<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (isMissing(error)) this.#checkOpen();
      if (error instanceof DiskError) this.#host.fail(error);
      throw error;
    }
  }
}
