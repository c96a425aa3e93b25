import { assert, type Checksum, type Clock, DiskError, type Logger, type Ports, type Timer } from '@moldau/base';
import { writeCheckedFile } from '../checked-file.ts';
import type { FrameLog } from '../journal/frame-log.ts';
import { encodePartitionFrame, type PartitionFrame } from '../journal/partition-frames.ts';
import type { LogDirectoryConfig } from '../log-config.ts';
import type { LogHost, Refusal } from '../partition/log-host.ts';
import type { PartitionLog } from '../partition/partition-log.ts';
import { CHUNK_OVERHEAD_BYTES } from '../partition/tail.ts';
import { isPlanted, type PlantedBugs } from '../planted-bugs.ts';
import { OpenSegments } from '../segment/open-segments.ts';
import { DAMAGED_FILE_NAME } from './directory-recovery.ts';
import { FreeSpace } from './free-space.ts';
import { TailCache } from './tail-cache.ts';

export type LogDirectoryPorts = Pick<Ports, 'disk' | 'checksum' | 'clock' | 'timers' | 'random' | 'logger'>;

/** Hears what the logs of a directory hold, so that a simulation can tell it from what they should hold. */
export interface LogObserver {
  /** All that was recovered is in the segments. */
  opened(logs: Iterable<PartitionLog>): void;
  /** In the order in which it happens, before any of it is durable. */
  changed(log: PartitionLog, frame: PartitionFrame): void;
}

export interface LogDirectoryEvents {
  /** Once per flush: the logs whose flushed end has moved, or their flushed start. */
  onFlushed(logs: readonly PartitionLog[]): void;
  /**
   * Once: the disk failed. Nothing more is appended or flushed; close the directory. `noted` resolves when the next start
   * will know, or the disk has not taken the note in time: whoever ends the process waits for it.
   */
  onOffline(reason: unknown, noted: Promise<void>): void;
  /** A read found bytes that are not as they were written; see {@link PartitionLog.damagedAt}. */
  onDamaged(log: PartitionLog): void;
}

/** A flush of logs that do not wait for it (durability `replicated`) is due after this much, or this long. */
const LAZY_FLUSH_BYTES = 1024 * 1024;
const LAZY_FLUSH_MS = 100;

/** A disk that failed may not answer at all. */
const NOTE_MS_MAX = 1000;

/**
 * What the logs of one data directory share: the journal with its one flush loop, the bound on their tails, the space on
 * the disk, and the disk's failure.
 */
export class DirectoryCore implements LogHost {
  readonly ports: LogDirectoryPorts;
  readonly path: string;
  readonly config: LogDirectoryConfig;
  readonly plantedBugs: PlantedBugs | undefined;
  readonly observer: LogObserver | undefined;
  readonly openSegments: OpenSegments;
  readonly tails: TailCache;
  readonly space: FreeSpace;
  readonly #events: LogDirectoryEvents;
  #journal: FrameLog | undefined;
  /** Called when a checkpoint is due. */
  #onCheckpointDue: () => void = () => undefined;
  #unflushed = new Set<PartitionLog>();
  #isFlushAsked = false;
  #flushing: Promise<void> | undefined;
  #lazyBytes = 0;
  #lazyTimer: Timer | undefined;
  #checkpointTimer: Timer | undefined;
  /** Appended since the last checkpoint began. */
  #bytesSinceCheckpoint = 0;
  /** What that costs of memory, and what the checkpoint under way is to write. */
  #memorySinceCheckpoint = 0;
  #checkpointingMemory = 0;
  #failure: { readonly reason: unknown } | undefined;
  #isClosed = false;
  #isLetGo = false;
  #flushCount = 0;

  constructor(
    ports: LogDirectoryPorts,
    options: {
      readonly path: string;
      readonly config: LogDirectoryConfig;
      readonly plantedBugs?: PlantedBugs;
      readonly observer?: LogObserver;
    },
    events: LogDirectoryEvents,
  ) {
    this.ports = ports;
    this.path = options.path;
    this.config = options.config;
    this.plantedBugs = options.plantedBugs;
    this.observer = options.observer;
    this.openSegments = new OpenSegments(ports.disk, ports.checksum, options.config.openSegmentsMax);
    this.tails = new TailCache(options.config.tailBytesMax);
    this.space = new FreeSpace(ports, options.path, options.config.freeBytesMin, (error) => this.fail(error));
    this.#events = events;
  }

  get clock(): Clock {
    return this.ports.clock;
  }

  get checksum(): Checksum {
    return this.ports.checksum;
  }

  get logger(): Logger {
    return this.ports.logger;
  }

  get producerExpiryMs(): number {
    return this.config.producerExpiryMs;
  }

  get isOffline(): boolean {
    return this.#failure !== undefined;
  }

  /** Why it is offline. */
  get failure(): unknown {
    return this.#failure?.reason;
  }

  get flushCount(): number {
    return this.#flushCount;
  }

  /** Of memory: appended and not in the segments yet. */
  get unwrittenBytes(): number {
    return this.#memorySinceCheckpoint + this.#checkpointingMemory;
  }

  get frames(): FrameLog {
    assert(this.#journal !== undefined, 'the journal is open');
    return this.#journal;
  }

  /** The recovery is over: from here on frames go to this journal. */
  start(journal: FrameLog, onCheckpointDue: () => void): void {
    this.#journal = journal;
    this.#onCheckpointDue = onCheckpointDue;
  }

  /** No timer and no flush starts any more. */
  stop(): void {
    this.#isClosed = true;
    this.#lazyTimer?.cancel();
    this.#checkpointTimer?.cancel();
  }

  /** Closes what is open. What fails from here on is no news: nobody owns the directory any more. */
  async letGo(): Promise<void> {
    this.#isLetGo = true;
    await this.openSegments.closeAll();
    await this.#journal?.abandon();
  }

  ended(): Refusal | undefined {
    if (this.#isClosed) return refusal(`${this.path} is being closed`);
    if (this.#failure !== undefined) return refusal(`${this.path} is offline, its disk failed: see this broker's log`);
    return undefined;
  }

  refusal(): Refusal | undefined {
    const ended = this.ended();
    if (ended !== undefined) return ended;
    if (this.space.isExhausted()) {
      return refusal(
        `${this.path} is full: less than ${this.config.freeBytesMin} bytes are free. Free some, or add a broker`,
      );
    }
    if (this.unwrittenBytes > this.config.unwrittenBytesMax) {
      return refusal(
        `${this.path} is too slow: what waits to be written takes ${this.unwrittenBytes} bytes of memory. Send slower`,
      );
    }
    return undefined;
  }

  journal(log: PartitionLog, frame: PartitionFrame): void {
    assert(!this.#isClosed, 'an open directory is changed', { path: this.path });
    this.observer?.changed(log, frame);
    if (frame.kind === 'truncate' && isPlanted(this.plantedBugs, 'truncation-not-journaled')) return;
    const { type, parts } = encodePartitionFrame(frame);
    this.frames.append(type, parts);
    this.#checkpointTimer ??= this.ports.timers.after(this.config.checkpointMs, () => this.#onCheckpointDue());
  }

  appended(log: PartitionLog, bytes: number): void {
    this.#unflushed.add(log);
    this.#holds(log, bytes);
    this.space.take(bytes);
    if (this.#isCheckpointDue()) this.#onCheckpointDue();
    if (log.config.durability === 'replicated') this.#lazyBytes += bytes;
    if (log.config.durability === 'flushed' || this.#lazyBytes >= LAZY_FLUSH_BYTES) this.#askFlush();
    else this.#lazyTimer ??= this.ports.timers.after(LAZY_FLUSH_MS, () => this.#askFlush());
  }

  /** Seldom: by retention once in a while, and on request. */
  startMoved(log: PartitionLog): void {
    this.#unflushed.add(log);
    this.#askFlush();
  }

  released(bytes: number): void {
    this.tails.released(bytes);
  }

  replayed(log: PartitionLog, bytes: number): void {
    this.#holds(log, bytes);
  }

  durable(): Promise<void> {
    return this.orFail(this.frames.flush());
  }

  /** A failure of the disk takes the directory offline, whoever also hears of it. */
  async orFail<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof DiskError) this.fail(error);
      throw error;
    }
  }

  /** For work that nobody waits for: what is no failure of the disk is a bug, and stops the process. */
  report(error: unknown): void {
    if (error instanceof DiskError) this.fail(error);
    else
      this.ports.timers.endOfTurn(() => {
        throw error;
      });
  }

  /** Resolves when all that was appended is flushed and reported. */
  async drain(): Promise<void> {
    this.#isFlushAsked = true;
    while (this.#isFlushAsked && !this.isOffline) await (this.#flushing ?? this.#startFlushing());
  }

  foundDamage(log: PartitionLog): void {
    this.logger.error('log is damaged', { directory: log.directory, damagedAt: log.damagedAt });
    // The next start is to know, too.
    this.#onCheckpointDue();
    this.#events.onDamaged(log);
  }

  /**
   * The disk failed. What it holds is unknown from here on: nothing is tried again, and the next start is told, if the
   * disk still takes a note. Not of a full one: what was durable is there, what was not is told apart by the recovery, and
   * brokers that share a disk would all be damaged at once.
   */
  fail(reason: unknown): void {
    if (this.#failure !== undefined || this.#isLetGo) return;
    this.#failure = { reason };
    this.#lazyTimer?.cancel();
    this.#checkpointTimer?.cancel();
    this.logger.error('data directory is offline', { path: this.path, err: reason });
    const isFull = reason instanceof DiskError && reason.code === 'ENOSPC';
    this.#events.onOffline(reason, isFull ? Promise.resolve() : this.#leaveNote());
  }

  /** A checkpoint has captured all logs: what was appended so far is its work. */
  checkpointStarts(): void {
    this.#checkpointingMemory = this.#memorySinceCheckpoint;
    this.#memorySinceCheckpoint = 0;
    this.#bytesSinceCheckpoint = 0;
    this.#checkpointTimer?.cancel();
    this.#checkpointTimer = undefined;
  }

  checkpointEnds(): void {
    this.#checkpointingMemory = 0;
    this.tails.shrink();
    if (this.#isCheckpointDue()) this.#onCheckpointDue();
  }

  #holds(log: PartitionLog, bytes: number): void {
    const memory = bytes + CHUNK_OVERHEAD_BYTES;
    this.tails.added(log, memory);
    this.#bytesSinceCheckpoint += bytes;
    this.#memorySinceCheckpoint += memory;
  }

  /** Many small appends fill the memory long before they are many bytes. */
  #isCheckpointDue(): boolean {
    const { checkpointBytes, unwrittenBytesMax } = this.config;
    return this.#bytesSinceCheckpoint >= checkpointBytes || this.#memorySinceCheckpoint >= unwrittenBytesMax / 4;
  }

  /** One flush takes all that was appended in a turn, and all that waits when the one before it ends. */
  #askFlush(): void {
    if (this.#isFlushAsked) return;
    this.#isFlushAsked = true;
    this.ports.timers.endOfTurn(() => {
      if (this.#flushing !== undefined || this.#isClosed) return;
      this.#startFlushing().catch((error: unknown) => this.report(error));
    });
  }

  #startFlushing(): Promise<void> {
    this.#flushing = this.#flushAll().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #flushAll(): Promise<void> {
    while (this.#isFlushAsked && !this.isOffline) {
      this.#isFlushAsked = false;
      this.#lazyBytes = 0;
      this.#lazyTimer?.cancel();
      this.#lazyTimer = undefined;
      await this.#flush();
    }
  }

  async #flush(): Promise<void> {
    const logs = [...this.#unflushed];
    this.#unflushed.clear();
    for (const log of logs) log.flushStarts();
    const isEarly = isPlanted(this.plantedBugs, 'ack-before-fsync');
    if (isEarly) this.#flushed(logs);
    await this.durable();
    this.#flushCount++;
    if (!isEarly) this.#flushed(logs);
  }

  #flushed(logs: readonly PartitionLog[]): void {
    const moved = logs.filter((log) => log.flushEnds());
    if (moved.length > 0) this.#events.onFlushed(moved);
  }

  async #leaveNote(): Promise<void> {
    let timer: Timer | undefined;
    const late = new Promise<void>((resolve) => {
      timer = this.ports.timers.after(NOTE_MS_MAX, resolve);
    });
    const note = this.#writeNote().catch((err: unknown) => {
      this.logger.error('no note was left', { path: this.path, err });
    });
    await Promise.race([note, late]);
    timer?.cancel();
  }

  async #writeNote(): Promise<void> {
    await writeCheckedFile(this.ports, `${this.path}/${DAMAGED_FILE_NAME}`, 'damaged', new Uint8Array(0));
    await this.ports.disk.syncDirectory(this.path);
  }
}

function refusal(message: string): Refusal {
  return { kind: 'refused', code: 'KAFKA_STORAGE_ERROR', message };
}
