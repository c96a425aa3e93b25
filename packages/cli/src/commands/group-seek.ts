import { readFile } from 'node:fs/promises';
import type { Admin, GroupDescription, PartitionName, TopicDescription } from '@moldau/client';
import { CliError, EXIT, usageError } from '../cli-error.ts';
import { type Context, itemErrors } from '../context.ts';
import { parseStartOffset, type StartOffset } from '../input/start-offset.ts';
import { counted } from '../output/counted.ts';
import type { Column } from '../output/table.ts';
import { activeError } from './group.ts';
import { checkPartitions } from './topic-lookup.ts';

export interface SeekOptions {
  readonly to?: string;
  readonly shiftBy?: bigint;
  readonly toGroup?: string;
  readonly toFile?: string;
  /** `topic` or `topic:0,1`. */
  readonly topics?: readonly string[];
}

/** Where a group is and where it is to go. */
interface Move extends PartitionName {
  /** null: nothing is committed. */
  readonly from: bigint | null;
  readonly to: bigint;
}

const MOVE: readonly Column<Move>[] = [
  { header: 'TOPIC', value: (move) => move.topic },
  { header: 'PARTITION', value: (move) => move.partition, right: true },
  { header: 'FROM', value: (move) => move.from ?? '-', right: true },
  { header: 'TO', value: (move) => move.to, right: true },
];

/** Where a partition is asked to go; the log's own ends are what it comes to at most. */
type Wanted = StartOffset | { readonly kind: 'shift'; readonly by: bigint };

/** Shows from where to where, then asks, then moves. A group that is in use is shown, and not moved. */
export async function seekGroup(context: Context, name: string, options: SeekOptions): Promise<number> {
  const ways = [options.to, options.shiftBy, options.toGroup, options.toFile].filter((way) => way !== undefined);
  if (ways.length !== 1) {
    throw usageError('say where to, in one way', '--to PLACE, --shift-by N, --to-group GROUP or --to-file FILE');
  }
  const admin = await context.admin();
  const group = await groupOrNothing(context, admin, name);
  const moves = await movesOf(context, admin, group, options);
  const changes = moves.filter(({ from, to }) => from !== to);
  const code = await context.show({ kind: 'GroupSeekList', items: moves, columns: MOVE });
  if (group !== undefined && group.state !== 'Empty') throw refusal(group);
  if (changes.length === 0) {
    context.note('nothing is to be changed');
    return code;
  }
  if (context.options.dryRun === true) {
    context.note('nothing was changed: --dry-run');
    return code;
  }
  await context.confirm(`this moves group ${name} in ${counted(changes.length, 'partition')}`);
  try {
    const offsets = changes.map(({ topic, partition, to }) => ({ topic, partition, offset: to }));
    await admin.alterGroupOffsets(name, offsets, context.call);
    return code;
  } catch (error) {
    const partial = itemErrors(error);
    if (partial === undefined) throw error;
    for (const each of partial.errors) context.tellError(each);
    return EXIT.someFailed;
  }
}

function refusal(group: GroupDescription): CliError {
  const { code, message, hint = '' } = activeError(group);
  return new CliError(code, message, { exitCode: EXIT.someFailed, hint });
}

/** A group that is not there is made by its first offset. */
async function groupOrNothing(context: Context, admin: Admin, name: string): Promise<GroupDescription | undefined> {
  try {
    return await admin.describeGroup(name, context.call);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'GROUP_ID_NOT_FOUND') return undefined;
    throw error;
  }
}

async function movesOf(
  context: Context,
  admin: Admin,
  group: GroupDescription | undefined,
  options: SeekOptions,
): Promise<readonly Move[]> {
  const from = new Map((group?.partitions ?? []).map((each) => [keyOf(each), each.committedOffset]));
  const wanted = await wantedOf(context, admin, group, options);
  if (wanted.length === 0) {
    const hint = 'name topics: --topics TOPIC; npx moldau group list shows what groups there are';
    throw new CliError('NOTHING_COMMITTED', 'nothing is committed that could be moved', {
      exitCode: EXIT.someFailed,
      hint,
    });
  }
  const offsetsAt = async (at: 'earliest' | 'latest'): Promise<readonly bigint[]> =>
    (
      await admin.listOffsets(
        wanted.map(({ topic, partition }) => ({ topic, partition, at })),
        context.call,
      )
    ).map(({ offset }) => offset);
  const [firsts, ends] = await Promise.all([offsetsAt('earliest'), offsetsAt('latest')]);
  const times = await timesOf(context, admin, wanted);
  const clamped: string[] = [];
  const moves = wanted.map((each, index): Move => {
    const { topic, partition } = each;
    const [first, end] = [firsts[index] ?? 0n, ends[index] ?? 0n];
    const before = from.get(keyOf(each)) ?? null;
    const target = targetOf(each.to, { first, end, before: before ?? first, time: times[index] ?? -1n });
    const to = within(target, first, end);
    if (to !== target && to !== before)
      clamped.push(`${keyOf(each)} holds offsets ${first} to ${end}: ${target} becomes ${to}`);
    return { topic, partition, from: before, to };
  });
  for (const remark of clamped) context.note(remark);
  return moves;
}

interface WantedMove extends PartitionName {
  readonly to: Wanted;
}

/** Which partitions, and where to. @throws CliError */
async function wantedOf(
  context: Context,
  admin: Admin,
  group: GroupDescription | undefined,
  { to, shiftBy, toGroup, toFile, topics }: SeekOptions,
): Promise<readonly WantedMove[]> {
  const named = topics === undefined ? undefined : await namedPartitions(context, admin, topics);
  const isWanted = (each: PartitionName): boolean =>
    named === undefined || named.some((other) => keyOf(other) === keyOf(each));
  if (toFile !== undefined) return (await movesInFile(toFile)).filter(isWanted);
  if (toGroup !== undefined) {
    const { partitions } = await admin.describeGroup(toGroup, context.call);
    return partitions.filter(isWanted).flatMap(({ topic, partition, committedOffset }) => {
      return committedOffset === undefined
        ? []
        : [{ topic, partition, to: { kind: 'offset', offset: committedOffset } }];
    });
  }
  const place: Wanted = shiftBy === undefined ? parseStartOffset(to ?? '', Date.now()) : { kind: 'shift', by: shiftBy };
  const all = named ?? (group?.partitions ?? []).filter(({ committedOffset }) => committedOffset !== undefined);
  return all.map(({ topic, partition }) => ({ topic, partition, to: place }));
}

/** @throws CliError for partitions that are not there */
async function namedPartitions(
  context: Context,
  admin: Admin,
  texts: readonly string[],
): Promise<readonly PartitionName[]> {
  const asked = texts.map((text) => {
    const [, topic = '', numbers] = /^([^:]+)(?::(\d+(?:,\d+)*))?$/.exec(text) ?? [];
    if (topic === '') throw usageError(`${JSON.stringify(text)} names no partitions`, 'write TOPIC or TOPIC:0,1');
    return { topic, partitions: numbers?.split(',').map(Number) };
  });
  const described = await admin.describeTopics([...new Set(asked.map(({ topic }) => topic))], context.call);
  const found = new Map(described.map((topic): [string, TopicDescription] => [topic.name, topic]));
  const names = asked.flatMap(({ topic, partitions }) => {
    const description = found.get(topic);
    if (description === undefined) return [];
    checkPartitions(description, partitions ?? []);
    return (partitions ?? description.partitions.map(({ partition }) => partition)).map((partition) => ({
      topic,
      partition,
    }));
  });
  return [...new Map(names.map((each) => [keyOf(each), each])).values()];
}

/** @throws CliError for a line that is none */
async function movesInFile(path: string): Promise<readonly WantedMove[]> {
  const text = await readFile(path, 'utf8');
  return text.split('\n').flatMap((line, index): WantedMove[] => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const [, topic = '', partition, offset] = /^\s*([^\s,]+)[\s,]+(\d+)[\s,]+(\d+)\s*$/.exec(line) ?? [];
    if (partition === undefined || offset === undefined) {
      throw usageError(
        `line ${index + 1} of ${path} is no place: ${JSON.stringify(line)}`,
        'write TOPIC PARTITION OFFSET',
      );
    }
    return [{ topic, partition: Number(partition), to: { kind: 'offset', offset: BigInt(offset) } }];
  });
}

/** For those that go to a time: the first record of then or later, -1 where there is none. */
async function timesOf(context: Context, admin: Admin, wanted: readonly WantedMove[]): Promise<readonly bigint[]> {
  const [first] = wanted;
  // One place is for all of them.
  if (first?.to.kind !== 'time') return [];
  const at = { timestamp: first.to.timestamp };
  const found = await admin.listOffsets(
    wanted.map(({ topic, partition }) => ({ topic, partition, at })),
    context.call,
  );
  return found.map(({ offset }) => offset);
}

function targetOf(
  to: Wanted,
  {
    first,
    end,
    before,
    time,
  }: { readonly first: bigint; readonly end: bigint; readonly before: bigint; readonly time: bigint },
): bigint {
  switch (to.kind) {
    case 'start':
      return first + to.plus;
    case 'end':
      return end - to.minus;
    case 'offset':
      return to.offset;
    case 'time':
      return time < 0n ? end : time;
    case 'shift':
      return before + to.by;
  }
}

/** Whole numbers without bound: Math.min knows them not. */
function within(offset: bigint, first: bigint, end: bigint): bigint {
  if (offset < first) return first;
  if (offset > end) return end;
  return offset;
}

function keyOf({ topic, partition }: PartitionName): string {
  return `${topic}/${partition}`;
}
