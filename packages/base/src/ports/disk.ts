/**
 * Which queue a file's work waits in. The journal's flush must never wait behind bulk reads, so lanes are separate:
 * `journal` reserved, `checkpoint` and `bulk` at most two jobs each.
 */
export type DiskLane = 'journal' | 'checkpoint' | 'bulk';

/** `create`: must not exist; `existing`: must exist; `createOrOpen`: either. */
export type DiskOpenMode = 'create' | 'existing' | 'createOrOpen';

export interface DiskEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory';
}

/**
 * The file system of one node. A file's bytes are durable after {@link DiskFile.sync}, its name after
 * {@link Disk.syncDirectory} of the directory that holds it: both are needed before what it holds may be
 * acknowledged. All failures are {@link DiskError}s.
 */
export interface Disk {
  open(path: string, options: { readonly lane: DiskLane; readonly mode: DiskOpenMode }): Promise<DiskFile>;
  /** Creates the directory and its missing parents, and syncs each new name into its parent. */
  makeDirectory(path: string): Promise<void>;
  /** Entries in the order of their names; ENOENT when the directory does not exist. */
  list(path: string): Promise<DiskEntry[]>;
  /** Atomic; replaces a file that stands at the target. Durable after syncing the directories concerned. */
  rename(source: string, target: string): Promise<void>;
  removeFile(path: string): Promise<void>;
  /** With all that is in it. */
  removeDirectory(path: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
  /**
   * Takes the directory for this process; it is free again after {@link DiskLock.release} or the process's end,
   * however it ended. DiskError code ELOCKED while another process holds it.
   */
  lock(directory: string): Promise<DiskLock>;
  /** Of the file system that this path is on. */
  space(path: string): Promise<DiskSpace>;
}

export interface DiskSpace {
  /** What can still be written. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface DiskFile {
  readonly path: string;
  size(): Promise<number>;
  /** Fills `into` from `position`; returns the bytes read, fewer only at the end of the file. */
  read(position: number, into: Uint8Array): Promise<number>;
  /**
   * Writes the parts one after the other from `position`. On a rejection any prefix may have been written. The parts
   * must not change until the promise settles. Writing past the end fills the gap with zeros.
   */
  write(position: number, parts: readonly Uint8Array[]): Promise<void>;
  /** fdatasync: all writes that had settled before the call are durable. After a rejection nothing is known: never retry. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

export interface DiskLock {
  release(): Promise<void>;
}

export type DiskErrorCode = 'ENOENT' | 'EEXIST' | 'ENOSPC' | 'EIO' | 'EACCES' | 'ELOCKED' | 'EOTHER';

/** An operating failure of the disk. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
  readonly code: DiskErrorCode;
  readonly path: string;

  constructor(code: DiskErrorCode, path: string, message: string, options?: { cause?: unknown }) {
    super(`${message} (${code}, ${path})`, options);
    this.code = code;
    this.path = path;
  }
}

/** Whether this is the disk saying that the thing does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof DiskError && error.code === 'ENOENT';
}
