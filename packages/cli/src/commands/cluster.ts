import { setTimeout as sleep } from 'node:timers/promises';
import type { BrokerDescription, QuorumDescription, QuorumMember, TopicDescription } from '@moldau/client';
import { EXIT, explain, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { write } from '../io.ts';
import type { Column } from '../output/table.ts';

export async function clusterInfo(context: Context): Promise<number> {
  const admin = await context.admin();
  const cluster = await admin.describeCluster(context.call);
  const topics = await admin.describeTopics([], context.call);
  const item = {
    clusterId: cluster.clusterId,
    controllerId: cluster.controllerId,
    brokers: cluster.brokers.length,
    topics: topics.length,
    partitions: topics.reduce((sum, topic) => sum + topic.partitions.length, 0),
  };
  return await context.show({
    kind: 'ClusterInfo',
    items: [item],
    columns: [
      { header: 'CLUSTER-ID', value: (each) => each.clusterId },
      { header: 'CONTROLLER', value: (each) => (each.controllerId < 0 ? 'none' : each.controllerId), right: true },
      { header: 'BROKERS', value: (each) => each.brokers, right: true },
      { header: 'TOPICS', value: (each) => each.topics, right: true },
      { header: 'PARTITIONS', value: (each) => each.partitions, right: true },
    ],
  });
}

export async function listBrokers(context: Context): Promise<number> {
  const { brokers } = await (await context.admin()).describeCluster(context.call);
  const columns: readonly Column<BrokerDescription>[] = [
    { header: 'ID', value: (broker) => broker.brokerId, right: true },
    { header: 'STATE', value: stateOf },
    { header: 'GRPC', value: (broker) => broker.grpcAddress },
    { header: 'KAFKA', value: (broker) => broker.kafkaAddress },
    { header: 'HOST', value: (broker) => broker.host },
    { header: 'RACK', value: (broker) => broker.rack },
    { header: 'EPOCH', value: (broker) => broker.brokerEpoch, right: true },
  ];
  return await context.show({ kind: 'BrokerList', items: brokers, columns });
}

function stateOf(broker: BrokerDescription): string {
  if (broker.fenced) return 'fenced';
  return broker.shuttingDown ? 'stopping' : 'active';
}

/** One thing that must be well for the cluster to be healthy. */
interface Check {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
}

const WATCH_INTERVAL_MS = 2_000;

/** Exit code 3 when something is wrong. With `watch` it prints again whenever something changed, until Ctrl-C. */
export async function clusterHealth(context: Context, options: { readonly watch?: boolean }): Promise<number> {
  if (options.watch !== true) return await showHealth(context, await healthChecks(context));
  if (context.options.output === 'json') {
    throw usageError('-o json is one document, and --watch goes on for ever', 'use -o jsonl');
  }
  const { signal } = context.call;
  let shown = '';
  while (!signal.aborted) {
    try {
      const checks = await watchedChecks(context);
      const seen = JSON.stringify(checks);
      if (seen !== shown) {
        if (context.options.output === 'table') await write(context.io.stdout, `${new Date().toISOString()}\n`);
        await showHealth(context, checks);
      }
      shown = seen;
      await sleep(WATCH_INTERVAL_MS, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
  return EXIT.interrupted;
}

/** A cluster that cannot be reached is what one watches for. */
async function watchedChecks(context: Context): Promise<readonly Check[]> {
  try {
    return await healthChecks(context);
  } catch (error) {
    const explained = explain(error);
    if (explained?.exitCode !== EXIT.unreachable) throw error;
    return [{ check: 'reachable', ok: false, detail: explained.message }];
  }
}

async function showHealth(context: Context, items: readonly Check[]): Promise<number> {
  await context.show({
    kind: 'HealthCheckList',
    items,
    columns: [
      { header: 'CHECK', value: (each) => each.check },
      { header: 'DETAIL', value: (each) => each.detail },
      // Last, since color would count as width.
      { header: 'OK', value: (each) => context.paint(each.ok, each.ok ? 'yes' : 'NO') },
    ],
  });
  return items.every(({ ok }) => ok) ? EXIT.done : EXIT.no;
}

async function healthChecks(context: Context): Promise<readonly Check[]> {
  const admin = await context.admin();
  const [{ brokers }, topics, quorum] = await Promise.all([
    admin.describeCluster(context.call),
    admin.describeTopics([], context.call),
    admin.describeQuorum(context.call),
  ]);
  return [quorumCheck(quorum), brokerCheck(brokers), ...partitionChecks(topics)];
}

/** The answering node may not know of others' contact (-1); a voter heard of longer ago than this is missing. */
const VOTER_SILENT_MS = 5_000;

function quorumCheck({ leaderId, voters }: QuorumDescription): Check {
  const silent = voters.filter(({ nodeId, lastContactMs }) => nodeId !== leaderId && lastContactMs > VOTER_SILENT_MS);
  const names = silent.map(({ nodeId }) => nodeId).join(',');
  const leader = leaderId < 0 ? 'no leader' : `leader ${leaderId} of ${voters.length} voters`;
  return {
    check: 'controllers',
    ok: leaderId >= 0 && silent.length === 0,
    detail: names === '' ? leader : `${leader}, silent: ${names}`,
  };
}

function brokerCheck(brokers: readonly BrokerDescription[]): Check {
  const fenced = brokers.filter((broker) => broker.fenced).map(({ brokerId }) => brokerId);
  const detail =
    fenced.length === 0
      ? `${brokers.length} active`
      : `${fenced.length} of ${brokers.length} fenced: ${fenced.join(',')}`;
  return { check: 'brokers', ok: brokers.length > 0 && fenced.length === 0, detail };
}

function partitionChecks(topics: readonly TopicDescription[]): readonly Check[] {
  const all = topics.flatMap(({ name, partitions }) =>
    partitions.map((each) => ({ name: `${name}/${each.partition}`, ...each })),
  );
  const offline = all.filter(({ leaderId }) => leaderId < 0);
  const lacking = all.filter(({ isr, replicas }) => isr.length < replicas.length);
  return [
    { check: 'offline-partitions', ok: offline.length === 0, detail: listOf(offline, all.length) },
    { check: 'under-replicated', ok: lacking.length === 0, detail: listOf(lacking, all.length) },
  ];
}

const NAMES_SHOWN_MAX = 5;

function listOf(partitions: readonly { readonly name: string }[], total: number): string {
  const shown = partitions.slice(0, NAMES_SHOWN_MAX).map(({ name }) => name);
  const more = partitions.length > shown.length ? ',...' : '';
  return `${partitions.length} of ${total}${shown.length > 0 ? `: ${shown.join(',')}${more}` : ''}`;
}

/** What all members have in common stands in each row, for programs that see nothing else. */
interface QuorumRow extends QuorumMember {
  readonly role: 'leader' | 'voter' | 'observer';
  readonly clusterId: string;
  readonly leaderId: number;
  readonly epoch: number;
  readonly commitOffset: bigint;
}

export async function describeQuorum(context: Context): Promise<number> {
  const quorum = await (await context.admin()).describeQuorum(context.call);
  const { clusterId, leaderId, epoch, commitOffset } = quorum;
  const row = (member: QuorumMember, role: QuorumRow['role']): QuorumRow => {
    return { ...member, role, clusterId, leaderId, epoch, commitOffset };
  };
  const items = [
    ...quorum.voters.map((member) => row(member, member.nodeId === leaderId ? 'leader' : 'voter')),
    ...quorum.observers.map((member) => row(member, 'observer')),
  ];
  context.note(`cluster ${clusterId}, term ${epoch}, committed to ${commitOffset}`);
  return await context.show({
    kind: 'QuorumMemberList',
    items,
    columns: [
      { header: 'ID', value: (member) => member.nodeId, right: true },
      { header: 'ROLE', value: (member) => member.role },
      { header: 'ADDRESS', value: (member) => member.address },
      { header: 'LOG-END', value: (member) => (member.logEndOffset < 0n ? '?' : member.logEndOffset), right: true },
      { header: 'CONTACT-MS', value: (member) => (member.lastContactMs < 0 ? '?' : member.lastContactMs), right: true },
      { header: 'DIRECTORY', value: (member) => member.directoryId },
    ],
  });
}

export interface VoterOptions {
  readonly id: number;
  readonly directory: string;
}

export async function addVoter(
  context: Context,
  options: VoterOptions & { readonly address: string },
): Promise<number> {
  const { id, directory, address } = options;
  await (await context.admin()).addVoter({ nodeId: id, directoryId: directory, address }, context.call);
  context.note(`controller ${id} votes now`);
  return await describeQuorum(context);
}

export async function removeVoter(context: Context, options: VoterOptions): Promise<number> {
  const { id, directory } = options;
  await context.confirm(`this takes the vote from controller ${id}: one failure fewer may be survived`);
  await (await context.admin()).removeVoter({ nodeId: id, directoryId: directory }, context.call);
  context.note(`controller ${id} votes no longer`);
  return await describeQuorum(context);
}
