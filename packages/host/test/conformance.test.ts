import { checksumSuite, randomSuite, timersSuite } from '@moldau/sim/suites';
import { NodeRandom, NodeTimers, nativeChecksum, systemClock } from '../src/index.ts';

checksumSuite('the native checksum', nativeChecksum);
randomSuite("the system's chance", () => new NodeRandom());
timersSuite("Node's timers", async () => ({
  clock: systemClock,
  timers: new NodeTimers(systemClock),
  run: (body) => body(),
  end: () => Promise.resolve(),
}));
