/**
 * The real file system.
 *
 * Every operation occupies a thread of Node's pool until the device answers. Lanes keep threads free for the journal:
 * four busy ones delayed an fdatasync by seconds. With the launcher's UV_THREADPOOL_SIZE of 16 the lanes below take at
 * most 14.
 */
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs, unlink } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import {
  assert,
  byteLength,
  type Disk,
  type DiskEntry,
  DiskError,
  type DiskFile,
  type DiskLane,
  type DiskLock,
  type DiskOpenMode,
  type DiskSpace,
} from '@moldau/base';
import { Level } from 'level';
import { diskError } from './disk-errors.ts';
import { JobQueue } from './job-queue.ts';

/** Several directories have a journal each; one has a write and a sync under way at most. */
const JOURNAL_JOBS_MAX = 8;
/** Checkpoints and bulk work (and changes of names) are never urgent: two keep a device busy. */
const BACKGROUND_JOBS_MAX = 2;

const FLAGS = { create: 'wx+', existing: 'r+' } as const;

export class NodeDisk implements Disk {
  readonly #lanes: Readonly<Record<DiskLane | 'names', JobQueue>> = {
    journal: new JobQueue(JOURNAL_JOBS_MAX),
    checkpoint: new JobQueue(BACKGROUND_JOBS_MAX),
    bulk: new JobQueue(BACKGROUND_JOBS_MAX),
    names: new JobQueue(BACKGROUND_JOBS_MAX),
  };

  async open(path: string, options: { readonly lane: DiskLane; readonly mode: DiskOpenMode }): Promise<DiskFile> {
    const lane = this.#lanes[options.lane];
    const handle = await run(lane, path, 'open', () => openHandle(path, options.mode));
    return new NodeFile(path, handle, lane);
  }

  makeDirectory(path: string): Promise<void> {
    return this.#names(path, 'make directory', async () => {
      const topmost = await mkdir(path, { recursive: true });
      if (topmost === undefined) return;
      let parent = dirname(resolve(topmost));
      const made = relative(parent, resolve(path)).split(sep);
      for (const name of made) {
        await syncName(parent);
        parent = resolve(parent, name);
      }
    });
  }

  list(path: string): Promise<DiskEntry[]> {
    return run(this.#lanes.bulk, path, 'list', async () => {
      const entries = await readdir(path, { withFileTypes: true });
      return entries
        .map((entry): DiskEntry => ({ name: entry.name, kind: entry.isDirectory() ? 'directory' : 'file' }))
        .sort((left, right) => (left.name < right.name ? -1 : 1));
    });
  }

  rename(source: string, target: string): Promise<void> {
    return this.#names(target, `rename from ${source}`, () => rename(source, target));
  }

  removeFile(path: string): Promise<void> {
    return this.#names(path, 'remove file', () => unlink(path));
  }

  removeDirectory(path: string): Promise<void> {
    return run(this.#lanes.bulk, path, 'remove directory', () => rm(path, { recursive: true }));
  }

  syncDirectory(path: string): Promise<void> {
    return this.#names(path, 'sync directory', () => syncName(path));
  }

  /**
   * An open LevelDB holds a lock of the system on its files, which ends with the process however that ends: a file with
   * a process id in it would outlive a kill, and ids are used again.
   */
  lock(directory: string): Promise<DiskLock> {
    return this.#names(directory, 'lock', async () => {
      await stat(directory);
      const holder = new Level(resolve(directory, 'lock'));
      try {
        await holder.open();
      } catch (error) {
        const reason = diskError(error, directory, 'lock');
        if (reason.code !== 'ELOCKED') throw reason;
        const message = 'another process uses this directory: stop it first, or give this one a directory of its own';
        throw new DiskError('ELOCKED', directory, message, { cause: error });
      }
      return { release: () => run(this.#lanes.names, directory, 'release', () => holder.close()) };
    });
  }

  async space(path: string): Promise<DiskSpace> {
    const { bavail, blocks, bsize } = await this.#names(path, 'space', () => statfs(path));
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  }

  #names<T>(path: string, what: string, job: () => Promise<T>): Promise<T> {
    return run(this.#lanes.names, path, what, job);
  }
}

class NodeFile implements DiskFile {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #lane: JobQueue;

  constructor(path: string, handle: FileHandle, lane: JobQueue) {
    this.path = path;
    this.#handle = handle;
    this.#lane = lane;
  }

  size(): Promise<number> {
    return run(this.#lane, this.path, 'size', async () => (await this.#handle.stat()).size);
  }

  read(position: number, into: Uint8Array): Promise<number> {
    return run(this.#lane, this.path, 'read', async () => {
      let count = 0;
      while (count < into.length) {
        const { bytesRead } = await this.#handle.read(into, count, into.length - count, position + count);
        if (bytesRead === 0) break;
        count += bytesRead;
      }
      return count;
    });
  }

  write(position: number, parts: readonly Uint8Array[]): Promise<void> {
    return run(this.#lane, this.path, 'write', async () => {
      let left = parts.filter((part) => part.length > 0);
      let at = position;
      while (left.length > 0) {
        const { bytesWritten } = await this.#handle.writev(left, at);
        assert(bytesWritten > 0, 'a write without an error makes progress', {
          path: this.path,
          left: byteLength(left),
        });
        at += bytesWritten;
        left = afterBytes(left, bytesWritten);
      }
    });
  }

  sync(): Promise<void> {
    return run(this.#lane, this.path, 'sync', () => this.#handle.datasync());
  }

  truncate(size: number): Promise<void> {
    return run(this.#lane, this.path, 'truncate', () => this.#handle.truncate(size));
  }

  close(): Promise<void> {
    return run(this.#lane, this.path, 'close', () => this.#handle.close());
  }
}

/** What a short write left over. */
function afterBytes(parts: Uint8Array[], count: number): Uint8Array[] {
  let left = count;
  for (const [index, part] of parts.entries()) {
    if (left < part.length) return [part.subarray(left), ...parts.slice(index + 1)];
    left -= part.length;
  }
  return [];
}

async function openHandle(path: string, mode: DiskOpenMode): Promise<FileHandle> {
  if (mode !== 'createOrOpen') return open(path, FLAGS[mode]);
  // No flag of Node's means "create, but never truncate, and write anywhere": a+ would only append.
  try {
    return await open(path, FLAGS.existing);
  } catch (error) {
    if (diskError(error, path, 'open').code !== 'ENOENT') throw error;
    return open(path, FLAGS.create);
  }
}

/** Windows has no such call, and needs none: NTFS journals its names. */
async function syncName(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function run<T>(queue: JobQueue, path: string, what: string, job: () => Promise<T>): Promise<T> {
  try {
    return await queue.run(job);
  } catch (error) {
    throw diskError(error, path, what);
  }
}
