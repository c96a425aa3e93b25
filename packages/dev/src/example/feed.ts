import { setTimeout as delay } from 'node:timers/promises';
import { type Client, MoldauError } from '@moldau/client';
import { lastPrices, publishedCount } from './feed-position.ts';
import { loadMarketData } from './market-data.ts';
import { PRICES, priceCodec, symbolCodec } from './topics.ts';

const PRICES_PER_SECOND = 500;
const TICK_MS = 20;
/** Beyond it the feed waits for the cluster instead of piling up. */
const WAITING_MAX = 5_000;

/** What the feed has done so far; the view reads it. */
export interface FeedCounts {
  acknowledged: number;
  waiting: number;
}

/**
 * Publishes all prices in the order of their days, again and again, until the signal. It goes on behind what was
 * published before.
 */
export async function runFeed(client: Client, counts: FeedCounts, signal: AbortSignal): Promise<void> {
  const prices = await loadMarketData();
  let sent: number;
  try {
    sent = publishedCount(prices, await lastPrices(client, signal));
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  const producer = client.producer({ key: symbolCodec, value: priceCodec });
  let failure: unknown;
  let tickAtMs = performance.now();
  let due = 0;
  for (; !signal.aborted && failure === undefined; await delay(TICK_MS)) {
    const nowMs = performance.now();
    due = Math.min(due + ((nowMs - tickAtMs) / 1000) * PRICES_PER_SECOND, PRICES_PER_SECOND);
    tickAtMs = nowMs;
    // What could not be sent while the feed waited is not made up for: prices are of the day.
    if (counts.waiting >= WAITING_MAX) due = 0;
    for (; due >= 1; due--, sent++) {
      const price = prices[sent % prices.length];
      if (!price) throw new Error('there are prices');
      counts.waiting++;
      const round = Math.floor(sent / prices.length);
      producer.send(PRICES, { key: price.symbol, value: { ...price, round } }).then(
        () => {
          counts.waiting--;
          counts.acknowledged++;
        },
        (error: unknown) => {
          counts.waiting--;
          // After two minutes without a cluster one price more or less does not matter to the example.
          if (!(error instanceof MoldauError)) failure = error;
        },
      );
    }
  }
  await producer.close({ timeoutMs: 1_000 });
  if (failure !== undefined) throw failure;
}
