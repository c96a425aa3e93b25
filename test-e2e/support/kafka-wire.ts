import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Api,
  decodeResponse,
  encodeRequest,
  FrameSplitter,
  type RequestInput,
  type ResponseOf,
  responseCorrelationId,
} from '@moldau/protocol';
import { until } from './until.ts';

const FRAME_BYTES_MAX = 200 * 1024 * 1024;

/** One connection to a Kafka listener that says exactly what it is told to. */
export class KafkaWire {
  readonly socket: Socket;
  /** Correlation ids in the order of the answers. */
  readonly answered: number[] = [];
  /** The broker has closed it. */
  isClosed = false;
  readonly #splitter = new FrameSplitter(FRAME_BYTES_MAX);
  readonly #frames = new Map<number, Uint8Array>();
  #correlation = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes) => {
      this.#splitter.append(bytes);
      for (let frame = this.#splitter.next(); frame !== undefined; frame = this.#splitter.next()) {
        const correlation = responseCorrelationId(frame);
        this.answered.push(correlation);
        this.#frames.set(correlation, frame);
      }
    });
    // What it is told at the end is in `isClosed`, by a reset too.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.on('end', () => {
      this.isClosed = true;
    });
  }

  static async open(address: string, options: { readonly allowHalfOpen?: boolean } = {}): Promise<KafkaWire> {
    const [host = '', port] = address.split(':');
    const socket = connect({ host, port: Number(port), ...options });
    const wire = new KafkaWire(socket);
    await until(`a connection to ${address}`, () => !socket.connecting);
    return wire;
  }

  /** `host:port` as the broker sees it. */
  get local(): string {
    return `${this.socket.localAddress}:${this.socket.localPort}`;
  }

  raw(bytes: Uint8Array | string): void {
    this.socket.write(bytes);
  }

  /** Gives the correlation id. */
  send<A extends Api>(api: A, apiVersion: number, request: RequestInput<A>): number {
    const correlationId = ++this.#correlation;
    this.raw(Buffer.concat(encodeRequest(api, { apiVersion, correlationId, clientId: 'wire' }, request)));
    return correlationId;
  }

  /** The frame of the answer, behind its size. */
  async frame(correlationId: number): Promise<Uint8Array> {
    await until(`request ${correlationId} is answered`, () => this.#frames.has(correlationId) || this.isClosed);
    const frame = this.#frames.get(correlationId);
    if (frame === undefined) throw new Error('the connection was closed before the answer');
    this.#frames.delete(correlationId);
    return frame;
  }

  async ask<A extends Api>(api: A, apiVersion: number, request: RequestInput<A>): Promise<ResponseOf<A>> {
    return decodeResponse(api, apiVersion, await this.frame(this.send(api, apiVersion, request)));
  }

  async close(): Promise<void> {
    this.socket.destroy();
    // Until the broker has heard of it.
    await delay(0);
  }
}
