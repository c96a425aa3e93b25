/**
 * npm run failover: produces to a local cluster while nodes are killed with -9 and started again, then reads everything
 * back. Ends with 1 when an acknowledged record is missing, there twice, or out of order.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Client, createClient, string } from '@moldau/client';
import { ensureTopic } from '../cluster-facts.ts';
import { checkHistory, type ReadRecord } from '../history/check-history.ts';
import { LocalCluster } from '../supervisor/local-cluster.ts';
import { AckGaps } from './ack-gaps.ts';
import { Load, sequenceOf } from './load.ts';
import { type KillKind, type KillReport, killOnce } from './rounds.ts';

const TOPIC = 'failover';
const PARTITIONS = 6;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    rate: { type: 'string', default: '3000' },
    supervised: { type: 'boolean', default: false },
    'all-at-once': { type: 'boolean', default: false },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const data = mkdtempSync(path.join(tmpdir(), 'moldau-failover-'));
const cluster = await LocalCluster.start(
  { data, brokers: 3, controllers: 3, port: 0, restart: values.supervised },
  { onError: (node, message) => say(`  ${node}: ${message}`) },
);
let passed = false;
try {
  await cluster.untilReady();
  passed = await run(cluster);
} finally {
  await cluster.close();
  // What failed stays for whoever looks into it.
  if (passed) rmSync(data, { recursive: true });
  else say(`logs and data: ${data}`);
}
process.exit(passed ? 0 : 1);

async function run(running: LocalCluster): Promise<boolean> {
  await using client = createClient({ bootstrap: running.bootstrap, clientId: 'failover' });
  await ensureTopic(client, { name: TOPIC, partitions: PARTITIONS, replicationFactor: 3 });
  const gaps = new AckGaps(PARTITIONS, performance.now());
  const producer = client.producer({ key: string(), value: string() });
  const load = new Load(producer, { topic: TOPIC, recordsPerSecond: Number(values.rate), gaps });
  const kinds: KillKind[] = values['all-at-once'] ? ['all brokers'] : ['follower', 'leader', 'controller'];
  const reports: KillReport[] = [];
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const kind of kinds) {
      const report = await killOnce(
        { cluster: running, client, topic: TOPIC, gaps, supervised: values.supervised },
        kind,
      );
      reports.push(report);
      say(`round ${round}  ${line(report)}`);
    }
  }
  await load.finish();
  for (const kind of kinds)
    say(
      summary(
        kind,
        reports.filter((report) => report.kind === kind),
      ),
    );
  const verdict = checkHistory(load.history, await readAll(client));
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

function line({ kind, victims, proof, ledGapMs, otherGapMs, healedMs }: KillReport): string {
  return (
    `${kind.padEnd(10)} ${victims}; ${proof}; longest gap: led ${ledGapMs.toFixed(0)} ms, ` +
    `others ${otherGapMs.toFixed(0)} ms; back in sync ${healedMs.toFixed(0)} ms after its start`
  );
}

function summary(kind: KillKind, reports: readonly KillReport[]): string {
  const longest = (of: (report: KillReport) => number): string => Math.max(0, ...reports.map(of)).toFixed(0);
  const led = longest(({ ledGapMs }) => ledGapMs);
  const other = longest(({ otherGapMs }) => otherGapMs);
  return `longest gap over ${reports.length} kills of ${kind}: ${led} ms on partitions that the victim led, ${other} ms on others`;
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
