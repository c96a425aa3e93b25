import { byteStreamsSuite } from '@moldau/sim/suites';
import { NodeTimers, nodeByteStreams, systemClock } from '../src/index.ts';

byteStreamsSuite('TCP', async () => ({
  server: nodeByteStreams,
  client: nodeByteStreams,
  address: '127.0.0.1:0',
  timers: new NodeTimers(systemClock),
  run: (body) => body(),
  end: () => Promise.resolve(),
}));
