import { assert, type ClusterId, type Disk, type DiskLock, type NodeId, type Ports, randomUuid } from '@moldau/base';
import { type Frame, FrameLog, type FrameSequence } from '@moldau/log';
import {
  type Entry,
  HARD_STATE_INITIAL,
  type HardState,
  type Persist,
  type RecoveredState,
  type SnapshotMeta,
} from '@moldau/raft';
import { type DirectoryMeta, readDirectoryMeta, writeDirectoryMeta } from './directory-meta.ts';
import { decodeLogFrame, encodeLogFrame, type LogFrame } from './log-frames.ts';
import { QuorumDirectoryError } from './quorum-directory-error.ts';
import type { DecodedSnapshot } from './snapshot-file.ts';
import { SnapshotStore } from './snapshot-store.ts';

/** Payload of one frame of entries; a larger entry goes alone. Far below the frame log's own bound. */
const ENTRIES_FRAME_BYTES = 4 * 1024 * 1024;

interface StorageOptions {
  readonly directory: string;
  readonly nodeId: NodeId;
  readonly clusterId: ClusterId | undefined;
  readonly logFileBytes: number | undefined;
}

type StoragePorts = Pick<Ports, 'disk' | 'checksum' | 'random'>;

/**
 * What a quorum node has on its disk:
 *
 *   meta.json    whose directory this is
 *   lock/        held by the process that uses it
 *   log/         the Raft log, votes and terms: frames of log-frames.ts in the journal's format
 *   snapshots/   snapshot-file.ts
 *
 * Nothing is ever changed in place. The term and vote in force are those of the last hard-state frame; before old files
 * are trimmed it is written again, so that it is never in a file that goes.
 */
export class QuorumStorage {
  readonly snapshots: SnapshotStore;
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #log: FrameLog;
  readonly #lock: DiskLock;
  #meta: DirectoryMeta;
  #hardState: HardState;
  #frames: EntryFrames;

  private constructor(
    disk: Disk,
    directory: string,
    parts: {
      lock: DiskLock;
      log: FrameLog;
      meta: DirectoryMeta;
      hardState: HardState;
      frames: EntryFrames;
      snapshots: SnapshotStore;
    },
  ) {
    this.#disk = disk;
    this.#directory = directory;
    this.#lock = parts.lock;
    this.#log = parts.log;
    this.#meta = parts.meta;
    this.#hardState = parts.hardState;
    this.#frames = parts.frames;
    this.snapshots = parts.snapshots;
  }

  /**
   * Takes the directory, makes it when it is not there, and reads all that is in it.
   *
   * @throws QuorumDirectoryError when it belongs to another node or cluster, or has lost something; DiskError
   */
  static async open(
    ports: StoragePorts,
    options: StorageOptions,
  ): Promise<{
    readonly storage: QuorumStorage;
    readonly recovered: RecoveredState;
    readonly snapshot: DecodedSnapshot | undefined;
  }> {
    const { directory } = options;
    await ports.disk.makeDirectory(directory);
    const lock = await ports.disk.lock(directory);
    const known = await readDirectoryMeta(ports.disk, directory);
    if (known !== undefined) checkOwner(known, options);
    const snapshots = new SnapshotStore(ports.disk, ports.checksum, `${directory}/snapshots`);
    const snapshot = await snapshots.recover();
    const replay = new LogReplay();
    const fileBytes = options.logFileBytes === undefined ? {} : { fileBytesMax: options.logFileBytes };
    const opening = await FrameLog.open(ports, { directory: `${directory}/log`, ...fileBytes }, (frame) =>
      replay.apply(frame),
    );
    if (opening.kind === 'corrupt') {
      throw lost(directory, `${opening.path} is damaged at byte ${opening.positionBytes}`);
    }
    const { log } = opening;
    if (known !== undefined && replay.frameCount === 0) throw lost(directory, 'its log is gone');
    if (known === undefined && replay.entries.length > 0) throw lost(directory, 'meta.json is gone');
    const meta = known ?? { nodeId: options.nodeId, directoryId: randomUuid(ports.random), clusterId: undefined };
    const parts = { lock, log, meta, hardState: replay.hardState, frames: replay.frames, snapshots };
    const storage = new QuorumStorage(ports.disk, directory, parts);
    if (known === undefined) await storage.#begin();
    const entries = await storage.#fitToSnapshot(replay.entries, snapshot?.meta);
    return { storage, recovered: { hardState: replay.hardState, snapshot: snapshot?.meta, entries }, snapshot };
  }

  get meta(): DirectoryMeta {
    return this.#meta;
  }

  get logBytes(): number {
    return this.#log.sizeBytes;
  }

  /** Takes the work for the next {@link flush}. */
  persist({ truncateFrom, append, hardState }: Omit<Persist, 'kind' | 'persistId'>): void {
    // Before the entries: power may fail between any two frames, and a log never has a newer term than its node.
    if (hardState !== undefined) {
      this.#hardState = hardState;
      this.#append({ kind: 'hardState', hardState });
    }
    if (truncateFrom !== undefined) {
      this.#append({ kind: 'truncate', from: truncateFrom });
      this.#frames.truncate(truncateFrom);
    }
    for (const entries of batches(append)) {
      const sequence = this.#append({ kind: 'entries', entries });
      this.#frames.add(entries[0]?.index ?? 0, sequence);
    }
  }

  /** Durable when it resolves. @throws DiskError */
  flush(): Promise<void> {
    return this.#log.flush();
  }

  /** Frees the files that hold only entries before `startIndex`. */
  async trim(startIndex: number): Promise<void> {
    const needed = this.#frames.trim(startIndex);
    this.#append({ kind: 'hardState', hardState: this.#hardState });
    await this.#log.flush();
    await this.#log.trim(needed);
  }

  /**
   * Makes the snapshot that was received the newest and empties the log. A crash between the two leaves a log that does
   * not reach the snapshot or contradicts it; {@link open} then empties it. Undefined when the bytes are damaged.
   */
  async install(snapshot: SnapshotMeta): Promise<DecodedSnapshot | undefined> {
    const installed = await this.snapshots.installIncoming(snapshot);
    if (installed !== undefined) await this.#reset(snapshot);
    return installed;
  }

  /** From now on this directory belongs to that cluster. */
  async joinCluster(clusterId: ClusterId): Promise<void> {
    assert(this.#meta.clusterId === undefined, 'a directory joins one cluster', { clusterId });
    const meta = { ...this.#meta, clusterId };
    await writeDirectoryMeta(this.#disk, this.#directory, meta);
    this.#meta = meta;
  }

  async close(): Promise<void> {
    await this.#log.close();
    await this.snapshots.close();
    await this.#lock.release();
  }

  /** The log first, so that a directory with a meta file and without a log has lost it. */
  async #begin(): Promise<void> {
    this.persist({ truncateFrom: undefined, append: [], hardState: HARD_STATE_INITIAL });
    await this.flush();
    await writeDirectoryMeta(this.#disk, this.#directory, this.#meta);
  }

  async #fitToSnapshot(entries: readonly Entry[], snapshot: SnapshotMeta | undefined): Promise<readonly Entry[]> {
    const first = entries[0];
    if (snapshot === undefined) {
      if (first !== undefined && first.index !== 1) throw lost(this.#directory, 'its snapshots are gone');
      return entries;
    }
    if (first === undefined || first.index === snapshot.index + 1) return entries;
    if (first.index > snapshot.index + 1)
      throw lost(this.#directory, `entries ${snapshot.index + 1} to ${first.index - 1} are gone`);
    if (entries[snapshot.index - first.index]?.term === snapshot.term) return entries;
    await this.#reset(snapshot);
    return [];
  }

  async #reset({ index, term }: SnapshotMeta): Promise<void> {
    this.#append({ kind: 'reset', index, term });
    this.#frames = new EntryFrames();
    await this.flush();
  }

  #append(frame: LogFrame): FrameSequence {
    const { type, parts } = encodeLogFrame(frame);
    return this.#log.append(type, parts);
  }
}

/** In which frame each entry lies, to know what may be trimmed. */
class EntryFrames {
  #frames: { readonly firstIndex: number; readonly sequence: FrameSequence }[] = [];

  add(firstIndex: number, sequence: FrameSequence): void {
    this.#frames.push({ firstIndex, sequence });
  }

  truncate(from: number): void {
    while ((this.#frames.at(-1)?.firstIndex ?? -1) >= from) this.#frames.pop();
  }

  /** The first frame that is still needed when entries from `startIndex` on are. */
  trim(startIndex: number): FrameSequence {
    const first = this.#frames.findLastIndex((frame) => frame.firstIndex <= startIndex);
    if (first > 0) this.#frames.splice(0, first);
    return this.#frames[0]?.sequence ?? 0;
  }
}

/** The log as its frames tell it, from whichever frame is the first that was kept. */
class LogReplay {
  entries: Entry[] = [];
  hardState: HardState = HARD_STATE_INITIAL;
  frames = new EntryFrames();
  frameCount = 0;

  apply({ type, payload, sequence }: Frame): void {
    this.frameCount += 1;
    const frame = decodeLogFrame(type, payload);
    switch (frame.kind) {
      case 'hardState':
        this.hardState = frame.hardState;
        return;
      case 'entries': {
        const firstIndex = frame.entries[0]?.index ?? 0;
        const next = (this.entries.at(-1)?.index ?? firstIndex - 1) + 1;
        assert(firstIndex === next, 'frames of entries follow one another', { firstIndex, next });
        for (const entry of frame.entries) this.entries.push(entry);
        this.frames.add(firstIndex, sequence);
        return;
      }
      case 'truncate':
        this.entries = this.entries.filter(({ index }) => index < frame.from);
        this.frames.truncate(frame.from);
        return;
      case 'reset':
        this.entries = [];
        this.frames = new EntryFrames();
        return;
      default:
        frame satisfies never;
    }
  }
}

function batches(entries: readonly Entry[]): Entry[][] {
  const result: Entry[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    bytes += entry.payload.length;
    if (bytes > ENTRIES_FRAME_BYTES) {
      result.push([]);
      bytes = entry.payload.length;
    }
    result.at(-1)?.push(entry);
  }
  return result;
}

function checkOwner(meta: DirectoryMeta, options: StorageOptions): void {
  const { directory, nodeId, clusterId } = options;
  if (meta.nodeId !== nodeId) {
    throw new QuorumDirectoryError(
      `${directory} belongs to node ${meta.nodeId}, this is node ${nodeId}: give each node its own directory`,
    );
  }
  if (clusterId !== undefined && meta.clusterId !== undefined && meta.clusterId !== clusterId) {
    throw new QuorumDirectoryError(
      `${directory} belongs to cluster ${meta.clusterId}, this node is configured for cluster ${clusterId}: correct cluster.id or the directory`,
    );
  }
}

function lost(directory: string, what: string): QuorumDirectoryError {
  return new QuorumDirectoryError(
    `${directory} has lost what was durable: ${what}. Remove the directory, so that the node joins anew as another replica, then replace its voter.`,
  );
}
