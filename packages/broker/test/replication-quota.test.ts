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

const ME = {};

test('a second may go at once, then what time brings', () => {
  const ports = new Ports();
  const quota = ports.quota();
  expect(quota.available(ME)).toBe(1000);
  quota.charge(ME, 1000);
  expect(quota.available(ME)).toBe(0);
  ports.pass(250);
  expect(quota.available(ME)).toBe(250);
  ports.pass(60_000);
  expect(quota.available(ME)).toBe(1000);
});

test('what went beyond is made up for', () => {
  const ports = new Ports();
  const quota = ports.quota();
  quota.available(ME);
  quota.charge(ME, 3000);
  ports.pass(1500);
  expect(quota.available(ME)).toBe(0);
  ports.pass(700);
  expect(quota.available(ME)).toBe(200);
  expect(quota.bytes).toBe(3000);
});

test('another rate holds from the next question on, also for what was saved up', () => {
  const ports = new Ports();
  const quota = ports.quota();
  expect(quota.available(ME)).toBe(1000);
  ports.rate = 100;
  expect(quota.available(ME)).toBe(100);
  ports.rate = Number.MAX_SAFE_INTEGER;
  ports.pass(1);
  expect(quota.available(ME)).toBeGreaterThan(2 ** 40);
  ports.rate = 0;
  expect(quota.available(ME)).toBe(0);
});

/** Wants all that there is, again and again, at most so many bytes at a time. */
class Greedy {
  taken = 0;
  readonly #quota: ReplicationQuota;
  readonly #atOnce: number;

  constructor(quota: ReplicationQuota, atOnce: number) {
    this.#quota = quota;
    this.#atOnce = atOnce;
  }

  ask(): void {
    const bytes = Math.min(this.#atOnce, this.#quota.available(this));
    if (bytes > 0) {
      this.taken += bytes;
      this.#quota.charge(this, bytes);
    }
    this.#quota.wait(this, () => this.ask());
  }
}

test('all that wait have their turn, also when one asks more often and wants more', () => {
  const ports = new Ports();
  const quota = ports.quota();
  const greedy = new Greedy(quota, 1_000_000);
  const others = [1, 2, 3].map(() => new Greedy(quota, 1_000));
  for (const each of [greedy, ...others]) each.ask();
  for (let ms = 0; ms < 60_000; ms += 10) {
    greedy.ask();
    ports.pass(10);
  }
  const shares = [greedy, ...others].map(({ taken }) => taken);
  expect(shares.reduce((sum, each) => sum + each)).toBeGreaterThan(59_000);
  expect(Math.min(...shares)).toBeGreaterThan(12_000);
});

test('the turn that was given last is called', () => {
  const ports = new Ports();
  const quota = ports.quota();
  const called: string[] = [];
  for (const stream of ['live', 'catch-up']) quota.wait(ME, () => void called.push(stream));
  ports.pass(100);
  expect(called).toEqual(['catch-up']);
});

test('who has gone holds up the others for two ticks at most', () => {
  const ports = new Ports();
  const quota = ports.quota();
  quota.charge(ME, 1000);
  quota.available(ME);
  let called = 0;
  quota.wait(ME, () => called++);
  const other = new Greedy(quota, 10);
  other.ask();
  for (let tick = 0; tick < 2; tick++) ports.pass(100);
  expect(called).toBe(1);
  expect(other.taken).toBe(10);
  expect(quota.waitingCount).toBe(1);
});

test('all that wait are called at each tick, though there is nothing: the rate may not be theirs any more', () => {
  const ports = new Ports();
  ports.rate = 0;
  const quota = ports.quota();
  const called: string[] = [];
  for (const name of ['first', 'second']) quota.wait({ name }, () => void called.push(name));
  expect(ports.timersStarted).toBe(1);
  ports.pass(100);
  expect(called).toEqual(['first', 'second']);
  ports.pass(100);
  expect(called).toHaveLength(2);
  expect(quota.waitingCount).toBe(0);
});
