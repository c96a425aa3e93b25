import type { Logger } from '@moldau/base';
import { NodeRandom, NodeTimers, nativeChecksum, nodeCompression, pinoLogger, systemClock } from '@moldau/host';
import { GrpcRpc } from '@moldau/rpc';
import { Client, type ClientOptions } from './client.ts';

export interface NodeClientOptions extends ClientOptions {
  /** Default: warnings and errors, as lines of JSON on standard error (for people when that is a terminal). */
  readonly logger?: Logger;
}

/**
 * A client on the real clock, network and processor: the one place of this package that knows them.
 *
 * @throws MoldauError INVALID_ARGUMENT, ABORTED
 */
export function createClient(options: NodeClientOptions): Client {
  const logger = options.logger ?? pinoLogger({ level: 'warn' });
  const ports = {
    clock: systemClock,
    timers: new NodeTimers(systemClock),
    random: new NodeRandom(),
    rpc: new GrpcRpc(systemClock, logger),
    checksum: nativeChecksum,
    compression: nodeCompression,
    logger,
  };
  return new Client(ports, options);
}
