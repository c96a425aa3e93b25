import {
  assert,
  type Logger,
  type ProbeResult,
  type Rpc,
  type RpcChannel,
  type RpcHandler,
  RpcListenError,
  type RpcListener,
} from '@moldau/base';
import { SimChannel } from './sim-channel.ts';
import type { Endpoint } from './sim-connection.ts';
import { dial, parseSimAddress, SimListener } from './sim-listener.ts';
import type { SimNetwork } from './sim-network.ts';
import type { Life } from './sim-process.ts';

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
    const { host, port } = parseSimAddress(options.address);
    assert(host === this.#end.host, 'a process listens on its own host', { host, own: this.#end.host });
    const address = `${host}:${port === 0 ? this.#network.nextPort() : port}`;
    if (this.#network.listeners.get(address)?.lingering === false) {
      const message = `cannot listen on ${address}: another process listens there (EADDRINUSE)`;
      return Promise.reject(new RpcListenError(address, 'EADDRINUSE', message));
    }
    const onHandlerError = (error: unknown): void => this.#network.onHandlerError(this.#end.life, error);
    const service = { ...options, logger: this.#logger, onHandlerError };
    const listener = new SimListener(this.#network, this.#end, address, service);
    return Promise.resolve(listener);
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
