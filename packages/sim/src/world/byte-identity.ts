import { type NodeId, topicPartitionKey } from '@moldau/base';
import { splitBatches } from '@moldau/records';
import { newestImage, partitionsOf } from '../checkers/partition-state.ts';
import type { SimDisk } from '../ports/sim-disk.ts';
import { BROKER_LOG_DIRECTORY } from './nodes.ts';
import type { World } from './world.ts';

/**
 * After a clean stop everything lies in the segments: the replicas of a partition then hold the same batches, byte for byte,
 * from the highest of their starts on. Returns what differs.
 */
export function replicaDifferences(world: World, except: NodeId | undefined): string[] {
  const image = newestImage(world.watch.observation);
  const differences: string[] = [];
  if (image === undefined) return ['no controller runs'];
  for (const { key, topicId, partition, state } of partitionsOf(image)) {
    if (world.ghost.promised(topicPartitionKey(topicId, partition)) === undefined) continue;
    const logs = state.replicas
      .filter(({ brokerId }) => brokerId !== except)
      .map(({ brokerId }) => {
        const ghost = world.ghost.log(brokerId, key);
        const disk = world.brokers.get(brokerId)?.disk;
        return { brokerId, startOffset: ghost.startOffset, batches: disk ? batchesOf(disk, topicId, partition) : [] };
      });
    const startOffset = Math.max(...logs.map((log) => log.startOffset));
    const [first, ...others] = logs;
    for (const other of others) {
      const difference = first && firstDifference(first.batches, other.batches, startOffset);
      if (difference !== undefined)
        differences.push(`${key}: brokers ${first?.brokerId} and ${other.brokerId} differ at offset ${difference}`);
    }
  }
  return differences;
}

interface StoredBatch {
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly bytes: Uint8Array;
}

function batchesOf(disk: SimDisk, topicId: string, partition: number): StoredBatch[] {
  const prefix = `${BROKER_LOG_DIRECTORY}/${topicId}-${partition}-`;
  const segments = disk
    .files()
    .filter(({ path }) => path.startsWith(prefix) && path.endsWith('.log'))
    .map(({ path }) => path)
    .sort();
  return segments.flatMap((path) => {
    const bytes = disk.contents(path) ?? new Uint8Array(0);
    const batches = splitBatches(bytes);
    return batches.map(({ header, position }, index) => ({
      baseOffset: header.baseOffset,
      endOffset: header.baseOffset + header.lastOffsetDelta + 1,
      bytes: bytes.subarray(position, batches[index + 1]?.position ?? bytes.length),
    }));
  });
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
