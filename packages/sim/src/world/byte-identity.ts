import type { NodeId, Offset } from '@moldau/base';
import { type BatchHeader, splitBatches } from '@moldau/records';
import { newestImage, partitionsOf } from '../checkers/partition-state.ts';
import type { SimDisk } from '../ports/sim-disk.ts';
import { BROKER_LOG_DIRECTORY } from './nodes.ts';
import { OFFSETS_TOPIC } from './observe/topic-ghosts.ts';
import type { World } from './world.ts';

/**
 * After a clean stop everything lies in the segments: the replicas of a partition then hold the same batches, byte for byte,
 * from what retention has left on. Returns what differs.
 */
export function replicaDifferences(world: World): string[] {
  const image = newestImage(world.watch.observation);
  const differences: string[] = [];
  if (image === undefined) return ['no controller runs'];
  for (const { key, topicId, partition, state } of partitionsOf(image)) {
    const ghost = world.ghost.promised(key);
    if (ghost === undefined) continue;
    const logs: { readonly brokerId: NodeId; readonly batches: StoredBatch[] }[] = [];
    for (const { brokerId } of state.replicas) {
      const batches = storedBatches(world, brokerId, `${topicId}-${partition}-`);
      if (batches !== undefined) logs.push({ brokerId, batches });
    }
    const startOffset = ghost.legalStart;
    const [first, ...others] = logs;
    for (const other of others) {
      if (first === undefined) continue;
      // Who comes to coordinate groups while the others stop may begin to write what it knows again, for itself alone.
      const mayGrow = image.topics.get(topicId)?.name === OFFSETS_TOPIC;
      const end = mayGrow ? Math.min(endOf(first.batches), endOf(other.batches)) : Number.POSITIVE_INFINITY;
      const difference = firstDifference(before(end, first.batches), before(end, other.batches), startOffset);
      if (difference !== undefined)
        differences.push(`${key}: brokers ${first.brokerId} and ${other.brokerId} differ at offset ${difference}`);
    }
  }
  return differences;
}

/** One batch of a segment on a disk. */
interface StoredBatch {
  readonly header: BatchHeader;
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly bytes: Uint8Array;
}

/**
 * What lies in the segments of a replica, whose directory begins like this. Undefined: a bit of it has turned over, perhaps
 * unseen, so that it is different, and rightly so.
 */
export function storedBatches(world: World, brokerId: NodeId, directory: string): StoredBatch[] | undefined {
  const machine = world.brokers.get(brokerId);
  const prefix = `${BROKER_LOG_DIRECTORY}/${directory}`;
  if (machine === undefined || [...machine.rottenPaths].some((path) => path.startsWith(prefix))) return undefined;
  return batchesOf(machine.disk, prefix);
}

function batchesOf(disk: SimDisk, prefix: string): StoredBatch[] {
  const segments = disk
    .files()
    .filter(({ path }) => path.startsWith(prefix) && path.endsWith('.log'))
    .map(({ path }) => path)
    .sort();
  return segments.flatMap((path) => {
    const bytes = disk.contents(path) ?? new Uint8Array(0);
    const batches = splitBatches(bytes);
    return batches.map(({ header, position }, index) => ({
      header,
      baseOffset: header.baseOffset,
      endOffset: header.baseOffset + header.lastOffsetDelta + 1,
      bytes: bytes.subarray(position, batches[index + 1]?.position ?? bytes.length),
    }));
  });
}

function endOf(batches: readonly StoredBatch[]): Offset {
  return batches.at(-1)?.endOffset ?? 0;
}

function before(end: Offset, batches: readonly StoredBatch[]): StoredBatch[] {
  return batches.filter(({ baseOffset }) => baseOffset < end);
}

/** The first offset at which one has other bytes, or has none. */
function firstDifference(left: StoredBatch[], right: StoredBatch[], startOffset: number): number | undefined {
  const [a, b] = [left, right].map((batches) => batches.filter(({ endOffset }) => endOffset > startOffset));
  for (let at = 0; at < Math.max(a?.length ?? 0, b?.length ?? 0); at++) {
    const [one, other] = [a?.[at], b?.[at]];
    if (one === undefined || other === undefined) return one?.baseOffset ?? other?.baseOffset;
    const same =
      one.bytes.length === other.bytes.length && one.bytes.every((byte, index) => byte === other.bytes[index]);
    if (!same) return one.baseOffset;
  }
  return undefined;
}
