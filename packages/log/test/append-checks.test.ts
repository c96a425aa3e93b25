import { expect, test } from 'vitest';
import { detached } from '../src/partition/append-checks.ts';

const MESSAGE = new Uint8Array(1_000_000);

test.each([100, 40_000, 499_999])('%i bytes of a message of a megabyte do not keep it alive', (length) => {
  const kept = detached(MESSAGE.subarray(10, 10 + length));
  expect(kept.length).toBe(length);
  expect(kept.buffer.byteLength).toBeLessThanOrEqual(2 * length);
});

test('what is most of its message is not copied', () => {
  const most = MESSAGE.subarray(10, 600_000);
  expect(detached(most)).toBe(most);
});
