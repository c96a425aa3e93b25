import type { Client, Message, Producer } from '@moldau/client';
import { onPrice } from './crossover.ts';
import { loadStrategy, type StrategyState, saveStrategy, symbolState } from './strategy-file.ts';
import {
  ORDERS,
  type OrderEvent,
  orderCodec,
  PRICES,
  PRICES_PARTITIONS,
  type PriceEvent,
  priceCodec,
  symbolCodec,
} from './topics.ts';

const SAVE_MS = 1_000;

/** What the strategy ordered; the view reads it. */
export interface OrderBook {
  count: number;
  /** The last few, newest first. */
  readonly last: OrderEvent[];
}

const LAST_ORDERS = 5;

/** Reads the prices from where it stopped last time and orders what the crossover says, until the signal. */
export async function runStrategy(
  client: Client,
  { file, book, signal }: { file: string; book: OrderBook; signal: AbortSignal },
): Promise<void> {
  const state = await loadStrategy(file);
  const known = await ordersSince(client, BigInt(state.ordersEnd), signal);
  await using producer = client.producer({ key: symbolCodec, value: orderCodec });
  await using consumer = client.consumer({
    assignments: Array.from({ length: PRICES_PARTITIONS }, (_, partition) => {
      const next = state.next[partition];
      return { topic: PRICES, partition, from: next === undefined ? ('earliest' as const) : BigInt(next) };
    }),
    key: symbolCodec,
    value: priceCodec,
    onOffsetOutOfRange: 'earliest',
  });
  signal.addEventListener('abort', () => void consumer.close());
  let savedAtMs = performance.now();
  for await (const message of consumer) {
    await trade(message, { state, known, book, producer });
    if (performance.now() - savedAtMs < SAVE_MS) continue;
    savedAtMs = performance.now();
    await saveStrategy(file, state);
  }
  await saveStrategy(file, state);
}

interface Desk {
  readonly state: StrategyState;
  /** Causes of orders that stand in the log beyond the saved state. */
  readonly known: Set<string>;
  readonly book: OrderBook;
  readonly producer: Producer<string, OrderEvent>;
}

async function trade({ partition, offset, value }: Message<string, PriceEvent>, desk: Desk): Promise<void> {
  if (value === null) return;
  const { symbol, date, price } = value;
  const { state: after, decision } = onPrice(symbolState(desk.state, symbol), price);
  if (decision) {
    const cause = `${partition}:${offset}`;
    const order: OrderEvent = { symbol, date, cause, ...decision };
    // Acknowledged before the state moves on: after a crash in between it is found by its cause.
    if (!desk.known.delete(cause)) {
      const written = await desk.producer.send(ORDERS, { key: symbol, value: order });
      desk.state.ordersEnd = String(written.offset + 1n);
    }
    desk.book.count++;
    desk.book.last.unshift(order);
    desk.book.last.length = Math.min(desk.book.last.length, LAST_ORDERS);
  }
  desk.state.symbols[symbol] = after;
  desk.state.next[partition] = String(offset + 1n);
}

/** The causes of all orders from there on: given by this strategy before it was stopped, but after it last saved. */
async function ordersSince(client: Client, from: bigint, signal: AbortSignal): Promise<Set<string>> {
  const causes = new Set<string>();
  await using consumer = client.consumer({
    assignments: [{ topic: ORDERS, partition: 0, from }],
    value: orderCodec,
    onOffsetOutOfRange: 'earliest',
  });
  const [end] = await consumer.endOffsets({ signal });
  if (!end || end.offset <= from) return causes;
  for await (const { offset, value } of consumer) {
    if (value !== null) causes.add(value.cause);
    if (offset + 1n >= end.offset) break;
  }
  return causes;
}
