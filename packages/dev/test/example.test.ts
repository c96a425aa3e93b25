import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import { NEW_SYMBOL, onPrice, SLOW_COUNT } from '../src/example/crossover.ts';
import { publishedCount } from '../src/example/feed-position.ts';
import { renderPlain, renderView, type ViewState } from '../src/example/live-view.ts';
import { loadMarketData, parseIndex, parseStocks } from '../src/example/market-data.ts';
import type { PriceEvent } from '../src/example/topics.ts';

describe('market data', () => {
  test('the real files hold six symbols, in the order of their days', async () => {
    const prices = await loadMarketData();
    expect(new Set(prices.map(({ symbol }) => symbol))).toEqual(
      new Set(['MSFT', 'AMZN', 'IBM', 'GOOG', 'AAPL', 'SP500']),
    );
    expect(prices.length).toBeGreaterThan(5_000);
    const dates = prices.map(({ date }) => date);
    expect(dates).toEqual(dates.toSorted());
  });

  test('both forms of a line are understood', () => {
    expect(parseStocks('symbol,date,price\nMSFT,Feb 1 2000,36.35\n')).toEqual([
      { symbol: 'MSFT', date: '2000-02-01', price: 36.35 },
    ]);
    expect(parseIndex('date,open,high,low,close,adjclose,volume\n2000-01-03,1,2,3,4.5,5,6')).toEqual([
      { symbol: 'SP500', date: '2000-01-03', price: 4.5 },
    ]);
  });

  test('what is no price is refused', () => {
    expect(() => parseStocks('symbol,date,price\nMSFT,Foo 1 2000,1')).toThrow('no price');
    expect(() => parseStocks('a,b')).toThrow('market data begins with');
  });
});

describe('the place of a feed', () => {
  const prices = ['2000-01-01', '2000-01-02', '2000-01-03'].map((date) => ({ symbol: 'A', date, price: 1 }));
  const event = (index: number, round: number): PriceEvent => ({
    symbol: 'A',
    price: 1,
    date: `2000-01-0${index + 1}`,
    round,
  });

  test('is behind the furthest of what is in the partitions', () => {
    expect(publishedCount(prices, [])).toBe(0);
    expect(publishedCount(prices, [event(0, 0)])).toBe(1);
    expect(publishedCount(prices, [event(1, 2), event(2, 1)])).toBe(8);
  });

  test('is the beginning where the log holds prices that the data does not', () => {
    expect(publishedCount(prices, [{ ...event(0, 3), symbol: 'B' }])).toBe(0);
  });
});

describe('crossover', () => {
  const feed = (prices: readonly number[]): { sides: string[]; state: typeof NEW_SYMBOL } => {
    let state = NEW_SYMBOL;
    const sides: string[] = [];
    for (const price of prices) {
      const next = onPrice(state, price);
      state = next.state;
      if (next.decision) sides.push(`${next.decision.side} ${next.decision.quantity}@${next.decision.price}`);
    }
    return { sides, state };
  };
  const flat = Array.from({ length: SLOW_COUNT }, () => 10);

  test('nothing is done before the slow average is known', () => {
    expect(feed([1, 2, 3, 4, 5, 6, 7]).sides).toEqual([]);
  });

  test('a rise is bought once, the fall after it is sold', () => {
    const { sides, state } = feed([...flat, 11, 12, 13, 5, 4]);
    expect(sides).toEqual(['buy 100@11', 'sell 100@4']);
    expect(state).toMatchObject({ position: 0, cash: 100 * (4 - 11) });
  });

  test('a restart in between changes nothing', () => {
    const prices = [...flat, 11, 12, 13, 5, 4];
    const half = feed(prices.slice(0, 21)).state;
    let state = JSON.parse(JSON.stringify(half)) as typeof half;
    for (const price of prices.slice(21)) state = onPrice(state, price).state;
    expect(state).toEqual(feed(prices).state);
  });
});

describe('view', () => {
  const view: ViewState = {
    dataOption: ' --data d',
    nodes: [
      { name: 'broker-1', state: 'running', pid: 7, grpc: 'g', admin: 'a' },
      { name: 'broker-2', state: 'killed', pid: null, grpc: 'g', admin: 'a' },
    ],
    acknowledgedPerSecond: 500,
    acknowledged: 1234,
    waiting: 3,
    partitions: [{ partition: 0, leader: 1, replicas: [1, 2], isr: [1], highWatermark: 42n }],
    orders: [{ symbol: 'IBM', date: '2001-01-01', side: 'buy', quantity: 100, price: 9.5 }],
    orderCount: 17,
    notices: ['broker-2: ended by SIGKILL'],
  };

  test('the screen shows nodes, partitions, orders', () => {
    expect(renderView(view, pc.createColors(false)).slice(2)).toMatchInlineSnapshot(`
      [
        "● broker-1 7   ● broker-2 killed",
        "",
        "prices     500 acknowledged/s   1234 in all   3 waiting",
        "",
        "partition  leader  in sync    high watermark",
        "        0       1  1 2                    42",
        "",
        "orders (17)",
        "2001-01-01  buy   100 IBM    at      9.50",
        "",
        "broker-2: ended by SIGKILL",
      ]
    `);
  });

  test('the commands that it names mean this cluster', () => {
    expect(renderView(view, pc.createColors(false))[0]).toContain('npx moldau dev kill|start 1 --data d');
  });

  test('what is gone is red', () => {
    const text = renderView(view, pc.createColors(true)).join('\n');
    expect(text).toContain('\u001b[31m● broker-2 killed\u001b[39m');
    expect(text).toContain('\u001b[31m2\u001b[39m');
  });

  test('without a terminal it is one line', () => {
    expect(renderPlain(view)).toBe(
      'prices 500/s acknowledged, 1234 in all, 3 waiting; leaders 1; 1 of 1 partitions not fully in sync; orders 17; broker-2 killed',
    );
  });
});
