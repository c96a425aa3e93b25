import { utf8Decode } from '@moldau/base';
import { parseBatchHeader } from '@moldau/records';
import { describe, expect, test } from 'vitest';
import { type DeliveryReport, MoldauError, string } from '../src/index.ts';
import { FakeCluster } from './fake-cluster.ts';

/** A topic with `max.message.bytes` below what a producer puts into a batch. */
function newCluster(seed: number | string, maxMessageBytes: number): FakeCluster {
  const cluster = new FakeCluster(seed);
  cluster.addTopic('t', 1);
  cluster.fate = ({ records }) =>
    records.length > maxMessageBytes ? { kind: 'refuse', code: 'MESSAGE_TOO_LARGE' } : { kind: 'keep' };
  return cluster;
}

function valuesOf(cluster: FakeCluster): string[] {
  const kept = cluster.partition('t', 0).records();
  return kept.map(({ value }) => utf8Decode(value ?? new Uint8Array(0)));
}

describe('a batch that is too large for its topic', () => {
  test.each([
    ['all' as const, true],
    ['all' as const, false],
    [1 as const, false],
  ])('goes on in parts, every record once and in order (acks %s, idempotent %s)', async (acks, idempotent) => {
    const cluster = newCluster(1, 10_000);
    const reports: DeliveryReport[] = [];
    const onDelivery = (report: DeliveryReport): void => void reports.push(report);
    const producer = cluster.client().client.producer({ value: string(), acks, idempotent, onDelivery });
    const sent = Array.from({ length: 10_000 }, (_, n) =>
      producer.send('t', { value: `line ${n}`, timestamp: 1000 + n }),
    );
    let flushed = false;
    const flush = producer.flush().then(() => {
      flushed = true;
    });
    const placed = await cluster.settle(Promise.all(sent));
    await cluster.settle(flush);
    expect(flushed).toBe(true);
    expect(placed.map(({ offset }) => Number(offset))).toEqual([...sent.keys()]);
    expect(placed.map(({ timestamp }) => timestamp - 1000)).toEqual([...sent.keys()]);
    expect(valuesOf(cluster)).toEqual(Array.from({ length: 10_000 }, (_, n) => `line ${n}`));
    expect(reports.reduce((sum, { recordCount }) => sum + recordCount, 0)).toBe(10_000);
    expect(producer.bufferedBytes).toBe(0);
    expect(cluster.scheduler.nowMs).toBeLessThan(1_000);
  });

  test('is met once: later batches are gathered small enough', async () => {
    const cluster = newCluster(2, 10_000);
    const producer = cluster.client().client.producer({ value: string() });
    const send = (): Promise<unknown> =>
      cluster.settle(Promise.all(Array.from({ length: 3_000 }, () => producer.send('t', { value: 'x'.repeat(20) }))));
    await send();
    const before = cluster.requests.length;
    await send();
    for (const { records } of cluster.requests.slice(before)) expect(records.length).toBeLessThanOrEqual(10_000);
  });

  test('a record that is too large alone fails alone, those around it are kept', async () => {
    const cluster = newCluster(3, 2_000);
    const producer = cluster.client().client.producer({ value: string() });
    const values = ['a', 'b', 'x'.repeat(5_000), 'c', 'd'];
    const settled = await cluster.settle(Promise.allSettled(values.map((value) => producer.send('t', { value }))));
    expect(settled.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(settled[2]).toMatchObject({ reason: { code: 'MESSAGE_TOO_LARGE' } });
    expect(valuesOf(cluster)).toEqual(['a', 'b', 'c', 'd']);
    expect(producer.bufferedBytes).toBe(0);
  });

  test('that an earlier attempt may have kept is not written again', async () => {
    const cluster = newCluster(4, 100_000);
    const producer = cluster.client().client.producer({ value: string() });
    cluster.fate = () => ({ kind: 'break', appended: true });
    const sent = ['a', 'b'].map((value) => producer.send('t', { value }));
    await cluster.scheduler.run({ untilMs: 20 });
    cluster.fate = () => ({ kind: 'refuse', code: 'MESSAGE_TOO_LARGE' });
    const settled = await cluster.settle(Promise.allSettled(sent));
    for (const each of settled) expect(each).toMatchObject({ reason: { code: 'OUTCOME_UNKNOWN' } });
    expect(valuesOf(cluster)).toEqual(['a', 'b']);
  });

  test('a topic that is made anew is tried with whole batches', async () => {
    const cluster = newCluster(5, 1_000);
    const producer = cluster.client().client.producer({ value: string() });
    const send = (): Promise<unknown> =>
      cluster.settle(Promise.all(Array.from({ length: 200 }, () => producer.send('t', { value: 'x'.repeat(20) }))));
    await send();
    cluster.topics.delete('t');
    cluster.addTopic('other', 1);
    cluster.addTopic('t', 1);
    cluster.fate = () => ({ kind: 'keep' });
    await send();
    await send();
    const last = parseBatchHeader(cluster.requests.at(-1)?.records ?? new Uint8Array(0));
    expect(last.recordCount).toBe(200);
  });

  test.each(Array.from({ length: 30 }, (_, seed) => seed))('seed %i: among other faults too', async (seed) => {
    const cluster = newCluster(`large-${seed}`, 0);
    const { random } = cluster;
    let maxMessageBytes = 3_000;
    cluster.fate = ({ records }) => {
      if (records.length > maxMessageBytes) return { kind: 'refuse', code: 'MESSAGE_TOO_LARGE' };
      if (cluster.scheduler.nowMs < 500 && random.chance(0.1)) return { kind: 'break', appended: random.chance(0.5) };
      if (cluster.scheduler.nowMs < 500 && random.chance(0.1)) return { kind: 'refuse', code: 'NOT_ENOUGH_REPLICAS' };
      return { kind: 'keep' };
    };
    for (const atMs of [100, 200, 300]) {
      cluster.scheduler.after(atMs, () => {
        maxMessageBytes = Math.floor(random.between(500, 3_000));
      });
    }
    const producer = cluster.client().client.producer({ value: string(), batchBytesMax: 4_000 });
    const outcomes = new Map<string, string>();
    const sent: Promise<void>[] = [];
    const send = (value: string): void => {
      const settled = producer.send('t', { value }).then(
        () => void outcomes.set(value, 'ok'),
        (error: unknown) => void outcomes.set(value, error instanceof MoldauError ? error.code : String(error)),
      );
      sent.push(settled);
    };
    for (let round = 0; round < 10; round++) {
      const values = Array.from({ length: 60 }, (_, n) =>
        String(round * 60 + n)
          .padStart(4, '0')
          .padEnd(60, '.'),
      );
      cluster.scheduler.after(round * 40, () => values.forEach(send));
    }
    await cluster.scheduler.run({ untilMs: 500 });
    await cluster.settle(Promise.all(sent));
    const log = valuesOf(cluster);
    expect(new Set(log).size).toBe(log.length);
    expect(log).toEqual([...log].sort());
    for (const [value, outcome] of outcomes) {
      expect(['ok', 'OUTCOME_UNKNOWN']).toContain(outcome);
      if (outcome === 'ok') expect(log).toContain(value);
    }
    expect(producer.bufferedBytes).toBe(0);
  });
});
