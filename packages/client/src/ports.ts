import type { Ports } from '@moldau/base';

/** What a client needs from outside: real in `createClient`, simulated in the simulator and in tests. */
export type ClientPorts = Pick<Ports, 'clock' | 'timers' | 'random' | 'rpc' | 'checksum' | 'compression' | 'logger'>;
