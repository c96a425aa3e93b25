import { json, string } from '@moldau/client';
import type { Decision } from './crossover.ts';
import type { Price } from './market-data.ts';

/** Prices by symbol, so that those of one symbol stay in order. */
export const PRICES = 'prices';
export const PRICES_PARTITIONS = 6;
/** What the strategy wants done, by symbol. */
export const ORDERS = 'orders';

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
