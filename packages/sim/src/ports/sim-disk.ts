/**
 * The disk of one simulated machine. It outlives processes: {@link SimDisk.mount} gives one life of a process its
 * {@link Disk}.
 *
 * - A killed process loses nothing that was written, but what was under way may be done, half done, or not done.
 * - {@link SimDisk.losePower} keeps only what was synced, and an arbitrary part of the rest (sim-file-image, sim-tree).
 * - A failed sync is final: see FileImage.failSync.
 * - Effects take place when the operation completes, so concurrent ones happen in any order.
 */
import { type Disk, DiskError, type DiskErrorCode, type DiskSpace } from '@moldau/base';
import { MountedDisk } from './sim-mounted-disk.ts';
import type { Life } from './sim-process.ts';
import type { SimRandom } from './sim-random.ts';
import { Tree, type TreeAttachment } from './sim-tree.ts';

export type DiskOperation =
  | 'open'
  | 'makeDirectory'
  | 'list'
  | 'rename'
  | 'removeFile'
  | 'removeDirectory'
  | 'syncDirectory'
  | 'lock'
  | 'space'
  | 'size'
  | 'read'
  | 'write'
  | 'sync'
  | 'truncate'
  | 'close'
  | 'store';

export interface DiskFault {
  /** Default: every operation. */
  readonly operation?: DiskOperation;
  /** Only where the path contains this. Default: everywhere. */
  readonly pathPart?: string;
  readonly code: DiskErrorCode;
  /** How many operations fail. Default 1; Infinity for a disk that is gone. */
  readonly count?: number;
  /** How many that fit still succeed before. Default 0. */
  readonly after?: number;
}

/** Each operation takes a time in `[startMs, endMs)`, times {@link SimDisk.slowness}. */
export interface DiskLatency {
  readonly startMs: number;
  readonly endMs: number;
}

const LATENCY_MS_START = 0.02;
const LATENCY_MS_END = 0.3;
/** Syncs take this many times as long as the rest. */
const SYNC_FACTOR = 4;

export class SimDisk {
  readonly tree: Tree = new Tree();
  readonly random: SimRandom;
  /** Multiplies all latencies; may be changed at any time. */
  slowness = 1;
  /** Something is on its way to be durable: a bad moment to lose power. */
  syncsUnderWay = 0;
  /** Total room; may be changed at any time. */
  capacityBytes: number = Infinity;
  readonly #latency: DiskLatency;
  readonly #lives = new Set<Life>();
  readonly #locks = new Map<string, Life>();
  /** Failures that the world made: whoever ends of one of them is excused, and of no other. */
  readonly #made = new WeakSet<DiskError>();
  #faults: { fault: DiskFault; before: number; left: number }[] = [];
  #rotten = false;

  constructor(random: SimRandom, latency: DiskLatency = { startMs: LATENCY_MS_START, endMs: LATENCY_MS_END }) {
    this.random = random;
    this.#latency = latency;
  }

  mount(life: Life): Disk {
    this.#lives.add(life);
    life.onEnd(() => {
      this.#lives.delete(life);
      for (const [path, holder] of this.#locks) if (holder === life) this.#locks.delete(path);
    });
    return new MountedDisk(this, life);
  }

  /** Power is lost: all processes of the machine must have been killed just before. */
  losePower(): void {
    this.#expectNoProcess('a machine without power');
    this.tree.losePower(this.random);
  }

  /** A new, empty disk in the old one's place. */
  wipe(): void {
    this.#expectNoProcess('a machine whose disk is changed');
    this.tree.wipe();
    this.#rotten = false;
  }

  /** A bit of it has turned over since it was new. */
  get isRotten(): boolean {
    return this.#rotten;
  }

  /** Whether this failure was injected, or is want of room. */
  hasMade(error: DiskError): boolean {
    return this.#made.has(error);
  }

  /** Returns how to end the fault. */
  inject(fault: DiskFault): () => void {
    const entry = { fault, before: fault.after ?? 0, left: fault.count ?? 1 };
    this.#faults.push(entry);
    return () => {
      entry.left = 0;
    };
  }

  flipBit(path: string, position: number, bit = 0): void {
    const node = this.tree.find(path);
    if (node?.kind !== 'file') throw new DiskError('ENOENT', path, 'no such file to damage');
    node.image.flipBit(position, bit);
    this.#rotten = true;
  }

  /** Paths and sizes, for faults that want a victim and for checkers. */
  files(): { readonly path: string; readonly size: number }[] {
    const files: { path: string; size: number }[] = [];
    for (const [path, node] of this.tree.entries())
      if (node.kind === 'file') files.push({ path, size: node.image.size });
    return files;
  }

  /** What a process would read now; undefined when there is no such file. */
  contents(path: string): Uint8Array | undefined {
    const node = this.tree.find(path);
    if (node?.kind !== 'file') return undefined;
    const bytes = new Uint8Array(node.image.size);
    node.image.read(0, bytes);
    return bytes;
  }

  usedBytes(): number {
    let sum = 0;
    for (const [, node] of this.tree.entries())
      sum += node.kind === 'file' ? node.image.size : (node.attachment?.sizeBytes ?? 0);
    return sum;
  }

  freeBytes(): number {
    return this.space().freeBytes;
  }

  space(): DiskSpace {
    const totalBytes = Math.min(this.capacityBytes, Number.MAX_SAFE_INTEGER);
    const isEndless = this.capacityBytes === Infinity;
    return { freeBytes: isEndless ? totalBytes : Math.max(0, totalBytes - this.usedBytes()), totalBytes };
  }

  /** For the mounted side and the stores. */
  noSpace(path: string): DiskError {
    return this.#make('ENOSPC', path, 'no space left');
  }

  #make(code: DiskErrorCode, path: string, message: string): DiskError {
    const error = new DiskError(code, path, message);
    this.#made.add(error);
    return error;
  }

  /** For the mounted side: how long the next operation takes. */
  delayMs(operation: DiskOperation): number {
    const factor = operation === 'sync' || operation === 'syncDirectory' ? SYNC_FACTOR : 1;
    return this.random.between(this.#latency.startMs, this.#latency.endMs) * factor * this.slowness;
  }

  /** For the mounted side: uses up a fault that fits. */
  takeFault(operation: DiskOperation, path: string): DiskError | undefined {
    this.#faults = this.#faults.filter(({ left }) => left > 0);
    const entry = this.#faults.find(
      ({ fault }) => (fault.operation ?? operation) === operation && path.includes(fault.pathPart ?? ''),
    );
    if (entry === undefined || entry.before-- > 0) return undefined;
    entry.left--;
    return this.#make(entry.fault.code, path, `injected fault of ${operation}`);
  }

  /** For the mounted side. @throws DiskError ELOCKED */
  takeLock(directory: string, life: Life): void {
    this.tree.directory(directory);
    if (this.#locks.has(directory)) {
      throw new DiskError('ELOCKED', directory, 'another process uses this directory');
    }
    this.tree.makeDirectory(`${directory}/lock`);
    this.#locks.set(directory, life);
  }

  /** For the mounted side. */
  freeLock(directory: string, life: Life): void {
    if (this.#locks.get(directory) === life) this.#locks.delete(directory);
  }

  /** What lives in this directory besides files; made on first use. */
  attachment<T extends TreeAttachment>(directory: string, isOne: (value: unknown) => value is T, make: () => T): T {
    const node = this.tree.makeDirectory(directory);
    node.attachment ??= make();
    if (!isOne(node.attachment)) throw new DiskError('EOTHER', directory, 'something else lives here');
    return node.attachment;
  }

  #expectNoProcess(what: string): void {
    if (this.#lives.size === 0) return;
    const alive = [...this.#lives].map((life) => life.process.name).join(', ');
    throw new Error(`${what} runs no process: kill ${alive} first`);
  }
}
