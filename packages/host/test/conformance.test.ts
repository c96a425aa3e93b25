import { checksumSuite, randomSuite, timersSuite } from '@moldau/sim/suites';
import { expect, test } from 'vitest';
import { NodeRandom, NodeTimers, nativeChecksum, systemClock } from '../src/index.ts';

test('a timer that is set late in a long turn is not early', async () => {
  const timers = new NodeTimers(systemClock);
  const turnMs = systemClock.nowMs();
  while (systemClock.nowMs() < turnMs + 10);
  const startMs = systemClock.nowMs();
  await new Promise<void>((resolve) => timers.after(12, resolve));
  expect(systemClock.nowMs() - startMs).toBeGreaterThanOrEqual(12);
});

checksumSuite('the native checksum', nativeChecksum);
randomSuite("the system's chance", () => new NodeRandom());
timersSuite("Node's timers", async () => ({
  clock: systemClock,
  timers: new NodeTimers(systemClock),
  run: (body) => body(),
  end: () => Promise.resolve(),
}));
