import type { Clock, Timers } from '@moldau/base';
import { describe, expect, test } from 'vitest';
import { type SuiteWorld, within } from './suite-world.ts';

export interface TimersWorld extends SuiteWorld {
  readonly clock: Clock;
  readonly timers: Timers;
}

/** What every {@link Timers} does, by the {@link Clock} it belongs to. */
export function timersSuite(name: string, make: () => Promise<TimersWorld>): void {
  describe(name, () => {
    test('a timer fires once, never early by the clock, and never within the call', () =>
      within(make, async ({ clock, timers }) => {
        for (const delayMs of [0, 0.25, 1, 7.5]) {
          const startMs = clock.nowMs();
          let fired = 0;
          const firedMs = new Promise<number>((resolve) => {
            timers.after(delayMs, () => {
              fired++;
              resolve(clock.nowMs());
            });
          });
          expect(fired).toBe(0);
          expect(await firedMs).toBeGreaterThanOrEqual(startMs + delayMs);
          expect(fired).toBe(1);
        }
      }));

    test('a cancelled timer does not fire; cancelling late or twice is harmless', () =>
      within(make, async ({ timers }) => {
        const fired: string[] = [];
        const cancelled = timers.after(1, () => fired.push('cancelled'));
        cancelled.cancel();
        cancelled.cancel();
        const early = timers.after(0, () => fired.push('early'));
        await after(timers, 20);
        early.cancel();
        expect(fired).toEqual(['early']);
      }));

    test('ends of one turn come in the order of the calls, after all that the turn caused', () =>
      within(make, async ({ timers }) => {
        const order: string[] = [];
        await new Promise<void>((resolve) => {
          timers.endOfTurn(() => order.push('first'));
          timers.endOfTurn(() => {
            order.push('second');
            timers.endOfTurn(() => {
              order.push('next turn');
              resolve();
            });
          });
          void Promise.resolve().then(() => order.push('caused'));
          expect(order).toEqual([]);
        });
        expect(order).toEqual(['caused', 'first', 'second', 'next turn']);
      }));

    test('after a poll comes later than the call', () =>
      within(make, async ({ timers }) => {
        let done = false;
        const polled = new Promise<void>((resolve) => {
          timers.afterPoll(() => {
            done = true;
            resolve();
          });
        });
        expect(done).toBe(false);
        await polled;
      }));
  });
}

function after(timers: Timers, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    timers.after(delayMs, resolve);
  });
}
