import type { Random } from '@moldau/base';
import { type FilePorts, readCheckedFile } from '../checked-file.ts';
import type { FrameSequence } from '../journal/frame.ts';
import { FrameLog } from '../journal/frame-log.ts';
import type { FrameLogCorruption } from '../journal/frame-recovery.ts';
import { decodePartitionFrame } from '../journal/partition-frames.ts';
import type { PartitionLog } from '../partition/partition-log.ts';
import { isPlanted, type PlantedBugs } from '../planted-bugs.ts';
import { CHECKPOINT_FILE_NAME, type Checkpoint, decodeCheckpoint } from './checkpoint-file.ts';
import { type RecoveryPorts, recoverLog } from './log-recovery.ts';
import { DirectoryRefusedError } from './meta.ts';
import { Redo } from './redo.ts';
import { parseReplicaDirectoryName, replicaDirectoryName } from './replica-directory.ts';
import { Strays } from './strays.ts';

export const JOURNAL_NAME = 'journal';
export const CLEAN_FILE_NAME = 'clean';
export const DAMAGED_FILE_NAME = 'damaged';

/** Logs are opened this many at a time: enough to keep a disk busy, few enough for its lanes. */
const CONCURRENCY = 8;

export interface RecoveredDirectory {
  /** undefined when the journal is corrupt: it is put aside and a new one started once the checkpoint is written. */
  readonly journal: FrameLog | undefined;
  readonly corruption: FrameLogCorruption | undefined;
  /** The first sequence of a new journal. */
  readonly nextSequence: FrameSequence;
  readonly nextLogNumber: number;
  readonly logs: readonly PartitionLog[];
  /** A log was found damaged that was sound when the last checkpoint was written. */
  readonly damagedNow: boolean;
}

/**
 * Reads and removes the mark of a clean stop. It is gone for good before anything is served: were it found again after
 * a crash, the crash would pass for a clean stop.
 */
export async function takeCleanMarker(ports: FilePorts, path: string, bugs: PlantedBugs | undefined): Promise<boolean> {
  const marker = await readCheckedFile(ports, `${path}/${CLEAN_FILE_NAME}`, 'clean');
  if (marker.kind !== 'missing' && !isPlanted(bugs, 'clean-marker-not-deleted')) {
    await ports.disk.removeFile(`${path}/${CLEAN_FILE_NAME}`);
    await ports.disk.syncDirectory(path);
  }
  return marker.kind === 'valid';
}

/** The checkpoint, then the journal on top of it, then each log's own files. */
export async function recoverDirectory(
  ports: RecoveryPorts & { readonly random: Random },
  journalFileBytesMax: number,
  bugs: PlantedBugs | undefined,
): Promise<RecoveredDirectory> {
  const checkpoint = await readCheckpoint(ports, ports.directory);
  const redo = new Redo(checkpoint);
  const options = {
    directory: `${ports.directory}/${JOURNAL_NAME}`,
    // Above 0, so that every checkpoint behind the first, empty one needs a journal to be there.
    firstSequence: Math.max(checkpoint.sequence, 1),
    neededSequence: checkpoint.sequence,
    fileBytesMax: journalFileBytesMax,
    ...(bugs === undefined ? {} : { plantedBugs: bugs }),
  };
  const opening = await FrameLog.open(ports, options, (frame) => {
    if (frame.sequence >= checkpoint.sequence) redo.apply(decodePartitionFrame(frame));
  });
  await settleDirectories(ports, redo);
  const logs: PartitionLog[] = [];
  const damagedBefore = new Set(checkpoint.logs.filter((log) => log.damagedAt !== undefined).map((log) => log.number));
  let damagedNow = false;
  const waiting = [...redo.logs.values()];
  const recoverNext = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const log = await recoverLog(ports, next);
      if (log.damagedAt !== undefined && !damagedBefore.has(next.number)) damagedNow = true;
      logs.push(log);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, recoverNext));
  const nextLogNumber = redo.nextLogNumber;
  if (opening.kind === 'open') {
    return {
      journal: opening.log,
      corruption: undefined,
      nextSequence: opening.log.nextSequence,
      nextLogNumber,
      logs,
      damagedNow,
    };
  }
  const nextSequence = Math.max(opening.durableEnd, opening.sequence, checkpoint.sequence) + 1;
  return { journal: undefined, corruption: opening, nextSequence, nextLogNumber, logs, damagedNow };
}

async function readCheckpoint(ports: FilePorts, path: string): Promise<Checkpoint> {
  const file = await readCheckedFile(ports, `${path}/${CHECKPOINT_FILE_NAME}`, 'checkpoint');
  if (file.kind === 'valid') return decodeCheckpoint(file.payload);
  const fault = file.kind === 'missing' ? 'it is missing' : file.fault;
  const advice = `Move ${path} away: the node then starts with an empty directory and fetches its replicas again`;
  throw new DirectoryRefusedError(`${path}/${CHECKPOINT_FILE_NAME} cannot be used: ${fault}. ${advice}`);
}

/** Finishes deletions and moves that the journal holds, and puts aside what neither it nor the checkpoint knows. */
async function settleDirectories(ports: RecoveryPorts, redo: Redo): Promise<void> {
  const known = new Set([...redo.logs.values()].map((log) => replicaDirectoryName(log.name)));
  const deleted = new Set(redo.deleted.map(replicaDirectoryName));
  const strays = new Strays(ports.disk, ports.directory);
  for (const { name, kind } of await ports.disk.list(ports.directory)) {
    if (kind !== 'directory' || parseReplicaDirectoryName(name) === undefined || known.has(name)) continue;
    const path = `${ports.directory}/${name}`;
    // Empty: its creation never became durable.
    const isEmpty = (await ports.disk.list(path)).length === 0;
    if (deleted.has(name) || isEmpty) await ports.disk.removeDirectory(path);
    else await strays.putAside(name, ports.host.clock.wallMs());
  }
  await ports.disk.syncDirectory(ports.directory);
}
