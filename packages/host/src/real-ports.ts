import type { Logger, LogThreshold, Ports } from '@moldau/base';
import { openLevelStore } from './level-store.ts';
import { nativeChecksum } from './native-checksum.ts';
import { nodeByteStreams } from './node-byte-streams.ts';
import { nodeCompression } from './node-compression.ts';
import { NodeDisk } from './node-disk.ts';
import { NodeRandom } from './node-random.ts';
import { NodeTimers } from './node-timers.ts';
import { systemClock } from './system-clock.ts';

/** The exit code of a process that stopped itself, apart from 1 (bad configuration) and what signals give. */
export const EXIT_CODE_STOPPED = 70;

/** All real ports but Rpc, which is a package of its own. */
export function realPorts(options: {
  readonly logger: Logger;
  readonly logThreshold: LogThreshold;
}): Omit<Ports, 'rpc'> {
  const { logger, logThreshold } = options;
  return {
    clock: systemClock,
    timers: new NodeTimers(systemClock),
    random: new NodeRandom(),
    disk: new NodeDisk(),
    byteStreams: nodeByteStreams,
    checksum: nativeChecksum,
    compression: nodeCompression,
    logger,
    logThreshold,
    openStore: openLevelStore,
    stopProcess: (reason) => {
      logger.error('process stops', { err: reason });
      // Not a clean stop: nothing that would run on the way out may be trusted with the data.
      process.exit(EXIT_CODE_STOPPED);
    },
  };
}
