import { PassThrough } from 'node:stream';
import { ApiService } from '@moldau/proto';
import { codecOf, compressionCodec, parseBatchHeader } from '@moldau/records';
import { describe, expect, test } from 'vitest';
import { Collector, ScriptedCluster } from './scripted-cluster.ts';

function withTopics(): ScriptedCluster {
  const cluster = new ScriptedCluster();
  cluster.addTopic('orders', 2);
  cluster.addTopic('prices', 1);
  return cluster;
}

/** Of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

/** A document as `-o json` prints it. */
function jsonOf(text: string): { kind: string; items: Record<string, unknown>[]; errors: Record<string, unknown>[] } {
  return JSON.parse(text) as ReturnType<typeof jsonOf>;
}

test.each([
  ['nope', [], 1, 'topic nope does not exist'],
  ['orders', ['-p', '2'], 2, 'topic orders has partitions 0 to 1, not 2'],
])('produce %s %j is refused before a line is read, also without any', async (topic, options, code, message) => {
  const stdin = new PassThrough();
  stdin.write('line\n');
  const said = await withTopics().run(['produce', topic, ...options], { stdin });
  expect(said).toMatchObject({ code, out: '' });
  expect(said.err).toContain(message);
  expect(stdin.readableLength).toBe(5);
  expect((await withTopics().run(['produce', topic, ...options], { stdin: '' })).code).toBe(code);
});

test.each(['gzip', 'snappy', 'lz4', 'zstd'])(
  'produce --compression %s sends small batches, and consume reads them',
  async (codec) => {
    const cluster = withTopics();
    const lines = `${'x'.repeat(500)}\n`.repeat(20);
    const sent = await cluster.run(['produce', 'prices', '--compression', codec], { stdin: lines });
    expect(sent.code).toBe(0);
    const [prices] = cluster.topics.get('prices') ?? [];
    expect(prices?.batches.map((bytes) => codecOf(compressionCodec(parseBatchHeader(bytes))))).toEqual([codec]);
    expect((await cluster.run(['consume', 'prices', '-n', '20'])).out).toBe(lines);
  },
);

test('an unknown codec is wrong usage', async () => {
  const said = await withTopics().run(['produce', 'prices', '--compression', 'brotli'], { stdin: 'a\n' });
  expect(said).toMatchObject({ code: 2, err: expect.stringContaining('none, gzip, snappy, lz4, zstd') });
});

test('a topic that another command has just made is waited for', async () => {
  const cluster = withTopics();
  setTimeout(() => cluster.addTopic('new', 1), 300);
  expect((await cluster.run(['produce', 'new'], { stdin: 'a\n' })).code).toBe(0);
});

test('produce without a cluster is exit code 5, in the time that was given', async () => {
  const cluster = withTopics();
  cluster.reachable = false;
  const startedAtMs = performance.now();
  const { code, err } = await cluster.run(['produce', 'prices', '--timeout', '300ms'], { stdin: 'a\n' });
  expect(code).toBe(5);
  expect(err).toContain('why: UNREACHABLE');
  // Without it, half a minute.
  expect(performance.now() - startedAtMs).toBeLessThan(20_000);
});

test('records that are refused end the reading of a stream that goes on', async () => {
  const cluster = withTopics();
  const stdin = new PassThrough();
  stdin.write('a\n');
  cluster.refuseProduce = 'MESSAGE_TOO_LARGE';
  const { code, err } = await cluster.run(['produce', 'prices'], { stdin });
  expect(code).toBe(1);
  expect(err).toContain('error: 1 record: ');
  expect(err).toContain('0 records to prices');
});

test.each([
  [['--input', 'jsonl'], '{"value":"a"}\nnonsense\n', 'line 2: this is not JSON'],
  [['-K', ':'], 'a:b\n\n', 'line 2: there is no ":" between key and value'],
])('a bad line is named by its number: %j', async (options, stdin, message) => {
  const { code, err } = await withTopics().run(['produce', 'prices', ...options], { stdin });
  expect(code).toBe(2);
  expect(err).toContain(message);
  expect(err).toContain('1 record to prices');
});

test.each([
  ['6', 'prices/0 holds offsets 0 to 4: 6 is not there'],
  ['99999999', 'prices/0 holds offsets 0 to 4: 99999999 is not there'],
])('an offset that is not there is refused: -O %s', async (offset, message) => {
  const cluster = withTopics();
  await cluster.run(['produce', 'prices'], { stdin: 'a\nb\nc\nd\ne\n' });
  const { code, out, err } = await cluster.run(['consume', 'prices', '-O', offset, '--until-end']);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain(message);
  expect(err).toContain('why: OFFSET_OUT_OF_RANGE');
});

test('the end itself is a place to begin at; further from the start than the end is the end, and is said', async () => {
  const cluster = withTopics();
  await cluster.run(['produce', 'prices'], { stdin: 'a\nb\n' });
  expect(await cluster.run(['consume', 'prices', '-O', '2', '--until-end'])).toEqual({ code: 0, out: '', err: '' });
  const { code, out, err } = await cluster.run(['consume', 'prices', '-O', '+9', '--until-end']);
  expect({ code, out }).toEqual({ code: 0, out: '' });
  expect(err).toBe('prices/0 holds 2 records only: its end is taken\n');
});

describe('deleting records', () => {
  async function withRecords(): Promise<ScriptedCluster> {
    const cluster = withTopics();
    await cluster.run(['produce', 'prices'], { stdin: 'a\nb\nc\nd\ne\n' });
    const result = { errorCode: 0, message: '', logStartOffset: 3, currentLeader: undefined };
    cluster.onChange = () => ({ results: [result] });
    return cluster;
  }

  test('shows what goes, and deletes up to what was shown', async () => {
    const cluster = await withRecords();
    const said = await cluster.run(['topic', 'delete-records', 'prices', '--before', '-2', '--yes']);
    expect(said).toMatchObject({
      code: 0,
      out: 'TOPIC   PARTITION  START  NEW START  RECORDS\nprices          0      0          3        3\n',
    });
    expect(cluster.changes).toMatchObject([
      [ApiService.deleteRecords.path, { items: [{ partition: 0, beforeOffset: 3 }] }],
    ]);
  });

  test('is not done without a yes, nor when it is only tried, nor when there is nothing', async () => {
    const cluster = await withRecords();
    const unasked = await cluster.run(['topic', 'delete-records', 'prices', '--before', 'end']);
    expect(unasked.code).not.toBe(0);
    const tried = await cluster.run(['topic', 'delete-records', 'prices', '--before', 'end', '--dry-run']);
    expect(tried).toMatchObject({ code: 0, err: 'nothing was deleted: --dry-run\n' });
    const nothing = await cluster.run(['topic', 'delete-records', 'prices', '--before', 'start', '--yes']);
    expect(nothing).toMatchObject({ code: 0, err: 'there is nothing to delete\n' });
    expect((await cluster.run(['topic', 'delete-records', 'prices', '--before', '9', '--yes'])).err).toContain(
      'OFFSET_OUT_OF_RANGE',
    );
    expect(cluster.changes).toEqual([]);
  });
});

test('what is read is one document, printed as it comes, also when Ctrl-C ends it', async () => {
  const cluster = withTopics();
  await cluster.run(['produce', 'prices'], { stdin: 'a\nb\n' });
  const controller = new AbortController();
  const out = new Collector();
  const reading = cluster.run(['consume', 'prices', '-n', '9', '-o', 'json'], { signal: controller.signal, out });
  await out.has('"b"');
  controller.abort();
  expect((await reading).code).toBe(130);
  expect(jsonOf(out.text)).toMatchObject({ kind: 'RecordList', items: [{ value: 'a' }, { value: 'b' }], errors: [] });
});

test.each([
  [[], '66 %, 1 record, 0/s, 12 s left\n'],
  [['-q'], ''],
])('a long produce says each 10 s how far it is: %j', async (options, said) => {
  const stdin = new PassThrough();
  const cluster = withTopics();
  let nowMs = 0;
  const running = cluster.run(['produce', 'prices', ...options], { stdin, inputBytes: 6, nowMs: () => nowMs });
  for (const [count, [line, atMs]] of [['a\n', 0] as const, ['b\n', 22_500] as const].entries()) {
    nowMs = atMs;
    stdin.write(line);
    while (cluster.topics.get('prices')?.[0]?.endOffset !== count + 1) await turn();
    // Until the answer has been heard as well.
    for (let turns = 0; turns < 10; turns++) await turn();
  }
  nowMs = 30_000;
  stdin.end('c\n');
  const { err } = await running;
  expect(err.replace('3 records to prices\n', '')).toBe(said);
});

test('so does a consume that has an end; one without an end is silent', async () => {
  const cluster = withTopics();
  for (const stdin of ['a\n', 'b\n']) await cluster.run(['produce', 'prices'], { stdin });
  let nowMs = 0;
  const clock = (): number => {
    nowMs += 11_000;
    return nowMs;
  };
  const { err } = await cluster.run(['consume', 'prices', '--until-end'], { nowMs: clock });
  expect(err).toBe('50 %, 1 record, 0/s, 11 s left\n100 %, 2 records, 0/s, 0 s left\n');
  const controller = new AbortController();
  const out = new Collector();
  const endless = cluster.run(['consume', 'prices'], { nowMs: clock, signal: controller.signal, out });
  await out.has('b\n');
  controller.abort();
  expect(await endless).toEqual({ code: 130, out: 'a\nb\n', err: '' });
});
