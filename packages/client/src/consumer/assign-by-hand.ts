import type { AbortSignalLike } from '@moldau/base';
import type { ClusterMetadata } from '../cluster/cluster-metadata.ts';
import { checkTopicName } from '../cluster/topic-name.ts';
import { MoldauError } from '../errors.ts';
import { partitionKey } from '../partition-name.ts';
import { type Assignment, checkStart } from './consumer-options.ts';
import { type OnUnreadable, PartitionReader } from './partition-reader.ts';

/** @throws MoldauError INVALID_ARGUMENT */
export function checkAssignments(assignments: readonly Assignment[]): void {
  if (assignments.length === 0) throw new MoldauError('INVALID_ARGUMENT', 'a consumer needs assignments');
  for (const { topic, from } of assignments) {
    checkTopicName(topic);
    checkStart(from);
  }
}

/**
 * A reader of each partition that was asked for.
 *
 * @throws MoldauError UNKNOWN_TOPIC_OR_PARTITION, INVALID_ARGUMENT, UNREACHABLE, CLOSED
 */
export async function assignByHand(
  metadata: ClusterMetadata,
  assignments: readonly Assignment[],
  options: {
    readonly timeoutMs: number;
    readonly signal: AbortSignalLike;
    readonly onUnreadable: OnUnreadable | undefined;
  },
): Promise<readonly PartitionReader[]> {
  const { timeoutMs, signal, onUnreadable } = options;
  const readers = new Map<string, PartitionReader>();
  for (const { topic, partition, from } of assignments) {
    const partitionsMin = partition === undefined ? Number.POSITIVE_INFINITY : partition + 1;
    const known = await metadata.awaitTopic(topic, { timeoutMs, signal, partitionsMin });
    const all = Array.from({ length: known.partitionCount }, (_, index) => index);
    for (const each of partition === undefined ? all : [partition]) {
      if (!all.includes(each)) {
        const range = `topic ${topic} has partitions 0 to ${known.partitionCount - 1}, not ${each}`;
        throw new MoldauError('INVALID_ARGUMENT', range, { topic, partition: each });
      }
      const key = partitionKey({ topic, partition: each });
      if (readers.has(key)) {
        const twice = `partition ${each} of topic ${topic} is assigned twice`;
        throw new MoldauError('INVALID_ARGUMENT', twice, { topic, partition: each });
      }
      readers.set(key, new PartitionReader(topic, each, { start: from, onUnreadable }));
    }
  }
  return [...readers.values()];
}
