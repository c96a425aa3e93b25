import type { Clock, Logger, ProbeResult, Rpc, RpcChannel, RpcListener } from '@moldau/base';
import { GrpcChannel } from './grpc-channel.ts';
import { GrpcListener, type ListenOptions } from './grpc-listener.ts';
import { probeAddress } from './probe.ts';

/** The real {@link Rpc}: gRPC over HTTP/2. */
export class GrpcRpc implements Rpc {
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  listen(options: ListenOptions): Promise<RpcListener> {
    return GrpcListener.listen(this.#clock, this.#logger, options);
  }

  /** Every channel has a connection of its own, whatever its purpose. */
  connect(address: string, options: { readonly purpose: string; readonly clientId: string }): RpcChannel {
    return new GrpcChannel(address, options.clientId);
  }

  probe(address: string, options: { readonly timeoutMs: number }): Promise<ProbeResult> {
    return probeAddress(address, options.timeoutMs);
  }
}
