import {
  assert,
  concatBytes,
  type Disk,
  type DiskEntry,
  DiskError,
  type DiskFile,
  type DiskLane,
  type DiskLock,
  type DiskOpenMode,
  type DiskSpace,
} from '@moldau/base';
import type { DiskOperation, SimDisk } from './sim-disk.ts';
import type { Life } from './sim-process.ts';
import type { FileNode } from './sim-tree.ts';

interface DiskJob<T> {
  readonly operation: DiskOperation;
  readonly path: string;
  /** Takes effect all at once, when the operation completes. */
  readonly perform: () => T;
  /** An injected fault hits it. Default: no effect. */
  readonly fail?: () => void;
  /** The process died while it was under way. Default: done or not, by chance. */
  readonly die?: () => void;
}

/** What one life of a process sees of its machine's disk. Lanes make no difference here: each operation has its own latency. */
export class MountedDisk implements Disk {
  readonly #disk: SimDisk;
  readonly #life: Life;

  constructor(disk: SimDisk, life: Life) {
    this.#disk = disk;
    this.#life = life;
  }

  open(path: string, options: { readonly lane: DiskLane; readonly mode: DiskOpenMode }): Promise<DiskFile> {
    return this.submit({ operation: 'open', path, perform: () => this.#open(path, options.mode) });
  }

  makeDirectory(path: string): Promise<void> {
    return this.submit({ operation: 'makeDirectory', path, perform: () => void this.#disk.tree.makeDirectory(path) });
  }

  list(path: string): Promise<DiskEntry[]> {
    const perform = (): DiskEntry[] => {
      const entries = [...this.#disk.tree.directory(path).seen].map(([name, { kind }]) => ({ name, kind }));
      return entries.sort((left, right) => (left.name < right.name ? -1 : 1));
    };
    return this.submit({ operation: 'list', path, perform });
  }

  rename(source: string, target: string): Promise<void> {
    return this.submit({ operation: 'rename', path: target, perform: () => this.#disk.tree.rename(source, target) });
  }

  removeFile(path: string): Promise<void> {
    return this.submit({ operation: 'removeFile', path, perform: () => this.#disk.tree.removeFile(path) });
  }

  removeDirectory(path: string): Promise<void> {
    return this.submit({ operation: 'removeDirectory', path, perform: () => this.#disk.tree.removeDirectory(path) });
  }

  syncDirectory(path: string): Promise<void> {
    return this.submit({ operation: 'syncDirectory', path, perform: () => this.#disk.tree.syncDirectory(path) });
  }

  lock(directory: string): Promise<DiskLock> {
    const perform = (): DiskLock => {
      this.#disk.takeLock(directory, this.#life);
      return { release: () => this.#release(directory) };
    };
    return this.submit({ operation: 'lock', path: directory, perform, die: () => undefined });
  }

  space(path: string): Promise<DiskSpace> {
    return this.submit({ operation: 'space', path, perform: () => this.#disk.space() });
  }

  /** Completes after the disk's latency; what a dead process asks for never does. */
  submit<T>(job: DiskJob<T>): Promise<T> {
    const life = this.#life;
    if (!life.alive) return new Promise(() => undefined);
    const isSync = job.operation === 'sync' ? 1 : 0;
    this.#disk.syncsUnderWay += isSync;
    return new Promise<T>((resolve, reject) => {
      const forget = life.onEnd(() => {
        this.#disk.syncsUnderWay -= isSync;
        if (job.die !== undefined) job.die();
        else this.#performByChance(job);
      });
      life.scheduler.after(this.#disk.delayMs(job.operation), () => {
        if (!life.alive) return;
        forget();
        this.#disk.syncsUnderWay -= isSync;
        const settle = this.#outcome(job, resolve, reject);
        // The kernel works on while the process is paused; the process hears of it later.
        if (life.process.paused) life.after(0, 'io', settle);
        else life.process.enter(settle);
      });
    });
  }

  #outcome<T>(job: DiskJob<T>, resolve: (value: T) => void, reject: (error: unknown) => void): () => void {
    const fault = this.#disk.takeFault(job.operation, job.path);
    if (fault !== undefined) {
      job.fail?.();
      return () => reject(fault);
    }
    try {
      const value = job.perform();
      return () => resolve(value);
    } catch (error) {
      return () => reject(error);
    }
  }

  #performByChance<T>(job: DiskJob<T>): void {
    if (!this.#disk.random.chance(0.5)) return;
    try {
      job.perform();
    } catch (error) {
      // It failed, and nobody is left to be told.
      if (!(error instanceof DiskError)) throw error;
    }
  }

  #open(path: string, mode: DiskOpenMode): DiskFile {
    const { tree } = this.#disk;
    const found = tree.find(path);
    if (found === undefined) {
      if (mode === 'existing') throw new DiskError('ENOENT', path, 'no such file');
      return new MountedFile(this.#disk, this, path, tree.createFile(path));
    }
    if (mode === 'create') throw new DiskError('EEXIST', path, 'the file exists');
    if (found.kind !== 'file') throw new DiskError('EOTHER', path, 'not a file');
    return new MountedFile(this.#disk, this, path, found);
  }

  #release(directory: string): Promise<void> {
    return this.submit({
      operation: 'close',
      path: directory,
      perform: () => this.#disk.freeLock(directory, this.#life),
    });
  }
}

class MountedFile implements DiskFile {
  readonly path: string;
  readonly #disk: SimDisk;
  readonly #mounted: MountedDisk;
  readonly #node: FileNode;
  #open = true;

  constructor(disk: SimDisk, mounted: MountedDisk, path: string, node: FileNode) {
    this.#disk = disk;
    this.#mounted = mounted;
    this.path = path;
    this.#node = node;
  }

  size(): Promise<number> {
    return this.#submit({ operation: 'size', path: this.path, perform: () => this.#node.image.size });
  }

  read(position: number, into: Uint8Array): Promise<number> {
    assert(position >= 0, 'a position is not negative', { position });
    return this.#submit({ operation: 'read', path: this.path, perform: () => this.#node.image.read(position, into) });
  }

  write(position: number, parts: readonly Uint8Array[]): Promise<void> {
    assert(position >= 0, 'a position is not negative', { position });
    const { image } = this.#node;
    // The parts are copied when the write takes effect, so a caller that changes them too early is found out.
    const some = (): void => image.writePrefix(position, concatBytes(parts), this.#disk.random);
    return this.#submit({
      operation: 'write',
      path: this.path,
      perform: () => this.#write(position, concatBytes(parts)),
      fail: some,
      die: some,
    });
  }

  sync(): Promise<void> {
    const { image } = this.#node;
    const changeCount = image.changeCount;
    return this.#submit({
      operation: 'sync',
      path: this.path,
      perform: () => image.sync(changeCount),
      fail: () => image.failSync(changeCount, this.#disk.random),
    });
  }

  truncate(size: number): Promise<void> {
    return this.#submit({ operation: 'truncate', path: this.path, perform: () => this.#node.image.truncate(size) });
  }

  close(): Promise<void> {
    const closed = this.#submit({ operation: 'close', path: this.path, perform: () => undefined });
    this.#open = false;
    return closed;
  }

  #write(position: number, bytes: Uint8Array): void {
    const { image } = this.#node;
    const room = image.size + this.#disk.freeBytes() - position;
    if (position + bytes.length > image.size && bytes.length > room) {
      image.write(position, bytes.subarray(0, Math.max(0, room)));
      throw this.#disk.noSpace(this.path);
    }
    image.write(position, bytes);
  }

  #submit<T>(job: DiskJob<T>): Promise<T> {
    assert(this.#open, 'a file is used while it is open', { path: this.path });
    return this.#mounted.submit(job);
  }
}
