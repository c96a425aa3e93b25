import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from '@moldau/client';
import { expect, test } from 'vitest';
import { ensureTopic } from '../src/cluster-facts.ts';
import { type FeedCounts, runFeed } from '../src/example/feed.ts';
import { type OrderBook, runStrategy } from '../src/example/strategy.ts';
import { ORDERS, orderCodec, PRICES, PRICES_PARTITIONS } from '../src/example/topics.ts';
import { LocalCluster } from '../src/supervisor/local-cluster.ts';

test('a strategy that lost its last savings orders nothing twice', async () => {
  const data = mkdtempSync(path.join(tmpdir(), 'moldau-example-'));
  const cluster = await LocalCluster.start({ data, brokers: 1, controllers: 1, port: 0, restart: false });
  try {
    await cluster.untilReady();
    await using client = createClient({ bootstrap: cluster.bootstrap, clientId: 'test' });
    await ensureTopic(client, { name: PRICES, partitions: PRICES_PARTITIONS, replicationFactor: 1 });
    await ensureTopic(client, { name: ORDERS, partitions: 1, replicationFactor: 1 });
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
  } finally {
    await cluster.close();
    rmSync(data, { recursive: true });
  }
});
