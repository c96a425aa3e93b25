import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pureChecksum } from '@moldau/base';
import { NodeTimers, nodeCompression, systemClock } from '@moldau/host';
import { BATCH_HEADER_BYTES, BatchBuilder, compress, withRecords } from '@moldau/records';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ScriptedCluster } from './scripted-cluster.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'moldau-cli-'));
});
afterEach(() => rm(directory, { recursive: true }));

function batch(baseOffset: number, values: readonly string[], headers = false): Uint8Array {
  const builder = new BatchBuilder({ baseOffset });
  const record = headers ? [{ name: 'h', value: Buffer.from('1') }] : [];
  for (const value of values) builder.append({ key: null, value: Buffer.from(value), headers: record }, 1000);
  return builder.finish(pureChecksum);
}

async function segment(parts: readonly Uint8Array[], name = '00000000000000000005.log'): Promise<string> {
  const file = path.join(directory, name);
  await writeFile(file, Buffer.concat(parts));
  return file;
}

interface Dumped {
  readonly code: number;
  readonly items: readonly Record<string, unknown>[];
  readonly errors: readonly { readonly message: string; readonly hint: string }[];
}

async function dump(file: string, ...options: string[]): Promise<Dumped> {
  const { code, out } = await new ScriptedCluster().run(['debug', 'dump-log', file, '-o', 'json', ...options]);
  return { code, ...(JSON.parse(out) as Omit<Dumped, 'code'>) };
}

test('shows batches, or records with all they have, and a torn end with exit code 1', async () => {
  const whole = batch(5, ['a', 'b'], true);
  const file = await segment([whole, whole.subarray(0, 20)]);
  const batches = await dump(file);
  expect(batches).toMatchObject({
    code: 1,
    items: [{ baseOffset: 5, lastOffset: 6, records: 2, position: 0 }],
    errors: [{ code: 'CORRUPT_MESSAGE', hint: expect.stringContaining('may be torn') as unknown }],
  });
  const headers = [{ name: 'h', value: '1' }];
  expect((await dump(file, '--records')).items).toMatchObject([
    { offset: 5, value: 'a', headers },
    { offset: 6, value: 'b', headers },
  ]);
});

test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('records compressed with %s are shown', async (codec) => {
  const plain = batch(5, ['a', 'b']);
  const ports = { compression: nodeCompression, timers: new NodeTimers(systemClock) };
  const records = await compress(ports, codec, plain.subarray(BATCH_HEADER_BYTES), 3);
  const file = await segment([withRecords(plain, records, codec, pureChecksum)]);
  const { code, items } = await dump(file, '--records');
  expect(items).toMatchObject([
    { offset: 5, value: 'a' },
    { offset: 6, value: 'b' },
  ]);
  expect(code).toBe(0);
});

test('behind damage it goes on with the next sound batch', async () => {
  const damaged = batch(6, ['bbbb']);
  damaged[damaged.length - 3] = (damaged.at(-3) ?? 0) ^ 1;
  const [first, last] = [batch(5, ['a']), batch(7, ['c'])];
  const { code, items, errors } = await dump(await segment([first, damaged, last]), '--records');
  expect(code).toBe(1);
  expect(items).toMatchObject([{ value: 'a' }, { value: 'c' }]);
  const [startBytes, endBytes] = [first.length, first.length + damaged.length];
  expect(errors).toMatchObject([
    {
      message: `bytes ${startBytes} to ${endBytes} of ${endBytes + last.length} are no sound batch: the checksum of a batch is wrong`,
      hint: expect.stringContaining('fetches it again') as unknown,
    },
  ]);
});

test('what is no segment at all is said to be none', async () => {
  const { code, errors } = await dump(await segment([new Uint8Array(500)], '00000000000000000005.index'));
  expect(code).toBe(1);
  expect(errors).toMatchObject([{ hint: expect.stringContaining('a segment is log/') as unknown }]);
});

test.each([
  ['a directory', '', 'is no file'],
  ['nothing', 'none.log', 'there is no file'],
])('%s is refused in plain words', async (_, name, message) => {
  const { code, errors } = await dump(path.join(directory, name));
  expect(code).toBe(1);
  expect(errors[0]?.message).toContain(message);
  expect(errors[0]?.hint).toContain('a segment is log/');
});

test('as many records as a call takes no arguments', async () => {
  const values = Array.from({ length: 1_000 }, () => 'v');
  const file = await segment(Array.from({ length: 150 }, (_, index) => batch(index * 1_000, values)));
  const { code, out } = await new ScriptedCluster().run(['debug', 'dump-log', file, '--records']);
  expect(code).toBe(0);
  expect(out.split('\n')).toHaveLength(150_002);
});
