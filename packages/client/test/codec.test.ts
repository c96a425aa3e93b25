import type { Codec } from '@moldau/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes, float64, int32, int64, json, string } from '../src/index.ts';

function roundTrips<T>(codec: Codec<T>, values: fc.Arbitrary<T>): void {
  fc.assert(
    fc.property(values, (value) => {
      expect(codec.decode(codec.encode(value))).toEqual(value);
    }),
  );
}

describe('codecs', () => {
  test('what is encoded is decoded to the same', () => {
    roundTrips(string(), fc.string({ unit: 'grapheme' }));
    roundTrips(bytes(), fc.uint8Array());
    roundTrips(int32(), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
    roundTrips(int64(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
    roundTrips(float64(), fc.double());
    roundTrips(
      json<unknown>(),
      fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown),
    );
  });

  test('numbers lie as Kafka writes them: big-endian', () => {
    expect([...int32().encode(-2)]).toEqual([255, 255, 255, 254]);
    expect([...int64().encode(258n)]).toEqual([0, 0, 0, 0, 0, 0, 1, 2]);
  });

  test('what does not fit is refused rather than cut', () => {
    expect(() => int32().encode(2 ** 31)).toThrow(/int32/);
    expect(() => int32().encode(1.5)).toThrow(/int32/);
    expect(() => int64().encode(2n ** 63n)).toThrow(/int64/);
    expect(() => int32().decode(new Uint8Array(3))).toThrow(/4 bytes/);
    expect(() => string().decode(new Uint8Array([255]))).toThrow();
    expect(() => json<undefined>().encode(undefined)).toThrow(/tombstone/);
  });
});
