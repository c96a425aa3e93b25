import { assert, type Logger, type RpcHandler, type RpcListener } from '@moldau/base';
import { type Endpoint, SimConnection, type Wire } from './sim-connection.ts';
import type { SimNetwork } from './sim-network.ts';
import { acceptExchange } from './sim-service.ts';

/** A dial that nobody answers is given up after this, as grpc-js does. */
const CONNECT_MS_MAX = 20_000;
/** The first time after which the kernel knocks again; each next is twice as long. */
const SYN_AGAIN_MS = 1_000;

/**
 * The kernel closes a killed process's sockets one by one: for some milliseconds after its connections broke, its port
 * still accepts, or resets what it accepted (measured: 18 of 40 first probes, up to 19 ms).
 */
const LINGER_MS_MAX = 20;

export interface ServiceOptions {
  readonly listener: string;
  readonly handlers: readonly RpcHandler[];
  readonly logger: Logger;
  readonly onHandlerError: (error: unknown) => void;
}

export class SimListener implements RpcListener {
  readonly address: string;
  readonly #network: SimNetwork;
  readonly #end: Endpoint;
  readonly #service: ServiceOptions;
  readonly #connections = new Set<SimConnection>();
  readonly #forget: () => void;

  constructor(network: SimNetwork, end: Endpoint, address: string, service: ServiceOptions) {
    this.#network = network;
    this.#end = end;
    this.address = address;
    this.#service = service;
    network.listeners.set(address, this);
    this.#forget = end.life.onEnd(() => this.#linger());
  }

  /** Its process is dead, and the kernel has not closed its socket yet. */
  get lingering(): boolean {
    return !this.#end.life.alive;
  }

  /** For {@link dial}. */
  connect(client: Endpoint): { readonly connection: SimConnection; readonly accept: Accept } {
    for (const each of this.#connections) if (!each.usable) this.#connections.delete(each);
    const connection = new SimConnection(this.#network, client, this.#end);
    this.#connections.add(connection);
    const accept: Accept = (wire, done) => acceptExchange(this.#end.life, client.host, this.#service, wire, done);
    return { connection, accept };
  }

  close(options: { readonly graceMs: number }): Promise<void> {
    this.#network.listeners.delete(this.address);
    this.#forget();
    const { life } = this.#end;
    return new Promise((resolve) => {
      const end = (): void => {
        for (const connection of this.#connections) connection.reset();
        resolve();
      };
      const timer = life.after(options.graceMs, 'timer', end);
      let busy = this.#connections.size;
      const idle = (): void => {
        if (--busy > 0) return;
        timer.cancel();
        life.after(0, 'io', end);
      };
      if (busy === 0) idle();
      for (const connection of this.#connections) connection.drain(idle);
    });
  }

  #linger(): void {
    this.#network.scheduler.after(this.#network.draw(LINGER_MS_MAX), () => {
      // Another process may listen there by now.
      if (this.#network.listeners.get(this.address) === this) this.#network.listeners.delete(this.address);
    });
  }
}

export type Accept = (wire: Wire, done: () => void) => void;
/** `lost`: accepted for a process that is dead already. */
export type DialResult = ReturnType<SimListener['connect']> | 'refused' | 'silent' | 'lost';

/** The handshake: there and back. Where something is cut or down there is no answer, and the kernel knocks again: after 1 s, 3 s, 7 s. */
export function dial(network: SimNetwork, client: Endpoint, address: string, tell: (result: DialResult) => void): void {
  const { host } = parseSimAddress(address);
  const { scheduler } = network;
  const startedMs = scheduler.nowMs;
  let againMs = SYN_AGAIN_MS;
  const cut = (): boolean => network.isCut(client.host, host) || network.isCut(host, client.host);
  const knock = (): void => {
    if (!client.life.alive) return;
    if (cut()) {
      if (scheduler.nowMs + againMs - startedMs > CONNECT_MS_MAX) {
        client.life.after(startedMs + CONNECT_MS_MAX - scheduler.nowMs, 'io', () => tell('silent'));
        return;
      }
      scheduler.after(againMs, knock);
      againMs *= 2;
      return;
    }
    const backMs = network.latencyMs(host, client.host);
    client.life.after(backMs, 'io', () => {
      const listener = network.listeners.get(address);
      if (listener === undefined) tell('refused');
      else tell(listener.lingering ? 'lost' : listener.connect(client));
    });
  };
  scheduler.after(network.latencyMs(client.host, host), knock);
}

export function parseSimAddress(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(':');
  const port = Number(address.slice(at + 1));
  assert(at > 0 && Number.isInteger(port), 'an address is host:port', { address });
  return { host: address.slice(0, at), port };
}
