import { pureChecksum, utf8Encode } from '@moldau/base';
import { BATCH_HEADER_BYTES, BatchBuilder } from '@moldau/records';
import { describe, expect, test } from 'vitest';
import { type ClientOptions, json, type ProducerRecord, string } from '../src/index.ts';
import { codeOf, FakeCluster } from './fake-cluster.ts';

/** A record as a program without types may make it. */
function untyped(record: object): ProducerRecord<string, string> {
  return record as ProducerRecord<string, string>;
}

const BAD: readonly (readonly [string, object, string])[] = [
  ['a time that no varint holds', { value: 'x', timestamp: Number.MAX_SAFE_INTEGER }, 'INVALID_ARGUMENT'],
  ['half a millisecond', { value: 'x', timestamp: 0.5 }, 'INVALID_ARGUMENT'],
  ['a partition below 0', { value: 'x', partition: -1 }, 'INVALID_ARGUMENT'],
  ['half a partition', { value: 'x', partition: 0.5 }, 'INVALID_ARGUMENT'],
  ['a number in a header', { value: 'x', headers: JSON.parse('{"n":5}') as unknown }, 'BAD_RECORD'],
  ['a header without a name', { value: 'x', headers: [{ value: null }] }, 'BAD_RECORD'],
  ['no value', {}, 'BAD_RECORD'],
];

describe('a record that cannot be written', () => {
  test.each(BAD)('%s is refused alone; those beside it are kept and can be read', async (_, bad, code) => {
    const cluster = new FakeCluster(1);
    cluster.addTopic('t', 1);
    const { client } = cluster.client();
    const codec = { encode: (value: string) => (value === undefined ? value : utf8Encode(value)), decode: String };
    const producer = client.producer({ value: codec });
    // Known and not yet known: the record is placed at once, or when the topic was looked up.
    for (const offset of [0n, 2n]) {
      const sent = [
        producer.send('t', { value: 'A', timestamp: 0 }),
        producer.send('t', untyped(bad) as ProducerRecord<never, string>),
        producer.send('t', { value: 'C', timestamp: 1 }),
      ];
      const settled = cluster.settle(Promise.allSettled(sent));
      expect(await settled).toMatchObject([
        { status: 'fulfilled', value: { offset } },
        { status: 'rejected', reason: { name: 'MoldauError', code, retriable: false } },
        { status: 'fulfilled', value: { offset: offset + 1n } },
      ]);
    }
    expect(() => producer.enqueue('t', untyped(bad) as ProducerRecord<never, string>)).toThrow(
      expect.objectContaining({ code }),
    );
    expect(producer.bufferedBytes).toBe(0);
    const consumer = client.consumer({ assignments: [{ topic: 't', from: 'earliest' }], value: string() });
    const read: (string | null)[] = [];
    const reading = async (): Promise<void> => {
      for await (const { value } of consumer) if (read.push(value) === 4) break;
    };
    await cluster.settle(reading());
    expect(read).toEqual(['A', 'C', 'A', 'C']);
  });

  test('the largest times and the smallest stand in one batch', async () => {
    const cluster = new FakeCluster(2);
    cluster.addTopic('t', 1);
    const producer = cluster.client().client.producer({ value: string() });
    const times = [0, 2 ** 52 - 2, 0];
    const sent = times.map((timestamp) => producer.send('t', { value: 'x', timestamp }));
    await cluster.settle(Promise.all(sent));
    const kept = cluster.partition('t', 0).records();
    expect(kept.map(({ timestampMs }) => timestampMs)).toEqual(times);
    expect(cluster.requests.length).toBe(1);
  });

  test.each([['text'], [[1, 2, 3]], [{ a: 1 }], [7]])('without a codec %j is refused and not stored', async (value) => {
    const cluster = new FakeCluster(3);
    cluster.addTopic('t', 1);
    const producer = cluster.client().client.producer();
    const refused = producer.send('t', { value: value as unknown as Uint8Array });
    await expect(cluster.settle(refused)).rejects.toMatchObject({ code: 'BAD_RECORD', topic: 't' });
    await expect(refused).rejects.toThrow(/sent as bytes, not as .*give the producer a codec/);
    expect(await cluster.settle(codeOf(producer.send('t', { key: value as never, value: null })))).toBe('BAD_RECORD');
    await cluster.settle(producer.flush());
    expect(cluster.partition('t', 0).endOffset).toBe(0);
  });

  test('a codec that gives something else than bytes is refused', async () => {
    const cluster = new FakeCluster(4);
    cluster.addTopic('t', 1);
    const codec = { encode: (value: string) => value as unknown as Uint8Array, decode: String };
    const producer = cluster.client().client.producer({ value: codec });
    expect(await cluster.settle(codeOf(producer.send('t', { value: 'abc' })))).toBe('BAD_RECORD');
  });

  test('a record that is spoilt while it waits for its topic fails alone, and is counted out', async () => {
    const cluster = new FakeCluster(5);
    cluster.addTopic('t', 1);
    const producer = cluster.client().client.producer();
    const key = new Uint8Array(8);
    const headers = [{ name: 'h', value: new Uint8Array(1) }];
    const spoilt = codeOf(producer.send('t', { key, value: null }));
    const good = producer.send('t', { value: new Uint8Array(3), headers });
    // What was given away is no bytes any more, and a list of headers may be filled anew for the next record.
    structuredClone(key, { transfer: [key.buffer] });
    headers.push({ name: 'late', value: 5 as unknown as Uint8Array<ArrayBuffer> });
    expect(await cluster.settle(spoilt)).toBe('BAD_RECORD');
    expect(await cluster.settle(good)).toMatchObject({ offset: 0n });
    expect(cluster.partition('t', 0).records()[0]?.headers.length).toBe(1);
    expect(producer.bufferedBytes).toBe(0);
  });
});

describe('a batch with a right checksum whose records cannot be read', () => {
  /** As another client may have written it. */
  function appendUnreadable(cluster: FakeCluster): void {
    const builder = new BatchBuilder();
    builder.append({ key: null, value: utf8Encode('x'), headers: [] }, 1000);
    const bytes = builder.finish(pureChecksum);
    bytes[BATCH_HEADER_BYTES] = 0x7f;
    new DataView(bytes.buffer).setUint32(17, pureChecksum.crc32c(bytes.subarray(21)));
    cluster.partition('t', 0).append(bytes);
  }

  test.each(['skip', 'raw'] as const)('%s passes over it and says so', async (onBadRecord) => {
    const cluster = new FakeCluster(6);
    cluster.addTopic('t', 1);
    const { client } = cluster.client();
    const producer = client.producer({ value: json<string>() });
    await cluster.settle(producer.send('t', { value: 'a' }));
    appendUnreadable(cluster);
    await cluster.settle(producer.send('t', { value: 'b' }));
    const assignments = [{ topic: 't', from: 'earliest' as const }];
    const consumer = client.consumer({ assignments, value: json<string>(), onBadRecord });
    const read: unknown[] = [];
    const reading = async (): Promise<void> => {
      for await (const { value, offset } of consumer) if (read.push([value, offset]) === 2) break;
    };
    await cluster.settle(reading());
    expect(read).toEqual([
      ['a', 0n],
      ['b', 2n],
    ]);
    const logged = cluster.log.events().filter(({ event }) => event === 'consumer.unreadable_batch_skipped');
    expect(logged).toMatchObject([{ level: 'warn', fields: { topic: 't', partition: 0, endOffset: 2 } }]);
    const failing = client.consumer({ assignments: [{ topic: 't', from: 1n }] });
    const failed = cluster.settle(failing[Symbol.asyncIterator]().next());
    await expect(failed).rejects.toMatchObject({
      code: 'CORRUPT_MESSAGE',
      message: expect.stringMatching(/seek to 2/),
    });
  });
});

describe('arguments', () => {
  test.each([[undefined], [''], [null], [7]])('a topic named %j is refused, and spoils no other', async (name) => {
    const cluster = new FakeCluster(7);
    cluster.addTopic('t', 1);
    const { client } = cluster.client();
    const topic = name as unknown as string;
    const producer = client.producer({ value: string() });
    expect(await cluster.settle(codeOf(producer.send(topic, { value: 'x' })))).toBe('INVALID_ARGUMENT');
    expect(() => producer.enqueue(topic, { value: 'x' })).toThrow(/topic/);
    expect(() => client.consumer({ assignments: [{ topic, from: 'earliest' }] })).toThrow(/topic/);
    const admin = client.admin();
    const asked = [
      admin.listOffsets([{ topic, partition: 0, at: 'latest' }]),
      admin.describeTopics([topic]),
      admin.createTopics([{ name: topic }]),
      admin.deleteTopics([topic]),
      admin.createPartitions([{ name: topic, partitions: 2 }]),
      admin.electLeaders([{ topic, partition: 0 }]),
    ];
    for (const each of asked) expect(await cluster.settle(codeOf(each))).toBe('INVALID_ARGUMENT');
    expect(await cluster.settle(producer.send('t', { value: 'x' }))).toMatchObject({ offset: 0n });
  });

  test.each([[[]], [['nonsense']], [['a:1', 'b:']], [['a:0']], [['a:70000']], [['http://a:1']], [[undefined]]])(
    'a bootstrap list of %j is refused with a code',
    (bootstrap) => {
      const options = { bootstrap } as unknown as Partial<ClientOptions>;
      expect(() => new FakeCluster(8).client(options)).toThrow(
        expect.objectContaining({ name: 'MoldauError', code: 'INVALID_ARGUMENT', retriable: false }),
      );
    },
  );

  test('addresses of both families are taken', () => {
    expect(() => new FakeCluster(9).client({ bootstrap: ['[::1]:19100', '127.0.0.1:1', 'a.b-c:65535'] })).not.toThrow();
  });
});
