/**
 * npm run failover: produces to a local cluster while nodes are killed with -9 and started again, then reads everything
 * back. Ends with 1 when an acknowledged record is missing, there twice, or out of order.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Client, createClient, string } from '@moldau/client';
import { checkHistory, type ReadRecord } from '@moldau/history';
import { ensureTopic } from '../cluster-facts.ts';
import { runScript } from '../script.ts';
import { LocalCluster } from '../supervisor/local-cluster.ts';
import { AckGaps } from './ack-gaps.ts';
import { FAILOVER_USAGE, type FailoverOptions, failoverOptions } from './failover-options.ts';
import { Load, sequenceOf } from './load.ts';
import { type KillKind, type KillReport, killOnce } from './rounds.ts';

const TOPIC = 'failover';
const PARTITIONS = 6;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

await runScript({ usage: FAILOVER_USAGE, read: failoverOptions, run: main });

async function main(options: FailoverOptions): Promise<number> {
  const data = mkdtempSync(path.join(tmpdir(), 'moldau-failover-'));
  const cluster = await LocalCluster.start(
    { data, brokers: 3, controllers: 3, port: 0, restart: options.supervised },
    { onError: (node, message) => say(`  ${node}: ${message}`) },
  );
  let passed = false;
  try {
    await cluster.untilReady();
    passed = await run(cluster, options);
  } finally {
    await cluster.close();
    // What failed stays for whoever looks into it.
    if (passed) rmSync(data, { recursive: true });
    else say(`logs and data: ${data}`);
  }
  return passed ? 0 : 1;
}

async function run(cluster: LocalCluster, { rounds, rate, supervised, allAtOnce }: FailoverOptions): Promise<boolean> {
  await using client = createClient({ bootstrap: cluster.bootstrap, clientId: 'failover' });
  await ensureTopic(client, { name: TOPIC, partitions: PARTITIONS, replicationFactor: 3 });
  const gaps = new AckGaps(PARTITIONS, performance.now());
  const producer = client.producer({ key: string(), value: string() });
  const load = new Load(producer, { topic: TOPIC, recordsPerSecond: rate, gaps });
  const kinds: KillKind[] = allAtOnce ? ['all brokers'] : ['follower', 'leader', 'controller'];
  const reports: KillReport[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const kind of kinds) {
      const report = await killOnce({ cluster, client, topic: TOPIC, gaps, supervised }, kind);
      reports.push(report);
      say(`round ${round}  ${line(report)}`);
    }
  }
  await load.finish();
  for (const text of summary(reports)) say(text);
  return tellVerdict(load, await readAll(client));
}

function tellVerdict(load: Load, found: readonly ReadRecord[]): boolean {
  const verdict = checkHistory(load.history, found);
  const { acknowledged, unknown, unknownFound, read, counts, violations } = verdict;
  say(
    `${acknowledged} acknowledged, ${unknown} of unknown outcome (${unknownFound} of them in the log), ${read} read back`,
  );
  for (const { kind, message } of violations) say(`  ${kind}: ${message}`);
  say(
    Object.entries(counts)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(', '),
  );
  return violations.length === 0 && acknowledged > 0;
}

function line({ kind, victims, proof, ledCount, ledGapMs, otherGapMs, healedMs }: KillReport): string {
  const led = ledCount > 0 ? `${ledGapMs.toFixed(0)} ms on ${ledCount} led, ` : '';
  return (
    `${kind.padEnd(10)} ${victims}; ${proof}; longest gap ${led}${otherGapMs.toFixed(0)} ms on others; ` +
    `all in sync ${healedMs.toFixed(0)} ms after the restart`
  );
}

/** Each kill of a broker is that of a leader to the partitions that it led, and that of a follower to the others. */
function summary(reports: readonly KillReport[]): string[] {
  const longest = (what: string, of: readonly KillReport[], gap: (report: KillReport) => number): string[] =>
    of.length === 0 ? [] : [`longest gap, ${what}: ${Math.max(...of.map(gap)).toFixed(0)} ms over ${of.length} kills`];
  const controllers = reports.filter(({ kind }) => kind === 'controller');
  const all = reports.filter(({ kind }) => kind === 'all brokers');
  const brokers = reports.filter(({ kind }) => kind === 'leader' || kind === 'follower');
  const ledSome = brokers.filter(({ ledCount }) => ledCount > 0);
  return [
    ...longest('partitions led by the victim', ledSome, ({ ledGapMs }) => ledGapMs),
    ...longest('partitions followed by the victim', brokers, ({ otherGapMs }) => otherGapMs),
    ...longest('active controller killed, all partitions', controllers, ({ otherGapMs }) => otherGapMs),
    ...longest('all brokers killed, from the kill on, their restart included', all, ({ ledGapMs }) => ledGapMs),
  ];
}

async function readAll(client: Client): Promise<ReadRecord[]> {
  await using consumer = client.consumer({
    assignments: [{ topic: TOPIC, from: 'earliest' }],
    key: string(),
    value: string(),
  });
  const ends = await consumer.endOffsets();
  const records: ReadRecord[] = [];
  const open = new Set(ends.filter(({ offset }) => offset > 0n).map(({ partition }) => partition));
  if (open.size === 0) return records;
  for await (const { partition, offset, key, value } of consumer) {
    records.push({ partition, offset, key: key ?? '', sequence: sequenceOf(value ?? '') });
    const end = ends.find((one) => one.partition === partition)?.offset ?? 0n;
    if (offset + 1n >= end) open.delete(partition);
    if (open.size === 0) break;
  }
  return records;
}
