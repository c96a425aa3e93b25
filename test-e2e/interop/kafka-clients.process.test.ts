import { setTimeout as delay } from 'node:timers/promises';
import { compressionCodec } from '@moldau/records';
import { beforeAll, describe, expect } from 'vitest';
import { administrationFeatures } from './administration.ts';
import type { ClientName } from './clients.ts';
import { groupFeatures } from './groups.ts';
import { type Codec, type ReadRecord, type Sample, sampleOf } from './interop-client.ts';
import { aroundFeatures, clientOf, cluster, feature, MINUTE_MS, present, text, topicOf } from './suite.ts';

/*
 * Kafka clients as they are, against what `npm start` runs. Each feature is tried with each client; what a client writes is
 * read by all others. The last lines are a table, which `npm run interop -- --table` puts into the guide.
 */

const KIB = 1024;
const CODECS: readonly Codec[] = ['gzip', 'snappy', 'lz4', 'zstd'];
/** As the codec stands in a batch's attributes. */
const CODEC_IDS: Readonly<Record<Codec, number>> = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 };

aroundFeatures();

/** An hour old, so that it cannot be the time of sending. */
const SENT_MS = Date.now() - 60 * MINUTE_MS;
const WRITTEN: readonly Sample[] = [
  { key: Buffer.from('plain'), value: Buffer.from('ahoj'), headers: [] },
  { key: null, value: Buffer.from('without a key'), headers: [] },
  { key: Buffer.from([0, 255, 128, 10]), value: Buffer.from([0, 1, 2, 10, 13, 128, 255]), headers: [] },
  { key: Buffer.from('empty'), value: Buffer.alloc(0), headers: [] },
  {
    key: Buffer.from('headers'),
    value: Buffer.from('x'),
    headers: [
      ['trace', Buffer.from('4bf92f35')],
      ['empty', Buffer.alloc(0)],
      ['město', Buffer.from('Praha')],
    ],
  },
  { key: Buffer.from('tombstone'), value: null, headers: [] },
];
const SAMPLES = WRITTEN.map((sample, index) => ({ ...sample, timestampMs: SENT_MS + index * 1000 }));

describe('what one writes, all read', () => {
  const writtenMs = Date.now();
  const topics = present.map((name) => topicOf('written', name));

  beforeAll(async () => {
    for (const name of present) {
      const refusals = await clientOf(name).send(topicOf('written', name), SAMPLES);
      expect([name, refusals]).toEqual([name, SAMPLES.map(() => undefined)]);
    }
  }, 3 * MINUTE_MS);

  const reads = new Map<ClientName, Promise<readonly ReadRecord[]>>();
  /** All that this client reads of what all wrote, by their topics. It is read once. */
  async function read(name: ClientName): Promise<Map<string, readonly ReadRecord[]>> {
    const reading = reads.get(name) ?? clientOf(name).read(topics, topics.length * SAMPLES.length);
    reads.set(name, reading);
    const records = await reading;
    return new Map(topics.map((topic) => [topic, records.filter((record) => record.topic === topic)]));
  }

  feature('produce and consume: keys, values, offsets', async (_, name) => {
    for (const [topic, records] of await read(name)) {
      const expected = SAMPLES.map(({ key, value }, offset) => ({ topic, partition: 0, offset, key, value }));
      expect(records.map(({ timestampMs, headers, ...rest }) => rest)).toEqual(expected);
    }
  });

  feature('headers', async (_, name) => {
    for (const [topic, records] of await read(name)) {
      expect([topic, records.map(({ headers }) => headers)]).toEqual([topic, SAMPLES.map(({ headers }) => headers)]);
    }
  });

  feature('tombstones', async (_, name) => {
    for (const [topic, records] of await read(name)) {
      expect([topic, records.map(({ value }) => value === null)]).toEqual([
        topic,
        SAMPLES.map(({ value }) => value === null),
      ]);
    }
  });

  feature('timestamps', async (_, name) => {
    for (const [topic, records] of await read(name)) {
      const times = records.map(({ timestampMs }) => timestampMs);
      if (topic !== topicOf('written', 'kcat')) {
        expect([topic, times]).toEqual([topic, SAMPLES.map(({ timestampMs }) => timestampMs)]);
        continue;
      }
      // kcat has no option for it: it is its clock.
      for (const time of times) expect(Math.abs(time - writtenMs)).toBeLessThan(5 * MINUTE_MS);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  });
});

describe('compression', () => {
  // Each alone is worth it: some clients leave a batch as it is where compressing would not make it smaller.
  const values = Array.from({ length: 200 }, (_, index) => `${'the same words again and again, '.repeat(20)}${index}`);

  for (const codec of CODECS) {
    const topics = present.map((name) => topicOf(codec, name));

    describe(codec, () => {
      beforeAll(async () => {
        for (const name of present) {
          const stream = clientOf(name).stream(topicOf(codec, name), { compression: codec });
          for (const value of values) stream.send(value);
          expect((await stream.finish()).length).toBe(values.length);
        }
      }, 3 * MINUTE_MS);

      feature(`${codec}, of all clients`, async (client, name) => {
        const batches = await cluster().batches(topicOf(codec, name));
        expect(new Set(batches.map(compressionCodec))).toEqual(new Set([CODEC_IDS[codec]]));
        const records = await client.read(topics, topics.length * values.length);
        for (const topic of topics) {
          expect([topic, text(records.filter((record) => record.topic === topic))]).toEqual([topic, values]);
        }
      });
    });
  }
});

describe('a producer', () => {
  feature('idempotent producer', async (client, name) => {
    const topic = topicOf('idempotent', name);
    const values = Array.from({ length: 300 }, (_, index) => `once-${index}`);
    const stream = client.stream(topic, { idempotent: true });
    for (const value of values) stream.send(value);
    expect(await stream.finish()).toEqual(values);
    const batches = await cluster().batches(topic);
    let sequence = 0;
    for (const batch of batches) {
      expect(batch.producerId).toBeGreaterThanOrEqual(0);
      expect(batch.baseSequence).toBe(sequence);
      sequence += batch.recordCount;
    }
    expect(sequence).toBe(values.length);
    expect(text(await client.read([topic], values.length))).toEqual(values);
  });

  feature('records of 900 KiB', async (client, name) => {
    const topic = topicOf('large', name);
    const value = 'x'.repeat(900 * KIB);
    expect(await client.send(topic, [sampleOf(value)])).toEqual([undefined]);
    const [record] = await client.read([topic], 1);
    expect(record?.value?.length).toBe(value.length);
    expect(record?.value?.equals(Buffer.from(value))).toBe(true);
  });

  feature('too large a record is refused as that', async (client, name) => {
    const topic = topicOf('large', name);
    const limits = { bytesMax: 3_000_000 };
    const [refusal] = await client.send(topic, [sampleOf('x'.repeat(2_000_000))], limits);
    expect(refusal).toMatch(/too.?large|MSG_SIZE|PRODUCE/i);
    expect(await client.send(topic, [sampleOf('fits')], limits)).toEqual([undefined]);
  });

  feature("a topic's own max.message.bytes: what is above is refused, what is below goes", async (client, name) => {
    const topic = topicOf('narrow', name);
    await cluster().createTopic(topic, 1, { 'max.message.bytes': String(16 * KIB) });
    const [refusal] = await client.send(topic, [sampleOf('x'.repeat(32 * KIB))]);
    expect(refusal).toMatch(/too.?large|MSG_SIZE/i);
    const fits = 'x'.repeat(8 * KIB);
    expect(await client.send(topic, [sampleOf(fits)])).toEqual([undefined]);
    expect(text(await client.read([topic], 1))).toEqual([fits]);
  });

  feature('a compacted topic: tombstones are read, records without a key are refused', async (client, name) => {
    const topic = topicOf('compacted', name);
    await cluster().createTopic(topic, 1, { 'cleanup.policy': 'compact' });
    const key = Buffer.from('key');
    const written = [Buffer.from('value'), null].map((value): Sample => ({ key, value, headers: [] }));
    expect(await client.send(topic, written)).toEqual([undefined, undefined]);
    const [refusal] = await client.send(topic, [sampleOf('without a key')]);
    expect(refusal).toMatch(/invalid.?record|failed to validate/i);
    const read = await client.read([topic], written.length);
    expect(read.map(({ offset, value }) => [offset, value])).toEqual([
      [0, Buffer.from('value')],
      [1, null],
    ]);
  });
});

describe('time', () => {
  const count = 10;
  const values = Array.from({ length: count }, (_, index) => `second ${index}`);

  beforeAll(async () => {
    const samples = values.map((value, index) => ({ ...sampleOf(value), timestampMs: SENT_MS + index * 1000 }));
    const writer = present.find((name) => name !== 'kcat');
    if (writer === undefined) return;
    // Batches of their own, so that more than the first of a batch is found.
    for (const sample of samples) await clientOf(writer).send('times', [sample]);
  }, 3 * MINUTE_MS);

  feature('seek by time', async (client) => {
    expect(text(await client.read(['times'], 5, SENT_MS + 4001))).toEqual(values.slice(5));
  });
});

groupFeatures();
administrationFeatures();

describe('a leader is killed', () => {
  const SEND_MS = 20;
  const COUNT = 300;
  const KILL_AFTER = 80;
  const results = new Map<ClientName, { readonly acknowledged: readonly string[]; readonly error?: unknown }>();

  /** All at once, in topics of one leader: it is killed once. */
  beforeAll(async () => {
    const streams = new Map(
      await Promise.all(
        present.map(async (name) => {
          await cluster().createTopic(topicOf('killed', name), 1);
          return [name, clientOf(name).stream(topicOf('killed', name), { idempotent: true })] as const;
        }),
      ),
    );
    const [one] = present;
    if (one === undefined) return;
    const leader = await cluster().leaderId(topicOf('killed', one));
    for (let index = 0; index < COUNT; index++) {
      for (const stream of streams.values()) stream.send(`value-${index}`);
      if (index === KILL_AFTER) await cluster().kill(leader);
      await delay(SEND_MS);
    }
    for (const [name, stream] of streams) {
      await stream.finish().then(
        (acknowledged) => results.set(name, { acknowledged }),
        (error: unknown) => results.set(name, { acknowledged: [], error }),
      );
    }
    await cluster().heal(leader);
  }, 4 * MINUTE_MS);

  feature('kill -9 of a leader: nothing acknowledged is lost, all go on', async (client, name) => {
    const result = results.get(name);
    expect(result?.error).toBeUndefined();
    const acknowledged = result?.acknowledged ?? [];
    expect(acknowledged.length).toBe(COUNT);
    const read = text(await client.read([topicOf('killed', name)], COUNT));
    expect(read).toEqual(Array.from({ length: COUNT }, (_, index) => `value-${index}`));
  });
});
