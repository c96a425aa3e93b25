import { setTimeout as delay } from 'node:timers/promises';
import { type Client, MoldauError } from '@moldau/client';
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

/** Publishes all prices in the order of their days, again and again, until the signal. */
export async function runFeed(client: Client, counts: FeedCounts, signal: AbortSignal): Promise<void> {
  const prices = await loadMarketData();
  const producer = client.producer({ key: symbolCodec, value: priceCodec });
  let failure: unknown;
  for (let sent = 0; !signal.aborted && failure === undefined; await delay(TICK_MS)) {
    const share = Math.round((PRICES_PER_SECOND * TICK_MS) / 1000);
    for (let i = 0; i < share && counts.waiting < WAITING_MAX; i++, sent++) {
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
