import { expect, test } from 'vitest';
import { Progress } from '../src/progress/progress.ts';

test('a follower was caught up when it had all that the leader has now, or had when it answered before', () => {
  const progress = new Progress({ nodeId: 2, directoryId: 'two', address: 'two:1' }, 1, 0);
  expect(progress.caughtUpMs).toBeUndefined();
  const answers = (matchIndex: number, lastIndex: number, nowMs: number): number | undefined => {
    progress.accepted(matchIndex);
    progress.compare(lastIndex, nowMs);
    return progress.caughtUpMs;
  };
  expect(answers(3, 10, 100)).toBeUndefined();
  expect(answers(9, 20, 200)).toBeUndefined();
  // It has what the leader had at its first answer.
  expect(answers(10, 30, 300)).toBe(100);
  // Always a little behind a leader that goes on.
  expect(answers(35, 40, 400)).toBe(300);
  expect(answers(45, 50, 500)).toBe(400);
  expect(answers(45, 60, 600)).toBe(400);
  expect(answers(60, 60, 700)).toBe(700);
  expect(answers(60, 60, 800)).toBe(800);
});
