import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, PartitionDescription, PartitionMove, PartitionName, TopicDescription } from '@moldau/client';
import { EXIT, usageError } from '../cli-error.ts';
import { type Context, itemErrors } from '../context.ts';
import { counted } from '../output/counted.ts';
import type { Column } from '../output/table.ts';
import { keyOf, partitionsOf, topicOf } from './partition-arguments.ts';
import { partitionOffsets } from './partition-offsets.ts';
import {
  isMoving,
  type MoveWish,
  type PlannedMove,
  planCancel,
  planDrain,
  planMoves,
  targetOf,
} from './reassign-plan.ts';

interface WaitOptions {
  readonly wait?: boolean;
}

interface MoveRow extends PlannedMove {
  /** That each added replica copies; null: the leader did not say. */
  readonly records: bigint | null;
}

const MOVE: readonly Column<PlannedMove>[] = [
  { header: 'TOPIC', value: (move) => move.topic },
  { header: 'PARTITION', value: (move) => move.partition, right: true },
  { header: 'FROM', value: (move) => move.from.join(',') },
  { header: 'TO', value: (move) => move.to.join(',') },
];
const PLAN: readonly Column<MoveRow>[] = [
  ...MOVE,
  { header: 'ADDS', value: (move) => listed(move.adding) },
  { header: 'REMOVES', value: (move) => listed(move.removing) },
  { header: 'RECORDS', value: (move) => move.records ?? '?', right: true },
];

/** Moves partitions to the brokers that are asked for, or makes their topics even over those that serve. */
export async function reassign(
  context: Context,
  names: readonly string[],
  { wait = false, ...wish }: MoveWish & WaitOptions,
): Promise<number> {
  if (wish.replicas !== undefined && (wish.brokers ?? wish.replicationFactor) !== undefined) {
    throw usageError('--replicas says all: it goes with neither --brokers nor --replication-factor');
  }
  const admin = await context.admin();
  const topics = await admin.describeTopics([...new Set(names.map(topicOf))], context.call);
  const { brokers } = await admin.describeCluster(context.call);
  const named = names.flatMap((name) => partitionsOf(name, topics));
  return await carryOut(context, admin, { topics, moves: planMoves({ brokers, topics }, named, wish), wait });
}

/** Empties a broker. It still gets replicas of topics that are made later. */
export async function drainBroker(context: Context, brokerId: number, { wait = false }: WaitOptions): Promise<number> {
  const admin = await context.admin();
  const topics = await admin.describeTopics([], context.call);
  const { brokers } = await admin.describeCluster(context.call);
  return await carryOut(context, admin, { topics, moves: planDrain({ brokers, topics }, brokerId), wait });
}

interface Plan {
  readonly topics: readonly TopicDescription[];
  readonly moves: readonly PlannedMove[];
  readonly wait: boolean;
}

/** Shows the plan, asks, begins, and waits for the end where that is wanted. */
async function carryOut(context: Context, admin: Admin, { topics, moves, wait }: Plan): Promise<number> {
  const rows = await withRecords(context, admin, topics, moves);
  await context.show({ kind: 'ReassignmentPlan', items: rows, columns: PLAN });
  if (moves.length === 0) {
    context.note('nothing is to be moved');
    return EXIT.done;
  }
  const replicas = moves.reduce((sum, { adding }) => sum + adding.length, 0);
  const isAllKnown = rows.every(({ records }) => records !== null);
  const records = rows.reduce((sum, row) => sum + (row.records ?? 0n) * BigInt(row.adding.length), 0n);
  const amount = `${isAllKnown ? '' : 'at least '}${counted(records, 'record')}`;
  if (
    !(await mayChange(
      context,
      `this changes ${counted(moves.length, 'partition')}: ${counted(replicas, 'new replica')}, ${amount} to copy`,
    ))
  ) {
    return EXIT.done;
  }
  const refused = await alter(context, admin, moves);
  const begun = moves.filter((move) => !refused.has(keyOf(move)));
  if (begun.length === 0) return EXIT.someFailed;
  if (wait) return await awaitMoves(context, admin, begun, refused.size > 0 ? EXIT.someFailed : EXIT.done);
  context.note(`begun: ${counted(begun.length, 'partition')}; see how far with npx moldau reassign status`);
  return refused.size > 0 ? EXIT.someFailed : EXIT.done;
}

/** @throws CliError when the answer is no */
async function mayChange(context: Context, what: string): Promise<boolean> {
  if (context.options.dryRun === true) {
    context.note('nothing was changed: --dry-run');
    return false;
  }
  await context.confirm(what);
  return true;
}

async function withRecords(
  context: Context,
  admin: Admin,
  topics: readonly TopicDescription[],
  moves: readonly PlannedMove[],
): Promise<readonly MoveRow[]> {
  const copied = new Set(moves.filter(({ adding }) => adding.length > 0).map(keyOf));
  const asked = topics.map((topic) => ({
    ...topic,
    partitions: topic.partitions.filter(({ partition }) => copied.has(keyOf({ topic: topic.name, partition }))),
  }));
  const offsets = await partitionOffsets(context, admin, asked);
  return moves.map((move): MoveRow => {
    if (move.adding.length === 0) return { ...move, records: 0n };
    const [start, end] = [offsets.get(`${keyOf(move)}/earliest`), offsets.get(`${keyOf(move)}/latest`)];
    return { ...move, records: start === undefined || end === undefined ? null : end - start };
  });
}

/** One request stays well below what the controller takes at once (100,000 replicas). */
const MOVES_PER_REQUEST_MAX = 1_000;

/** The names of those that were refused, which are told. @throws what cannot be told one by one */
async function alter(context: Context, admin: Admin, moves: readonly PlannedMove[]): Promise<ReadonlySet<string>> {
  return await alterAll(
    context,
    admin,
    moves.map(({ topic, partition, to }) => ({ topic, partition, replicas: to })),
  );
}

async function alterAll(context: Context, admin: Admin, moves: readonly PartitionMove[]): Promise<ReadonlySet<string>> {
  const refused = new Set<string>();
  for (let at = 0; at < moves.length; at += MOVES_PER_REQUEST_MAX) {
    try {
      await admin.alterPartitionReassignments(moves.slice(at, at + MOVES_PER_REQUEST_MAX), context.call);
    } catch (error) {
      const partial = itemErrors(error);
      if (partial === undefined) throw error;
      for (const each of partial.errors) {
        context.tellError(each);
        refused.add(each.name ?? '');
      }
    }
  }
  return refused;
}

const LOOK_INTERVAL_MS = 500;

/** Until none of them is under way. Whatever ends the waiting, the moves go on, and that is said. */
async function awaitMoves(
  context: Context,
  admin: Admin,
  moves: readonly PlannedMove[],
  exitCode: number,
): Promise<number> {
  const names = [...new Set(moves.map(({ topic }) => topic))];
  const { signal } = context.call;
  const advance = context.progress('partition', { isDrawn: true });
  let left = moves.length;
  try {
    for (;;) {
      const partitions = byKey(await admin.describeTopics(names, context.call));
      left = moves.filter((move) => partitions.get(keyOf(move))?.isMoving === true).length;
      advance({ count: moves.length - left, share: (moves.length - left) / moves.length });
      if (left === 0) return tellOutcome(context, moves, partitions) ? exitCode : EXIT.someFailed;
      await sleep(LOOK_INTERVAL_MS, undefined, { signal });
    }
  } catch (error) {
    context.note(
      `${counted(left, 'partition')} still to go, and it goes on: npx moldau reassign status shows how far, cancel ends it`,
    );
    if (signal.aborted) return EXIT.interrupted;
    throw error;
  }
}

interface PartitionNow {
  readonly isMoving: boolean;
  readonly replicas: readonly number[];
}

function byKey(topics: readonly TopicDescription[]): ReadonlyMap<string, PartitionNow> {
  return new Map(
    topics.flatMap(({ name, partitions }) =>
      partitions.map((each): [string, PartitionNow] => [
        keyOf({ topic: name, partition: each.partition }),
        { isMoving: isMoving(each), replicas: targetOf(each) },
      ]),
    ),
  );
}

/** Somebody else may have called a move off, or turned it elsewhere. Whether all are where they were to go. */
function tellOutcome(
  context: Context,
  moves: readonly PlannedMove[],
  partitions: ReadonlyMap<string, PartitionNow>,
): boolean {
  const elsewhere = moves.filter((move) => partitions.get(keyOf(move))?.replicas.join() !== move.to.join());
  for (const move of elsewhere) {
    const replicas = partitions.get(keyOf(move))?.replicas.join(',') ?? 'no broker';
    const message = `was cancelled or moved elsewhere meanwhile: it is on ${replicas}, not on ${move.to.join(',')}`;
    context.tellError({ name: keyOf(move), code: 'NOT_AS_PLANNED', message, hint: '' });
  }
  context.note(`done: ${counted(moves.length - elsewhere.length, 'partition')}`);
  return elsewhere.length === 0;
}

interface OngoingRow extends PartitionName {
  readonly leaderId: number;
  readonly target: readonly number[];
  readonly adding: readonly number[];
  readonly removing: readonly number[];
  /** Of the added ones, those that have caught up. */
  readonly caughtUp: readonly number[];
}

/** Moves that are under way: of these topics, or of all. */
export async function reassignStatus(context: Context, names: readonly string[]): Promise<number> {
  const topics = await (await context.admin()).describeTopics(names, context.call);
  const items = topics.flatMap((topic) => topic.partitions.filter(isMoving).map((each) => ongoing(topic, each)));
  if (items.length === 0) context.note('no partition is being moved');
  return await context.show({
    kind: 'ReassignmentList',
    items,
    columns: [
      { header: 'TOPIC', value: (row) => row.topic },
      { header: 'PARTITION', value: (row) => row.partition, right: true },
      { header: 'LEADER', value: (row) => (row.leaderId < 0 ? 'none' : row.leaderId), right: true },
      { header: 'TARGET', value: (row) => row.target.join(',') },
      { header: 'ADDS', value: (row) => listed(row.adding) },
      { header: 'REMOVES', value: (row) => listed(row.removing) },
      { header: 'CAUGHT-UP', value: (row) => `${row.caughtUp.length}/${row.adding.length}`, right: true },
    ],
  });
}

function ongoing(topic: TopicDescription, each: PartitionDescription): OngoingRow {
  return {
    topic: topic.name,
    partition: each.partition,
    leaderId: each.leaderId,
    target: targetOf(each),
    adding: each.addingReplicas,
    removing: each.removingReplicas,
    caughtUp: each.addingReplicas.filter((id) => each.isr.includes(id)),
  };
}

/** Calls moves off: the partitions stay where they were before. */
export async function cancelReassignments(
  context: Context,
  names: readonly string[],
  { all = false }: { readonly all?: boolean },
): Promise<number> {
  if (all === names.length > 0) throw usageError('name partitions as TOPIC or TOPIC/PARTITION, or say --all');
  const admin = await context.admin();
  const topics = await admin.describeTopics([...new Set(names.map(topicOf))], context.call);
  const named = all
    ? topics.flatMap(({ name }) => partitionsOf(name, topics))
    : names.flatMap((name) => partitionsOf(name, topics));
  const moves = planCancel(topics, named);
  await context.show({ kind: 'ReassignmentCancelPlan', items: moves, columns: MOVE });
  if (moves.length === 0) {
    context.note('no partition of these is being moved');
    return EXIT.done;
  }
  if (!(await mayChange(context, `this calls off the move of ${counted(moves.length, 'partition')}`))) return EXIT.done;
  const refused = await alterAll(
    context,
    admin,
    moves.map(({ topic, partition }) => ({ topic, partition })),
  );
  context.note(`called off: ${counted(moves.length - refused.size, 'partition')}`);
  return refused.size > 0 ? EXIT.someFailed : EXIT.done;
}

function listed(ids: readonly number[]): string {
  return ids.length === 0 ? '-' : ids.join(',');
}
