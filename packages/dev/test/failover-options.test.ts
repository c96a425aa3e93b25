import { expect, test } from 'vitest';
import { failoverOptions } from '../src/failover/failover-options.ts';

test('defaults, and all that can be said', () => {
  expect(failoverOptions([])).toEqual({ rounds: 10, rate: 3000, supervised: false, allAtOnce: false });
  expect(failoverOptions(['--rounds', '2', '--rate', '5', '--supervised', '--all-at-once'])).toEqual({
    rounds: 2,
    rate: 5,
    supervised: true,
    allAtOnce: true,
  });
});

test.each([
  [['--rounds', 'abc'], '--rounds is a whole number of at least 1, not "abc"'],
  [['--rounds', '0'], '--rounds is a whole number of at least 1, not "0"'],
  [['--rate', '-1'], 'argument is ambiguous'],
  [['--bogus'], "Unknown option '--bogus'"],
])('%j is refused: a run without a kill must not pass', (argv, message) => {
  expect(() => failoverOptions(argv)).toThrow(message);
});
