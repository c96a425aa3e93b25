import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CommandProcess, envelopeOf } from './support/command.ts';
import { TestCluster, valuesOf } from './support/test-cluster.ts';
import { START_TIMEOUT_MS, until } from './support/until.ts';

/* The commands as a user types them, against a cluster. */

let cluster: TestCluster;
const commands: CommandProcess[] = [];

beforeAll(async () => {
  cluster = await TestCluster.start();
}, START_TIMEOUT_MS);
afterAll(() => cluster.close());
afterEach(async () => {
  for (const command of commands.splice(0)) await command.kill();
});

/** In a process of its own. */
function start(argv: readonly string[]): CommandProcess {
  const command = new CommandProcess(['-b', cluster.local.bootstrap.join(), ...argv]);
  commands.push(command);
  return command;
}

describe('topics', () => {
  test('made, listed, described, grown, set and deleted', async () => {
    const made = await cluster.ask(['topic', 'create', 'a', 'b', '-p', '2', '-c', 'retention.ms=60000']);
    expect(made).toMatchObject({ code: 0, kind: 'CreatedTopicList', errors: [] });
    expect(made.items).toMatchObject([
      { name: 'a', partitions: 2, replicationFactor: 1 },
      { name: 'b', partitions: 2, replicationFactor: 1 },
    ]);
    expect((await cluster.ask(['topic', 'list'])).items).toMatchObject([{ name: 'a', offline: 0 }, { name: 'b' }]);
    expect((await cluster.ask(['topic', 'add-partitions', 'a', '--to', '3'])).code).toBe(0);
    expect((await cluster.ask(['topic', 'describe', 'a'])).items).toMatchObject(
      [0, 1, 2].map((partition) => ({ topic: 'a', partition, leaderId: 1, isr: [1], startOffset: 0, endOffset: 0 })),
    );
    const retention = async (): Promise<unknown> =>
      (await cluster.ask(['topic', 'config', 'get', 'a', 'retention.ms'])).items[0];
    expect(await retention()).toMatchObject({ value: '60000', source: 'topic' });
    expect((await cluster.ask(['topic', 'config', 'set', 'a', 'retention.ms=70000'])).code).toBe(0);
    expect(await retention()).toMatchObject({ value: '70000', source: 'topic' });
    expect((await cluster.ask(['topic', 'config', 'unset', 'a', 'retention.ms'])).code).toBe(0);
    expect(await retention()).toMatchObject({ value: '604800000', source: 'default' });
    expect((await cluster.ask(['topic', 'delete', 'a', 'b'])).code).toBe(2);
    expect((await cluster.ask(['topic', 'delete', 'a', 'b', '-y'])).code).toBe(0);
    expect((await cluster.ask(['topic', 'list'])).items).toEqual([]);
  });

  test('some refused of several: the others are made, and both are told', async () => {
    await cluster.run(['topic', 'create', 'there']);
    const { code, items, errors } = await cluster.ask(['topic', 'create', 'there', 'new']);
    expect(code).toBe(1);
    expect(items).toMatchObject([{ name: 'new' }]);
    expect(errors).toMatchObject([{ name: 'there', code: 'TOPIC_ALREADY_EXISTS' }]);
  });

  test('--dry-run changes nothing', async () => {
    expect((await cluster.run(['topic', 'create', 'unmade', '--dry-run'])).code).toBe(0);
    expect((await cluster.run(['topic', 'delete', 'there', '--dry-run'])).code).toBe(0);
    const names = await cluster.client.admin().listTopics();
    expect(names).toContain('there');
    expect(names).not.toContain('unmade');
  });
});

const LINES = [
  { key: 'a', value: 'žluťoučký kůň', headers: [{ name: 'h', value: '1' }], timestamp: 1_700_000_000_000 },
  { key: null, value: 'no key', headers: [], timestamp: 1_700_000_001_000 },
  { key: 'b', value: null, headers: [], timestamp: 1_700_000_002_000 },
  { key: { base64: '/wA=' }, value: { base64: '/v8=' }, headers: [], timestamp: 1_700_000_003_000 },
  { key: 'c', value: '', headers: [{ name: 'n', value: null }], timestamp: 1_700_000_004_000 },
];

/** Of the lines that consume -o jsonl printed. */
const offsets = (out: string): number[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { offset: number }).offset);

describe('records', () => {
  beforeAll(async () => {
    await cluster.run(['topic', 'create', 'first', 'second', '-p', '1']);
    await cluster.run(
      ['produce', 'first', '--input', 'jsonl'],
      LINES.map((line) => `${JSON.stringify(line)}\n`).join(''),
    );
  });

  test('a topic copied by consume and produce is the same', async () => {
    const first = await cluster.run(['-o', 'jsonl', 'consume', 'first', '--until-end']);
    const produced = await cluster.ask(['produce', 'second', '--input', 'jsonl'], first.out);
    expect(produced.items).toMatchObject([{ partition: 0, records: 5, firstOffset: 0, lastOffset: 4 }]);
    const second = await cluster.run(['-o', 'jsonl', 'consume', 'second', '--until-end']);
    expect(second.out).toBe(first.out.replaceAll('"topic":"first"', '"topic":"second"'));
    const read = first.out.trimEnd().split('\n');
    expect(read.map((line) => JSON.parse(line) as unknown)).toMatchObject(LINES);
  });

  test.each([
    ['start', [0, 1, 2, 3, 4]],
    ['end', []],
    ['3', [3, 4]],
    ['+2', [2, 3, 4]],
    ['-2', [3, 4]],
    ['-99', [0, 1, 2, 3, 4]],
    ['@1700000002000', [2, 3, 4]],
    ['@2023-11-14T22:13:22Z', [2, 3, 4]],
    ['@-1m', []],
  ])('consume -O %s', async (place, expected) => {
    const { code, out } = await cluster.run(['-o', 'jsonl', 'consume', 'first', '-O', place, '--until-end']);
    expect({ code, read: offsets(out) }).toEqual({ code: 0, read: expected });
  });

  test('-n ends after so many; -o json is one document', async () => {
    const { code, kind, items } = await cluster.ask(['consume', 'first', '-n', '2']);
    expect(code).toBe(0);
    expect(kind).toBe('RecordList');
    expect(items).toMatchObject([{ offset: 0 }, { offset: 1 }]);
  });

  test('keys go to the partitions that any client gives them', async () => {
    await cluster.run(['topic', 'create', 'keyed', '-p', '4']);
    const { items } = await cluster.ask(['produce', 'keyed', '-K', ':'], 'k1:a\nk2:b\nk1:c\nk2:d\n');
    const { out } = await cluster.run(['-o', 'jsonl', 'consume', 'keyed', '--until-end']);
    const read = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { key: string; partition: number; value: string });
    expect(items.reduce((sum, { records }) => sum + Number(records), 0)).toBe(4);
    for (const [key, values] of [
      ['k1', ['a', 'c']],
      ['k2', ['b', 'd']],
    ] as const) {
      const ofKey = read.filter((record) => record.key === key);
      expect(ofKey.map(({ value }) => value)).toEqual(values);
      expect(new Set(ofKey.map(({ partition }) => partition)).size).toBe(1);
    }
  });

  test('a bad line: what came before it is sent, and the exit code is that of wrong usage', async () => {
    await cluster.run(['topic', 'create', 'lines', '-p', '1']);
    const { code, items, errors } = await cluster.ask(
      ['produce', 'lines', '--input', 'jsonl'],
      '{"value":"a"}\nno json\n{"value":"b"}\n',
    );
    expect(code).toBe(2);
    expect(items).toMatchObject([{ records: 1 }]);
    expect(errors).toMatchObject([{ code: 'USAGE', message: expect.stringContaining('line 2: this is not JSON') }]);
    expect(await cluster.read('lines')).toEqual(['a']);
  });
});

describe('the cluster', () => {
  test('info, brokers and quorum say who is there', async () => {
    const { items } = await cluster.ask(['cluster', 'info']);
    expect(items).toMatchObject([{ clusterId: cluster.local.identity.clusterId, controllerId: 11, brokers: 1 }]);
    expect((await cluster.ask(['broker', 'list'])).items).toMatchObject([
      { brokerId: 1, grpcAddress: cluster.local.bootstrap[0], fenced: false },
    ]);
    expect((await cluster.ask(['cluster', 'quorum'])).items).toMatchObject([{ nodeId: 11, role: 'leader' }]);
  });

  test('health is told by the exit code', async () => {
    const { code, items } = await cluster.ask(['cluster', 'health']);
    expect(code).toBe(0);
    expect(items.map(({ check, ok }) => [check, ok])).toEqual([
      ['controllers', true],
      ['brokers', true],
      ['offline-partitions', true],
      ['under-replicated', true],
    ]);
  });
});

describe('groups', () => {
  test('consume -g goes on where the group was; Ctrl-C commits and leaves; a seek moves it when nobody is in it', async () => {
    await cluster.run(['topic', 'create', 'shared']);
    await cluster.run(['produce', 'shared'], 'one\ntwo\nthree\n');
    expect(await cluster.run(['consume', 'shared', '-g', 'readers', '-n', '1'])).toMatchObject({
      code: 0,
      out: 'one\n',
    });
    const reader = start(['consume', 'shared', '-g', 'readers']);
    await reader.untilSaid(/^three$/m);
    const refused = await cluster.run(['group', 'seek', 'readers', '--to', 'start', '-y']);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('NON_EMPTY_GROUP');
    reader.child.kill('SIGINT');
    expect(await reader.ended).toBe(130);
    expect(reader.out).toBe('two\nthree\n');
    const described = await cluster.ask(['group', 'describe', 'readers']);
    expect(described.items).toMatchObject([{ state: 'Empty', committedOffset: 3, endOffset: 3, lag: 0 }]);
    expect((await cluster.ask(['group', 'seek', 'readers', '--shift-by', '-1', '-y'])).items).toMatchObject([
      { from: 3, to: 2 },
    ]);
    expect((await cluster.run(['consume', 'shared', '-g', 'readers', '-n', '1'])).out).toBe('three\n');
    expect((await cluster.ask(['group', 'list'])).items).toMatchObject([{ groupId: 'readers', state: 'Empty' }]);
    expect((await cluster.ask(['group', 'delete', 'readers', '-y'])).items).toEqual([{ group: 'readers' }]);
  });
});

describe('a command and its shell', () => {
  test('Ctrl-C ends consume with 130, and what was printed is whole', async () => {
    await cluster.run(['topic', 'create', 'endless', '-p', '1']);
    await cluster.send('endless', valuesOf('v', 10));
    const consume = start(['-o', 'jsonl', 'consume', 'endless']);
    await consume.untilSaid(/v-000009/);
    consume.child.kill('SIGINT');
    expect(await consume.ended).toBe(130);
    expect(consume.out.trimEnd().split('\n')).toHaveLength(10);
    expect(consume.err).toBe('');
  });

  test('Ctrl-C ends produce with 130, after what was typed is sent', async () => {
    await cluster.run(['topic', 'create', 'typed', '-p', '1']);
    const produce = start(['-o', 'json', 'produce', 'typed']);
    produce.child.stdin?.write('one\ntwo\nhalf a li');
    await until('both lines are there', async () => (await cluster.read('typed')).length === 2);
    produce.child.kill('SIGINT');
    expect(await produce.ended).toBe(130);
    expect(envelopeOf({ code: 130, out: produce.out, err: produce.err }).items).toMatchObject([{ records: 2 }]);
    expect(await cluster.read('typed')).toEqual(['one', 'two']);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends cluster health --watch with %d', async (signal, code) => {
    const watch = start(['cluster', 'health', '--watch']);
    await watch.untilSaid(/under-replicated/);
    watch.child.kill(signal);
    expect(await watch.ended).toBe(code);
  });

  test('a reader that has enough is no failure: consume | head', async () => {
    await cluster.run(['topic', 'create', 'long', '-p', '1']);
    await cluster.send('long', valuesOf('x'.repeat(1000), 2000));
    const consume = start(['consume', 'long']);
    await consume.untilSaid(/x-000001/);
    consume.child.stdout?.destroy();
    // All of it may have been printed by now: the command finds out when it has more to say.
    await cluster.send('long', valuesOf('more', 10));
    expect(await consume.ended).toBe(0);
    expect(consume.err).toBe('');
  });

  test('nobody there: exit code 5, in time, with what to do', async () => {
    const { code, err } = await cluster.run(['-b', '127.0.0.1:1', '--timeout', '1s', 'topic', 'list']);
    expect(code).toBe(5);
    expect(err).toMatch(/error: .*127\.0\.0\.1:1.*\n {2}why: UNREACHABLE\n {2}try: start a cluster with npm start/s);
  });
});

/** By their number in a batch's attributes. */
const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'];

test('dump-log reads a real segment: the batches that were produced, and their records', async () => {
  await cluster.run(['topic', 'create', 'packed', '-p', '1']);
  const lines = `${'x'.repeat(500)}\n`.repeat(20);
  for (const codec of CODECS) {
    expect((await cluster.run(['produce', 'packed', '--compression', codec], lines)).code).toBe(0);
  }
  expect((await cluster.run(['consume', 'packed', '--until-end'])).out).toBe(lines.repeat(CODECS.length));
  await cluster.run(['topic', 'create', 'dumped', '-p', '1']);
  await cluster.run(['produce', 'dumped'], 'one\ntwo\n');
  await cluster.run(['produce', 'dumped'], 'three\n');
  const described = await cluster.client.admin().describeTopics(['dumped', 'packed']);
  // What was appended reaches the segments by a checkpoint; a clean stop makes one.
  await cluster.local.stop('1');
  const logs = path.join(cluster.local.node('1').plan.directory, 'log');
  const [file = '', packed = ''] = described.map(({ topicId }) => {
    const replica = readdirSync(logs).find((name) => name.startsWith(`${topicId}-0-`)) ?? '';
    return path.join(logs, replica, '00000000000000000000.log');
  });
  const batches = await cluster.ask(['debug', 'dump-log', file]);
  expect(batches).toMatchObject({ code: 0, kind: 'BatchList', errors: [] });
  expect(batches.items.at(-1)).toMatchObject({ lastOffset: 2, records: 1, kind: 'plain' });
  const records = await cluster.ask(['debug', 'dump-log', file, '--records']);
  expect(records.items.map(({ offset, value }) => [offset, value])).toEqual([
    [0, 'one'],
    [1, 'two'],
    [2, 'three'],
  ]);
  // What came compressed lies there compressed.
  const bytes = readFileSync(packed);
  const compressed = await cluster.ask(['debug', 'dump-log', packed]);
  const codecs = compressed.items.map(({ position }) => CODECS[((bytes[Number(position) + 22] ?? 0) & 0b111) - 1]);
  expect([...new Set(codecs)]).toEqual(CODECS);
  expect(bytes.length).toBeLessThan((lines.length * CODECS.length) / 4);
  const none = await cluster.ask(['debug', 'dump-log', `${file}.none`]);
  expect(none).toMatchObject({ code: 1, errors: [{ message: `there is no file ${file}.none` }] });
});
