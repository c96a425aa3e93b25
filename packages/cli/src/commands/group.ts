import type { Admin, GroupDescription, GroupListing } from '@moldau/client';
import { explain } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { counted } from '../output/counted.ts';
import type { JsonError } from '../output/json.ts';
import type { Column } from '../output/table.ts';

export async function listGroups(context: Context): Promise<number> {
  const items = await (await context.admin()).listGroups(context.call);
  const columns: readonly Column<GroupListing>[] = [
    { header: 'GROUP', value: (group) => group.groupId },
    { header: 'STATE', value: (group) => group.state },
    { header: 'TYPE', value: (group) => group.protocolType },
  ];
  return await context.show({ kind: 'GroupList', items, columns });
}

interface PartitionRow {
  readonly group: string;
  readonly state: string;
  readonly topic: string;
  readonly partition: number;
  /** null: nothing is committed. */
  readonly committedOffset: bigint | null;
  /** null: its leader did not say, or there is none. */
  readonly endOffset: bigint | null;
  readonly lag: bigint | null;
  readonly memberId: string;
}

const PARTITION: readonly Column<PartitionRow>[] = [
  { header: 'GROUP', value: (row) => row.group },
  { header: 'TOPIC', value: (row) => row.topic },
  { header: 'PARTITION', value: (row) => row.partition, right: true },
  { header: 'COMMITTED', value: (row) => row.committedOffset ?? '-', right: true },
  { header: 'END', value: (row) => row.endOffset ?? '?', right: true },
  { header: 'LAG', value: (row) => row.lag ?? '?', right: true },
  { header: 'MEMBER', value: (row) => row.memberId },
];

interface MemberRow {
  readonly group: string;
  readonly memberId: string;
  readonly instanceId: string;
  readonly clientId: string;
  readonly host: string;
  readonly topics: readonly string[];
  readonly assignment: GroupDescription['members'][number]['assignment'];
}

const MEMBER: readonly Column<MemberRow>[] = [
  { header: 'GROUP', value: (row) => row.group },
  { header: 'MEMBER', value: (row) => row.memberId },
  { header: 'INSTANCE', value: (row) => row.instanceId },
  { header: 'CLIENT', value: (row) => row.clientId },
  { header: 'HOST', value: (row) => row.host },
  { header: 'PARTITIONS', value: (row) => row.assignment.length, right: true },
  { header: 'TOPICS', value: (row) => row.topics.join(',') },
];

/** How far groups are; a remark on stderr says of each what state it is in. */
export async function describeGroups(
  context: Context,
  names: readonly string[],
  { members: ofMembers = false }: { readonly members?: boolean },
): Promise<number> {
  const { groups, errors } = await describeEach(context, await context.admin(), names);
  for (const { groupId, state, protocol, members, partitions, coordinatorId } of groups) {
    const lag = partitions.reduce((sum, each) => sum + (each.lag ?? 0n), 0n);
    const shares = protocol === '' ? '' : `, ${protocol}`;
    context.note(
      `${groupId}: ${state}${shares}, ${counted(members.length, 'member')}, ${counted(lag, 'record')} behind, coordinator ${coordinatorId}`,
    );
  }
  if (ofMembers) {
    const items = groups.flatMap(({ groupId, members }) => members.map((each) => ({ group: groupId, ...each })));
    return await context.show({ kind: 'GroupMemberList', items, columns: MEMBER, errors });
  }
  const items = groups.flatMap(({ groupId, state, partitions }) =>
    partitions.map(({ topic, partition, committedOffset = null, endOffset = null, lag = null, memberId }) => {
      return { group: groupId, state, topic, partition, committedOffset, endOffset, lag, memberId };
    }),
  );
  return await context.show({ kind: 'GroupPartitionList', items, columns: PARTITION, errors });
}

interface GroupRow {
  readonly group: string;
}

const GROUP: readonly Column<GroupRow>[] = [{ header: 'GROUP', value: (row) => row.group }];

export async function deleteGroups(context: Context, names: readonly string[]): Promise<number> {
  const kind = 'DeletedGroupList';
  const admin = await context.admin();
  const { groups, errors } = await describeEach(context, admin, names);
  const active = groups.filter(({ state }) => state !== 'Empty');
  const refused = [...errors, ...active.map(activeError)];
  const going = groups.filter(({ state }) => state === 'Empty');
  if (going.length === 0) return await context.show({ kind, items: [], columns: GROUP, errors: refused });
  const offsets = going.reduce((sum, { partitions }) => sum + partitions.length, 0);
  const found = going.map(({ groupId }) => groupId);
  const what = `this deletes ${found.join(', ')} with what is committed (of ${counted(offsets, 'partition')})`;
  if (context.options.dryRun === true) {
    context.note(`${what}: --dry-run, nothing was deleted`);
    return await context.show({ kind, items: [], columns: GROUP, errors: refused });
  }
  const typed = { text: String(found.length), what: 'the number of groups' };
  await context.confirm(what, found.length > 1 ? typed : undefined);
  const items: GroupRow[] = [];
  for (const group of found) {
    try {
      await admin.deleteGroup(group, context.call);
      items.push({ group });
    } catch (error) {
      refused.push(itemError(group, error));
    }
  }
  return await context.show({ kind, items, columns: GROUP, errors: refused });
}

/** The group has members, so nothing is done to it. */
export function activeError({ groupId, state, members }: GroupDescription): JsonError {
  const message = `group ${groupId} is ${state}, with ${counted(members.length, 'member')}: it must be empty`;
  const hint = `stop its consumers; npx moldau group describe ${groupId} --members shows them`;
  return { name: groupId, code: 'NON_EMPTY_GROUP', message, hint };
}

/** Those that are there, and what is wrong with the others. */
async function describeEach(
  context: Context,
  admin: Admin,
  names: readonly string[],
): Promise<{ readonly groups: readonly GroupDescription[]; readonly errors: JsonError[] }> {
  const groups: GroupDescription[] = [];
  const errors: JsonError[] = [];
  for (const name of new Set(names)) {
    try {
      groups.push(await admin.describeGroup(name, context.call));
    } catch (error) {
      errors.push(itemError(name, error));
    }
  }
  return { groups, errors };
}

/** A refusal of this group. @throws what is no refusal, but keeps all of them from being asked */
function itemError(name: string, error: unknown): JsonError {
  const isOfGroup = error instanceof Error && 'code' in error && OF_GROUP.has(String(error.code));
  const explained = isOfGroup ? explain(error) : undefined;
  if (explained === undefined) throw error;
  return { name, code: explained.code, message: explained.message, hint: explained.hint };
}

const OF_GROUP: ReadonlySet<string> = new Set(['GROUP_ID_NOT_FOUND', 'NON_EMPTY_GROUP', 'INVALID_GROUP_ID']);
