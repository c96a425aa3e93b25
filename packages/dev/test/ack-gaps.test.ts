import { expect, test } from 'vitest';
import { AckGaps } from '../src/failover/ack-gaps.ts';

test('the longest gap of each partition, open ones included', () => {
  const gaps = new AckGaps(2, 0);
  gaps.acknowledged(0, 10);
  gaps.acknowledged(0, 12);
  expect(gaps.longestMs(15)).toEqual([10, 15]);
});

test('a gap that a kill begins counts from the last acknowledgement before it', () => {
  const gaps = new AckGaps(1, 0);
  gaps.acknowledged(0, 100);
  gaps.reset();
  gaps.acknowledged(0, 350);
  gaps.acknowledged(0, 351);
  expect(gaps.longestMs(352)).toEqual([250]);
});

test('a partition is silent until it is acknowledged again', () => {
  const gaps = new AckGaps(2, 0);
  gaps.acknowledged(0, 50);
  expect(gaps.silentSince(40)).toEqual([1]);
  gaps.acknowledged(1, 40);
  expect(gaps.silentSince(40)).toEqual([]);
});
