import type { Admin, OffsetSpec, PartitionName, TopicDescription } from '@moldau/client';
import { CliError, EXIT } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { StartOffset } from '../input/start-offset.ts';
import { counted } from '../output/counted.ts';
import { checkPartitions } from './topic-lookup.ts';

/** A place in a partition. */
export interface Place extends PartitionName {
  /** Where the partition began when the command did. */
  readonly first: bigint;
  readonly start: bigint;
  /** Where the partition ended when the command began. */
  readonly end: bigint;
}

/** What a partition held when the command began: offsets `[first, end)`. */
interface Held extends PartitionName {
  readonly first: bigint;
  readonly end: bigint;
}

/**
 * The partitions, each with the offset that was asked for, and its ends now.
 *
 * @throws MoldauError, and CliError for partitions and offsets that are not there
 */
export async function placesOf(
  context: Context,
  topics: readonly string[],
  wanted: readonly number[] | undefined,
  start: StartOffset,
): Promise<readonly Place[]> {
  const admin = await context.admin();
  const described = await admin.describeTopics(topics, context.call);
  const partitions = described.flatMap((topic) => partitionsOf(topic, wanted));
  const ask = (at: OffsetSpec['at']): Promise<readonly bigint[]> => offsetsAt(context, admin, partitions, at);
  const [firsts, ends] = await Promise.all([ask('earliest'), ask('latest')]);
  const times = start.kind === 'time' ? await ask({ timestamp: start.timestamp }) : [];
  return partitions.map((each, index) => {
    const held = { ...each, first: firsts[index] ?? 0n, end: ends[index] ?? 0n };
    return { ...held, start: startIn(context, held, start, times[index] ?? -1n) };
  });
}

function partitionsOf(topic: TopicDescription, wanted: readonly number[] | undefined): readonly PartitionName[] {
  checkPartitions(topic, wanted ?? []);
  return topic.partitions
    .filter(({ partition }) => wanted === undefined || wanted.includes(partition))
    .map(({ partition }) => ({ topic: topic.name, partition }));
}

async function offsetsAt(
  context: Context,
  admin: Admin,
  partitions: readonly PartitionName[],
  at: OffsetSpec['at'],
): Promise<readonly bigint[]> {
  const found = await admin.listOffsets(
    partitions.map((each) => ({ ...each, at })),
    context.call,
  );
  return found.map(({ offset }) => offset);
}

/** What counts from an end stops at the other one; an offset by its number is there, or the command does not begin. */
function startIn(context: Context, held: Held, start: StartOffset, time: bigint): bigint {
  const { topic, partition, first, end } = held;
  switch (start.kind) {
    case 'start':
      if (first + start.plus <= end) return first + start.plus;
      context.note(`${topic}/${partition} holds ${counted(end - first, 'record')} only: its end is taken`);
      return end;
    case 'end':
      return start.minus < end - first ? end - start.minus : first;
    case 'offset':
      if (start.offset >= first && start.offset <= end) return start.offset;
      throw notThere(held, start.offset);
    case 'time':
      return time < 0n ? end : time;
  }
}

/** Beginning elsewhere would print records that nobody asked for. */
function notThere({ topic, partition, first, end }: Held, wanted: bigint): CliError {
  const holds = first === end ? `holds no records and goes on at ${end}` : `holds offsets ${first} to ${end - 1n}`;
  return new CliError('OFFSET_OUT_OF_RANGE', `${topic}/${partition} ${holds}: ${wanted} is not there`, {
    exitCode: EXIT.someFailed,
    hint: 'begin at start or end, or choose partitions with -p; npx moldau topic describe NAME shows the offsets',
  });
}
