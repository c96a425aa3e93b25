import { expect, test } from 'vitest';
import { connectionsOptions } from '../src/connections/connections-options.ts';

test('defaults, and all that can be said', () => {
  expect(connectionsOptions([])).toEqual({ idle: 5000, active: 500, rate: 1000, seconds: 10, data: '.' });
  const said = ['--idle', '0', '--active', '7', '--rate', '9', '--seconds', '3', '--data', 'd'];
  expect(connectionsOptions(said)).toEqual({ idle: 0, active: 7, rate: 9, seconds: 3, data: 'd' });
});

test.each([
  [['--idle=-1'], '--idle is a whole number of at least 0, not "-1"'],
  [['--active', '0'], '--active is a whole number of at least 1, not "0"'],
  [['--idle', '30000'], '--idle and --active are 20000 together at most, not 30500'],
  [['--data', ''], '--data names nothing'],
  [['--bogus'], "Unknown option '--bogus'"],
])('%j is refused', (argv, message) => {
  expect(() => connectionsOptions(argv)).toThrow(message);
});
