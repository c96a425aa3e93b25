import type { Clock, Logger, ProbeResult, Rpc, RpcChannel, RpcListener } from '@moldau/base';
import { CONNECTION_LIMITS, type ConnectionLimits } from './connection-limit.ts';
import { GrpcChannel } from './grpc-channel.ts';
import { GrpcListener, type ListenOptions } from './grpc-listener.ts';
import { probeAddress } from './probe.ts';

/** The real {@link Rpc}: gRPC over HTTP/2. */
export class GrpcRpc implements Rpc {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #connectionLimits: ConnectionLimits;

  /** `connectionLimits`: of each listener. */
  constructor(clock: Clock, logger: Logger, connectionLimits: ConnectionLimits = CONNECTION_LIMITS) {
    this.#clock = clock;
    this.#logger = logger;
    this.#connectionLimits = connectionLimits;
  }

  listen(options: Omit<ListenOptions, 'connectionLimits'>): Promise<RpcListener> {
    const connectionLimits = this.#connectionLimits;
    return GrpcListener.listen(this.#clock, this.#logger, { ...options, connectionLimits });
  }

  /** Every channel has a connection of its own, whatever its purpose. */
  connect(address: string, options: { readonly purpose: string; readonly clientId: string }): RpcChannel {
    return new GrpcChannel(address, options.clientId);
  }

  probe(address: string, options: { readonly timeoutMs: number }): Promise<ProbeResult> {
    return probeAddress(address, options.timeoutMs);
  }
}
