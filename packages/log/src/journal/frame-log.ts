import { assert, byteLength, DiskError, type DiskFile } from '@moldau/base';
import {
  encodeFileHeader,
  encodeFrameHeader,
  FILE_HEADER_BYTES,
  FRAME_HEADER_BYTES,
  FRAME_PAYLOAD_BYTES_MAX,
  type Frame,
  type FrameSequence,
} from './frame.ts';
import {
  type FrameLogCorruption,
  type FrameLogFile,
  type FrameLogOptions,
  type FrameLogPorts,
  type FrameLogTail,
  fileName,
  recoverFiles,
} from './frame-recovery.ts';

export type FrameLogOpening =
  | {
      readonly kind: 'open';
      readonly log: FrameLog;
      /** Bytes of a torn tail that were cut: written, never synced, never promised. */
      readonly cutBytes: number;
    }
  | FrameLogCorruption;

const FILE_BYTES_MAX_DEFAULT = 16 * 1024 * 1024;
/** Linux takes 1024 parts in one writev. */
const WRITE_PARTS_MAX = 1024;

interface WaitingFrame {
  readonly type: number;
  readonly sequence: FrameSequence;
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
}

interface FlushGroup {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * An append-only log of typed frames in files of bounded size, for those who must not forget: the journal of a data
 * directory and the Raft log.
 *
 * Frames wait in memory until {@link FrameLog.flush}; one flush writes and syncs all that waits, and the next starts
 * when it has ended (group commit). A file is rolled only between two flushes, so whatever stands before a file was
 * durable when the file was created.
 *
 * A rejected write or sync leaves the log failed for good: what the disk holds is then unknown, and a second sync that
 * succeeds would be a lie (fsyncgate).
 *
 *     open -> (append* flush)* -> closed
 *              \-> failed
 */
export class FrameLog {
  readonly #ports: FrameLogPorts;
  readonly #directory: string;
  readonly #fileBytesMax: number;
  /** Oldest first; the last one is written to. */
  readonly #files: FrameLogFile[];
  #file: DiskFile | undefined;
  #salt: number;
  #endBytes: number;
  #endCrc: number;
  #writtenEnd: FrameSequence;
  #durableEnd: FrameSequence;
  #nextSequence: FrameSequence;
  #waiting: WaitingFrame[] = [];
  #waitingBytes = 0;
  #running: FlushGroup | undefined;
  #following: FlushGroup | undefined;
  #failure: unknown;
  #closed = false;

  private constructor(ports: FrameLogPorts, options: FrameLogOptions, tail: FrameLogTail) {
    this.#ports = ports;
    this.#directory = options.directory;
    this.#fileBytesMax = options.fileBytesMax ?? FILE_BYTES_MAX_DEFAULT;
    this.#files = [...tail.files];
    this.#file = tail.file;
    this.#salt = tail.salt;
    this.#endBytes = tail.endBytes;
    this.#endCrc = tail.endCrc;
    this.#writtenEnd = tail.endSequence;
    this.#durableEnd = tail.endSequence;
    this.#nextSequence = tail.endSequence;
  }

  /**
   * Opens the log, or creates it, and calls `onFrame` for each frame in order before it resolves. What was found
   * beyond the last named durable end has been written again and synced by then: it may have been in the page cache only.
   *
   * @throws DiskError
   */
  static async open(
    ports: FrameLogPorts,
    options: FrameLogOptions,
    onFrame: (frame: Frame) => void,
  ): Promise<FrameLogOpening> {
    await ports.disk.makeDirectory(options.directory);
    const found = await recoverFiles(ports, options, onFrame);
    if (found.kind === 'corrupt') return found;
    const log = new FrameLog(ports, options, found);
    // An open log has a file, so that one without any has lost them.
    await log.#fileToWrite();
    return { kind: 'open', log, cutBytes: found.cutBytes };
  }

  /** The sequence that the next appended frame gets. */
  get nextSequence(): FrameSequence {
    return this.#nextSequence;
  }

  /** Every frame below it is synced. */
  get durableEnd(): FrameSequence {
    return this.#durableEnd;
  }

  /** Bytes that wait for a flush. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Bytes of all files on the disk. */
  get sizeBytes(): number {
    return this.#files.reduce((sum, file) => sum + file.sizeBytes, 0) + this.#endBytes;
  }

  /**
   * Takes a frame for the next flush. The parts must not change until that flush has ended.
   *
   * @param type 0..255, the owner's
   */
  append(type: number, parts: readonly Uint8Array[]): FrameSequence {
    const bytes = byteLength(parts);
    assert(!this.#closed, 'an open log is appended to', { directory: this.#directory });
    assert(bytes <= FRAME_PAYLOAD_BYTES_MAX, 'a payload is within its bound', { bytes });
    const sequence = this.#nextSequence++;
    this.#waiting.push({ type, sequence, parts, bytes });
    this.#waitingBytes += bytes + FRAME_HEADER_BYTES;
    return sequence;
  }

  /**
   * Resolves when every frame appended before the call is durable. All calls of one group share one promise.
   *
   * @throws DiskError from the first failure on
   */
  flush(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#waiting.length === 0) return this.#running?.promise ?? Promise.resolve();
    const group = this.#following ?? flushGroup();
    this.#following = group;
    if (this.#running === undefined) this.#flushWaiting().catch((error: unknown) => this.#fail(error));
    return group.promise;
  }

  /**
   * Removes whole files that hold only frames below `sequence`, oldest first, so that what is left after a crash is a
   * suffix. The file being written stays.
   */
  async trim(sequence: FrameSequence): Promise<void> {
    assert(sequence <= this.#durableEnd, 'only durable frames are trimmed', { sequence, durableEnd: this.#durableEnd });
    let removed = false;
    for (;;) {
      const oldest = this.#files[0];
      const endSequence = this.#files[1]?.firstSequence;
      if (oldest === undefined || endSequence === undefined || endSequence > sequence) break;
      this.#files.shift();
      await this.#ports.disk.removeFile(oldest.path);
      removed = true;
    }
    if (removed) await this.#ports.disk.syncDirectory(this.#directory);
  }

  /** Flushes what waits and closes the file. Closing a failed log only closes the file. */
  async close(): Promise<void> {
    if (this.#closed) return;
    if (this.#failure === undefined) await this.flush();
    await this.abandon();
  }

  /** Closes the file without a flush of what waits, as a crash would. */
  async abandon(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // A write under way needs the file; how it ends is told to whoever asked for it.
    await this.#running?.promise.catch(() => undefined);
    await this.#file?.close();
    this.#file = undefined;
  }

  /** Failures go to the promise of the group, which somebody holds, since flush() made it. */
  async #flushWaiting(): Promise<void> {
    for (let group = this.#following; group !== undefined; group = this.#following) {
      this.#following = undefined;
      this.#running = group;
      if (this.#closed) {
        this.#fail(new DiskError('EOTHER', this.#directory, 'the log was closed'));
        return;
      }
      const frames = this.#waiting;
      this.#waiting = [];
      this.#waitingBytes = 0;
      try {
        const file = await this.#fileToWrite();
        await this.#write(file, frames);
        await file.sync();
        this.#durableEnd = this.#writtenEnd;
      } catch (error) {
        this.#fail(error);
        return;
      }
      this.#running = undefined;
      group.resolve();
    }
  }

  #fail(error: unknown): void {
    this.#failure = error;
    const groups = [this.#running, this.#following];
    this.#running = undefined;
    this.#following = undefined;
    for (const group of groups) group?.reject(error);
  }

  async #write(file: DiskFile, frames: readonly WaitingFrame[]): Promise<void> {
    const headers = new Uint8Array(frames.length * FRAME_HEADER_BYTES);
    let parts: Uint8Array[] = [];
    let bytes = 0;
    for (const [index, frame] of frames.entries()) {
      assert(frame.sequence === this.#writtenEnd, 'frames are written in order', { sequence: frame.sequence });
      const header = headers.subarray(index * FRAME_HEADER_BYTES, (index + 1) * FRAME_HEADER_BYTES);
      const { type, sequence } = frame;
      const fields = { previousCrc: this.#endCrc, type, sequence, durableEnd: this.#durableEnd };
      this.#endCrc = encodeFrameHeader(header, fields, frame, this.#salt, this.#ports.checksum);
      if (parts.length > 0 && parts.length + 1 + frame.parts.length > WRITE_PARTS_MAX) {
        await file.write(this.#endBytes, parts);
        this.#endBytes += bytes;
        parts = [];
        bytes = 0;
      }
      parts.push(header, ...frame.parts);
      bytes += FRAME_HEADER_BYTES + frame.bytes;
      this.#writtenEnd = frame.sequence + 1;
    }
    await file.write(this.#endBytes, parts);
    this.#endBytes += bytes;
  }

  /** The file with room, or a new one: its header and its name are durable before the first frame in it can be. */
  async #fileToWrite(): Promise<DiskFile> {
    if (this.#file !== undefined && this.#endBytes < this.#fileBytesMax) return this.#file;
    const { disk, checksum, random } = this.#ports;
    assert(this.#writtenEnd === this.#durableEnd, 'a file is rolled when all before it is durable');
    const previous = this.#file;
    const last = this.#files.at(-1);
    if (previous !== undefined && last !== undefined) {
      this.#files[this.#files.length - 1] = { ...last, sizeBytes: this.#endBytes };
    }
    const path = `${this.#directory}/${fileName(this.#writtenEnd)}`;
    const salt = random.uint32();
    const file = await disk.open(path, { lane: 'journal', mode: 'create' });
    this.#file = file;
    const header = { firstSequence: this.#writtenEnd, previousCrc: this.#endCrc, salt };
    await file.write(0, [encodeFileHeader(header, checksum)]);
    await file.sync();
    await disk.syncDirectory(this.#directory);
    await previous?.close();
    this.#files.push({ path, firstSequence: this.#writtenEnd, sizeBytes: 0 });
    this.#salt = salt;
    this.#endBytes = FILE_HEADER_BYTES;
    return file;
  }
}

function flushGroup(): FlushGroup {
  let resolve: () => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<void>((fulfil, refuse) => {
    resolve = fulfil;
    reject = refuse;
  });
  return { promise, resolve, reject };
}
