import type { ByteStreams } from './byte-streams.ts';
import type { Checksum } from './checksum.ts';
import type { Clock } from './clock.ts';
import type { Compression } from './compression.ts';
import type { Disk } from './disk.ts';
import type { KeyValueStore } from './key-value-store.ts';
import type { Logger, LogThreshold } from './logger.ts';
import type { Random } from './random.ts';
import type { Rpc } from './rpc.ts';
import type { Timers } from './timers.ts';

/** All that a node gets from outside. `start(ports, config)` of broker and controller take this: real in server, simulated in sim. */
export interface Ports {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly disk: Disk;
  readonly rpc: Rpc;
  /** For the doors that speak TCP. */
  readonly byteStreams: ByteStreams;
  readonly checksum: Checksum;
  readonly compression: Compression;
  readonly logger: Logger;
  readonly logThreshold: LogThreshold;
  /** Opens, or creates, the store in this directory. */
  readonly openStore: (directory: string) => Promise<KeyValueStore>;
  /** An assertion failed or a disk of the metadata is gone: the process must end now. Does not return in production. */
  readonly stopProcess: (reason: unknown) => void;
}
