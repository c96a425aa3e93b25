import { MalformedBytesError } from '@moldau/base';
import { decodeVoters, encodeVoters, foundingEntry, type Replica } from '@moldau/raft';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const VOTERS: Replica[] = [
  { nodeId: 11, directoryId: 'AAAAAAAAAAAAAAAAAAAAAA', address: '127.0.0.1:19090' },
  { nodeId: 12, directoryId: 'BBBBBBBBBBBBBBBBBBBBBB', address: '[::1]:19091' },
];

test('a voter set survives its encoding', () => {
  expect(decodeVoters(encodeVoters(VOTERS))).toEqual(VOTERS);
  expect(decodeVoters(encodeVoters([]))).toEqual([]);
});

test('a voter set that ends early, or is of a later version, is refused', () => {
  const bytes = encodeVoters(VOTERS);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeVoters(bytes.subarray(0, length))).toThrow();
  }
  expect(() => decodeVoters(Uint8Array.of(2, 0))).toThrow(MalformedBytesError);
});

test('any bytes are decoded or refused, never more', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        expect(decodeVoters(bytes).length).toBeLessThanOrEqual(31);
      } catch (error) {
        expect(error === null || error instanceof Error).toBe(true);
      }
    }),
  );
});

test('a cluster is founded by replicas whose directories are known and whose ids differ', () => {
  expect(foundingEntry(VOTERS)).toMatchObject({ index: 1, term: 0, kind: 'voters' });
  expect(() => foundingEntry([])).toThrow();
  expect(() => foundingEntry([...VOTERS, ...VOTERS])).toThrow();
  expect(() => foundingEntry([{ nodeId: 1, directoryId: '', address: 'a:1' }])).toThrow();
});
