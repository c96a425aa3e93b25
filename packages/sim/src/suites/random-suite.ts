import type { Random } from '@moldau/base';
import { describe, expect, test } from 'vitest';

const DRAWS = 20_000;

/** What every {@link Random} does. The bounds are 6 standard deviations wide. */
export function randomSuite(name: string, make: () => Random): void {
  describe(name, () => {
    test('numbers are whole, in range, and use all their bits', () => {
      const random = make();
      const ones = new Uint32Array(32);
      for (let count = 0; count < DRAWS; count++) {
        const value = random.uint32();
        expect(Number.isInteger(value) && value >= 0 && value < 2 ** 32).toBe(true);
        for (let bit = 0; bit < 32; bit++) ones[bit] = (ones[bit] ?? 0) + ((value >>> bit) & 1);
      }
      const off = [...ones].filter((count) => Math.abs(count - DRAWS / 2) > 3 * Math.sqrt(DRAWS));
      expect(off).toEqual([]);
    });

    test('bytes are as many as asked for, and all values occur', () => {
      const random = make();
      expect(random.bytes(0)).toHaveLength(0);
      const bytes = random.bytes(DRAWS);
      expect(bytes).toHaveLength(DRAWS);
      expect(new Set(bytes).size).toBe(256);
    });
  });
}
