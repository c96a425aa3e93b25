import { expect, test } from 'vitest';
import { ConnectionCount } from '../src/connection-limit.ts';

test('one address has its share, and all together theirs', () => {
  const count = new ConnectionCount({ connectionsMax: 3, connectionsPerAddressMax: 2 });
  expect(['a', 'a', 'a', 'b', 'c'].map((address) => count.enter(address))).toEqual([true, true, false, true, false]);
  count.leave('a');
  expect(['c', 'a'].map((address) => count.enter(address))).toEqual([true, false]);
  count.leave('c');
  expect(count.enter('a')).toBe(true);
});
