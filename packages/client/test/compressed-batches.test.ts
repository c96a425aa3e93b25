import { pureChecksum, utf8Encode } from '@moldau/base';
import { BATCH_HEADER_BYTES, BatchBuilder, type Codec, compress, withRecords } from '@moldau/records';
import { describe, expect, test } from 'vitest';
import { type Consumer, string } from '../src/index.ts';
import { codeOf, FakeCluster } from './fake-cluster.ts';

const CODECS: readonly Codec[] = ['gzip', 'snappy', 'lz4', 'zstd'];

function newCluster(partitions = 1): FakeCluster {
  const cluster = new FakeCluster(1);
  cluster.addTopic('t', partitions);
  return cluster;
}

function batchOf(values: readonly string[]): Uint8Array {
  const builder = new BatchBuilder();
  for (const value of values) builder.append({ key: null, value: utf8Encode(value), headers: [] }, 1000);
  return builder.finish(pureChecksum);
}

/** The batch as another client sends it. */
async function compressed(cluster: FakeCluster, codec: Codec, values: readonly string[]): Promise<Uint8Array> {
  const batch = batchOf(values);
  const { ports } = cluster.client();
  const records = await cluster.settle(compress(ports, codec, batch.subarray(BATCH_HEADER_BYTES), 9));
  return withRecords(batch, records, codec, pureChecksum);
}

function append(cluster: FakeCluster, batch: Uint8Array, partition = 0): void {
  expect(cluster.partition('t', partition).append(batch).code).toBeUndefined();
}

function consumerOf(cluster: FakeCluster, onBadRecord: 'fail' | 'skip' = 'fail'): Consumer<Uint8Array, string> {
  const options = { assignments: [{ topic: 't', from: 'earliest' as const }], value: string(), onBadRecord };
  return cluster.client().client.consumer(options);
}

async function values(consumer: Consumer<Uint8Array, string>, count: number): Promise<(string | null)[]> {
  const taken: (string | null)[] = [];
  for await (const { value } of consumer) if (taken.push(value) === count) break;
  return taken;
}

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name} ${index}`);
}

describe('compressed batches', () => {
  test.each(CODECS)('%s is read, in its place between plain ones', async (codec) => {
    const cluster = newCluster();
    const rounds = [0, 1, 2].map((round) => ({
      plain: numbered(`plain ${round}`, 3),
      packed: numbered(`packed ${round}`, 100),
    }));
    for (const { plain, packed } of rounds) {
      append(cluster, batchOf(plain));
      append(cluster, await compressed(cluster, codec, packed));
    }
    const all = rounds.flatMap(({ plain, packed }) => [...plain, ...packed]);
    const consumer = consumerOf(cluster);
    expect(await cluster.settle(values(consumer, all.length))).toEqual(all);
    expect(consumer.position('t', 0)).toBe(BigInt(all.length));
  });

  test('one comes while nothing else is there: the loop that waits is woken', async () => {
    const cluster = newCluster();
    const batch = await compressed(cluster, 'zstd', ['late']);
    const next = values(consumerOf(cluster), 1);
    cluster.scheduler.after(500, () => {
      append(cluster, batch);
      cluster.pushAll();
    });
    expect(await cluster.settle(next)).toEqual(['late']);
  });

  test('a seek into the middle of one begins there', async () => {
    const cluster = newCluster();
    append(cluster, await compressed(cluster, 'lz4', numbered('packed', 10)));
    const consumer = consumerOf(cluster);
    await cluster.settle(consumer.start());
    consumer.seek('t', 0, 7n);
    expect(await cluster.settle(values(consumer, 3))).toEqual(['packed 7', 'packed 8', 'packed 9']);
  });

  test('each of several partitions is read while others are decompressed', async () => {
    const cluster = newCluster(4);
    for (const [partition, codec] of CODECS.entries()) {
      append(cluster, await compressed(cluster, codec, numbered(codec, 20)), partition);
    }
    const taken = await cluster.settle(values(consumerOf(cluster), 80));
    for (const codec of CODECS) {
      expect(taken.filter((value) => value?.startsWith(codec))).toEqual(numbered(codec, 20));
    }
  });

  const NOT_OF_A_CODEC = 5;

  test.each([
    ['is cut', (batch: Uint8Array) => withRecords(batch, batch.subarray(BATCH_HEADER_BYTES, -8), 'gzip', pureChecksum)],
    ['is of a codec that does not exist', (batch: Uint8Array) => otherCodec(batch, NOT_OF_A_CODEC)],
    ['is of another codec', (batch: Uint8Array) => otherCodec(batch, 3)],
  ])('one that %s is an error that says where, and a seek goes on behind it', async (_, damage) => {
    const cluster = newCluster();
    append(cluster, batchOf(['before']));
    append(cluster, damage(await compressed(cluster, 'gzip', numbered('packed', 50))));
    append(cluster, batchOf(['behind']));
    const consumer = consumerOf(cluster);
    expect(await cluster.settle(values(consumer, 1))).toEqual(['before']);
    expect(await cluster.settle(codeOf(values(consumer, 1)))).toBe('CORRUPT_MESSAGE');
    expect(await cluster.settle(codeOf(values(consumer, 1)))).toBe('CORRUPT_MESSAGE');
    consumer.seek('t', 0, 51n);
    expect(await cluster.settle(values(consumer, 1))).toEqual(['behind']);
    expect(await cluster.settle(values(consumerOf(cluster, 'skip'), 2))).toEqual(['before', 'behind']);
  });

  test.each(['gzip', 'zstd'] as const)(
    'a %s bomb is refused, and passed over where that is asked for',
    async (codec) => {
      const cluster = newCluster();
      append(cluster, await compressed(cluster, codec, ['0'.repeat(8 * 1024 * 1024)]));
      append(cluster, batchOf(['behind']));
      expect(await cluster.settle(codeOf(values(consumerOf(cluster), 1)))).toBe('CORRUPT_MESSAGE');
      expect(await cluster.settle(values(consumerOf(cluster, 'skip'), 1))).toEqual(['behind']);
    },
  );
});

/** The same bytes, said to be of another codec, with a right checksum. */
function otherCodec(batch: Uint8Array, number: number): Uint8Array {
  const bytes = batch.slice();
  const view = new DataView(bytes.buffer);
  view.setInt16(21, number);
  view.setUint32(17, pureChecksum.crc32c(bytes.subarray(21)));
  return bytes;
}
