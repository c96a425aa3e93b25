import { pureChecksum } from '@moldau/base';
import { Scheduler, SimCompression, SimProcess, SimRandom, SimTimers } from '../../src/index.ts';
import {
  byteStreamsSuite,
  checksumSuite,
  clockSuite,
  compressionSuite,
  diskSuite,
  keyValueStoreSuite,
  loggerSuite,
  randomSuite,
  rpcSuite,
  timersSuite,
} from '../../src/suites/index.ts';
import { byteStreamsWorld, diskWorld, loggerWorld, rpcWorld, storeWorld, timersWorld } from './simulated-worlds.ts';

diskSuite('the simulated disk', diskWorld);
keyValueStoreSuite('the simulated store', storeWorld);
timersSuite('simulated timers', timersWorld);
clockSuite('the simulated clock', timersWorld);
loggerSuite('the simulated log', loggerWorld);
rpcSuite('the simulated Rpc', rpcWorld);
randomSuite('seeded chance', () => new SimRandom('suite'));
checksumSuite('the checksum in plain JavaScript', pureChecksum);
byteStreamsSuite('simulated byte streams', byteStreamsWorld);
compressionSuite('simulated compression', () => {
  const random = new SimRandom('compression');
  const scheduler = new Scheduler(random);
  const timers = new SimTimers(new SimProcess(scheduler, { name: 'p' }).start(), random.fork('timers'));
  return { compression: new SimCompression(timers, random.fork('work')), run: (work) => scheduler.settle(work) };
});
