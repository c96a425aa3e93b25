import type { Admin, PartitionName, TopicDescription } from '@moldau/client';
import { usageError } from '../cli-error.ts';
import { type Context, itemErrors } from '../context.ts';
import { counted } from '../output/counted.ts';
import type { JsonError } from '../output/json.ts';
import { isWholeTopic, keyOf, partitionsOf, topicOf } from './partition-arguments.ts';

export interface ElectOptions {
  readonly all?: boolean;
  readonly unclean?: boolean;
}

interface ElectionRow extends PartitionName {
  readonly leaderBefore: number;
  readonly leaderId: number;
}

/** Gives partitions back to their preferred leaders, or with `unclean` to whoever is left. */
export async function electLeaders(context: Context, names: readonly string[], options: ElectOptions): Promise<number> {
  const { all = false, unclean = false } = options;
  if (all === names.length > 0) throw usageError('name partitions as TOPIC/PARTITION, or say --all');
  const admin = await context.admin();
  const before = await admin.describeTopics([...new Set(names.map(topicOf))], context.call);
  const named = names.flatMap((name) => {
    if (unclean && isWholeTopic(name))
      throw usageError(`${name} names no partition`, 'with --unclean write TOPIC/PARTITION');
    return partitionsOf(name, before);
  });
  if (unclean) await confirmUnclean(context, named);
  const errors = await elect(context, admin, { partitions: all ? 'all' : named, unclean });
  const after = await admin.describeTopics([...new Set(names.map(topicOf))], context.call);
  const leaders = leadersOf(after);
  const rows = [...leadersOf(before)].map(([name, { topic, partition, leaderId }]): ElectionRow => {
    return { topic, partition, leaderBefore: leaderId, leaderId: leaders.get(name)?.leaderId ?? -1 };
  });
  const items = all
    ? rows.filter(({ leaderBefore, leaderId }) => leaderBefore !== leaderId)
    : rows.filter((row) => named.some((each) => keyOf(each) === keyOf(row)));
  context.note(`${counted(rows.filter((row) => row.leaderBefore !== row.leaderId).length, 'leader')} changed`);
  return await context.show({
    kind: 'LeaderElectionList',
    items,
    columns: [
      { header: 'TOPIC', value: (row) => row.topic },
      { header: 'PARTITION', value: (row) => row.partition, right: true },
      { header: 'BEFORE', value: (row) => leaderText(row.leaderBefore), right: true },
      { header: 'LEADER', value: (row) => leaderText(row.leaderId), right: true },
    ],
    errors,
  });
}

async function elect(
  context: Context,
  admin: Admin,
  { partitions, unclean }: { readonly partitions: readonly PartitionName[] | 'all'; readonly unclean: boolean },
): Promise<readonly JsonError[]> {
  if (context.options.dryRun === true) {
    context.note('nothing was changed: --dry-run');
    return [];
  }
  try {
    await admin.electLeaders(partitions, { ...context.call, unclean });
    return [];
  } catch (error) {
    const partial = itemErrors(error);
    if (partial === undefined) throw error;
    // Who asks for a leader that leads already has what was asked for.
    return partial.errors.filter(({ code }) => code !== 'ELECTION_NOT_NEEDED');
  }
}

async function confirmUnclean(context: Context, partitions: readonly PartitionName[]): Promise<void> {
  if (context.options.dryRun === true) return;
  const names = partitions.map(keyOf);
  const [name = ''] = names;
  const typed =
    names.length === 1
      ? { text: name, what: 'the partition' }
      : { text: String(names.length), what: 'the number of partitions' };
  await context.confirm(`this can lose acknowledged records of ${names.join(', ')}, for ever`, typed);
}

function leadersOf(
  topics: readonly TopicDescription[],
): ReadonlyMap<string, PartitionName & { readonly leaderId: number }> {
  const all = topics.flatMap(({ name, partitions }) => partitions.map((each) => ({ topic: name, ...each })));
  return new Map(all.map((each) => [keyOf(each), each]));
}

function leaderText(leaderId: number): string {
  return leaderId < 0 ? 'none' : String(leaderId);
}
