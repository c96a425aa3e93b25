import {
  assert,
  type ClusterId,
  type DirectoryId,
  DiskError,
  type DiskLock,
  type MetricSample,
  type NodeId,
  type PartitionId,
  type TopicId,
  topicPartitionKey,
} from '@moldau/base';
import { readCheckedFile, replaceCheckedFile } from '../checked-file.ts';
import { FrameLog } from '../journal/frame-log.ts';
import type { ReplicaName } from '../journal/partition-frames.ts';
import type { LogConfig, LogDirectoryConfig } from '../log-config.ts';
import { PartitionLog } from '../partition/partition-log.ts';
import { StateFiles } from '../partition/state-files.ts';
import type { PlantedBugs } from '../planted-bugs.ts';
import { SegmentStore } from '../segment/segment-store.ts';
import { CHECKPOINT_FILE_NAME, encodeCheckpoint } from './checkpoint-file.ts';
import { Checkpointer } from './checkpointer.ts';
import { DirectoryCore, type LogDirectoryEvents, type LogDirectoryPorts, type LogObserver } from './directory-core.ts';
import {
  CLEAN_FILE_NAME,
  DAMAGED_FILE_NAME,
  JOURNAL_NAME,
  type RecoveredDirectory,
  recoverDirectory,
  takeCleanMarker,
} from './directory-recovery.ts';
import { directorySamples } from './directory-samples.ts';
import { type DirectoryMeta, openMeta } from './meta.ts';
import { parseReplicaDirectoryName, replicaDirectoryName } from './replica-directory.ts';
import { Strays } from './strays.ts';
import { type DirectoryVerdict, UnreportedVerdict, worseVerdict } from './verdict.ts';

/** How often old strays are looked for. */
const STRAYS_LOOK_MS = 60 * 60 * 1000;

export interface LogDirectoryOptions {
  readonly path: string;
  readonly clusterId: ClusterId;
  readonly nodeId: NodeId;
  readonly config: LogDirectoryConfig;
  /** Simulation only. */
  readonly plantedBugs?: PlantedBugs;
  /** Simulation only. */
  readonly observer?: LogObserver;
}

/**
 * One data directory: its logs, their one journal, and the lock that keeps other processes out.
 *
 *     opening -> serving -> closed
 *                   \-> offline (first failed write, sync or read) -> closed
 *
 * Appends of all logs go to the journal, and one flush takes all that waits. The segments follow at checkpoints, after
 * which the journal is trimmed. Files and their bytes: docs/internals/data-directory.md.
 */
export class LogDirectory {
  readonly path: string;
  readonly directoryId: DirectoryId;
  /** What the controller is to be told: see {@link reported}. */
  readonly verdict: DirectoryVerdict;
  /** Replicas that lost something durable; they are read-only until they are fetched again. */
  readonly damaged: readonly ReplicaName[];
  readonly #core: DirectoryCore;
  readonly #lock: DiskLock;
  readonly #checkpoints: Checkpointer;
  readonly #unreported: UnreportedVerdict;
  readonly #logs: Map<string, PartitionLog>;
  /** Directories of deleted replicas on their way out: their names are taken until they are gone. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #strays: Strays;
  #straysSeenMs = 0;
  #strayWork: Promise<void> = Promise.resolve();
  #nextLogNumber: number;
  #isReported: boolean;
  #isClosed = false;

  private constructor(core: DirectoryCore, lock: DiskLock, opened: Opened) {
    this.#core = core;
    this.#lock = lock;
    this.#logs = opened.logs;
    this.#nextLogNumber = opened.recovered.nextLogNumber;
    this.#checkpoints = new Checkpointer(core, opened.logs, () => this.#nextLogNumber);
    this.path = core.path;
    this.directoryId = opened.meta.directoryId;
    this.verdict = opened.verdict;
    this.#unreported = opened.unreported;
    this.#strays = new Strays(core.ports.disk, core.path);
    this.#isReported = opened.verdict === 'clean';
    this.damaged = [...opened.logs.values()].filter((log) => log.damagedAt !== undefined).map((log) => log.name);
  }

  /**
   * Opens the directory, or sets up an empty one. When resolved, everything found is durable, in its segments, and serves.
   *
   * @throws DirectoryRefusedError when it is another cluster's or node's, or cannot be used; DiskError, code ELOCKED while
   *   another process has it
   */
  static async open(
    ports: LogDirectoryPorts,
    options: LogDirectoryOptions,
    events: LogDirectoryEvents,
  ): Promise<LogDirectory> {
    await ports.disk.makeDirectory(options.path);
    const lock = await ports.disk.lock(options.path);
    const core = new DirectoryCore(ports, options, events);
    try {
      const opened = await openLocked(core, options);
      const directory = new LogDirectory(core, lock, opened);
      await directory.#start(opened.recovered);
      core.observer?.opened(directory.logs());
      return directory;
    } catch (error) {
      core.stop();
      await core.letGo();
      await lock.release();
      throw error;
    }
  }

  get isOffline(): boolean {
    return this.#core.isOffline;
  }

  /** What took it offline. */
  get failure(): unknown {
    return this.#core.failure;
  }

  get(topicId: TopicId, partition: PartitionId): PartitionLog | undefined {
    return this.#logs.get(topicPartitionKey(topicId, partition));
  }

  logs(): Iterable<PartitionLog> {
    return this.#logs.values();
  }

  /** Creates an empty log; durable when resolved. There must be none of this partition. */
  async create(replica: ReplicaName & { readonly config: LogConfig }): Promise<PartitionLog> {
    const { topicId, partition, incarnation, config } = replica;
    const key = topicPartitionKey(topicId, partition);
    const name = { topicId, partition, incarnation };
    const directory = `${this.path}/${replicaDirectoryName(name)}`;
    await this.#leaving.get(directory);
    await this.#core.orFail(this.#core.ports.disk.makeDirectory(directory));
    this.#checkOpen();
    assert(!this.#logs.has(key), 'a log is created once', { key });
    const number = this.#nextLogNumber++;
    const segments = new SegmentStore(this.#core.ports, this.#core.openSegments, directory, {
      facts: [],
      endOffset: 0,
    });
    const stateFiles = new StateFiles(this.#core.ports, directory, []);
    const parts = { number, name, directory, segments, stateFiles };
    const log = new PartitionLog(this.#core, parts, config, NEW_LOG);
    // In one turn: a checkpoint sees both the frame and the log, or neither.
    this.#logs.set(key, log);
    this.#core.journal(log, { kind: 'create', log: number, name });
    await this.#core.durable();
    return log;
  }

  /** Deletes a log; durable when resolved. Its files go soon after. */
  async delete(topicId: TopicId, partition: PartitionId): Promise<void> {
    const log = this.#drop(topicId, partition, 'delete');
    await this.#core.durable();
    const { disk } = this.#core.ports;
    this.#remove(log, () => disk.removeDirectory(log.directory)).catch((error: unknown) => this.#core.report(error));
  }

  /**
   * Puts replicas aside, with all their data, under `stray/`: absence from metadata is no order to delete. Those that went
   * meanwhile are none of its business. Durable when resolved.
   */
  async moveToStray(replicas: readonly Pick<ReplicaName, 'topicId' | 'partition'>[]): Promise<void> {
    await this.#checkpoints.run({ forceState: true });
    this.#checkOpen();
    const there = replicas.filter(({ topicId, partition }) => this.get(topicId, partition) !== undefined);
    const logs = there.map(({ topicId, partition }) => this.#drop(topicId, partition, 'stray'));
    await this.#core.durable();
    const moved = logs.map((log) => {
      const name = replicaDirectoryName(log.name);
      return this.#remove(log, () => this.#strays.putAside(name, this.#core.clock.wallMs()));
    });
    await Promise.all(moved);
  }

  /** Moves the retention of all logs on, and lets the checkpoint that follows delete their files. Old strays go, too. */
  applyRetention(): void {
    const nowWallMs = this.#core.clock.wallMs();
    for (const log of this.#logs.values()) log.applyRetention(nowWallMs);
    if (nowWallMs - this.#straysSeenMs < STRAYS_LOOK_MS) return;
    this.#straysSeenMs = nowWallMs;
    this.#strayWork = this.#removeStrays(nowWallMs).catch((error: unknown) => this.#core.report(error));
  }

  /**
   * The controller has the verdict: what the next start finds is about this run alone. Until then it is found again,
   * whatever happens, and a stop leaves no mark. Durable when resolved.
   */
  async reported(): Promise<void> {
    if (this.#isReported || this.#core.isOffline) return;
    await this.#core.orFail(this.#unreported.remove());
    this.#isReported = true;
  }

  samples(): Iterable<MetricSample> {
    return directorySamples(this.#core, this.#checkpoints, this.#logs);
  }

  /**
   * `clean`: flushes, brings all segments up to date and leaves the mark of a clean stop, once the verdict of this start is
   * reported. Otherwise, or when the directory is offline, only lets go of it, as a crash would.
   */
  async close(options: { readonly clean: boolean }): Promise<void> {
    if (this.#isClosed) return;
    try {
      if (options.clean && !this.#core.isOffline) await this.#core.drain();
      this.#isClosed = true;
      this.#core.stop();
      if (options.clean && !this.#core.isOffline) await this.#leaveClean();
    } catch (error) {
      // A disk that fails now has said so through onOffline, and what is open is let go all the same.
      if (!this.#core.isOffline) throw error;
    }
    await this.#letGo();
  }

  async #leaveClean(): Promise<void> {
    await this.#checkpoints.run({ forceState: true });
    await this.#core.frames.close();
    if (!this.#isReported) return;
    const target = { directory: this.path, name: CLEAN_FILE_NAME };
    await this.#core.orFail(replaceCheckedFile(this.#core.ports, target, 'clean', new Uint8Array(0)));
  }

  async #letGo(): Promise<void> {
    this.#isClosed = true;
    this.#core.stop();
    await this.#checkpoints.alone(() => Promise.resolve());
    await this.#strayWork;
    for (const log of this.#logs.values()) log.close();
    await this.#core.letGo();
    await this.#lock.release();
  }

  async #start(opened: RecoveredDirectory): Promise<void> {
    let journal = opened.journal;
    if (journal === undefined) {
      // First the checkpoint, which says that the logs are damaged, then the journal goes: a crash between finds it again.
      await this.#checkpoints.runWithoutJournal(opened.nextSequence);
      journal = await replaceJournal(this.#core, opened.nextSequence);
    }
    this.#core.start(journal, () => this.#checkpoints.ask());
    await this.#core.space.measure();
    if (this.verdict !== 'clean') await this.#checkpoints.run({ forceState: false });
    await removeNote(this.#core);
  }

  /** After an `await`: the directory may have been closed. A failed disk says so by itself. */
  #checkOpen(): void {
    if (this.#isClosed) throw new DiskError('EOTHER', this.path, 'the data directory was closed');
  }

  async #removeStrays(nowWallMs: number): Promise<void> {
    const names = await this.#strays.removeOlder(nowWallMs - this.#core.config.strayMs);
    for (const name of names) this.#core.logger.info('a stray replica is deleted', { path: this.path, name });
  }

  #drop(topicId: TopicId, partition: PartitionId, kind: 'delete' | 'stray'): PartitionLog {
    const key = topicPartitionKey(topicId, partition);
    const log = this.#logs.get(key);
    assert(log !== undefined, 'a log that goes was there', { key });
    this.#logs.delete(key);
    this.#core.journal(log, { kind, log: log.number });
    log.close();
    return log;
  }

  /** A failure takes the directory offline. */
  #remove(log: PartitionLog, remove: () => Promise<void>): Promise<void> {
    const done = this.#checkpoints
      .alone(async () => {
        await log.closeFiles();
        if (!this.#core.isOffline) await remove();
      })
      .finally(() => this.#leaving.delete(log.directory));
    const settled = done.catch(() => undefined);
    this.#leaving.set(log.directory, settled);
    return done;
  }
}

const NEW_LOG = {
  startOffset: 0,
  endOffset: 0,
  highWatermark: 0,
  damagedAt: undefined,
  epochs: [],
  producers: undefined,
  bytesSinceState: 0,
} as const;

interface Opened {
  readonly meta: DirectoryMeta;
  readonly verdict: DirectoryVerdict;
  readonly unreported: UnreportedVerdict;
  readonly recovered: RecoveredDirectory;
  readonly logs: Map<string, PartitionLog>;
}

async function openLocked(core: DirectoryCore, options: LogDirectoryOptions): Promise<Opened> {
  const { ports, path } = core;
  const entries = await ports.disk.list(path);
  const isEmpty = !entries.some(({ name }) => name === JOURNAL_NAME || parseReplicaDirectoryName(name) !== undefined);
  const { clusterId, nodeId } = options;
  const unreported = new UnreportedVerdict(ports, path);
  const before = await unreported.read();
  const meta = await openMeta(ports, path, { clusterId, nodeId }, isEmpty, unreported);
  const isNew = meta.isNew || (isEmpty && !entries.some(({ name }) => name === CHECKPOINT_FILE_NAME));
  if (isNew) {
    const payload = encodeCheckpoint({ sequence: 0, nextLogNumber: 0, logs: [] });
    await replaceCheckedFile(ports, { directory: path, name: CHECKPOINT_FILE_NAME }, 'checkpoint', payload);
  }
  const isClean = await takeCleanMarker(ports, path, options.plantedBugs);
  const note = await readCheckedFile(ports, `${path}/${DAMAGED_FILE_NAME}`, 'damaged');
  const recovery = { ...ports, openSegments: core.openSegments, host: core, directory: path, isClean };
  const recovered = await recoverDirectory(recovery, core.config.journalFileBytesMax, options.plantedBugs);
  const isDistrusted = recovered.corruption !== undefined || note.kind !== 'missing';
  const logs = new Map<string, PartitionLog>();
  for (const log of recovered.logs) {
    if (isDistrusted) log.distrust();
    logs.set(topicPartitionKey(log.name.topicId, log.name.partition), log);
  }
  const isDamaged = isDistrusted || recovered.damagedNow;
  const found = isDamaged ? 'damaged' : isNew ? 'new' : isClean ? 'clean' : 'crashed-intact';
  const verdict = worseVerdict(before, found);
  // The checkpoint that follows takes its traces away.
  if (verdict === 'damaged' && before !== verdict) await unreported.leave(verdict);
  const { corruption } = recovered;
  ports.logger.info('data directory is open', {
    path,
    verdict,
    logCount: logs.size,
    ...(corruption ? { corruption } : {}),
  });
  return { meta, verdict, unreported, recovered, logs };
}

/** Puts the corrupt journal aside, for whoever wants to look, and starts a new one. */
async function replaceJournal(core: DirectoryCore, firstSequence: number): Promise<FrameLog> {
  const { disk } = core.ports;
  const directory = `${core.path}/${JOURNAL_NAME}`;
  await disk.rename(directory, `${directory}.damaged-${firstSequence}`);
  await disk.syncDirectory(core.path);
  const fileBytesMax = core.config.journalFileBytesMax;
  const opening = await FrameLog.open(core.ports, { directory, firstSequence, fileBytesMax }, () => undefined);
  assert(opening.kind === 'open', 'a new journal is sound');
  return opening.log;
}

/** The checkpoint says by now which logs are damaged. */
async function removeNote(core: DirectoryCore): Promise<void> {
  const { disk } = core.ports;
  const entries = await disk.list(core.path);
  if (!entries.some(({ name }) => name === DAMAGED_FILE_NAME)) return;
  await disk.removeFile(`${core.path}/${DAMAGED_FILE_NAME}`);
  await disk.syncDirectory(core.path);
}
