import { ApiService } from '@moldau/proto';
import { describe, expect, test } from 'vitest';
import type { AbortSignalLike, Client } from '../src/index.ts';
import { codeOf, FakeCluster } from './fake-cluster.ts';

/** What waits for a broker while none is there, and is ended by its signal. */
const WAITING: readonly (readonly [string, (client: Client, signal: AbortSignalLike) => Promise<unknown>])[] = [
  ['a consumer', (client, signal) => client.consumer({ assignments: ASSIGNMENTS, signal }).start()],
  ['a loop', (client, signal) => client.consumer({ assignments: ASSIGNMENTS, signal })[Symbol.asyncIterator]().next()],
  ['end offsets', (client, signal) => client.consumer({ assignments: ASSIGNMENTS }).endOffsets({ signal })],
  ['offsets', (client, signal) => client.admin().listOffsets([{ topic: 't', partition: 0, at: 'latest' }], { signal })],
  ['a list of topics', (client, signal) => client.admin().listTopics({ signal })],
  ['a record', (client, signal) => client.producer().send('t', { value: null }, { signal })],
  [
    'a flush',
    (client, signal) => {
      const producer = client.producer();
      producer.enqueue('t', { value: null });
      return producer.flush({ signal });
    },
  ],
];
const ASSIGNMENTS = [{ topic: 't', from: 'earliest' as const }];

/** Brokers that refuse, and brokers that never answer. */
const SILENCES: readonly (readonly [string, (cluster: FakeCluster) => void])[] = [
  ['refuse', (cluster) => cluster.killAll()],
  [
    'are silent',
    (cluster) => {
      cluster.mute = true;
    },
  ],
];

describe.each(SILENCES)('while brokers %s', (_, silence) => {
  function newCluster(): FakeCluster {
    const cluster = new FakeCluster(1);
    cluster.addTopic('t', 1);
    silence(cluster);
    return cluster;
  }

  test.each(WAITING)('%s ends at once when its signal aborts', async (__, wait) => {
    const cluster = newCluster();
    const controller = new AbortController();
    const code = codeOf(wait(cluster.client().client, controller.signal));
    cluster.scheduler.after(300, () => controller.abort());
    expect(await cluster.settle(code)).toBe('ABORTED');
    expect(cluster.scheduler.nowMs).toBeLessThan(301);
  });

  test.each(WAITING)('%s ends at once when the client closes', async (__, wait) => {
    const cluster = newCluster();
    const { client } = cluster.client();
    const code = codeOf(wait(client, new AbortController().signal));
    cluster.scheduler.after(300, () => void client.close({ drain: false }));
    expect(['CLOSED', 'no error']).toContain(await cluster.settle(code));
    expect(cluster.scheduler.nowMs).toBeLessThan(301);
  });

  test('a look-up of offsets and of a topic keeps to its time', async () => {
    const cluster = newCluster();
    const { client } = cluster.client();
    const spec = { topic: 't', partition: 0, at: 'latest' as const };
    const offsets = codeOf(client.admin().listOffsets([spec], { timeoutMs: 300 }));
    expect(['UNREACHABLE', 'TIMED_OUT']).toContain(await cluster.settle(offsets));
    const start = client.consumer({ assignments: ASSIGNMENTS, topicTimeoutMs: 300 }).start();
    await expect(cluster.settle(start)).rejects.toThrow(/none of broker-1:1, broker-2:1 answered within 300 ms/);
    const sent = codeOf(client.producer({ topicTimeoutMs: 300 }).send('t', { value: null }));
    expect(['UNREACHABLE', 'TIMED_OUT']).toContain(await cluster.settle(sent));
    expect(cluster.scheduler.nowMs).toBeLessThan(1_000);
  });

  test('closing a consumer while it starts ends its loop without an error', async () => {
    const cluster = newCluster();
    const consumer = cluster.client().client.consumer({ assignments: ASSIGNMENTS });
    const next = consumer[Symbol.asyncIterator]().next();
    cluster.scheduler.after(100, () => void consumer.close());
    expect(await cluster.settle(next)).toEqual({ done: true, value: undefined });
    expect(cluster.scheduler.nowMs).toBeLessThan(101);
    expect(await cluster.settle(codeOf(consumer.start()))).toBe('CLOSED');
    // Nothing goes on asking for what nobody wants.
    await cluster.scheduler.run({ untilMs: 6_000 });
    const asked = cluster.calls.length;
    await cluster.scheduler.run({ untilMs: 20_000 });
    expect(cluster.calls.length).toBe(asked);
  });
});

test('a look-up goes on until its time is up, not only for one refresh', async () => {
  const cluster = new FakeCluster(2);
  cluster.addTopic('t', 1);
  cluster.killAll();
  const offsets = cluster
    .client()
    .client.admin()
    .listOffsets([{ topic: 't', partition: 0, at: 'latest' }]);
  cluster.scheduler.after(10_000, () => cluster.down.clear());
  expect(await cluster.settle(offsets)).toMatchObject([{ offset: 0n }]);
});

test('one that gives a topic up does not take it from another that waits for it', async () => {
  const cluster = new FakeCluster(3);
  const { client } = cluster.client();
  const patient = client.producer({ topicTimeoutMs: 10_000 }).send('t', { value: null });
  const hasty = codeOf(client.producer({ topicTimeoutMs: 500 }).send('t', { value: null }));
  expect(await cluster.settle(hasty)).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  cluster.scheduler.after(2_000, () => void cluster.addTopic('t', 1));
  expect(await cluster.settle(patient)).toMatchObject({ offset: 0n });
  expect(cluster.calls.filter((path) => path === ApiService.metadata.path).length).toBeGreaterThan(3);
});
