import { expect, test } from 'vitest';
import { countClosingLine, countPart, countTests } from '../tally.ts';

const file = (status: string, ...statuses: string[]): object => ({
  name: 'a.test.ts',
  status,
  message: status === 'failed' ? 'cannot load' : '',
  assertionResults: statuses.map((one) => ({
    status: one,
    fullName: `it ${one}`,
    ...(one === 'failed' && { failureMessages: ['expected 1 to be 2\n    at a.test.ts:3'] }),
  })),
});

test('tests are counted by their own outcome, and those that failed are named with what they said', () => {
  const report = { testResults: [file('failed', 'passed', 'failed'), file('passed', 'passed')] };
  const failures = ['a.test.ts: it failed\nexpected 1 to be 2\n    at a.test.ts:3'];
  expect(countTests(report, 1)).toEqual({ passed: 2, failed: 1, failures });
});

test('a file that fails before its first test is a failure', () => {
  const report = { testResults: [file('failed'), file('passed', 'passed')] };
  expect(countTests(report, 1)).toMatchObject({ passed: 1, failed: 1, failures: ['a.test.ts: cannot load'] });
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
  expect(countClosingLine('seed 1: passed\nFAILED seed 2: why\n12 passed, 1 failed\n', 1, 'sim')).toEqual({
    passed: 12,
    failed: 1,
    failures: ['seed 2: why'],
  });
});

test('a program without a closing line, or with another exit code, is a failure', () => {
  expect(countClosingLine('12 passed, 0 failed\nthen it crashed', 0, 'sim')).toMatchObject({ passed: 0, failed: 1 });
  expect(countClosingLine('12 passed, 0 failed\n', 1, 'sim')).toMatchObject({
    passed: 12,
    failed: 1,
    failures: ['sim ended with code 1'],
  });
});

test('a part that throws is one failure with its reason', async () => {
  expect(await countPart('the checks', () => Promise.reject(new Error('spawn ENOMEM')))).toEqual({
    passed: 0,
    failed: 1,
    failures: [expect.stringContaining('the checks: Error: spawn ENOMEM')],
  });
  const tally = { passed: 5, failed: 0, failures: [] };
  expect(await countPart('the checks', () => Promise.resolve(tally))).toBe(tally);
});
