import { concatBytes, MalformedBytesError, pureChecksum, utf8Encode } from '@moldau/base';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeSnapshot,
  encodeSnapshot,
  isSnapshotFileName,
  snapshotFileName,
} from '../../src/quorum/snapshot-file.ts';

const POINT = { index: 41, term: 7, voters: [{ nodeId: 1, directoryId: 'd1', address: 'host1:1' }] };

test('a snapshot is read as it was written', () => {
  const { meta, parts } = encodeSnapshot(POINT, utf8Encode('the state'), pureChecksum);
  const bytes = concatBytes(parts);
  expect(meta.sizeBytes).toBe(bytes.length);
  expect(decodeSnapshot(bytes, pureChecksum)).toEqual({ meta, state: utf8Encode('the state') });
  expect(isSnapshotFileName(snapshotFileName(meta))).toBe(true);
});

test('a snapshot with any bit flipped, cut anywhere, or with something behind it, is refused', () => {
  const bytes = concatBytes(encodeSnapshot(POINT, utf8Encode('the state'), pureChecksum).parts);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = bytes.slice();
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(() => decodeSnapshot(damaged, pureChecksum)).toThrow(MalformedBytesError);
  }
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeSnapshot(bytes.subarray(0, length), pureChecksum)).toThrow(MalformedBytesError);
  }
  expect(() => decodeSnapshot(concatBytes([bytes, Uint8Array.of(0)]), pureChecksum)).toThrow(MalformedBytesError);
});

test('any bytes are refused without harm', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(() => decodeSnapshot(bytes, pureChecksum)).toThrow(MalformedBytesError);
    }),
  );
});
