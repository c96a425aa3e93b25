import {
  checksumSuite,
  clockSuite,
  compressionSuite,
  loggerSuite,
  randomSuite,
  type TimersWorld,
  timersSuite,
} from '@moldau/sim/suites';
import { expect, test } from 'vitest';
import { NodeRandom, NodeTimers, nativeChecksum, nodeCompression, pinoLogger, systemClock } from '../src/index.ts';

test('a timer that is set late in a long turn is not early', async () => {
  const timers = new NodeTimers(systemClock);
  const turnMs = systemClock.nowMs();
  while (systemClock.nowMs() < turnMs + 10);
  const startMs = systemClock.nowMs();
  await new Promise<void>((resolve) => timers.after(12, resolve));
  expect(systemClock.nowMs() - startMs).toBeGreaterThanOrEqual(12);
});

checksumSuite('the native checksum', nativeChecksum);
compressionSuite("zlib's codecs", () => ({ compression: nodeCompression, run: (work) => work }));
randomSuite("the system's chance", () => new NodeRandom());

const timersWorld = (): Promise<TimersWorld> =>
  Promise.resolve({
    clock: systemClock,
    timers: new NodeTimers(systemClock),
    run: (body) => body(),
    end: () => Promise.resolve(),
  });
timersSuite("Node's timers", timersWorld);
clockSuite("the system's clock", timersWorld);

loggerSuite("pino's log", () => {
  const lines: string[] = [];
  return {
    logger: pinoLogger({ level: 'debug', write: (line) => lines.push(line) }),
    events: () =>
      lines.map((line) => {
        const { level, event, time: _, ...fields } = JSON.parse(line);
        return { level, event, fields };
      }),
  };
});
