import type { Admin, TopicDescription } from '@moldau/client';
import { type Context, itemErrors, type PartialOutcome } from '../context.ts';
import { settings } from '../input/settings.ts';
import { counted } from '../output/counted.ts';
import type { JsonError } from '../output/json.ts';
import type { Column } from '../output/table.ts';
import { partitionOffsets } from './partition-offsets.ts';

export interface CreateOptions {
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly config?: readonly string[];
}

interface TopicRow {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: number;
  readonly replicationFactor: number;
}

const NAME: Column<{ readonly name: string }> = { header: 'NAME', value: (topic) => topic.name };
const CREATED: readonly Column<TopicRow>[] = [
  NAME,
  { header: 'PARTITIONS', value: (topic) => topic.partitions, right: true },
  { header: 'REPLICAS', value: (topic) => topic.replicationFactor, right: true },
  { header: 'ID', value: (topic) => topic.topicId },
];

export async function createTopics(
  context: Context,
  names: readonly string[],
  options: CreateOptions,
): Promise<number> {
  const { partitions, replicationFactor, config = [] } = options;
  const configs = Object.fromEntries(settings(config));
  const admin = await context.admin();
  const wanted = names.map((name) => ({ name, partitions, replicationFactor, configs }));
  const validateOnly = context.options.dryRun ?? false;
  try {
    const items = await admin.createTopics(wanted, { ...context.call, validateOnly });
    return await context.show({ kind: 'CreatedTopicList', items, columns: CREATED });
  } catch (error) {
    const { done, errors } = partialOf(error);
    const items = done.map((name) => ({ name }));
    return await context.show({ kind: 'CreatedTopicList', items, columns: [NAME], errors });
  } finally {
    if (validateOnly) context.note('nothing was created: --dry-run');
  }
}

interface ListedTopic extends TopicRow {
  readonly underReplicated: number;
  readonly offline: number;
}

export async function listTopics(context: Context): Promise<number> {
  const topics = await (await context.admin()).describeTopics([], context.call);
  const items = topics
    .map((topic): ListedTopic => {
      const { name, topicId, partitions } = topic;
      return {
        name,
        topicId,
        partitions: partitions.length,
        replicationFactor: partitions[0]?.replicas.length ?? 0,
        underReplicated: partitions.filter(({ isr, replicas }) => isr.length < replicas.length).length,
        offline: partitions.filter(({ leaderId }) => leaderId < 0).length,
      };
    })
    .sort((left, right) => (left.name < right.name ? -1 : 1));
  const columns: readonly Column<ListedTopic>[] = [
    ...CREATED.slice(0, 3),
    { header: 'UNDER-REPLICATED', value: (topic) => topic.underReplicated, right: true },
    { header: 'OFFLINE', value: (topic) => topic.offline, right: true },
  ];
  return await context.show({ kind: 'TopicList', items, columns });
}

interface PartitionRow {
  readonly topic: string;
  readonly partition: number;
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly elr: readonly number[];
  /** null: the leader did not say. */
  readonly startOffset: bigint | null;
  readonly endOffset: bigint | null;
}

const PARTITION: readonly Column<PartitionRow>[] = [
  { header: 'TOPIC', value: (row) => row.topic },
  { header: 'PARTITION', value: (row) => row.partition, right: true },
  { header: 'LEADER', value: (row) => (row.leaderId < 0 ? 'none' : row.leaderId), right: true },
  { header: 'EPOCH', value: (row) => row.leaderEpoch, right: true },
  { header: 'REPLICAS', value: (row) => row.replicas.join(',') },
  { header: 'ISR', value: (row) => row.isr.join(',') },
  { header: 'ELR', value: (row) => row.elr.join(',') },
  { header: 'START', value: (row) => row.startOffset ?? '?', right: true },
  { header: 'END', value: (row) => row.endOffset ?? '?', right: true },
];

export async function describeTopics(context: Context, names: readonly string[]): Promise<number> {
  const admin = await context.admin();
  const { topics, errors } = await describeEach(context, admin, names);
  const offsets = await partitionOffsets(context, admin, topics);
  const items = topics.flatMap(({ name, topicId, partitions }) =>
    partitions.map((each) => {
      const key = `${name}/${each.partition}`;
      const [startOffset, endOffset] = [offsets.get(`${key}/earliest`) ?? null, offsets.get(`${key}/latest`) ?? null];
      return { topic: name, topicId, ...each, startOffset, endOffset };
    }),
  );
  return await context.show({ kind: 'PartitionList', items, columns: PARTITION, errors });
}

export async function addPartitions(context: Context, name: string, partitions: number): Promise<number> {
  const admin = await context.admin();
  const validateOnly = context.options.dryRun ?? false;
  await admin.createPartitions([{ name, partitions }], { ...context.call, validateOnly });
  if (validateOnly) context.note('nothing was changed: --dry-run');
  const columns = [NAME, { header: 'PARTITIONS', value: (row: { partitions: number }) => row.partitions, right: true }];
  return await context.show({ kind: 'GrownTopicList', items: [{ name, partitions }], columns });
}

export async function deleteTopics(context: Context, names: readonly string[]): Promise<number> {
  const kind = 'DeletedTopicList';
  const admin = await context.admin();
  const { topics, errors } = await describeEach(context, admin, names);
  const found = topics.map(({ name }) => name);
  if (found.length === 0) return await context.show({ kind, items: [], columns: [NAME], errors });
  const what = `this deletes ${found.join(', ')} with all records (${await amountIn(context, admin, topics)})`;
  if (context.options.dryRun === true) {
    context.note(`${what}: --dry-run, nothing was deleted`);
    return await context.show({ kind, items: [], columns: [NAME], errors });
  }
  const typed = { text: String(found.length), what: 'the number of topics' };
  await context.confirm(what, found.length > 1 ? typed : undefined);
  try {
    await admin.deleteTopics(found, context.call);
    return await context.show({ kind, items: found.map((name) => ({ name })), columns: [NAME], errors });
  } catch (error) {
    const partial = partialOf(error);
    const items = partial.done.map((name) => ({ name }));
    return await context.show({ kind, items, columns: [NAME], errors: [...errors, ...partial.errors] });
  }
}

/** How much there is to lose. */
async function amountIn(context: Context, admin: Admin, topics: readonly TopicDescription[]): Promise<string> {
  const partitions = topics.reduce((sum, topic) => sum + topic.partitions.length, 0);
  const offsets = await partitionOffsets(context, admin, topics);
  if (offsets.size < 2 * partitions) return `${counted(partitions, 'partition')}, of which not all can be looked into`;
  let records = 0n;
  for (const [key, offset] of offsets) records += key.endsWith('/latest') ? offset : -offset;
  return `${counted(partitions, 'partition')}, ${counted(records, 'record')}`;
}

/**
 * Those that are there, and what is wrong with the others.
 *
 * @throws what cannot be told item by item
 */
async function describeEach(
  context: Context,
  admin: Admin,
  names: readonly string[],
): Promise<{ readonly topics: readonly TopicDescription[]; readonly errors: readonly JsonError[] }> {
  try {
    return { topics: await admin.describeTopics(names, context.call), errors: [] };
  } catch (error) {
    const { done, errors } = partialOf(error);
    // Without names it would be all topics.
    return { topics: done.length === 0 ? [] : await admin.describeTopics(done, context.call), errors };
  }
}

/** @throws what cannot be told item by item */
function partialOf(error: unknown): PartialOutcome {
  const partial = itemErrors(error);
  if (partial === undefined) throw error;
  return partial;
}
