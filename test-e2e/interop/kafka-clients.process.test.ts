import { env, stdout } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { compressionCodec } from '@moldau/records';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { START_TIMEOUT_MS, until } from '../support/until.ts';
import { CLIENTS, type ClientName, openClient, whyMissing } from './clients.ts';
import { installClients } from './install.ts';
import { type Codec, type InteropClient, type ReadRecord, type Sample, sampleOf } from './interop-client.ts';
import { InteropCluster } from './interop-cluster.ts';
import { Table } from './table.ts';

/*
 * Kafka clients as they are, against what `npm start` runs. Each feature is tried with each client; what a client writes is
 * read by all others. The last lines are a table, which `npm run interop -- --table` puts into the guide.
 */

/** The page to put the table into. */
const { MOLDAU_INTEROP_TABLE } = env;
const KIB = 1024;
const MINUTE_MS = 60_000;
const CODECS: readonly Codec[] = ['gzip', 'snappy', 'lz4', 'zstd'];
/** As the codec stands in a batch's attributes. */
const CODEC_IDS: Readonly<Record<Codec, number>> = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 };

const installed = await installClients();
const present = CLIENTS.filter((name) => whyMissing(name, installed) === undefined);
const clients = new Map<ClientName, InteropClient>();
const table = new Table();
let cluster: InteropCluster;

beforeAll(async () => {
  cluster = await InteropCluster.start();
  for (const name of CLIENTS) {
    const missing = whyMissing(name, installed);
    if (missing !== undefined) stdout.write(`${name} could not be installed: ${missing}\n`);
  }
  for (const name of present) {
    const client = await openClient(name, installed, cluster.kafka);
    clients.set(name, client);
    table.version(name, client.version);
  }
}, START_TIMEOUT_MS);

afterAll(async () => {
  stdout.write(`\n${table}\n\n`);
  await cluster.close();
  if (MOLDAU_INTEROP_TABLE !== undefined) table.writeInto(MOLDAU_INTEROP_TABLE);
});

interface FeatureOptions {
  /** Clients that cannot do it with any broker. */
  readonly lacks?: readonly ClientName[];
  readonly concurrent?: boolean;
  readonly timeoutMs?: number;
}

/** A row of the table: one test for each client, which is skipped visibly where the client could not be installed. */
function feature(
  name: string,
  run: (client: InteropClient, name: ClientName) => Promise<void>,
  { lacks = [], concurrent = false, timeoutMs = MINUTE_MS }: FeatureOptions = {},
): void {
  table.row(name);
  describe(name, () => {
    for (const each of CLIENTS) {
      if (lacks.includes(each)) {
        table.note(name, each, 'lacks');
        continue;
      }
      test(each, { concurrent, timeout: timeoutMs }, async (context) => {
        const missing = whyMissing(each, installed);
        if (missing !== undefined) context.skip(`${each} could not be installed: ${missing}`);
        table.note(name, each, 'failed');
        await run(clientOf(each), each);
        table.note(name, each, 'passed');
      });
    }
  });
}

function clientOf(name: ClientName): InteropClient {
  const client = clients.get(name);
  if (client === undefined) throw new Error(`${name} was not opened`);
  return client;
}

function topicOf(prefix: string, name: ClientName): string {
  return `${prefix}-${name.replace(/[@/]/g, '')}`;
}

function text(values: readonly ReadRecord[]): string[] {
  return values.map(({ value }) => String(value));
}

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
  }, MINUTE_MS);

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
      }, MINUTE_MS);

      feature(`${codec}, of all clients`, async (client, name) => {
        const batches = await cluster.batches(topicOf(codec, name));
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
    const batches = await cluster.batches(topic);
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
  }, MINUTE_MS);

  feature('seek by time', async (client) => {
    expect(text(await client.read(['times'], 5, SENT_MS + 4001))).toEqual(values.slice(5));
  });
});

describe('groups', () => {
  const SESSION_MS = 6000;
  /**
   * All commit five times a second and wait for a fetch no longer than that. Before a member goes or comes, so that what was read
   * is committed; behind it, since some hand out what a fetch brings that they sent before the partition was another's.
   */
  const SETTLED_MS = 1000;
  /** kcat commits every 5 s: the option for it ends up where nothing reads it. */
  const KCAT_SETTLED_MS = 6000;
  const PARTITIONS = [0, 1, 2, 3, 4, 5];

  feature(
    'group: a second member joins, one is killed with -9',
    async (client, name) => {
      const topic = topicOf('shared', name);
      await cluster.createTopic(topic, PARTITIONS.length);
      const settledMs = name === 'kcat' ? KCAT_SETTLED_MS : SETTLED_MS;
      const options = { group: topicOf('group', name), topic, sessionMs: SESSION_MS };
      const produce = async (from: number, end: number): Promise<string[]> => {
        const values = Array.from({ length: end - from }, (_, index) => `value-${from + index}`);
        await sendEverywhere(topic, values);
        return values;
      };
      const first = client.join(options);
      await until(`${name}: the first member has all`, () => first.assigned?.join() === PARTITIONS.join());
      const before = await produce(0, 60);
      await until(`${name}: the first member reads`, () => first.values.length === before.length);
      await delay(settledMs);
      const second = client.join(options);
      await until(`${name}: they share`, () => first.assigned?.length === 3 && second.assigned?.length === 3);
      expect([...(first.assigned ?? []), ...(second.assigned ?? [])].toSorted((a, b) => a - b)).toEqual(PARTITIONS);
      await delay(settledMs);
      const shared = await produce(60, 120);
      const both = (): string[] => [...first.values, ...second.values];
      await until(`${name}: both read`, () => both().length >= before.length + shared.length);
      expect(both().toSorted()).toEqual([...before, ...shared].toSorted());
      expect(second.values.length).toBeGreaterThan(0);

      await delay(settledMs);
      await first.kill();
      await until(`${name}: the second member has all`, () => second.assigned?.join() === PARTITIONS.join());
      const after = await produce(120, 180);
      await until(`${name}: the second member reads all`, () => after.every((value) => second.values.includes(value)));
      // It goes on where the first had committed, and each was read once.
      expect(both().toSorted()).toEqual([...before, ...shared, ...after].toSorted());
      await delay(settledMs);
      await second.leave();

      const third = client.join(options);
      await until(`${name}: the third member has all`, () => third.assigned?.join() === PARTITIONS.join());
      const last = await produce(180, 200);
      await until(`${name}: the third member reads`, () => third.values.length >= last.length);
      expect(third.values.toSorted()).toEqual(last.toSorted());
      await third.leave();
    },
    { concurrent: true, timeoutMs: 2 * MINUTE_MS },
  );

  /** The same number into each partition. */
  async function sendEverywhere(topic: string, values: readonly string[]): Promise<void> {
    await using producer = cluster.client.producer();
    await Promise.all(
      values.map((value, index) =>
        producer.send(topic, { value: Buffer.from(value), partition: index % PARTITIONS.length }),
      ),
    );
  }
});

describe('administration', () => {
  const lacks = ['kcat'] as const;

  feature(
    'admin: topics are created, described, grown and deleted',
    async (client, name) => {
      const topic = topicOf('made', name);
      const create = ['create', topic, 2, 3, { 'retention.ms': '3600000' }] as const;
      const describe = ['describe', topic] as const;
      const answers = await client.administer([create, create, describe, ['grow', topic, 5]]);
      expect(answers.map(({ error }) => error)).toEqual([
        undefined,
        expect.stringMatching(/already.?exists/i),
        undefined,
        undefined,
      ]);
      expect(answers[2]?.answer).toEqual({ partitions: 2, replicas: 3 });
      const [grown, before, deleted] = await client.administer([describe, ['topics'], ['delete', topic]]);
      expect(grown?.answer).toEqual({ partitions: 5, replicas: 3 });
      expect(before?.answer).toContain(topic);
      expect(deleted?.error).toBeUndefined();
      const [after] = await client.administer([['topics']]);
      expect(after?.answer).not.toContain(topic);
    },
    { lacks },
  );

  feature(
    'admin: configs are described and changed',
    async (client, name) => {
      const topic = topicOf('configured', name);
      await cluster.createTopic(topic, 1);
      const config = ['config', topic, 'retention.ms'] as const;
      const [before, altered] = await client.administer([config, ['alter', topic, 'retention.ms', '7200000']]);
      expect(before).toEqual({ answer: '604800000' });
      expect(altered?.error).toBeUndefined();
      const [after, refused] = await client.administer([config, ['alter', topic, 'retention.ms', 'a week']]);
      expect(after).toEqual({ answer: '7200000' });
      expect(refused?.error).toMatch(/invalid.?config/i);
    },
    { lacks },
  );

  feature(
    'admin: records are deleted up to an offset',
    async (client, name) => {
      const topic = topicOf('trimmed', name);
      await cluster.createTopic(topic, 1);
      const values = Array.from({ length: 10 }, (_, index) => `value-${index}`);
      const stream = client.stream(topic);
      for (const value of values) stream.send(value);
      await stream.finish();
      expect(await client.administer([['trim', topic, 7]])).toEqual([{ answer: 7 }]);
      expect(text(await client.read([topic], 3))).toEqual(values.slice(7));
    },
    { lacks },
  );

  feature(
    'admin: groups are listed, described and deleted',
    async (client, name) => {
      const topic = topicOf('administered', name);
      const group = topicOf('administered-group', name);
      await cluster.createTopic(topic, 1);
      const member = client.join({ group, topic, sessionMs: 6000 });
      await until(`${name}: the member has the partition`, () => member.assigned?.length === 1);
      const [listed, described, refused] = await client.administer([['groups'], ['group', group], ['forget', group]]);
      expect(listed?.answer).toContain(group);
      expect(described).toEqual({ answer: { state: 'stable', members: 1 } });
      expect(refused?.error).toBeDefined();
      await member.leave();
      const [empty, forgotten, after] = await client.administer([['group', group], ['forget', group], ['groups']]);
      expect(empty).toEqual({ answer: { state: 'empty', members: 0 } });
      expect(forgotten?.error).toBeUndefined();
      expect(after?.answer).not.toContain(group);
    },
    { lacks },
  );
});

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
          await cluster.createTopic(topicOf('killed', name), 1);
          return [name, clientOf(name).stream(topicOf('killed', name), { idempotent: true })] as const;
        }),
      ),
    );
    const [one = 'kcat'] = present;
    const leader = await cluster.leaderId(topicOf('killed', one));
    for (let index = 0; index < COUNT; index++) {
      for (const stream of streams.values()) stream.send(`value-${index}`);
      if (index === KILL_AFTER) await cluster.kill(leader);
      await delay(SEND_MS);
    }
    for (const [name, stream] of streams) {
      await stream.finish().then(
        (acknowledged) => results.set(name, { acknowledged }),
        (error: unknown) => results.set(name, { acknowledged: [], error }),
      );
    }
    await cluster.heal(leader);
  }, 2 * MINUTE_MS);

  feature('kill -9 of a leader: nothing acknowledged is lost, all go on', async (client, name) => {
    const result = results.get(name);
    expect(result?.error).toBeUndefined();
    const acknowledged = result?.acknowledged ?? [];
    expect(acknowledged.length).toBe(COUNT);
    const read = text(await client.read([topicOf('killed', name)], COUNT));
    expect(read).toEqual(Array.from({ length: COUNT }, (_, index) => `value-${index}`));
  });
});
