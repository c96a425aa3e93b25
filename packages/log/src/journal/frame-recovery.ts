import { assert, type Checksum, type Disk, type DiskFile, type Random } from '@moldau/base';
import { FILE_HEADER_BYTES, FRAME_HEADER_BYTES, type Frame, type FrameSequence } from './frame.ts';
import { type FileScan, scanFile } from './frame-scan.ts';

/** Digits of the largest safe integer and some: names sort as their numbers do. */
const NAME_DIGITS = 20;
const NAME_PATTERN = /^(\d{20})\.frames$/;

export interface FrameLogOptions {
  readonly directory: string;
  /** A file that has reached this size is rolled at the next flush. Default 16 MiB. */
  readonly fileBytesMax?: number;
  /** The sequence of the first frame when the directory holds no files. Default 0. */
  readonly firstSequence?: FrameSequence;
  /** Frames below it were durable and may have been trimmed, this one not: the owner knows from elsewhere. Default: unknown. */
  readonly neededSequence?: FrameSequence;
  /** Tests only: invalid bytes below a durable end are cut as if they were a torn tail. */
  readonly plantedBugs?: ReadonlySet<string>;
}

export interface FrameLogPorts {
  readonly disk: Disk;
  readonly checksum: Checksum;
  readonly random: Random;
}

/** Something that was durable is missing or changed. Nothing was cut; the intact frames before it were delivered. */
export interface FrameLogCorruption {
  readonly kind: 'corrupt';
  readonly path: string;
  readonly positionBytes: number;
  /** The first frame that is lost. */
  readonly sequence: FrameSequence;
  /** Frames below this were durable, by the word of a later frame or file. */
  readonly durableEnd: FrameSequence;
}

export interface FrameLogFile {
  readonly path: string;
  readonly firstSequence: FrameSequence;
  readonly sizeBytes: number;
}

export function fileName(firstSequence: FrameSequence): string {
  return `${String(firstSequence).padStart(NAME_DIGITS, '0')}.frames`;
}

/** Where the next frame goes. `file` is undefined in a new log: the first flush creates it. */
export interface FrameLogTail {
  /** All files, oldest first. The last one's `sizeBytes` is 0: it grows, and the log counts it. */
  readonly files: readonly FrameLogFile[];
  readonly file: DiskFile | undefined;
  readonly salt: number;
  readonly endBytes: number;
  readonly endCrc: number;
  readonly endSequence: FrameSequence;
}

export interface RecoveredFiles extends FrameLogTail {
  readonly kind: 'recovered';
  readonly cutBytes: number;
}

/**
 * Reads all files in order and hands out their frames. Only the last file may end in a torn tail, since a file is
 * created after all before it was synced; anything else that is not as it was written is corruption, and stays as found.
 */
export async function recoverFiles(
  ports: FrameLogPorts,
  options: FrameLogOptions,
  onFrame: (frame: Frame) => void,
): Promise<RecoveredFiles | FrameLogCorruption> {
  const files = await listFiles(ports, options.directory);
  const first = files[0];
  if (first === undefined) {
    const needed = options.neededSequence ?? 0;
    return needed > 0 ? lost(options.directory, 0, 0, needed) : emptyTail(options.firstSequence ?? 0);
  }
  const needed = options.neededSequence ?? first.firstSequence;
  if (first.firstSequence > needed) return lost(first.path, 0, needed, first.firstSequence);

  let expected: { firstSequence: FrameSequence; previousCrc: number | undefined } = {
    firstSequence: first.firstSequence,
    previousCrc: undefined,
  };
  const intact: FrameLogFile[] = [];
  for (const [index, { path }] of files.entries()) {
    const isLast = index === files.length - 1;
    const file = await ports.disk.open(path, { lane: 'journal', mode: 'existing' });
    const bytes = await readWhole(file);
    const scan = scanFile(bytes, expected, ports.checksum);
    if (scan === undefined) {
      await file.close();
      // Only its creation can have been interrupted: frames are written to a file after its header was synced. Not when the
      // owner knows of a frame in it.
      const isKnown = needed > expected.firstSequence;
      if (isLast && bytes.length <= FILE_HEADER_BYTES && !isKnown)
        return withoutUnborn(ports, options, path, intact, expected);
      return lost(path, 0, expected.firstSequence, Math.max(needed, expected.firstSequence + 1));
    }
    for (const frame of scan.frames) onFrame(frame);
    const nextFile = files[index + 1];
    if (nextFile === undefined) return finishLast(ports, options, { file, bytes, scan, intact });
    await file.close();
    if (scan.endSequence !== nextFile.firstSequence || scan.endBytes !== bytes.length) {
      return lost(path, scan.endBytes, scan.endSequence, nextFile.firstSequence);
    }
    intact.push({ path, firstSequence: expected.firstSequence, sizeBytes: bytes.length });
    expected = { firstSequence: scan.endSequence, previousCrc: scan.endCrc };
  }
  assert(false, 'the last file ends the recovery');
}

interface LastFile {
  readonly file: DiskFile;
  readonly bytes: Uint8Array;
  readonly scan: FileScan;
  readonly intact: readonly FrameLogFile[];
}

/** Cuts the torn tail, and writes again and syncs the frames that nobody named durable. */
async function finishLast(
  ports: FrameLogPorts,
  options: FrameLogOptions,
  last: LastFile,
): Promise<RecoveredFiles | FrameLogCorruption> {
  const { file, bytes, scan, intact } = last;
  const cutAnyway = options.plantedBugs?.has('corruption-cut-as-torn-tail') === true;
  const durableEnd = Math.max(scan.durableEnd, options.neededSequence ?? 0);
  if (durableEnd > scan.endSequence && !cutAnyway) {
    await file.close();
    return lost(file.path, scan.endBytes, scan.endSequence, durableEnd);
  }
  const cutBytes = bytes.length - scan.endBytes;
  if (cutBytes > 0) await file.truncate(scan.endBytes);
  await file.write(unnamedStartBytes(scan), [bytes.subarray(unnamedStartBytes(scan), scan.endBytes)]);
  await file.sync();
  await ports.disk.syncDirectory(options.directory);
  const firstSequence = scan.endSequence - scan.frames.length;
  return {
    kind: 'recovered',
    files: [...intact, { path: file.path, firstSequence, sizeBytes: 0 }],
    file,
    salt: scan.salt,
    endBytes: scan.endBytes,
    endCrc: scan.endCrc,
    endSequence: scan.endSequence,
    cutBytes,
  };
}

/**
 * Where that starts which no frame or file names durable. Without such a frame it is the whole file: the sync of its header
 * may have failed, and later ones do not make up for that.
 */
function unnamedStartBytes(scan: FileScan): number {
  let position = FILE_HEADER_BYTES;
  for (const frame of scan.frames) {
    if (frame.sequence >= scan.durableEnd) break;
    position += FRAME_HEADER_BYTES + frame.payload.length;
  }
  return position === FILE_HEADER_BYTES ? 0 : position;
}

/** The last file's creation did not become durable: the one before it ends the log, and the next flush rolls again. */
async function withoutUnborn(
  ports: FrameLogPorts,
  options: FrameLogOptions,
  path: string,
  intact: readonly FrameLogFile[],
  expected: { readonly firstSequence: FrameSequence; readonly previousCrc: number | undefined },
): Promise<RecoveredFiles> {
  await ports.disk.removeFile(path);
  await ports.disk.syncDirectory(options.directory);
  const tail = emptyTail(expected.firstSequence);
  return { ...tail, files: intact, endCrc: expected.previousCrc ?? 0 };
}

function emptyTail(endSequence: FrameSequence): RecoveredFiles {
  return { kind: 'recovered', files: [], file: undefined, salt: 0, endBytes: 0, endCrc: 0, endSequence, cutBytes: 0 };
}

function lost(
  path: string,
  positionBytes: number,
  sequence: FrameSequence,
  durableEnd: FrameSequence,
): FrameLogCorruption {
  return { kind: 'corrupt', path, positionBytes, sequence, durableEnd };
}

async function listFiles(ports: FrameLogPorts, directory: string): Promise<{ path: string; firstSequence: number }[]> {
  const files: { path: string; firstSequence: number }[] = [];
  for (const entry of await ports.disk.list(directory)) {
    const digits = NAME_PATTERN.exec(entry.name)?.[1];
    if (entry.kind === 'file' && digits !== undefined) {
      files.push({ path: `${directory}/${entry.name}`, firstSequence: Number(digits) });
    }
  }
  return files;
}

async function readWhole(file: DiskFile): Promise<Uint8Array> {
  const bytes = new Uint8Array(await file.size());
  const count = await file.read(0, bytes);
  return bytes.subarray(0, count);
}
