import { utf8Encode } from '@moldau/base';
import { SimRandom } from '@moldau/sim';
import { describe, expect, test } from 'vitest';
import { partitionOfKey } from '../src/index.ts';
import { murmur2 } from '../src/producer/murmur2.ts';
import { StickyPartition } from '../src/producer/partitioner.ts';

describe('partitioner', () => {
  // The vectors that Kafka's own clients are held to (signed 32 bits).
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('murmur2 of %j is %i', (text, hash) => {
    expect(murmur2(utf8Encode(text)) | 0).toBe(hash);
  });

  test('a key keeps its partition, and the sign bit is dropped rather than folded', () => {
    expect(partitionOfKey(utf8Encode('21'), 1000)).toBe((-973932308 & 0x7fffffff) % 1000);
    expect(partitionOfKey(utf8Encode('21'), 1000)).toBe(partitionOfKey(utf8Encode('21'), 1000));
  });

  test('a key that is a view into larger memory hashes as its own bytes', () => {
    const around = utf8Encode('__foobar__');
    expect(murmur2(around.subarray(2, 8))).toBe(murmur2(utf8Encode('foobar')));
  });

  test('without a key a partition is kept until its batch is closed, and one with a leader is chosen', () => {
    const sticky = new StickyPartition(new SimRandom(1));
    const first = sticky.choose(6, () => [2, 4]);
    expect([2, 4]).toContain(first);
    expect(sticky.choose(6, () => [0, 1, 3, 5])).toBe(first);
    sticky.batchClosed((first + 1) % 6);
    expect(sticky.choose(6, () => [0])).toBe(first);
    sticky.batchClosed(first);
    expect(sticky.choose(6, () => [5])).toBe(5);
  });

  test('with no leader anywhere a record still has a partition to wait at', () => {
    const sticky = new StickyPartition(new SimRandom(2));
    expect([0, 1, 2]).toContain(sticky.choose(3, () => []));
  });
});
