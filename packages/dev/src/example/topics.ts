import { type Client, json, string } from '@moldau/client';
import { ensureTopic } from '../cluster-facts.ts';
import type { Decision } from './crossover.ts';
import type { Price } from './market-data.ts';

/** Prices by symbol, so that those of one symbol stay in order. */
export const PRICES = 'prices';
export const PRICES_PARTITIONS = 6;
/** What the strategy wants done, by symbol. */
export const ORDERS = 'orders';

const MIB = 1024 * 1024;
/**
 * The example runs for as long as it is left alone, and by age alone a week of it would be 24 GB on each of three brokers.
 * With these a replica takes 72 MiB at most, which is 20 minutes of the busiest partition.
 */
const BOUNDED: Readonly<Record<string, string>> = {
  'retention.bytes': String(64 * MIB),
  'segment.bytes': String(8 * MIB),
};

/** Makes the topics unless they are there. */
export async function ensureExampleTopics(client: Client, replicationFactor: number): Promise<void> {
  const shared = { replicationFactor, configs: BOUNDED };
  await ensureTopic(client, { name: PRICES, partitions: PRICES_PARTITIONS, ...shared });
  await ensureTopic(client, { name: ORDERS, partitions: 1, ...shared });
}

/** A record of {@link PRICES}: the key is the symbol. `round` counts how often the data began anew. */
export interface PriceEvent extends Price {
  readonly round: number;
}

/** A record of {@link ORDERS}: the key is the symbol. `cause` names the price that made the strategy act: partition and offset. */
export interface OrderEvent extends Decision {
  readonly symbol: string;
  readonly date: string;
  readonly cause: string;
}

export const symbolCodec: ReturnType<typeof string> = string();
export const priceCodec: ReturnType<typeof json<PriceEvent>> = json<PriceEvent>();
export const orderCodec: ReturnType<typeof json<OrderEvent>> = json<OrderEvent>();
