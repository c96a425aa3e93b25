import { pureChecksum } from '@moldau/base';
import { SimRandom } from '../../src/index.ts';
import {
  byteStreamsSuite,
  checksumSuite,
  diskSuite,
  keyValueStoreSuite,
  randomSuite,
  rpcSuite,
  timersSuite,
} from '../../src/suites/index.ts';
import { byteStreamsWorld, diskWorld, rpcWorld, storeWorld, timersWorld } from './simulated-worlds.ts';

diskSuite('the simulated disk', diskWorld);
keyValueStoreSuite('the simulated store', storeWorld);
timersSuite('simulated timers', timersWorld);
rpcSuite('the simulated Rpc', rpcWorld);
randomSuite('seeded chance', () => new SimRandom('suite'));
checksumSuite('the checksum in plain JavaScript', pureChecksum);
byteStreamsSuite('simulated byte streams', byteStreamsWorld);
