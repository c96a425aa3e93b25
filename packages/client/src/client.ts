import type { AbortSignalLike } from '@moldau/base';
import { Admin } from './admin/admin.ts';
import { BrokerCalls } from './cluster/broker-calls.ts';
import { ClusterMetadata } from './cluster/cluster-metadata.ts';
import { Connections } from './cluster/connections.ts';
import { Consumer } from './consumer/consumer.ts';
import type { ConsumerOptions } from './consumer/consumer-options.ts';
import { MoldauError } from './errors.ts';
import type { GroupSource } from './group/group-source.ts';
import type { ClientPorts } from './ports.ts';
import { Producer } from './producer/producer.ts';
import type { ProducerOptions } from './producer/producer-options.ts';
import { throwIfAborted } from './waiting.ts';

export interface ClientOptions {
  /** `host:port` of some brokers' gRPC listeners; the others are found through them. */
  readonly bootstrap: readonly string[];
  /** Names this program to the brokers, in their logs and limits. Default `moldau`. */
  readonly clientId?: string;
  /** One attempt of a call to a broker, in ms; default 10,000. Calls as a whole have their own times. */
  readonly attemptTimeoutMs?: number;
  /** Closes the client, without waiting for what is under way. */
  readonly signal?: AbortSignalLike;
}

const ATTEMPT_TIMEOUT_MS = 10_000;

/**
 * One program's way into a cluster: shares connections and metadata among its producers, consumers and admin. Connects
 * when first used. Close it, or hold it by `await using`; that closes all it made.
 */
export class Client {
  readonly #ports: ClientPorts;
  readonly #connections: Connections;
  readonly #calls: BrokerCalls;
  readonly #metadata: ClusterMetadata;
  readonly #source: GroupSource;
  readonly #open = new Set<{ close(options?: { readonly drain?: boolean }): Promise<void> }>();
  readonly #admin: Admin;
  readonly #signal: AbortSignalLike | undefined;
  readonly #onAbort = (): void => {
    this.close({ drain: false }).catch((error: unknown) => {
      this.#ports.logger.error('client.close_failed', { err: error });
    });
  };
  #closing: Promise<void> | undefined;

  /** @throws MoldauError INVALID_ARGUMENT, ABORTED */
  constructor(ports: ClientPorts, options: ClientOptions) {
    checkBootstrap(options.bootstrap);
    throwIfAborted(options.signal);
    this.#ports = ports;
    this.#connections = new Connections(ports, options.clientId ?? 'moldau');
    this.#calls = new BrokerCalls(ports, this.#connections, {
      bootstrap: options.bootstrap,
      attemptTimeoutMs: options.attemptTimeoutMs ?? ATTEMPT_TIMEOUT_MS,
    });
    this.#metadata = new ClusterMetadata(ports, this.#calls);
    this.#source = { ports, connections: this.#connections, metadata: this.#metadata, calls: this.#calls };
    this.#admin = new Admin(this.#source);
    this.#signal = options.signal;
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** `K` and `V` are those of the codecs; without a codec, bytes. @throws MoldauError INVALID_ARGUMENT, CLOSED */
  producer<K = Uint8Array, V = Uint8Array>(options: ProducerOptions<K, V> = {}): Producer<K, V> {
    this.#throwIfClosed();
    const producer: Producer<K, V> = new Producer<K, V>(
      {
        ports: this.#ports,
        connections: this.#connections,
        calls: this.#calls,
        metadata: this.#metadata,
        onClosed: () => this.#open.delete(producer),
      },
      options,
    );
    this.#open.add(producer);
    return producer;
  }

  /** `K` and `V` are those of the codecs; without a codec, bytes. @throws MoldauError INVALID_ARGUMENT, CLOSED */
  consumer<K = Uint8Array, V = Uint8Array>(options: ConsumerOptions<K, V>): Consumer<K, V> {
    this.#throwIfClosed();
    const consumer: Consumer<K, V> = new Consumer<K, V>(this.#source, options, () => this.#open.delete(consumer));
    this.#open.add(consumer);
    return consumer;
  }

  admin(): Admin {
    return this.#admin;
  }

  /** Closes producers (which deliver what they have, unless `drain` is false), consumers and connections. */
  close(options: { readonly drain?: boolean } = {}): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(options: { readonly drain?: boolean }): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    await Promise.all([...this.#open].map((each) => each.close(options)));
    this.#calls.close();
    this.#connections.close();
  }

  #throwIfClosed(): void {
    if (this.#closing !== undefined) throw new MoldauError('CLOSED', 'the client is closed');
  }
}

/** `host:port` or `[::1]:port`. */
const ADDRESS = /^(?:\[[^\]\s]+\]|[^:\s]+):(\d{1,5})$/;
const PORT_MAX = 65_535;

/** Dialling would fail on a wrong one too, but in the midst of something else. @throws MoldauError INVALID_ARGUMENT */
function checkBootstrap(addresses: readonly string[]): void {
  const example = "name a broker, such as '127.0.0.1:19100'";
  if (addresses.length === 0) throw new MoldauError('INVALID_ARGUMENT', `the bootstrap list is empty: ${example}`);
  for (const address of addresses) {
    const port = Number(ADDRESS.exec(address)?.[1] ?? 0);
    if (port > 0 && port <= PORT_MAX) continue;
    throw new MoldauError('INVALID_ARGUMENT', `'${address}' in the bootstrap list is no host:port: ${example}`);
  }
}
