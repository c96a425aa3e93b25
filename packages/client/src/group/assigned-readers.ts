import { type OffsetReset, startAfterReset } from '../consumer/consumer-options.ts';
import { type OnUnreadable, PartitionReader } from '../consumer/partition-reader.ts';
import { MoldauError } from '../errors.ts';
import { type PartitionName, partitionKey } from '../partition-name.ts';
import type { Coordinator, CoordinatorOptions } from './coordinator.ts';
import { fetchCommitted } from './group-offsets.ts';
import type { GroupSource } from './group-source.ts';

/** A partition to read, and where the group had committed. */
export interface AssignedReader {
  readonly reader: PartitionReader;
  readonly committed: number | undefined;
}

/** Readers of partitions that were assigned, each to begin where the group left off. @throws MoldauError */
export async function assignedReaders(
  source: GroupSource,
  coordinator: Coordinator,
  partitions: readonly PartitionName[],
  options: CoordinatorOptions & {
    readonly autoOffsetReset: OffsetReset;
    readonly onUnreadable: OnUnreadable | undefined;
  },
): Promise<readonly AssignedReader[]> {
  const { metadata, ports } = source;
  await metadata.ask([...new Set(partitions.map(({ topic }) => topic))]);
  const found = await fetchCommitted(coordinator, partitions, options);
  const committed = new Map(found.map((each) => [partitionKey(each), each]));
  return partitions.map((name) => {
    const { topic, partition } = name;
    const { offset, leaderEpoch = -1 } = committed.get(partitionKey(name)) ?? {};
    const { autoOffsetReset: reset, onUnreadable } = options;
    const start = reset === 'none' ? 'earliest' : startAfterReset(reset, ports.clock.wallMs());
    const reader = new PartitionReader(topic, partition, { start, onUnreadable });
    reader.topicId = metadata.topic(topic)?.topicId ?? '';
    if (offset !== undefined) reader.startAt(Number(offset), leaderEpoch);
    else if (reset === 'none') reader.failure = nothingCommitted(coordinator.groupId, name);
    return { reader, committed: offset === undefined ? undefined : Number(offset) };
  });
}

function nothingCommitted(groupId: string, { topic, partition }: PartitionName): MoldauError {
  const message = `group ${groupId} has committed nothing of ${topic}/${partition}: seek, or set autoOffsetReset`;
  return new MoldauError('NO_COMMITTED_OFFSET', message, { topic, partition });
}
