import type { RpcCloseReason } from '@moldau/base';
import type { SimNetwork } from './sim-network.ts';
import { type Frame, Pipe } from './sim-pipe.ts';
import type { Life } from './sim-process.ts';

/** A process on a host, as one end of a connection. */
export interface Endpoint {
  readonly host: string;
  readonly life: Life;
}

const LOST: RpcCloseReason = { code: 'broken', message: 'the connection was lost' };
const SILENT: RpcCloseReason = { code: 'broken', message: 'the peer fell silent' };

/** One end of a call or stream: frames out, frames in. What is sent before the connection stands waits for it. */
export class Wire {
  receive: (frame: Frame) => void = () => undefined;
  readonly #waiting: Frame[] = [];
  #send: ((frame: Frame) => void) | undefined;
  #incoming: Pipe | undefined;
  #paused = false;

  attach(send: (frame: Frame) => void, incoming: Pipe): void {
    this.#send = send;
    this.#incoming = incoming;
    if (this.#paused) incoming.pause();
    for (const frame of this.#waiting.splice(0)) send(frame);
  }

  send(frame: Frame): void {
    if (this.#send === undefined) this.#waiting.push(frame);
    else this.#send(frame);
  }

  pause(): void {
    this.#paused = true;
    this.#incoming?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#incoming?.resume();
  }
}

interface Exchange {
  readonly toServer: Pipe;
  readonly toClient: Pipe;
  readonly client: Wire;
  readonly server: Wire;
}

/**
 * A connection from one process to another, with its calls and streams. States: standing -> draining (the listener
 * closes: nothing new) -> over; standing -> over.
 */
export class SimConnection {
  readonly #network: SimNetwork;
  readonly #client: Endpoint;
  readonly #server: Endpoint;
  readonly #exchanges = new Set<Exchange>();
  readonly #forget: readonly (() => void)[];
  readonly #onIdle: (() => void)[] = [];
  #over = false;
  #draining = false;

  constructor(network: SimNetwork, client: Endpoint, server: Endpoint) {
    this.#network = network;
    this.#client = client;
    this.#server = server;
    network.connections.add(this);
    this.#forget = [client, server].map(({ life }) => life.onEnd(() => this.reset()));
  }

  get usable(): boolean {
    return !this.#over && !this.#draining;
  }

  get serverLife(): Life {
    return this.#server.life;
  }

  joins(one: string, other: string): boolean {
    const { host: client } = this.#client;
    const { host: server } = this.#server;
    return (client === one && server === other) || (client === other && server === one);
  }

  /** Ties the caller's wire to a new one at the server. Returns how to say that the call or stream is over. */
  exchange(client: Wire, accept: (server: Wire, done: () => void) => void): () => void {
    const server = new Wire();
    const toServer = this.#pipe(this.#client, this.#server, server);
    const toClient = this.#pipe(this.#server, this.#client, client);
    const exchange = { toServer, toClient, client, server };
    this.#exchanges.add(exchange);
    // Over when both ends say so: what one of them has sent last must still arrive.
    let ends = 2;
    const done = (): void => {
      if (--ends === 0) this.#remove(exchange);
    };
    accept(server, done);
    server.attach((frame) => this.#send(this.#server, this.#client, toClient, frame), toServer);
    client.attach((frame) => this.#send(this.#client, this.#server, toServer, frame), toClient);
    return done;
  }

  /** What is under way is partly lost, and both ends hear of it. */
  reset(): void {
    for (const { toServer, toClient } of this.#end()) {
      toServer.lose(LOST);
      toClient.lose(LOST);
    }
  }

  /** Each end finds out for itself, without hearing from the other. */
  giveUp(): void {
    for (const { toServer, toClient, client, server } of this.#end()) {
      toServer.stop();
      toClient.stop();
      this.#client.life.after(0, 'io', () => client.receive({ kind: 'lost', reason: SILENT }));
      this.#server.life.after(0, 'io', () => server.receive({ kind: 'lost', reason: SILENT }));
    }
  }

  /** Nothing new from now on; `onIdle` when nothing is open. */
  drain(onIdle: () => void): void {
    this.#draining = true;
    if (this.#over || this.#exchanges.size === 0) onIdle();
    else this.#onIdle.push(onIdle);
  }

  #pipe(source: Endpoint, target: Endpoint, wire: Wire): Pipe {
    return new Pipe(this.#network, source.host, target.host, target.life, (frame) => wire.receive(frame));
  }

  #send(source: Endpoint, target: Endpoint, pipe: Pipe, frame: Frame): void {
    if (this.#over || !source.life.alive) return;
    pipe.send(frame);
    if (this.#network.drawsReset(source.host, target.host)) this.reset();
  }

  #remove(exchange: Exchange): void {
    if (!this.#exchanges.delete(exchange)) return;
    exchange.toServer.stop();
    exchange.toClient.stop();
    if (this.#exchanges.size === 0) for (const run of this.#onIdle.splice(0)) run();
  }

  #end(): Exchange[] {
    if (this.#over) return [];
    this.#over = true;
    this.#network.connections.delete(this);
    for (const forget of this.#forget) forget();
    const open = [...this.#exchanges];
    this.#exchanges.clear();
    for (const run of this.#onIdle.splice(0)) run();
    return open;
  }
}
