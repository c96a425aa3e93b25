import { expect, test } from 'vitest';
import { PartitionReader } from '../src/consumer/partition-reader.ts';

// KIP-320: a place that was committed carries the epoch of the record before it.

function readerAt(offset: number, leaderEpoch: number): PartitionReader {
  const reader = new PartitionReader('t', 0, { start: 'earliest' });
  reader.startAt(offset, leaderEpoch);
  return reader;
}

test('the leader is told the epoch with which a committed place was read', () => {
  const reader = readerAt(7, 3);
  expect(reader.place).toEqual({ offset: 7, leaderEpoch: 3 });
  expect({ offset: reader.receiveOffset, epoch: reader.receiveEpoch }).toEqual({ offset: 7, epoch: 3 });
});

test('a log that was cut back below a committed place is told', () => {
  expect(readerAt(7, 3).diverged(2, 5)).toBe('truncated');
});

test('a leader that remembers nothing so old proves nothing: it is asked again without the epoch', () => {
  const reader = readerAt(7, 3);
  expect(reader.diverged(-1, -1)).toBe('unchecked');
  expect(reader.receiveEpoch).toBe(-1);
  expect(reader.place).toEqual({ offset: 7, leaderEpoch: -1 });
});

test('the place is what a seek says, as far as that is known', () => {
  const reader = readerAt(7, 3);
  reader.seek(2n);
  expect(reader.place).toEqual({ offset: 2, leaderEpoch: -1 });
  reader.seek('latest');
  expect(reader.place).toBeUndefined();
});
