import type { Logger, ProbeResult, Rpc, RpcChannel, RpcHandler, RpcListener } from '@moldau/base';
import { SimChannel } from './sim-channel.ts';
import type { Endpoint } from './sim-connection.ts';
import { dial, listenAt } from './sim-listener.ts';
import type { SimNetwork } from './sim-network.ts';
import type { Life } from './sim-process.ts';
import { acceptExchange } from './sim-service.ts';

/** The {@link Rpc} of one life of a process. Messages are encoded and decoded with their methods' codecs. */
export class SimRpc implements Rpc {
  readonly #network: SimNetwork;
  readonly #end: Endpoint;
  readonly #logger: Logger;

  constructor(network: SimNetwork, life: Life, host: string, logger: Logger) {
    this.#network = network;
    this.#end = { host, life };
    this.#logger = logger;
  }

  listen(options: { address: string; listener: string; handlers: readonly RpcHandler[] }): Promise<RpcListener> {
    const onHandlerError = (error: unknown): void => this.#network.onHandlerError(this.#end.life, error);
    const service = { ...options, logger: this.#logger, onHandlerError };
    return listenAt(this.#network, this.#end, options.address, (peer, wire, done) =>
      acceptExchange(this.#end.life, peer, service, wire, done),
    );
  }

  connect(address: string, options: { readonly purpose: string; readonly clientId: string }): RpcChannel {
    return new SimChannel(this.#network, this.#end, address, { clientId: options.clientId, logger: this.#logger });
  }

  probe(address: string, options: { readonly timeoutMs: number }): Promise<ProbeResult> {
    const { life } = this.#end;
    if (!life.alive) return new Promise(() => undefined);
    return new Promise((resolve) => {
      const timeout = life.after(options.timeoutMs, 'timer', () => resolve('silent'));
      dial(this.#network, this.#end, address, (result) => {
        if (result === 'silent') return;
        timeout.cancel();
        if (result === 'lost') resolve(this.#network.draw(2) === 0 ? 'accepted' : 'silent');
        else resolve(result === 'refused' ? 'refused' : 'accepted');
      });
    });
  }
}
