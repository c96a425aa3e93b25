import type { Client } from '@moldau/client';
import type { Price } from './market-data.ts';
import { PRICES, type PriceEvent, priceCodec } from './topics.ts';

/**
 * How many prices were published before these, the last ones of their partitions: the feed goes on behind the furthest.
 * Prices are numbered through all rounds.
 */
export function publishedCount(prices: readonly Price[], last: readonly PriceEvent[]): number {
  const places = new Map(prices.map(({ symbol, date }, index) => [`${symbol} ${date}`, index]));
  return last.reduce((count, { symbol, date, round }) => {
    const place = places.get(`${symbol} ${date}`);
    return place === undefined ? count : Math.max(count, round * prices.length + place + 1);
  }, 0);
}

/** The last price of each partition that has one. @throws MoldauError */
export async function lastPrices(client: Client, signal: AbortSignal): Promise<readonly PriceEvent[]> {
  const admin = client.admin();
  const [topic] = await admin.describeTopics([PRICES], { signal });
  const partitions = (topic?.partitions ?? []).map(({ partition }) => ({ topic: PRICES, partition }));
  const offsets = async (at: 'earliest' | 'latest'): Promise<readonly bigint[]> => {
    const specs = partitions.map((each) => ({ ...each, at }));
    return (await admin.listOffsets(specs, { signal })).map(({ offset }) => offset);
  };
  const [starts, ends] = await Promise.all([offsets('earliest'), offsets('latest')]);
  const assignments = partitions.flatMap((each, index) => {
    const [start = 0n, end = 0n] = [starts[index], ends[index]];
    return end > start ? [{ ...each, from: end - 1n }] : [];
  });
  const found = new Map<number, PriceEvent | null>();
  if (assignments.length === 0) return [];
  await using consumer = client.consumer({ assignments, value: priceCodec, onOffsetOutOfRange: 'latest', signal });
  for await (const { partition, value } of consumer) {
    found.set(partition, value);
    if (found.size === assignments.length) break;
  }
  return [...found.values()].filter((value) => value !== null);
}
