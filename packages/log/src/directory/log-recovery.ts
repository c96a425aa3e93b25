import { type Checksum, type Disk, isMissing, type Offset } from '@moldau/base';
import { type BatchHeader, batchEndOffset } from '@moldau/records';
import { LOG_CONFIG_DEFAULT } from '../log-config.ts';
import { EpochHistory } from '../partition/epoch-history.ts';
import type { LogHost } from '../partition/log-host.ts';
import type { RedoOperation } from '../partition/log-types.ts';
import { PartitionLog } from '../partition/partition-log.ts';
import { ProducerState } from '../partition/producer-state.ts';
import { StateFiles } from '../partition/state-files.ts';
import type { OpenSegments } from '../segment/open-segments.ts';
import { type SegmentFacts, segmentName } from '../segment/segment.ts';
import { scanSegment } from '../segment/segment-scan.ts';
import { SegmentStore } from '../segment/segment-store.ts';
import type { LogRedo } from './redo.ts';
import { replicaDirectoryName } from './replica-directory.ts';

export interface RecoveryPorts {
  readonly disk: Disk;
  readonly checksum: Checksum;
  readonly openSegments: OpenSegments;
  readonly host: LogHost;
  readonly directory: string;
  /** The last stop was clean: nothing is read that a state file already tells. */
  readonly isClean: boolean;
}

/** What was learnt from the segments, up to their end or to the first bytes that are not as they were written. */
interface Learnt {
  readonly producers: ProducerState;
  readonly damage: { readonly offset: Offset; readonly positionBytes: number } | undefined;
  /** Of batches behind the state file. */
  readonly bytesRead: number;
}

/** Brings one log back: its segments cut at the base, its producers, and what the journal adds in its tail. */
export async function recoverLog(ports: RecoveryPorts, redo: LogRedo): Promise<PartitionLog> {
  const directory = `${ports.directory}/${replicaDirectoryName(redo.name)}`;
  const names = await fileNames(ports.disk, directory);
  const facts = redo.reset === undefined ? redo.segments.filter((each) => each.baseOffset < redo.base) : [];
  const kept = facts.filter((each) => names.includes(`${segmentName(each.baseOffset)}.log`));
  const missing = firstMissing(facts, kept, redo);
  const heldEnd = redo.segments.find((each) => each.baseOffset >= redo.base)?.baseOffset ?? redo.checkpointEnd;
  const segments = new SegmentStore(ports, ports.openSegments, directory, { facts: kept, endOffset: heldEnd });
  await segments.removeUnnamed(names);
  if (redo.reset === undefined && redo.base < redo.checkpointEnd && missing === undefined) {
    const { startOffset, base } = redo;
    const nowWallMs = ports.host.clock.wallMs();
    const cut = { startOffset, cutTo: base, chunks: [], endOffset: base };
    await segments.apply({ ...cut, limits: LOG_CONFIG_DEFAULT, nowWallMs });
  }
  const stateFiles = new StateFiles(ports, directory, names);
  stateFiles.truncateTo(redo.reset === undefined ? redo.base : -1);
  const epochs = new EpochHistory();
  epochs.replaceWith(redo.reset?.epochs ?? redo.epochs);
  const learnt = await learn(ports, redo, { segments, stateFiles, epochs });
  const damage = earlier(missing, learnt.damage);
  if (damage !== undefined) await segments.quarantineFrom(damage.offset, damage.positionBytes);
  const endOffset = damage?.offset ?? redo.base;
  epochs.truncateTo(endOffset);
  const parts = { number: redo.number, name: redo.name, directory, segments, stateFiles };
  const log = new PartitionLog(ports.host, parts, LOG_CONFIG_DEFAULT, {
    startOffset: Math.min(redo.startOffset, endOffset),
    endOffset,
    highWatermark: 0,
    damagedAt: damage?.offset ?? redo.damagedAt,
    epochs: epochs.entries,
    producers: learnt.producers.encode(),
    bytesSinceState: learnt.bytesRead,
  });
  if (damage === undefined) log.replay(redo);
  else await keepAside(ports.disk, directory, redo.operations);
  log.setHighWatermark(Math.min(Math.max(redo.highWatermark, log.startOffset), log.endOffset));
  return log;
}

/**
 * What the journal adds cannot follow segments that end before it: a log has no holes. It is intact, and of a sole copy it may
 * be all that is left of these records, so it goes to a file of its own before the journal is trimmed.
 */
async function keepAside(disk: Disk, directory: string, operations: readonly RedoOperation[]): Promise<void> {
  const appends = operations.filter((operation) => operation.kind === 'append');
  const [first] = appends;
  if (first === undefined) return;
  const path = `${directory}/${segmentName(first.baseOffset)}.log.damaged`;
  const file = await disk.open(path, { lane: 'checkpoint', mode: 'createOrOpen' });
  try {
    await file.truncate(0);
    let position = 0;
    for (const { batches } of appends) {
      await file.write(position, [batches]);
      position += batches.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.syncDirectory(directory);
}

/** Segments that the checkpoint names and nobody was allowed to remove. */
function firstMissing(facts: readonly SegmentFacts[], kept: readonly SegmentFacts[], redo: LogRedo): Learnt['damage'] {
  for (const [index, each] of facts.entries()) {
    const end = facts[index + 1]?.baseOffset ?? redo.base;
    if (!kept.includes(each) && end > redo.startOffset) {
      return { offset: each.baseOffset, positionBytes: facts[index - 1]?.sizeBytes ?? 0 };
    }
  }
  return undefined;
}

function earlier(left: Learnt['damage'], right: Learnt['damage']): Learnt['damage'] {
  if (left === undefined || right === undefined) return left ?? right;
  return left.offset <= right.offset ? left : right;
}

interface Sources {
  readonly segments: SegmentStore;
  readonly stateFiles: StateFiles;
  readonly epochs: EpochHistory;
}

async function learn(ports: RecoveryPorts, redo: LogRedo, { segments, stateFiles, epochs }: Sources): Promise<Learnt> {
  const producers = new ProducerState();
  if (redo.reset !== undefined) {
    producers.replaceWith(redo.reset.producers);
    await stateFiles.save({ offset: redo.base, producers: redo.reset.producers });
    await stateFiles.tidy();
    return { producers, damage: undefined, bytesRead: 0 };
  }
  const state = await stateFiles.load(redo.base);
  if (state !== undefined) producers.replaceWith(state.producers);
  else if (redo.startOffset > 0) producers.lackBeginning();
  const known = state?.offset ?? 0;
  if (ports.isClean && known === redo.base) return { producers, damage: undefined, bytesRead: 0 };
  const nowMs = ports.host.clock.wallMs();
  let bytesRead = 0;
  const take = (header: BatchHeader): void => {
    if (header.baseOffset < known) return;
    producers.apply(header, nowMs);
    bytesRead += header.sizeBytes;
  };
  // At least the last batches are looked at: a file that is shorter than it was shows there.
  const from = Math.min(known, Math.max(redo.base - 1, 0));
  const { end, damage } = await scanFrom({ segments, epochs, checksum: ports.checksum }, from, redo.base, take);
  const last = segments.segments.at(-1);
  // Cutting at the base ends at the last whole batch before it: one that ends earlier has lost what came between.
  const isShort =
    end < redo.base && redo.base > redo.startOffset && last !== undefined && redo.base < redo.checkpointEnd;
  const short = isShort ? { offset: end, positionBytes: last.sizeBytes } : undefined;
  return { producers, damage: damage ?? short, bytesRead };
}

async function scanFrom(
  log: { readonly segments: SegmentStore; readonly epochs: EpochHistory; readonly checksum: Checksum },
  from: Offset,
  logEnd: Offset,
  take: (header: BatchHeader) => void,
): Promise<{ readonly end: Offset; readonly damage: Learnt['damage'] }> {
  const { segments: store, epochs, checksum } = log;
  const historyStart = epochs.entries[0]?.startOffset ?? logEnd;
  let end: Offset = from;
  for (let segment = store.segmentFor(from); segment !== undefined; segment = store.next(segment)) {
    const current = segment;
    const positionBytes = await store.use(current, async (open) => {
      const startBytes = open.index.positionBelow(from);
      const firstOffset = open.index.offsetAt(startBytes) ?? current.baseOffset;
      const endOffset = store.next(current)?.baseOffset ?? logEnd;
      const range = { startBytes, endBytes: current.sizeBytes, firstOffset, endOffset };
      end = firstOffset;
      let wrongAt: number | undefined;
      const { fault, endBytes } = await scanSegment(open.file, range, checksum, (_, header, position) => {
        const batchEnd = batchEndOffset(header);
        // By its last offset: the log may start within the batch. Below its start nobody knows the epochs any more.
        const isWrong = batchEnd > historyStart && header.leaderEpoch !== epochs.epochAt(batchEnd - 1);
        if (isWrong) wrongAt = position;
        else {
          end = batchEnd;
          take(header);
        }
        return !isWrong;
      });
      return wrongAt ?? (fault === undefined ? undefined : endBytes);
    });
    if (positionBytes !== undefined) return { end, damage: { offset: end, positionBytes } };
  }
  return { end, damage: undefined };
}

/** The directory was there before the log's creation became durable; when it is gone, so are its segments. */
async function fileNames(disk: Disk, directory: string): Promise<string[]> {
  try {
    return (await disk.list(directory)).map((entry) => entry.name);
  } catch (error) {
    if (!isMissing(error)) throw error;
    await disk.makeDirectory(directory);
    return [];
  }
}
