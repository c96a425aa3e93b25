import { ByteReader, ByteWriter, MalformedBytesError } from '@moldau/base';
import { type FilePorts, readCheckedFile, replaceCheckedFile } from '../checked-file.ts';

/**
 * - `clean`: the last stop was orderly
 * - `crashed-intact`: it was not, and everything that was durable is there
 * - `damaged`: something that was durable is not, or the disk failed in the last run
 * - `new`: an empty directory was set up
 */
export type DirectoryVerdict = 'clean' | 'crashed-intact' | 'damaged' | 'new';

/** From what keeps everything to what keeps nothing. The place is the byte in the file. */
const WORSE: readonly DirectoryVerdict[] = ['clean', 'crashed-intact', 'damaged', 'new'];

const FILE_NAME = 'unreported';

/**
 * The verdict that the controller has not heard yet. Metadata counts a replica as complete until it is told otherwise, and
 * what a start finds is gone from the disk with that start: a second one, before anybody was told, would find a sound
 * directory. So what is worse than a crash is written down before its traces are cleaned up, and stands until it is
 * reported. A checked file of one byte. That of a crash needs none: it is the want of a `clean` mark.
 */
export class UnreportedVerdict {
  readonly #ports: FilePorts;
  readonly #directory: string;
  #isThere = false;

  constructor(ports: FilePorts, directory: string) {
    this.#ports = ports;
    this.#directory = directory;
  }

  /** Of an earlier start; `clean` when there is none. */
  async read(): Promise<DirectoryVerdict> {
    const file = await readCheckedFile(this.#ports, `${this.#directory}/${FILE_NAME}`, 'unreported');
    this.#isThere = file.kind !== 'missing';
    if (file.kind === 'missing') return 'clean';
    // Something worse than a crash was to be written there.
    return file.kind === 'valid' ? decode(file.payload) : 'damaged';
  }

  /** Durable when resolved. */
  async leave(verdict: DirectoryVerdict): Promise<void> {
    this.#isThere = true;
    const payload = new ByteWriter(1).int8(WORSE.indexOf(verdict)).finish();
    await replaceCheckedFile(this.#ports, { directory: this.#directory, name: FILE_NAME }, 'unreported', payload);
  }

  /** Durable when resolved. */
  async remove(): Promise<void> {
    if (!this.#isThere) return;
    await this.#ports.disk.removeFile(`${this.#directory}/${FILE_NAME}`);
    await this.#ports.disk.syncDirectory(this.#directory);
    this.#isThere = false;
  }
}

/** The one that keeps less. */
export function worseVerdict(left: DirectoryVerdict, right: DirectoryVerdict): DirectoryVerdict {
  return WORSE.indexOf(left) > WORSE.indexOf(right) ? left : right;
}

function decode(payload: Uint8Array): DirectoryVerdict {
  const verdict = WORSE[new ByteReader(payload).int8()];
  if (verdict === undefined) throw new MalformedBytesError('an unreported verdict is one of a newer program');
  return verdict;
}
