import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Client, createClient } from '@moldau/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FeedCounts, runFeed } from '../src/example/feed.ts';
import { loadMarketData } from '../src/example/market-data.ts';
import { type OrderBook, runStrategy } from '../src/example/strategy.ts';
import { ensureExampleTopics, ORDERS, orderCodec, PRICES, priceCodec } from '../src/example/topics.ts';
import { LocalCluster } from '../src/supervisor/local-cluster.ts';

const data = mkdtempSync(path.join(tmpdir(), 'moldau-example-'));
let cluster: LocalCluster;
let client: Client;

beforeAll(async () => {
  cluster = await LocalCluster.start({ data, brokers: 1, controllers: 1, port: 0, restart: false });
  await cluster.untilReady();
  client = createClient({ bootstrap: cluster.bootstrap, clientId: 'test' });
  await ensureExampleTopics(client, 1);
}, 120_000);
afterAll(async () => {
  await client.close();
  await cluster.close();
  rmSync(data, { recursive: true });
});

test('the topics are kept within bounds', async () => {
  const topics = [PRICES, ORDERS].map((name) => ({ type: 'topic' as const, name }));
  for (const { entries } of await client.admin().describeConfigs(topics)) {
    const retention = entries.find(({ name }) => name === 'retention.bytes');
    expect(Number(retention?.value)).toBeGreaterThan(0);
  }
});

test('a feed goes on where the last one stopped', async () => {
  for (const count of [100, 200]) {
    const counts: FeedCounts = { acknowledged: 0, waiting: 0 };
    const stop = new AbortController();
    const feed = runFeed(client, counts, stop.signal);
    while (counts.acknowledged < count) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await feed;
  }
  const prices = await loadMarketData();
  const names = new Set<string>();
  await using consumer = client.consumer({ assignments: [{ topic: PRICES, from: 'earliest' }], value: priceCodec });
  let left = (await consumer.endOffsets()).reduce((sum, { offset }) => sum + offset, 0n);
  expect(left).toBeGreaterThanOrEqual(300n);
  const expected = prices.slice(0, Number(left)).map(({ symbol, date }) => `0 ${symbol} ${date}`);
  for await (const { value } of consumer) {
    names.add(`${value?.round} ${value?.symbol} ${value?.date}`);
    if (--left === 0n) break;
  }
  expect([...names].sort()).toEqual(expected.sort());
});

test('a strategy that lost its last savings orders nothing twice', async () => {
  const counts: FeedCounts = { acknowledged: 0, waiting: 0 };
  const stopFeed = new AbortController();
  const feed = runFeed(client, counts, stopFeed.signal);
  const file = path.join(data, 'strategy.json');
  for (let life = 0; life < 3; life++) {
    // The last life begins where the second began, as after a crash that came before anything was saved.
    if (life === 1) copyFileSync(file, `${file}.old`);
    if (life === 2) copyFileSync(`${file}.old`, file);
    const stop = new AbortController();
    const book: OrderBook = { count: 0, last: [] };
    const watch = setInterval(() => {
      if (book.count >= 10) stop.abort();
    }, 5);
    await runStrategy(client, { file, book, signal: stop.signal });
    clearInterval(watch);
  }
  stopFeed.abort();
  await feed;
  const causes: string[] = [];
  await using consumer = client.consumer({
    assignments: [{ topic: ORDERS, partition: 0, from: 'earliest' }],
    value: orderCodec,
  });
  const [end] = await consumer.endOffsets();
  for await (const { offset, value } of consumer) {
    causes.push(value?.cause ?? '');
    if (offset + 1n === end?.offset) break;
  }
  expect(causes.length).toBeGreaterThanOrEqual(20);
  expect(new Set(causes).size).toBe(causes.length);
});
