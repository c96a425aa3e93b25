import type { Timers } from '@moldau/base';
import { expect, test } from 'vitest';
import { ReplicationQuota } from '../src/replication/replication-quotas.ts';

/** Time that goes on when the test says so. */
class Ports {
  nowMs = 5000;
  rate = 1000;
  timersStarted = 0;
  readonly #due: { atMs: number; run: () => void }[] = [];
  readonly clock = { nowMs: (): number => this.nowMs, wallMs: (): number => 0 };
  readonly timers: Timers = {
    after: (delayMs, run) => {
      this.timersStarted++;
      const timer = { atMs: this.nowMs + delayMs, run };
      this.#due.push(timer);
      return { cancel: () => void this.#due.splice(this.#due.indexOf(timer), 1) };
    },
    endOfTurn: (run) => run(),
    afterPoll: (run) => run(),
  };

  quota(): ReplicationQuota {
    return new ReplicationQuota(this, () => this.rate);
  }

  pass(ms: number): void {
    this.nowMs += ms;
    for (const timer of this.#due.filter(({ atMs }) => atMs <= this.nowMs)) {
      this.#due.splice(this.#due.indexOf(timer), 1);
      timer.run();
    }
  }
}

test('a second may go at once, then what time brings', () => {
  const ports = new Ports();
  const quota = ports.quota();
  expect(quota.available()).toBe(1000);
  quota.charge(1000);
  expect(quota.available()).toBe(0);
  ports.pass(250);
  expect(quota.available()).toBe(250);
  ports.pass(60_000);
  expect(quota.available()).toBe(1000);
});

test('what went beyond is made up for', () => {
  const ports = new Ports();
  const quota = ports.quota();
  quota.available();
  quota.charge(3000);
  ports.pass(1500);
  expect(quota.available()).toBe(-500);
  ports.pass(700);
  expect(quota.available()).toBe(200);
  expect(quota.bytes).toBe(3000);
});

test('another rate holds from the next question on, also for what was saved up', () => {
  const ports = new Ports();
  const quota = ports.quota();
  expect(quota.available()).toBe(1000);
  ports.rate = 100;
  expect(quota.available()).toBe(100);
  ports.rate = Number.MAX_SAFE_INTEGER;
  ports.pass(1);
  expect(quota.available()).toBeGreaterThan(2 ** 40);
  ports.rate = 0;
  expect(quota.available()).toBe(0);
});

test('who waits is asked again a little later, once, in the order of waiting, by one timer', () => {
  const ports = new Ports();
  const quota = ports.quota();
  const asked: string[] = [];
  const wait = (name: string, key: object): void => quota.wait(key, () => void asked.push(name));
  const [first, second] = [{}, {}];
  wait('first', first);
  wait('second', second);
  wait('first again', first);
  expect([quota.waitingCount, ports.timersStarted]).toEqual([2, 1]);
  ports.pass(1000);
  expect(asked).toEqual(['first again', 'second']);
  expect(quota.waitingCount).toBe(0);
  ports.pass(1000);
  expect(asked).toHaveLength(2);
  wait('second', second);
  expect([quota.waitingCount, ports.timersStarted]).toEqual([1, 2]);
});
