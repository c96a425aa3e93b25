import { type ErrorCode, utf8Decode } from '@moldau/base';
import { parseBatchHeader } from '@moldau/records';
import { describe, expect, test } from 'vitest';
import { MoldauError, type RecordMetadata, string } from '../src/index.ts';
import { addressOf, codeOf, FakeCluster, type Fate } from './fake-cluster.ts';

const TEXT = { key: string(), value: string() };

function valuesOf(cluster: FakeCluster, topic: string, partition: number): string[] {
  return cluster
    .partition(topic, partition)
    .records()
    .map(({ value }) => utf8Decode(value ?? new Uint8Array(0)));
}

describe('producer', () => {
  test('a record is acknowledged with its partition, offset and timestamp', async () => {
    const cluster = new FakeCluster(1);
    cluster.addTopic('orders', 3);
    const { client } = cluster.client();
    const producer = client.producer(TEXT);
    const sent = Promise.all(
      [0, 1].map((n) => producer.send('orders', { key: 'k', value: `v${n}`, partition: 1, timestamp: 1000 + n })),
    );
    expect(await cluster.settle(sent)).toEqual([
      { partition: 1, offset: 0n, timestamp: 1000 },
      { partition: 1, offset: 1n, timestamp: 1001 },
    ]);
    expect(valuesOf(cluster, 'orders', 1)).toEqual(['v0', 'v1']);
    await cluster.settle(client.close());
  });

  test('what is sent in one turn leaves as one batch, numbered from 0', async () => {
    const cluster = new FakeCluster(2);
    cluster.addTopic('t', 1);
    const producer = cluster.client().client.producer(TEXT);
    await cluster.settle(Promise.all(Array.from({ length: 50 }, (_, n) => producer.send('t', { value: String(n) }))));
    expect(cluster.requests.length).toBe(1);
    const header = parseBatchHeader(cluster.requests[0]?.records ?? new Uint8Array(0));
    expect(header).toMatchObject({ recordCount: 50, baseSequence: 0, producerId: 1000, producerEpoch: 0 });
  });

  test('linger gathers the records of several turns, and flush ends it', async () => {
    const cluster = new FakeCluster(3);
    cluster.addTopic('t', 1);
    const producer = cluster.client().client.producer({ ...TEXT, lingerMs: 10_000 });
    const sent = [producer.send('t', { value: 'a' })];
    await cluster.scheduler.run({ untilMs: 500 });
    sent.push(producer.send('t', { value: 'b' }));
    await cluster.scheduler.run({ untilMs: 1_000 });
    expect(cluster.requests.length).toBe(0);
    await cluster.settle(producer.flush());
    await cluster.settle(Promise.all(sent));
    expect(cluster.requests.length).toBe(1);
    expect(cluster.scheduler.nowMs).toBeLessThan(2_000);
  });

  test('a batch is closed before it passes its size', async () => {
    const cluster = new FakeCluster(4);
    cluster.addTopic('t', 1);
    const producer = cluster.client().client.producer({ batchBytesMax: 2048 });
    const value = new Uint8Array(900);
    await cluster.settle(Promise.all(Array.from({ length: 7 }, () => producer.send('t', { value }))));
    for (const { records } of cluster.requests) expect(records.length).toBeLessThanOrEqual(2048);
    expect(cluster.partition('t', 0).endOffset).toBe(7);
  });

  test('a topic that nobody knows is an error that says so, within its time', async () => {
    const cluster = new FakeCluster(5);
    const producer = cluster.client().client.producer({ ...TEXT, topicTimeoutMs: 500 });
    const code = codeOf(producer.send('nope', { value: 'x' }));
    expect(await cluster.settle(code)).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(cluster.scheduler.nowMs).toBeLessThan(1_000);
    expect(producer.bufferedBytes).toBe(0);
  });

  test('a topic that is created while a record waits for it takes the record', async () => {
    const cluster = new FakeCluster(6);
    const producer = cluster.client().client.producer(TEXT);
    const sent = producer.send('late', { value: 'x' });
    cluster.scheduler.after(1_000, () => void cluster.addTopic('late', 1));
    expect(await cluster.settle(sent)).toMatchObject({ partition: 0, offset: 0n });
  });

  test('a partition that the topic lacks is an error that names those it has', async () => {
    const cluster = new FakeCluster(7);
    cluster.addTopic('t', 2);
    const producer = cluster.client().client.producer(TEXT);
    const sent = producer.send('t', { value: 'x', partition: 2 });
    await expect(cluster.settle(sent)).rejects.toThrow(/partitions 0 to 1/);
  });

  test('leaders that change, with and without a hint, cost no record and no order', async () => {
    const cluster = new FakeCluster(8);
    cluster.addTopic('t', 1);
    const producer = cluster.client().client.producer({ ...TEXT, batchBytesMax: 1024 });
    const sent: Promise<RecordMetadata>[] = [];
    for (let n = 0; n < 200; n++) {
      cluster.scheduler.after(n * 5, () => void sent.push(producer.send('t', { value: String(n) })));
      if (n % 20 === 10)
        cluster.scheduler.after(n * 5, () => cluster.move(cluster.partition('t', 0), 1 + ((n / 10) % 3)));
    }
    await cluster.scheduler.run({ untilMs: 1_001 });
    await cluster.settle(Promise.all(sent));
    expect(valuesOf(cluster, 't', 0)).toEqual(Array.from({ length: 200 }, (_, n) => String(n)));
  });

  test('a leader that falls silent is left for its successor', async () => {
    const cluster = new FakeCluster(9);
    cluster.addTopic('t', 1);
    const producer = cluster.client().client.producer(TEXT);
    await cluster.settle(producer.send('t', { value: 'a' }));
    cluster.fate = () => ({ kind: 'mute' });
    const sent = producer.send('t', { value: 'b' });
    cluster.scheduler.after(100, () => {
      cluster.fate = () => ({ kind: 'keep' });
      cluster.move(cluster.partition('t', 0), 2);
    });
    expect(await cluster.settle(sent)).toMatchObject({ offset: 1n });
    expect(cluster.scheduler.nowMs).toBeLessThan(3_000);
    expect(valuesOf(cluster, 't', 0)).toEqual(['a', 'b']);
  });

  test('a record sent and never acknowledged fails as OUTCOME_UNKNOWN, one that was surely refused as TIMED_OUT', async () => {
    const cluster = new FakeCluster(10);
    cluster.addTopic('t', 2);
    cluster.fate = ({ partition }) =>
      partition === 0
        ? { kind: 'keepAndSay', code: 'REQUEST_TIMED_OUT' }
        : { kind: 'refuse', code: 'NOT_ENOUGH_REPLICAS' };
    const { client } = cluster.client();
    // The broker answers a repeat from its window; so that it stays unknown, nothing of the window is kept.
    const producer = client.producer({ ...TEXT, deliveryTimeoutMs: 2_000 });
    const partition = cluster.partition('t', 0);
    const forget = (): void => {
      cluster.scheduler.after(0, () => partition.producers.clear());
    };
    cluster.fate = ({ partition: which }) => {
      if (which === 1) return { kind: 'refuse', code: 'NOT_ENOUGH_REPLICAS' };
      forget();
      return { kind: 'mute' };
    };
    const codes = [0, 1].map((which) => codeOf(producer.send('t', { value: 'x', partition: which })));
    expect(await cluster.settle(Promise.all(codes))).toEqual(['OUTCOME_UNKNOWN', 'TIMED_OUT']);
    // The next one begins again under a higher epoch.
    cluster.fate = () => ({ kind: 'keep' });
    await cluster.settle(producer.send('t', { value: 'y', partition: 1 }));
    const header = parseBatchHeader(cluster.requests.at(-1)?.records ?? new Uint8Array(0));
    expect(header).toMatchObject({ producerEpoch: 1, baseSequence: 0 });
  });

  test('a refusal that is final fails its batch alone; the next goes on under a new epoch', async () => {
    const cluster = new FakeCluster(11);
    cluster.addTopic('t', 1);
    const producer = cluster.client().client.producer({ ...TEXT, batchBytesMax: 1024 });
    await cluster.settle(producer.send('t', { value: 'first' }));
    cluster.fate = ({ records }) =>
      records.length > 1000 ? { kind: 'refuse', code: 'MESSAGE_TOO_LARGE' } : { kind: 'keep' };
    const large = codeOf(producer.send('t', { value: 'x'.repeat(5000) }));
    const small = producer.send('t', { value: 'second' });
    expect(await cluster.settle(large)).toBe('MESSAGE_TOO_LARGE');
    expect(await cluster.settle(small)).toMatchObject({ offset: 1n });
    expect(valuesOf(cluster, 't', 0)).toEqual(['first', 'second']);
  });

  test('a broker that lost what it knew of the producer: what was surely not kept is sent under a new epoch', async () => {
    const cluster = new FakeCluster(12);
    cluster.addTopic('t', 1);
    const producer = cluster.client().client.producer(TEXT);
    await cluster.settle(producer.send('t', { value: 'a' }));
    cluster.partition('t', 0).producers.clear();
    expect(await cluster.settle(producer.send('t', { value: 'b' }))).toMatchObject({ offset: 1n });
    expect(valuesOf(cluster, 't', 0)).toEqual(['a', 'b']);
  });

  test('a broker that knows a higher epoch of the id makes the producer take another id', async () => {
    const cluster = new FakeCluster(13);
    cluster.addTopic('t', 1);
    const producer = cluster.client().client.producer(TEXT);
    await cluster.settle(producer.send('t', { value: 'a' }));
    cluster.partition('t', 0).producers.set(1000, { epoch: 7, batches: [] });
    await cluster.settle(producer.send('t', { value: 'b' }));
    expect(cluster.partition('t', 0).producers.has(1001)).toBe(true);
    expect(valuesOf(cluster, 't', 0)).toEqual(['a', 'b']);
  });

  test('a topic that was made anew takes the records that were never in the old one', async () => {
    const cluster = new FakeCluster(14);
    cluster.addTopic('t', 1);
    const producer = cluster.client().client.producer(TEXT);
    await cluster.settle(producer.send('t', { value: 'old' }));
    cluster.topics.delete('t');
    cluster.addTopic('other', 1);
    cluster.addTopic('t', 1);
    const outcome = codeOf(producer.send('t', { value: 'new' }));
    expect(['OUTCOME_UNKNOWN', 'no error']).toContain(await cluster.settle(outcome));
    await cluster.settle(producer.send('t', { value: 'newer' }));
    expect(valuesOf(cluster, 't', 0)).toContain('newer');
  });

  test('acks 0 resolves without an answer and says that the offset is unknown', async () => {
    const cluster = new FakeCluster(15);
    cluster.addTopic('t', 1);
    const producer = cluster.client().client.producer({ ...TEXT, acks: 0 });
    expect(await cluster.settle(producer.send('t', { value: 'a' }))).toMatchObject({ offset: -1n });
    await cluster.scheduler.run({ untilMs: 100 });
    expect(valuesOf(cluster, 't', 0)).toEqual(['a']);
    expect(cluster.requests[0]?.acks).toBe(0);
  });

  test('acks 1 has no numbers and one batch in flight at a time', async () => {
    const cluster = new FakeCluster(16);
    cluster.addTopic('t', 1);
    const producer = cluster.client().client.producer({ ...TEXT, acks: 1, batchBytesMax: 1024 });
    const sent = Array.from({ length: 30 }, (_, n) => producer.send('t', { value: `${n}`.padStart(300, '.') }));
    await cluster.settle(Promise.all(sent));
    expect(valuesOf(cluster, 't', 0).map((text) => Number(text.replaceAll('.', '')))).toEqual([...sent.keys()]);
    expect(parseBatchHeader(cluster.requests[0]?.records ?? new Uint8Array(0)).producerId).toBe(-1);
  });

  test('a partition that has come since is looked up before it is refused', async () => {
    const cluster = new FakeCluster(78);
    cluster.addTopic('t', 1);
    const producer = cluster.client().client.producer({ value: string() });
    await cluster.settle(producer.send('t', { value: 'x', partition: 0 }));
    cluster.growTopic('t');
    const sent = producer.send('t', { value: 'y', partition: 1 });
    expect(await cluster.settle(sent)).toMatchObject({ partition: 1, offset: 0n });
  });

  test('the buffer is bounded: enqueue refuses, send waits its turn, ready tells', async () => {
    const cluster = new FakeCluster(17);
    cluster.addTopic('t', 1);
    const producer = cluster.client().client.producer({ ...TEXT, bufferBytesMax: 4096, batchBytesMax: 1024 });
    const value = 'x'.repeat(452);
    let taken = 0;
    while (producer.enqueue('t', { value: `${value}${taken % 10}` })) taken++;
    expect(taken).toBe(8);
    expect(producer.bufferedBytes).toBeLessThanOrEqual(4096);
    const last = producer.send('t', { value: 'last' });
    expect(producer.enqueue('t', { value: 'z' })).toBe(false);
    await cluster.settle(producer.ready());
    expect(producer.enqueue('t', { value: 'behind' })).toBe(true);
    await cluster.settle(last);
    await cluster.settle(producer.flush());
    expect(valuesOf(cluster, 't', 0).slice(-2)).toEqual(['last', 'behind']);
    expect(producer.bufferedBytes).toBe(0);
  });

  test('who waits for room waits no longer than a delivery may take, and those behind keep their order', async () => {
    const cluster = new FakeCluster(24);
    cluster.addTopic('t', 1);
    const limits = { bufferBytesMax: 1024, batchBytesMax: 1024, deliveryTimeoutMs: 1_000 };
    const producer = cluster.client().client.producer({ ...TEXT, ...limits });
    await cluster.settle(producer.send('t', { value: 'first' }));
    cluster.fate = () => ({ kind: 'refuse', code: 'NOT_ENOUGH_REPLICAS' });
    const value = 'x'.repeat(900);
    const codes = [0, 1, 2].map(() => codeOf(producer.send('t', { value })));
    expect(await cluster.settle(Promise.all(codes))).toEqual(['TIMED_OUT', 'TIMED_OUT', 'TIMED_OUT']);
    expect(cluster.scheduler.nowMs).toBeLessThan(2_500);
    cluster.fate = () => ({ kind: 'keep' });
    await cluster.settle(producer.send('t', { value: 'last' }));
    expect(valuesOf(cluster, 't', 0)).toEqual(['first', 'last']);
  });

  test('a record that failed after enqueue is told by flush, once', async () => {
    const cluster = new FakeCluster(18);
    cluster.addTopic('t', 1);
    cluster.fate = () => ({ kind: 'refuse', code: 'INVALID_RECORD' });
    const reports: unknown[] = [];
    const producer = cluster.client().client.producer({ ...TEXT, onDelivery: (report) => reports.push(report) });
    producer.enqueue('t', { value: 'a' });
    expect(await cluster.settle(codeOf(producer.flush()))).toBe('INVALID_RECORD');
    expect(await cluster.settle(codeOf(producer.flush()))).toBe('no error');
    expect(reports).toMatchObject([{ topic: 't', partition: 0, recordCount: 1, baseOffset: -1n }]);
  });

  test('closing delivers what was taken; afterwards nothing is taken', async () => {
    const cluster = new FakeCluster(19);
    cluster.addTopic('t', 1);
    const producer = cluster.client().client.producer({ ...TEXT, lingerMs: 60_000 });
    const sent = producer.send('t', { value: 'a' });
    await cluster.settle(producer.close());
    expect(await sent).toMatchObject({ offset: 0n });
    expect(await codeOf(producer.send('t', { value: 'b' }))).toBe('CLOSED');
  });

  test('closing ends in its time though no broker answers, and says of each record what is known', async () => {
    const cluster = new FakeCluster(20);
    cluster.addTopic('t', 1);
    const producer = cluster.client().client.producer(TEXT);
    await cluster.settle(producer.send('t', { value: 'a' }));
    cluster.fate = () => ({ kind: 'mute' });
    const inFlight = codeOf(producer.send('t', { value: 'b' }));
    await cluster.scheduler.run({ untilMs: cluster.scheduler.nowMs + 50 });
    for (const id of [1, 2, 3]) cluster.kill(id);
    await cluster.scheduler.run({ untilMs: cluster.scheduler.nowMs + 50 });
    const unsent = codeOf(producer.send('t', { value: 'c' }));
    await cluster.settle(producer.close({ timeoutMs: 1_000 }));
    expect([await inFlight, await unsent]).toEqual(['OUTCOME_UNKNOWN', 'CLOSED']);
  });

  test('an abort ends the waiting, with ABORTED', async () => {
    const cluster = new FakeCluster(21);
    cluster.addTopic('t', 1);
    cluster.fate = () => ({ kind: 'mute' });
    const controller = new AbortController();
    const producer = cluster.client().client.producer(TEXT);
    const code = codeOf(producer.send('t', { value: 'a' }, { signal: controller.signal }));
    cluster.scheduler.after(200, () => controller.abort());
    expect(await cluster.settle(code)).toBe('ABORTED');
  });

  test('bad arguments are refused by name', async () => {
    const cluster = new FakeCluster(22);
    const { client } = cluster.client();
    expect(() => client.producer({ acks: 1, idempotent: true })).toThrow(/acks 'all'/);
    expect(() => client.producer({ batchBytesMax: 10 })).toThrow(/batchBytesMax/);
    const producer = client.producer({ bufferBytesMax: 2048, batchBytesMax: 1024 });
    await expect(producer.send('t', { value: new Uint8Array(4000) })).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
    });
    await expect(producer.send('t', { value: null, timestamp: 1.5 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  test('a bootstrap list of which one broker lives is enough; none is an error that names them', async () => {
    const cluster = new FakeCluster(23);
    cluster.addTopic('t', 1);
    cluster.kill(1);
    cluster.move(cluster.partition('t', 0), 2);
    await cluster.settle(cluster.client().client.producer(TEXT).send('t', { value: 'a' }));
    cluster.kill(2);
    const lonely = cluster.client({ bootstrap: [addressOf(2)] }).client.producer({ ...TEXT });
    await expect(cluster.settle(lonely.send('t', { value: 'b' }))).rejects.toThrow(/none of broker-2:1 answered/);
  });
});

const FATES: readonly Fate[] = [
  { kind: 'break', appended: true },
  { kind: 'break', appended: false },
  { kind: 'mute' },
  ...(
    ['NOT_LEADER_OR_FOLLOWER', 'NOT_ENOUGH_REPLICAS', 'CORRUPT_MESSAGE', 'MESSAGE_TOO_LARGE'] satisfies ErrorCode[]
  ).map((code): Fate => ({ kind: 'refuse', code })),
  ...(['NOT_LEADER_OR_FOLLOWER', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'REQUEST_TIMED_OUT'] satisfies ErrorCode[]).map(
    (code): Fate => ({ kind: 'keepAndSay', code }),
  ),
];

describe('an idempotent producer under faults', () => {
  test.each(Array.from({ length: 60 }, (_, seed) => seed))(
    'seed %i: once, in order, and what is said is true',
    async (seed) => {
      const cluster = new FakeCluster(`chaos-${seed}`);
      cluster.addTopic('t', 2);
      const { random } = cluster;
      let faults = true;
      cluster.fate = () =>
        faults && random.chance(0.15)
          ? (FATES[Math.floor(random.between(0, FATES.length))] ?? { kind: 'keep' })
          : { kind: 'keep' };
      const deliveryTimeoutMs = seed % 3 === 0 ? 400 : 60_000;
      const producer = cluster
        .client()
        .client.producer({ ...TEXT, batchBytesMax: 1024, deliveryTimeoutMs, requestTimeoutMs: 2_000 });
      const outcomes: { value: string; partition: number; code: string; offset: bigint }[] = [];
      const sent: Promise<void>[] = [];
      for (let n = 0; n < 300; n++) {
        const partition = n % 2;
        const value = `${n}`.padStart(4, '0').padEnd(100, '.');
        cluster.scheduler.after(random.between(0, 1) + Math.floor(n / 10) * 20, () => {
          const outcome = { value, partition, code: 'pending', offset: -1n };
          outcomes.push(outcome);
          const settled = producer.send('t', { value, partition }).then(
            ({ offset }) => {
              outcome.code = 'ok';
              outcome.offset = offset;
            },
            (error: unknown) => {
              outcome.code = error instanceof MoldauError ? error.code : String(error);
            },
          );
          sent.push(settled);
        });
      }
      for (let move = 0; move < 6; move++) {
        cluster.scheduler.after(random.between(0, 700), () => {
          const partition = cluster.partition('t', move % 2);
          cluster.move(partition, 1 + ((partition.leaderId + 1) % 3));
        });
      }
      cluster.scheduler.after(800, () => {
        faults = false;
      });
      await cluster.scheduler.run({ untilMs: 800 });
      await cluster.settle(Promise.all(sent));
      for (const partition of [0, 1]) {
        const log = valuesOf(cluster, 't', partition);
        expect(new Set(log).size).toBe(log.length);
        const order = new Map(
          outcomes.filter((each) => each.partition === partition).map(({ value }, index) => [value, index]),
        );
        const indexes = log.map((value) => order.get(value) ?? -1);
        expect(indexes).toEqual([...indexes].sort((left, right) => left - right));
        for (const { value, code, offset } of outcomes.filter((each) => each.partition === partition)) {
          if (code === 'ok') expect(log[Number(offset)]).toBe(value);
          else if (code !== 'OUTCOME_UNKNOWN')
            expect({ code, kept: log.includes(value) }).toEqual({ code, kept: false });
          expect(['ok', 'OUTCOME_UNKNOWN', 'TIMED_OUT', 'MESSAGE_TOO_LARGE']).toContain(code);
        }
      }
      if (deliveryTimeoutMs > 10_000) {
        expect(outcomes.filter(({ code }) => code === 'ok').length).toBeGreaterThan(200);
      }
      expect(producer.bufferedBytes).toBe(0);
    },
  );
});
