import { expect, test } from 'vitest';
import { countClosingLine, countPart, countTests } from '../tally.ts';

const file = (status: string, ...statuses: string[]): object => ({
  name: 'a.test.ts',
  status,
  message: status === 'failed' ? 'cannot load' : '',
  assertionResults: statuses.map((one) => ({ status: one })),
});

test('tests are counted by their own outcome', () => {
  const report = { testResults: [file('failed', 'passed', 'failed'), file('passed', 'passed')] };
  expect(countTests(report, 1)).toEqual({ passed: 2, failed: 1, problems: [] });
});

test('a file that fails before its first test is a failure', () => {
  const report = { testResults: [file('failed'), file('passed', 'passed')] };
  expect(countTests(report, 1)).toMatchObject({ passed: 1, failed: 1, problems: ['a.test.ts: cannot load'] });
});

test('a run that executed no test is a failure', () => {
  expect(countTests({ testResults: [] }, 0)).toMatchObject({ passed: 0, failed: 1 });
  expect(countTests({ testResults: [file('passed', 'skipped')] }, 0)).toMatchObject({ passed: 0, failed: 1 });
});

test('a run without a report is a failure', () => {
  expect(countTests(undefined, 0)).toMatchObject({ passed: 0, failed: 1 });
});

test('an exit code that no test explains is a failure', () => {
  const report = { testResults: [file('passed', 'passed')] };
  expect(countTests(report, 1)).toMatchObject({ passed: 1, failed: 1 });
  expect(countTests(report, 0)).toMatchObject({ passed: 1, failed: 0 });
});

test('a program that counts for itself is taken at its closing line', () => {
  expect(countClosingLine('seed 1: passed\n12 passed, 1 failed\n', 1, 'sim')).toEqual({
    passed: 12,
    failed: 1,
    problems: [],
  });
});

test('a program without a closing line, or with another exit code, is a failure', () => {
  expect(countClosingLine('12 passed, 0 failed\nthen it crashed', 0, 'sim')).toMatchObject({ passed: 0, failed: 1 });
  expect(countClosingLine('12 passed, 0 failed\n', 1, 'sim')).toMatchObject({
    passed: 12,
    failed: 1,
    problems: ['sim ended with code 1'],
  });
});

test('a part that throws is one failure with its reason', async () => {
  expect(await countPart('the checks', () => Promise.reject(new Error('spawn ENOMEM')))).toEqual({
    passed: 0,
    failed: 1,
    problems: [expect.stringContaining('the checks: Error: spawn ENOMEM')],
  });
  const tally = { passed: 5, failed: 0, problems: [] };
  expect(await countPart('the checks', () => Promise.resolve(tally))).toBe(tally);
});
