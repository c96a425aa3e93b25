import type { ErrorCode } from '@moldau/base';
import { describe, expect, test } from 'vitest';
import { type DeliveryReport, MoldauError, type ProducerOptions, string } from '../src/index.ts';
import { codeOf, FakeCluster } from './fake-cluster.ts';

const ASSIGNMENTS = [{ topic: 't', from: 'earliest' as const }];

function newCluster(seed: number): FakeCluster {
  const cluster = new FakeCluster(seed);
  cluster.addTopic('t', 1);
  return cluster;
}

function failureLines(cluster: FakeCluster): unknown[] {
  const failures = cluster.log.events().filter(({ event }) => event === 'producer.enqueued_records_failed');
  return failures.map(({ fields }) => fields);
}

describe('a consumer of a topic that is deleted', () => {
  test.each(['earliest' as const, 'latest' as const, 0n])(
    'from %s: it says so after the time for topics',
    async (from) => {
      const cluster = newCluster(1);
      const options = { assignments: [{ topic: 't', from }], topicTimeoutMs: 2_000 };
      const consumer = cluster.client().client.consumer(options);
      const next = consumer[Symbol.asyncIterator]().next();
      cluster.scheduler.after(1_000, () => {
        cluster.topics.delete('t');
        cluster.pushAll();
      });
      await expect(cluster.settle(next)).rejects.toMatchObject({
        code: 'UNKNOWN_TOPIC_OR_PARTITION',
        topic: 't',
        retriable: false,
      });
      expect(cluster.scheduler.nowMs).toBeGreaterThan(3_000);
      expect(cluster.scheduler.nowMs).toBeLessThan(4_500);
    },
  );

  test('a topic that is made anew within that time is read on', async () => {
    const cluster = newCluster(2);
    const { client } = cluster.client();
    const consumer = client.consumer({ assignments: ASSIGNMENTS, value: string(), topicTimeoutMs: 5_000 });
    const next = consumer[Symbol.asyncIterator]().next();
    cluster.scheduler.after(1_000, () => {
      cluster.topics.delete('t');
      cluster.addTopic('other', 1);
      cluster.pushAll();
    });
    cluster.scheduler.after(3_000, () => void cluster.addTopic('t', 1));
    await cluster.scheduler.run({ untilMs: 4_000 });
    await cluster.settle(client.producer({ value: string() }).send('t', { value: 'new' }));
    expect(await cluster.settle(next)).toMatchObject({ value: { value: 'new', offset: 0n } });
  });

  test('one that was given up is looked for again after a seek', async () => {
    const cluster = newCluster(12);
    const { client } = cluster.client();
    const consumer = client.consumer({ assignments: ASSIGNMENTS, value: string(), topicTimeoutMs: 1_000 });
    const failed = codeOf(consumer[Symbol.asyncIterator]().next());
    await cluster.scheduler.run({ untilMs: 500 });
    cluster.topics.delete('t');
    cluster.pushAll();
    expect(await cluster.settle(failed)).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    await cluster.scheduler.run({ untilMs: 60_000 });
    cluster.addTopic('other', 1);
    cluster.addTopic('t', 1);
    consumer.seek('t', 0, 'earliest');
    const next = consumer[Symbol.asyncIterator]().next();
    await cluster.settle(cluster.client().client.producer({ value: string() }).send('t', { value: 'new' }));
    expect(await cluster.settle(next)).toMatchObject({ value: { value: 'new' } });
  });

  test('others that look for the topic in vain do not put it off', async () => {
    const cluster = newCluster(3);
    const { client } = cluster.client();
    const consumer = client.consumer({ assignments: ASSIGNMENTS, topicTimeoutMs: 2_000 });
    const code = codeOf(consumer[Symbol.asyncIterator]().next());
    await cluster.scheduler.run({ untilMs: 1_000 });
    cluster.topics.delete('t');
    cluster.pushAll();
    const producer = client.producer({ topicTimeoutMs: 100 });
    for (let n = 1; n < 40; n++)
      cluster.scheduler.after(n * 150, () => void codeOf(producer.send('t', { value: null })));
    expect(await cluster.settle(code)).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(cluster.scheduler.nowMs).toBeLessThan(4_500);
  });
});

describe('what a broker refused before the append is surely not written', () => {
  const REFUSALS: readonly ErrorCode[] = ['KAFKA_STORAGE_ERROR', 'FENCED_LEADER_EPOCH', 'UNKNOWN_TOPIC_ID'];
  test.each(REFUSALS)('%s ends as TIMED_OUT, and is sent again before that', async (code) => {
    const cluster = newCluster(4);
    cluster.fate = () => ({ kind: 'refuse', code });
    const { client } = cluster.client();
    const late = client.producer({ value: string(), deliveryTimeoutMs: 2_000 }).send('t', { value: 'late' });
    await expect(cluster.settle(late)).rejects.toMatchObject({ code: 'TIMED_OUT', retriable: true });
    await expect(late).rejects.toThrow(new RegExp(`the broker says ${code}`));
    expect(cluster.partition('t', 0).endOffset).toBe(0);
    const healed = client.producer({ value: string() }).send('t', { value: 'healed' });
    cluster.scheduler.after(1_000, () => {
      cluster.fate = () => ({ kind: 'keep' });
    });
    expect(await cluster.settle(healed)).toMatchObject({ offset: 0n });
  });

  test('a record for a topic that was deleted says so, soon', async () => {
    const cluster = newCluster(5);
    const producer = cluster.client().client.producer({ value: string(), topicTimeoutMs: 1_000 });
    await cluster.settle(producer.send('t', { value: 'a' }));
    cluster.topics.delete('t');
    const sent = producer.send('t', { value: 'b' });
    await expect(cluster.settle(sent)).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC_OR_PARTITION',
      topic: 't',
      retriable: false,
    });
    expect(cluster.scheduler.nowMs).toBeLessThan(2_500);
    expect(producer.bufferedBytes).toBe(0);
    cluster.addTopic('other', 1);
    cluster.addTopic('t', 1);
    expect(await cluster.settle(producer.send('t', { value: 'c' }))).toMatchObject({ offset: 0n });
  });

  test('one that was perhaps appended before the topic was deleted is said to be unknown', async () => {
    const cluster = newCluster(6);
    const producer = cluster.client().client.producer({ value: string(), topicTimeoutMs: 1_000 });
    cluster.fate = () => ({ kind: 'break', appended: true });
    const sent = producer.send('t', { value: 'b' });
    await cluster.scheduler.run({ untilMs: 20 });
    cluster.topics.delete('t');
    expect(await cluster.settle(codeOf(sent))).toBe('OUTCOME_UNKNOWN');
  });
});

describe('records that fail before they have a place', () => {
  function reporting(cluster: FakeCluster, options: ProducerOptions<string, string> = {}) {
    const reports: DeliveryReport[] = [];
    const limits = { topicTimeoutMs: 500, ...options };
    const onDelivery = (report: DeliveryReport): void => void reports.push(report);
    const producer = cluster.client().client.producer({ value: string(), ...limits, onDelivery });
    return { producer, reports };
  }

  test('are reported as one, and logged as one line with their number', async () => {
    const cluster = newCluster(7);
    const { producer, reports } = reporting(cluster);
    for (let n = 0; n < 100; n++) producer.enqueue('nope', { value: String(n) });
    const awaited = codeOf(producer.send('nope', { value: 'awaited' }));
    expect(await cluster.settle(codeOf(producer.flush()))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(await awaited).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(reports).toMatchObject([{ topic: 'nope', partition: -1, recordCount: 101, baseOffset: -1n }]);
    expect(reports[0]?.error).toBeInstanceOf(MoldauError);
    expect(reports[0]?.error).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', retriable: false });
    expect(failureLines(cluster)).toMatchObject([
      { code: 'UNKNOWN_TOPIC_OR_PARTITION', topic: 'nope', recordCount: 100 },
    ]);
  });

  test('a partition that is not there is reported by its number', async () => {
    const cluster = newCluster(8);
    const { producer, reports } = reporting(cluster);
    producer.enqueue('t', { value: 'x', partition: 3 });
    expect(await cluster.settle(codeOf(producer.flush()))).toBe('INVALID_ARGUMENT');
    expect(reports).toMatchObject([{ topic: 't', partition: 3, recordCount: 1, error: { code: 'INVALID_ARGUMENT' } }]);
  });

  test('closing reports what waited for its topic', async () => {
    const cluster = newCluster(9);
    const { producer, reports } = reporting(cluster, { topicTimeoutMs: 5_000 });
    producer.enqueue('nope', { value: 'x' });
    await cluster.settle(producer.close({ drain: false }));
    expect(reports).toMatchObject([{ topic: 'nope', recordCount: 1, error: { code: 'CLOSED' } }]);
    expect(producer.bufferedBytes).toBe(0);
  });

  test('while everything is refused the log gets a line in ten seconds, and the rest at the close', async () => {
    const cluster = newCluster(10);
    cluster.fate = () => ({ kind: 'refuse', code: 'INVALID_RECORD' });
    const { producer, reports } = reporting(cluster);
    for (let n = 0; n < 250; n++) cluster.scheduler.after(n * 100, () => void producer.enqueue('t', { value: 'x' }));
    await cluster.scheduler.run({ untilMs: 26_000 });
    expect(failureLines(cluster).length).toBe(3);
    await cluster.settle(producer.close());
    const counts = failureLines(cluster).map((fields) => (fields as { recordCount: number }).recordCount);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(250);
    expect(reports.reduce((sum, { recordCount }) => sum + recordCount, 0)).toBe(250);
  });
});
