import { expect, test } from 'vitest';
import { megabytesPerSecond, percentile } from '../src/raw/figures.ts';

test('the percentile is a value that was measured', () => {
  const sorted = Float64Array.from([1, 2, 3, 4]);
  expect([0.5, 0.75, 0.99, 1].map((share) => percentile(sorted, share))).toEqual([2, 3, 4, 4]);
  expect(percentile(new Float64Array(0), 0.5)).toBeNaN();
});

test('megabytes are decimal', () => {
  expect(megabytesPerSecond(5_000_000, 500)).toBe(10);
});
