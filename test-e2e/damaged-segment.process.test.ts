import { closeSync, openSync, readdirSync, readFileSync, readSync, writeSync } from 'node:fs';
import path from 'node:path';
import { string } from '@moldau/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster, valuesOf } from './support/test-cluster.ts';
import { START_TIMEOUT_MS, until } from './support/until.ts';

/*
 * A byte changes on a disk while its broker is down. Whatever finds it, the start or a reader: the bytes are not served, the
 * replica is reported and fetched again, and the cluster has everything.
 */

const ALL = [1, 2, 3];
let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.start({ brokers: 3 });
}, START_TIMEOUT_MS);
afterAll(() => cluster.close());

/** A topic with batches of one record each, flushed everywhere. */
async function filled(topic: string, replicationFactor: number): Promise<readonly string[]> {
  const admin = cluster.client.admin();
  const configs = { 'segment.bytes': '20000' };
  await admin.createTopics([{ name: topic, partitions: 1, replicationFactor, configs }]);
  const values = valuesOf('x'.repeat(500), 100);
  await using producer = cluster.client.producer({ lingerMs: 0 });
  for (const value of values) await producer.send(topic, { value: Buffer.from(value), partition: 0 });
  return values;
}

async function leaderOf(topic: string): Promise<number> {
  let leader = -1;
  await until(`${topic} has a leader`, async () => {
    leader = (await cluster.partition(topic))?.leaderId ?? -1;
    return leader >= 0;
  });
  return leader;
}

/** The segments of a replica, in order. */
async function segmentsOf(topic: string, broker: number): Promise<readonly string[]> {
  const [described] = await cluster.client.admin().describeTopics([topic]);
  const logs = path.join(cluster.local.node(String(broker)).plan.directory, 'log');
  const replica = readdirSync(logs).find((name) => name.startsWith(`${described?.topicId}-0-`)) ?? '';
  const names = readdirSync(path.join(logs, replica)).filter((name) => name.endsWith('.log'));
  return names.sort().map((name) => path.join(logs, replica, name));
}

/** Inverts one byte; from the end when negative. */
function flip(file: string, at: number): void {
  const position = at < 0 ? readFileSync(file).length + at : at;
  const descriptor = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  readSync(descriptor, byte, 0, 1, position);
  writeSync(descriptor, Buffer.from([byte.readUInt8(0) ^ 0xff]), 0, 1, position);
  closeSync(descriptor);
}

function logOf(broker: number): string {
  return readFileSync(path.join(cluster.local.node(String(broker)).plan.directory, 'node.log'), 'utf8');
}

async function start(broker: number): Promise<void> {
  cluster.local.start(String(broker));
  await cluster.local.untilReady([String(broker)]);
}

async function soundOnDisk(topic: string, broker: number): Promise<boolean> {
  for (const file of await segmentsOf(topic, broker)) {
    if ((await cluster.run(['debug', 'dump-log', file])).code !== 0) return false;
  }
  return true;
}

describe('of three replicas', () => {
  test('found at the start, after a crash: the replica is fetched again before it is in sync', async () => {
    const topic = 'at-start';
    const values = await filled(topic, 3);
    const leader = await leaderOf(topic);
    const victim = ALL.find((id) => id !== leader) ?? 0;
    // A clean stop brings all into the segments; only after a crash their ends are read.
    await cluster.local.stop(String(victim));
    await start(victim);
    await cluster.local.kill(String(victim));
    flip((await segmentsOf(topic, victim)).at(-1) ?? '', -10);
    expect(await soundOnDisk(topic, victim)).toBe(false);
    await start(victim);
    expect(logOf(victim)).toContain('"verdict":"damaged"');
    await cluster.untilInSync(topic, ALL);
    expect(await cluster.read(topic)).toEqual(values);
    await cluster.local.stop(String(victim));
    expect(await soundOnDisk(topic, victim)).toBe(true);
    await start(victim);
    await cluster.untilInSync(topic, ALL);
  });

  test('found by a reader: the leadership moves, the reader gets all, and the replica is fetched again', async () => {
    const topic = 'at-read';
    const values = await filled(topic, 3);
    const victim = await leaderOf(topic);
    await cluster.local.stop(String(victim));
    const health = await cluster.ask(['cluster', 'health']);
    expect(health).toMatchObject({ code: 3, errors: [] });
    expect(health.items).toContainEqual({ check: 'brokers', ok: false, detail: `1 of 3 fenced: ${victim}` });
    flip((await segmentsOf(topic, victim))[1] ?? '', 700);
    await start(victim);
    await cluster.untilInSync(topic, ALL);
    // A clean start does not read the segments: it leads again, and nobody has noticed yet.
    await cluster.client.admin().electLeaders([{ topic, partition: 0 }]);
    expect(await leaderOf(topic)).toBe(victim);
    expect(await cluster.read(topic)).toEqual(values);
    expect(logOf(victim)).toContain('"event":"a replica is damaged"');
    await until('another leads', async () => (await cluster.partition(topic))?.leaderId !== victim);
    await cluster.untilInSync(topic, ALL);
    await cluster.local.stop(String(victim));
    expect(await soundOnDisk(topic, victim)).toBe(true);
    await start(victim);
  });
});

describe('the only replica', () => {
  test('what is intact is read, the rest is a clear error, nothing is appended, also after a restart', async () => {
    const topic = 'sole';
    const values = await filled(topic, 1);
    const victim = await leaderOf(topic);
    await cluster.local.stop(String(victim));
    const segments = await segmentsOf(topic, victim);
    const damagedFrom = Number(path.basename(segments[1] ?? '', '.log'));
    const soundFrom = Number(path.basename(segments[2] ?? '', '.log'));
    flip(segments[1] ?? '', 100);
    for (let life = 0; life < 2; life++) {
      await start(victim);
      expect(await leaderOf(topic)).toBe(victim);
      const read: (string | null)[] = [];
      await expect(readInto(topic, 0n, read)).rejects.toMatchObject({
        code: 'CORRUPT_MESSAGE',
        retriable: false,
        message: expect.stringMatching(
          /^the only copy is damaged behind offset \d+: what is before can be read\. Seek past it/,
        ),
      });
      expect(read).toEqual(values.slice(0, damagedFrom));
      const rest: (string | null)[] = [];
      await readInto(topic, BigInt(soundFrom), rest);
      expect(rest).toEqual(values.slice(soundFrom));
      const produced = await cluster.run(['--timeout', '5s', 'produce', topic], 'more\n');
      expect(produced.code).toBe(1);
      expect(produced.err).toContain('this replica is read-only');
      expect((await cluster.ask(['topic', 'describe', topic])).items).toMatchObject([
        { leaderId: victim, endOffset: 100 },
      ]);
      await cluster.local.stop(String(victim));
    }
    await start(victim);
  });
});

/** Reads to the end, or to what cannot be read. */
async function readInto(topic: string, from: bigint, values: (string | null)[]): Promise<void> {
  await using consumer = cluster.client.consumer({ assignments: [{ topic, partition: 0, from }], value: string() });
  const [end] = await consumer.endOffsets();
  for await (const { offset, value } of consumer) {
    values.push(value);
    if (offset + 1n === end?.offset) return;
  }
}
