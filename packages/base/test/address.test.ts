import { expect, test } from 'vitest';
import { isIpAddress } from '../src/index.ts';

test.each([
  ['127.0.0.1', true],
  ['255.255.255.255', true],
  ['256.0.0.1', false],
  ['1.2.3', false],
  ['01.2.3.4', false],
  ['localhost', false],
  ['', false],
  ['::', true],
  ['::1', true],
  ['2001:db8::8a2e:370:7334', true],
  ['1:2:3:4:5:6:7:8', true],
  ['1:2:3:4:5:6:7', false],
  ['1:2:3:4:5:6:7:8:9', false],
  ['1::2::3', false],
  ['1:2:3:4:5:6:7::', true],
  ['1:2:3:4:5:6:7:8::', false],
  ['::ffff:10.0.0.1', true],
  ['::ffff:10.0.0.256', false],
  ['g::1', false],
  ['12345::', false],
])('%s: an IP address or not', (text, is) => {
  expect(isIpAddress(text)).toBe(is);
});
