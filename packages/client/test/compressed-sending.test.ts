import { type ErrorCode, utf8Decode } from '@moldau/base';
import { codecOf, compressionCodec, decompressedRecords, parseBatchHeader, readRecords } from '@moldau/records';
import { describe, expect, test } from 'vitest';
import { type ClientPorts, type CompressionType, MoldauError, type ProducerOptions, string } from '../src/index.ts';
import { FakeCluster, type Fate } from './fake-cluster.ts';

const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const satisfies readonly CompressionType[];

function newCluster(seed: number | string = 1, partitions = 1): FakeCluster {
  const cluster = new FakeCluster(seed);
  cluster.addTopic('t', partitions);
  return cluster;
}

/** How each batch of the partition is kept. */
function codecsOf(cluster: FakeCluster, partition = 0): string[] {
  return cluster.partition('t', partition).batches.map(({ bytes }) => {
    return codecOf(compressionCodec(parseBatchHeader(bytes))) ?? 'none';
  });
}

async function valuesOf(cluster: FakeCluster, ports: ClientPorts, partition = 0): Promise<string[]> {
  const values: string[] = [];
  for (const { bytes } of cluster.partition('t', partition).batches) {
    const header = parseBatchHeader(bytes);
    const records = await cluster.settle(decompressedRecords(ports, bytes, header));
    for (const { value } of readRecords(records, header)) values.push(utf8Decode(value ?? new Uint8Array(0)));
  }
  return values;
}

function texts(count: number, length = 100): string[] {
  return Array.from({ length: count }, (_, n) => `${n}`.padEnd(length, '.'));
}

describe('a producer that compresses', () => {
  test.each(CODECS)(
    '%s: the batch is small on the wire and in the log, and reads as it was sent',
    async (compression) => {
      const cluster = newCluster();
      const { client } = cluster.client();
      const producer = client.producer({ value: string(), compression });
      const values = texts(1_000);
      const sent = values.map((value, n) => producer.send('t', { value, timestamp: 1000 + n }));
      const placed = await cluster.settle(Promise.all(sent));
      expect(placed.map(({ offset }) => Number(offset))).toEqual([...values.keys()]);
      expect(placed.map(({ timestamp }) => timestamp - 1000)).toEqual([...values.keys()]);
      expect(new Set(codecsOf(cluster))).toEqual(new Set([compression]));
      const kept = cluster.partition('t', 0).batches.reduce((sum, { bytes }) => sum + bytes.length, 0);
      expect(kept).toBeLessThan(30_000);
      expect(cluster.requests.reduce((sum, { records }) => sum + records.length, 0)).toBe(kept);
      const consumer = client.consumer({ assignments: [{ topic: 't', from: 'earliest' }], value: string() });
      const read = async (): Promise<(string | null)[]> => {
        const taken: (string | null)[] = [];
        for await (const { value } of consumer) if (taken.push(value) === values.length) break;
        return taken;
      };
      expect(await cluster.settle(read())).toEqual(values);
      expect(producer.bufferedBytes).toBe(0);
    },
  );

  test.each(CODECS)('%s: what would not become smaller is sent as it is', async (compression) => {
    const cluster = newCluster();
    const { client, ports } = cluster.client();
    const producer = client.producer({ value: string(), compression });
    await cluster.settle(producer.send('t', { value: 'q' }));
    expect(codecsOf(cluster)).toEqual(['none']);
    expect(await valuesOf(cluster, ports)).toEqual(['q']);
  });

  test.each([0, 1] as const)('with acks %i', async (acks) => {
    const cluster = newCluster();
    const { client, ports } = cluster.client();
    const producer = client.producer({ value: string(), compression: 'zstd', acks });
    const values = texts(200);
    await cluster.settle(Promise.all(values.map((value) => producer.send('t', { value }))));
    await cluster.scheduler.run({ untilMs: cluster.scheduler.nowMs + 100 });
    expect(await valuesOf(cluster, ports)).toEqual(values);
    expect(codecsOf(cluster)).toContain('zstd');
  });

  test('a batch is closed by its size before compression', async () => {
    const cluster = newCluster();
    const { client } = cluster.client();
    const producer = client.producer({ value: string(), compression: 'gzip', batchBytesMax: 10_000 });
    await cluster.settle(Promise.all(texts(1_000).map((value) => producer.send('t', { value }))));
    const counts = cluster.partition('t', 0).batches.map(({ bytes }) => parseBatchHeader(bytes).recordCount);
    expect(Math.max(...counts)).toBeLessThanOrEqual(100);
  });

  test('what a topic takes at most counts what is sent: parts of a refused batch are compressed too', async () => {
    const cluster = newCluster();
    cluster.fate = ({ records }) =>
      records.length > 400 ? { kind: 'refuse', code: 'MESSAGE_TOO_LARGE' } : { kind: 'keep' };
    const { client, ports } = cluster.client();
    const producer = client.producer({ value: string(), compression: 'zstd' });
    // Alone, each is larger than that before it is compressed.
    const values = texts(200, 2_000);
    await cluster.settle(Promise.all(values.map((value) => producer.send('t', { value }))));
    expect(await valuesOf(cluster, ports)).toEqual(values);
    expect(new Set(codecsOf(cluster))).toEqual(new Set(['zstd']));
  });

  test('a codec that fails costs a line in the log, and no record', async () => {
    const cluster = newCluster();
    const { client, ports } = cluster.client();
    ports.compression.compress = () => Promise.reject(new Error('no memory'));
    const producer = client.producer({ value: string(), compression: 'gzip' });
    await cluster.settle(Promise.all(texts(20).map((value) => producer.send('t', { value }))));
    expect(await valuesOf(cluster, ports)).toEqual(texts(20));
    expect(codecsOf(cluster)).toEqual(['none']);
  });

  test('closing delivers what is being compressed', async () => {
    const cluster = newCluster();
    const { client, ports } = cluster.client();
    const producer = client.producer({ value: string(), compression: 'zstd' });
    const sent = texts(50).map((value) => producer.send('t', { value }));
    await cluster.settle(producer.close());
    await cluster.settle(Promise.all(sent));
    expect(await valuesOf(cluster, ports)).toEqual(texts(50));
  });

  test('an unknown codec is refused by name', () => {
    const { client } = newCluster().client();
    const options = { compression: 'brotli' } as unknown as ProducerOptions;
    expect(() => client.producer(options)).toThrow('compression is one of none, gzip, snappy, lz4, zstd, not brotli');
  });
});

const REFUSALS: readonly ErrorCode[] = ['NOT_LEADER_OR_FOLLOWER', 'CORRUPT_MESSAGE', 'MESSAGE_TOO_LARGE'];
const FATES: readonly Fate[] = [
  { kind: 'break', appended: true },
  { kind: 'break', appended: false },
  { kind: 'mute' },
  ...REFUSALS.map((code): Fate => ({ kind: 'refuse', code })),
];

describe('compression under faults', () => {
  test.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'seed %i: once, in order, and what is said is true',
    async (seed) => {
      const cluster = newCluster(`compressed-${seed}`);
      const { random } = cluster;
      let faults = true;
      cluster.fate = () =>
        faults && random.chance(0.2)
          ? (FATES[Math.floor(random.between(0, FATES.length))] ?? { kind: 'keep' })
          : { kind: 'keep' };
      const { client, ports } = cluster.client();
      const compression = CODECS[seed % CODECS.length] ?? 'zstd';
      const deliveryTimeoutMs = seed % 3 === 0 ? 400 : 60_000;
      const options = { value: string(), compression, batchBytesMax: 1024, deliveryTimeoutMs, requestTimeoutMs: 2_000 };
      const producer = client.producer(options);
      const codes = new Map<string, string>();
      const sent: Promise<void>[] = [];
      for (const [n, value] of texts(200).entries()) {
        cluster.scheduler.after(Math.floor(n / 10) * 20, () => {
          codes.set(value, 'pending');
          const settled = producer.send('t', { value }).then(
            () => void codes.set(value, 'ok'),
            (error: unknown) => void codes.set(value, error instanceof MoldauError ? error.code : String(error)),
          );
          sent.push(settled);
        });
      }
      cluster.scheduler.after(300, () => {
        const partition = cluster.partition('t', 0);
        cluster.move(partition, 1 + ((partition.leaderId + 1) % 3));
      });
      cluster.scheduler.after(500, () => {
        faults = false;
      });
      await cluster.scheduler.run({ untilMs: 500 });
      await cluster.settle(Promise.all(sent));
      const log = await valuesOf(cluster, ports);
      const order = [...codes.keys()];
      const indexes = log.map((value) => order.indexOf(value));
      expect(new Set(log).size).toBe(log.length);
      expect(indexes).toEqual([...indexes].sort((left, right) => left - right));
      for (const [value, code] of codes) {
        expect(['ok', 'OUTCOME_UNKNOWN', 'TIMED_OUT', 'MESSAGE_TOO_LARGE']).toContain(code);
        if (code !== 'OUTCOME_UNKNOWN')
          expect({ code, kept: log.includes(value) }).toEqual({ code, kept: code === 'ok' });
      }
      expect([...codes.values()].filter((code) => code === 'ok').length).toBeGreaterThan(0);
      expect(codecsOf(cluster)).toContain(compression);
      expect(producer.bufferedBytes).toBe(0);
    },
  );
});
