import { expect, test } from 'vitest';
import { benchOptions } from '../src/bench-options.ts';

test('defaults, and all that can be said', () => {
  expect(benchOptions([])).toEqual({ seconds: 10, data: '.', output: 'table', json: undefined });
  expect(benchOptions(['--seconds', '0.5', '--data', 'd', '-o', 'json', '--json', 'f'])).toEqual({
    seconds: 0.5,
    data: 'd',
    output: 'json',
    json: 'f',
  });
});

test.each([
  [['--seconds', 'x'], '--seconds is a number above 0, not "x"'],
  [['-o', 'yaml'], '--output is table or json, not "yaml"'],
  [['--data', ''], '--data names nothing'],
  [['--bogus'], "Unknown option '--bogus'"],
])('%j is refused', (argv, message) => {
  expect(() => benchOptions(argv)).toThrow(message);
});
