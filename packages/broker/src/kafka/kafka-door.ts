import { type ByteListener, type ByteStream, type ByteStreamEvents, type Ports, parseAddress } from '@moldau/base';
import { ConnectionRate } from './connection-rate.ts';
import { KafkaConnection, type KafkaConnectionContext } from './kafka-connection.ts';

/** How often the times of connections are looked at: they end late by at most this. */
const CHECK_MS = 2000;
/** Refused connections are told together: who floods the broker does not get to flood its log. */
const REFUSALS_TOLD_MS = 10_000;
/** A connection that would have to wait for longer to be taken up is refused: its client gives up at about that time. */
const THROTTLE_MS_MAX = 10_000;

export interface KafkaDoorContext extends Omit<KafkaConnectionContext, 'closed' | 'unfinished'> {
  /** New connections a second that are in force now. */
  readonly connectionRateMax: () => number;
}

/** The listener that Kafka clients connect to, and its connections. */
export class KafkaDoor {
  readonly #ports: Pick<Ports, 'byteStreams' | 'timers' | 'clock'>;
  readonly #context: KafkaConnectionContext;
  readonly #connections = new Set<KafkaConnection>();
  readonly #perHost = new Map<string, number>();
  readonly #rate = new ConnectionRate();
  readonly #connectionRateMax: () => number;
  #listener: ByteListener | undefined;
  #address = '';
  #unfinishedBytes = 0;
  #refusals = 0;
  #refusalsToldMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(ports: Pick<Ports, 'byteStreams' | 'timers' | 'clock'>, context: KafkaDoorContext) {
    this.#ports = ports;
    this.#connectionRateMax = context.connectionRateMax;
    this.#context = {
      ...context,
      closed: (connection) => this.#closed(connection),
      unfinished: (bytes) => this.#unfinished(bytes),
    };
  }

  /** `host:port` that clients dial. */
  get address(): string {
    return this.#address;
  }

  /** @throws ListenError */
  async open(address: string, advertised: string | undefined): Promise<void> {
    this.#listener = await this.#ports.byteStreams.listen({ address, open: (stream) => this.#accept(stream) });
    this.#address = advertised ?? this.#listener.address;
    this.#checkLater();
  }

  async close(options: { readonly graceMs: number }): Promise<void> {
    this.#isClosed = true;
    await this.#listener?.close(options);
  }

  #accept(stream: ByteStream): ByteStreamEvents {
    const { counters, limits } = this.#context;
    const host = hostOf(stream.peer);
    const ofHost = this.#perHost.get(host) ?? 0;
    if (this.#connections.size >= limits.connectionsMax || ofHost >= limits.connectionsPerAddressMax) {
      return this.#refuse(stream, 'there are too many');
    }
    const perSecond = this.#connectionRateMax();
    const waitMs = this.#rate.take(this.#ports.clock.nowMs(), perSecond);
    if (waitMs > THROTTLE_MS_MAX) {
      this.#rate.giveBack(perSecond);
      return this.#refuse(stream, 'they come too fast (max.connection.creation.rate)');
    }
    const connection = new KafkaConnection(this.#context, stream);
    this.#connections.add(connection);
    this.#perHost.set(host, ofHost + 1);
    counters.connections++;
    counters.connectionsAccepted++;
    if (waitMs > 0) this.#throttle(connection, waitMs);
    return connection;
  }

  #throttle(connection: KafkaConnection, waitMs: number): void {
    this.#context.counters.connectionsThrottled++;
    connection.throttle(true);
    this.#ports.timers.after(waitMs, () => connection.throttle(false));
  }

  #refuse(stream: ByteStream, reason: string): ByteStreamEvents {
    this.#context.counters.connectionsRefused++;
    this.#refused(stream.peer, reason);
    stream.destroy();
    return NOBODY;
  }

  #refused(peer: string, reason: string): void {
    this.#refusals++;
    const nowMs = this.#ports.clock.nowMs();
    if (nowMs - this.#refusalsToldMs < REFUSALS_TOLD_MS) return;
    const fields = { peer, reason, connections: this.#connections.size, refused: this.#refusals };
    this.#context.logger.warn('Kafka connections are refused', fields);
    this.#refusalsToldMs = nowMs;
    this.#refusals = 0;
  }

  #closed(connection: KafkaConnection): void {
    if (!this.#connections.delete(connection)) return;
    this.#context.counters.connections--;
    const host = hostOf(connection.peer);
    const left = (this.#perHost.get(host) ?? 0) - 1;
    if (left > 0) this.#perHost.set(host, left);
    else this.#perHost.delete(host);
  }

  /** Whole requests are bounded by the bytes in flight; those that are still coming, here. */
  #unfinished(bytes: number): void {
    this.#unfinishedBytes += bytes;
    if (this.#unfinishedBytes <= this.#context.limits.unfinishedBytesMax) return;
    let largest: KafkaConnection | undefined;
    for (const connection of this.#connections) {
      if (connection.unfinishedBytes > (largest?.unfinishedBytes ?? 0)) largest = connection;
    }
    largest?.cut('too many requests have begun and not ended, and this is the largest');
  }

  #checkLater(): void {
    this.#ports.timers.after(CHECK_MS, () => {
      // What had arrived while this process stood still is heard first.
      this.#ports.timers.afterPoll(() => {
        if (this.#isClosed) return;
        const nowMs = this.#ports.clock.nowMs();
        for (const connection of this.#connections) connection.check(nowMs);
        this.#checkLater();
      });
    });
  }
}

const NOBODY: ByteStreamEvents = { onBytes: () => undefined, onReady: () => undefined, onClose: () => undefined };

function hostOf(peer: string): string {
  return parseAddress(peer).host;
}
