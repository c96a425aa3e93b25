import { expect, test } from 'vitest';
import { ConnectionRate } from '../src/kafka/connection-rate.ts';

test('what comes within the rate does not wait, what comes above it waits for its turn', () => {
  const rate = new ConnectionRate();
  // A second's worth at once.
  expect(Array.from({ length: 12 }, () => rate.take(5000, 10))).toEqual([...Array(10).fill(0), 100, 200]);
  expect(rate.take(5100, 10)).toBe(200);
  expect(rate.take(7000, 10)).toBe(0);
});

test('one that was not taken up costs nothing', () => {
  const rate = new ConnectionRate();
  for (let count = 0; count < 10; count++) rate.take(0, 10);
  expect(rate.take(0, 10)).toBe(100);
  rate.giveBack(10);
  expect(rate.take(0, 10)).toBe(100);
});

test('a rate without end delays nobody', () => {
  const rate = new ConnectionRate();
  for (let count = 0; count < 100_000; count++) expect(rate.take(0, 2 ** 31 - 1)).toBe(0);
});
