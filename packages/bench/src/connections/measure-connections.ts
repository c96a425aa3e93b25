import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { DevError } from '@moldau/dev';
import { nativeChecksum } from '@moldau/host';
import { apiVersions, decodeResponse, fetch as fetchRecords, metadata, produce } from '@moldau/protocol';
import { BatchBuilder } from '@moldau/records';
import { percentile } from '../raw/figures.ts';
import type { ConnectionsOptions } from './connections-options.ts';
import { KafkaPeer } from './kafka-peer.ts';

const TOPIC = 'bench-connections';
const RECORD_BYTES = 100;
/** Files that a process has open beside its connections. */
const OTHER_FILES = 200;
/** Connections that are opened at once: the queue of a listening socket has 511 places. */
const OPENED_AT_ONCE = 100;
/** Until memory is what it stays at, and compilation is done. */
const SETTLE_MS = 2000;
const TOPIC_DEADLINE_MS = 10_000;
const TOPIC_POLL_MS = 100;
const MIB = 1024 * 1024;

/** Where the broker is, what to open there, and who takes the lines for people. */
export interface ConnectionsRun {
  readonly kafka: string;
  readonly admin: string;
  readonly options: ConnectionsOptions;
  readonly report: (name: string, value: number, unit: string) => void;
}

/** @throws DevError when this shell allows too few open files; the broker has inherited the same limit */
export function checkOpenFiles({ idle, active }: ConnectionsOptions): void {
  const wanted = idle + active + OTHER_FILES;
  // Node raises its own limit up to this one.
  const said = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  if (said === 'unlimited' || Number(said) >= wanted) return;
  throw new DevError(`${idle + active} connections need ${wanted} open files, and this shell allows ${said}`, {
    hint: `raise it (ulimit -Hn ${wanted}, as root), or open fewer with --idle N --active N`,
  });
}

/** Opens all, lets the active ones work, and closes all. */
export async function measureConnections(run: ConnectionsRun): Promise<void> {
  const { kafka, options, report } = run;
  const peers: KafkaPeer[] = [];
  try {
    await createTopic(kafka);
    await delay(SETTLE_MS);
    const before = await memory(run);
    report('resident memory, no connection', before / MIB, 'MiB');
    await openAll(kafka, options.idle, peers);
    await delay(SETTLE_MS);
    const idle = await memory(run);
    report(`resident memory, ${options.idle} idle connections`, idle / MIB, 'MiB');
    if (options.idle > 0) report('the same, for each connection', (idle - before) / options.idle / 1024, 'KiB');
    const active = await openAll(kafka, options.active, peers);
    const latencies = await work(active, options);
    report(`resident memory, ${options.active} active ones besides`, (await memory(run)) / MIB, 'MiB');
    for (const [kind, sorted] of latencies) {
      report(`${kind}: requests answered`, sorted.length, '');
      for (const share of [0.5, 0.99, 0.999]) report(`${kind}, p${share * 100}`, percentile(sorted, share), 'ms');
    }
  } finally {
    for (const peer of peers) peer.close();
  }
  await delay(SETTLE_MS);
  report('resident memory, all closed', (await memory(run)) / MIB, 'MiB');
}

async function createTopic(address: string): Promise<void> {
  const peer = await KafkaPeer.open(address);
  const deadlineMs = performance.now() + TOPIC_DEADLINE_MS;
  for (;;) {
    const request = { topics: [{ name: TOPIC }], allowAutoTopicCreation: true };
    const { topics } = decodeResponse(metadata, 5, await peer.ask(metadata, 5, request));
    if (topics[0]?.errorCode === 0 && (topics[0].partitions[0]?.leaderId ?? -1) >= 0) break;
    if (performance.now() > deadlineMs) throw new DevError(`the broker did not create ${TOPIC}`);
    await delay(TOPIC_POLL_MS);
  }
  peer.close();
}

async function openAll(address: string, count: number, all: KafkaPeer[]): Promise<KafkaPeer[]> {
  const opened: KafkaPeer[] = [];
  while (opened.length < count) {
    const some = Math.min(OPENED_AT_ONCE, count - opened.length);
    const peers = await Promise.all(Array.from({ length: some }, () => KafkaPeer.open(address)));
    all.push(...peers);
    opened.push(...peers);
    const hello = { clientSoftwareName: 'bench', clientSoftwareVersion: '1' };
    await Promise.all(peers.map((peer) => peer.ask(apiVersions, 3, hello)));
  }
  return opened;
}

/**
 * Each connection has its moments, spread evenly, at which its next request is due: it produces and fetches in turn. One that
 * is late because the answer before it was counts from its moment, so that a stall shows in every request that it delayed.
 */
async function work(
  peers: readonly KafkaPeer[],
  { rate, seconds }: ConnectionsOptions,
): Promise<Map<'produce' | 'fetch', Float64Array>> {
  const latencies = { produce: [] as number[], fetch: [] as number[] };
  const periodMs = (1000 * peers.length) / rate;
  const startedMs = performance.now() + SETTLE_MS;
  const endMs = startedMs + seconds * 1000;
  await Promise.all(
    peers.map(async (peer, index) => {
      let dueMs = startedMs - SETTLE_MS + (index * periodMs) / peers.length;
      for (let turn = index; dueMs < endMs; turn++, dueMs += periodMs) {
        const waitMs = dueMs - performance.now();
        if (waitMs > 0) await delay(waitMs);
        const fromMs = waitMs > 0 ? performance.now() : dueMs;
        const kind = turn % 2 === 0 ? 'produce' : 'fetch';
        await (kind === 'produce' ? produceOne(peer) : fetchOne(peer));
        if (dueMs >= startedMs) latencies[kind].push(performance.now() - fromMs);
      }
    }),
  );
  return new Map([
    ['produce', Float64Array.from(latencies.produce).sort()],
    ['fetch', Float64Array.from(latencies.fetch).sort()],
  ]);
}

const VALUE = new Uint8Array(RECORD_BYTES);

async function produceOne(peer: KafkaPeer): Promise<void> {
  const builder = new BatchBuilder();
  builder.append({ key: null, value: VALUE, headers: [] }, Date.now());
  const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records: builder.finish(nativeChecksum) }] }];
  const frame = await peer.ask(produce, 9, { acks: -1, timeoutMs: 10_000, topicData });
  refuse(decodeResponse(produce, 9, frame).responses[0]?.partitionResponses[0]?.errorCode);
}

/** The first records there are. */
async function fetchOne(peer: KafkaPeer): Promise<void> {
  const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1024, lastFetchedEpoch: -1 };
  const topics = [{ topic: TOPIC, partitions: [partition] }];
  const frame = await peer.ask(fetchRecords, 11, { maxWaitMs: 0, minBytes: 1, topics });
  refuse(decodeResponse(fetchRecords, 11, frame).responses[0]?.partitions[0]?.errorCode);
}

function refuse(errorCode: number | undefined): void {
  if (errorCode !== 0) throw new DevError(`the broker answers with error ${errorCode}`);
}

/** What the operating system says that the broker's process holds. */
async function memory({ admin }: ConnectionsRun): Promise<number> {
  const text = await (await fetch(`http://${admin}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith('process_resident_memory_bytes '));
  return Number(line?.split(' ')[1]);
}
