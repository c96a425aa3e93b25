import { describe, expect, test } from 'vitest';
import { within } from './suite-world.ts';
import type { TimersWorld } from './timers-suite.ts';

/** The years 2020 to 2100. Unix time in seconds or in microseconds is far outside. */
const WALL_MS_MIN = 1_577_836_800_000;
const WALL_MS_MAX = 4_102_444_800_000;

/** What every clock does while timers let time pass. */
export function clockSuite(name: string, make: () => Promise<TimersWorld>): void {
  describe(name, () => {
    test('the monotonic clock never goes back, in a turn or between turns', () =>
      within(make, async ({ clock, timers }) => {
        let previousMs = clock.nowMs();
        for (let turn = 0; turn < 20; turn++) {
          for (let look = 0; look < 100; look++) {
            const nowMs = clock.nowMs();
            expect(nowMs).toBeGreaterThanOrEqual(previousMs);
            previousMs = nowMs;
          }
          await new Promise<void>((resolve) => timers.endOfTurn(resolve));
        }
      }));

    test('the monotonic clock tells fractions of a millisecond', () =>
      within(make, async ({ clock, timers }) => {
        const looks: number[] = [];
        for (let turn = 0; turn < 10; turn++) {
          await new Promise<void>((resolve) => timers.after(0.37, resolve));
          looks.push(clock.nowMs());
        }
        expect(looks.filter((nowMs) => Number.isInteger(nowMs)).length).toBeLessThan(looks.length);
      }));

    test('wall time is Unix time in whole milliseconds', () =>
      within(make, ({ clock }) => {
        const wallMs = clock.wallMs();
        expect(Number.isSafeInteger(wallMs)).toBe(true);
        expect(wallMs).toBeGreaterThan(WALL_MS_MIN);
        expect(wallMs).toBeLessThan(WALL_MS_MAX);
        return Promise.resolve();
      }));

    test('both count in milliseconds: what passes by one passes by the other', () =>
      within(make, async ({ clock, timers }) => {
        // Between two looks another process may have the machine: wall time is looked at between two of the monotonic clock.
        const look = (): { readonly fromMs: number; readonly wallMs: number; readonly toMs: number } => {
          const fromMs = clock.nowMs();
          const wallMs = clock.wallMs();
          return { fromMs, wallMs, toMs: clock.nowMs() };
        };
        const start = look();
        await new Promise<void>((resolve) => timers.after(20, resolve));
        const end = look();
        const wallPassedMs = end.wallMs - start.wallMs;
        expect(end.fromMs - start.toMs).toBeGreaterThanOrEqual(20);
        // Wide, since wall time is slewed on real machines and set apart in simulated ones.
        expect(wallPassedMs).toBeGreaterThan((end.fromMs - start.toMs) / 2);
        expect(wallPassedMs).toBeLessThan((end.toMs - start.fromMs) * 2);
      }));
  });
}
