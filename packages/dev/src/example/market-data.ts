/**
 * Real prices, shipped in the package vega-datasets (BSD-3-Clause, https://github.com/vega/vega-datasets):
 * `data/stocks.csv`, monthly closing prices of MSFT, AMZN, IBM, GOOG and AAPL from 2000 to 2010, and
 * `data/sp500-2000.csv`, the S&P 500 index by day from 2000 on.
 */
import { readFile } from 'node:fs/promises';

/** One price on one day. */
export interface Price {
  readonly symbol: string;
  /** `2000-01-03`. */
  readonly date: string;
  readonly price: number;
}

const INDEX_SYMBOL = 'SP500';
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** All prices in the order of their days, as a market would have told them. */
export async function loadMarketData(): Promise<Price[]> {
  const data = new URL('../data/', import.meta.resolve('vega-datasets'));
  const [stocks, index] = await Promise.all([
    readFile(new URL('stocks.csv', data), 'utf8'),
    readFile(new URL('sp500-2000.csv', data), 'utf8'),
  ]);
  const prices = [...parseStocks(stocks), ...parseIndex(index)];
  return prices.sort((one, other) => (one.date < other.date ? -1 : one.date > other.date ? 1 : 0));
}

/** `MSFT,Jan 1 2000,39.81` */
export function parseStocks(csv: string): Price[] {
  return rows(csv, 'symbol,date,price').map(([symbol = '', date = '', price]) => {
    const [month = '', day = '', year] = date.split(' ');
    const number = String(MONTHS.indexOf(month) + 1).padStart(2, '0');
    return checked({ symbol, date: `${year}-${number}-${day.padStart(2, '0')}`, price: Number(price) });
  });
}

/** `2000-01-03,1469.25,1478,1438.36,1455.22,1455.22,931800000`: date, open, high, low, close, ... */
export function parseIndex(csv: string): Price[] {
  return rows(csv, 'date,open,high,low,close,adjclose,volume').map(([date = '', , , , close]) =>
    checked({ symbol: INDEX_SYMBOL, date, price: Number(close) }),
  );
}

function rows(csv: string, header: string): string[][] {
  const [first, ...lines] = csv.trim().split(/\r?\n/);
  if (first !== header) throw new Error(`market data begins with ${JSON.stringify(first)}, expected ${header}`);
  return lines.map((line) => line.split(','));
}

function checked(price: Price): Price {
  if (price.symbol !== '' && /^\d{4}-(0[1-9]|1[0-2])-\d\d$/.test(price.date) && price.price > 0) return price;
  throw new Error(`no price: ${JSON.stringify(price)}`);
}
