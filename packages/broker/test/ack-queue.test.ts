import { expect, test } from 'vitest';
import { AckQueue } from '../src/partition/ack-queue.ts';

interface Wait {
  readonly requiredOffset: number;
  readonly deadlineMs: number;
}

function taken(run: (done: (wait: Wait) => void) => void): number[] {
  const offsets: number[] = [];
  run((wait) => offsets.push(wait.requiredOffset));
  return offsets;
}

test('the high watermark takes off what it has reached, in order', () => {
  const queue = new AckQueue<Wait>();
  for (const requiredOffset of [5, 10, 10, 20]) queue.add({ requiredOffset, deadlineMs: 100 });
  expect(taken((done) => queue.reached(10, done))).toEqual([5, 10, 10]);
  expect(queue.size).toBe(1);
});

test('a resent batch waits at its original place', () => {
  const queue = new AckQueue<Wait>();
  for (const requiredOffset of [5, 20, 10]) queue.add({ requiredOffset, deadlineMs: 100 });
  expect(taken((done) => queue.reached(10, done))).toEqual([5, 10]);
});

test('only what is past its deadline expires', () => {
  const queue = new AckQueue<Wait>();
  queue.add({ requiredOffset: 5, deadlineMs: 300 });
  queue.add({ requiredOffset: 10, deadlineMs: 100 });
  queue.add({ requiredOffset: 15, deadlineMs: 200 });
  expect(queue.earliestDeadlineMs).toBe(100);
  expect(taken((done) => queue.expired(99, done))).toEqual([]);
  expect(taken((done) => queue.expired(200, done))).toEqual([10, 15]);
  expect(queue.earliestDeadlineMs).toBe(300);
  expect(taken((done) => queue.drain(done))).toEqual([5]);
  expect(queue.size).toBe(0);
});

test('many entries come and go without growth', () => {
  const queue = new AckQueue<Wait>();
  let answered = 0;
  for (let offset = 1; offset <= 10_000; offset++) {
    queue.add({ requiredOffset: offset, deadlineMs: 1 });
    queue.reached(offset - 3, () => answered++);
  }
  expect(answered).toBe(9997);
  expect(queue.size).toBe(3);
});
