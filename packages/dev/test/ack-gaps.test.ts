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

test('all partitions are back when each was acknowledged since', () => {
  const gaps = new AckGaps(2, 0);
  gaps.acknowledged(0, 50);
  expect(gaps.allSince(40)).toBe(false);
  gaps.acknowledged(1, 40);
  expect(gaps.allSince(40)).toBe(true);
});
