import type { ByteStream, ByteStreamEvents, RpcCloseReason } from '@moldau/base';
import {
  type Api,
  decodeResponse,
  encodeRequest,
  FrameSplitter,
  type RequestInput,
  type ResponseOf,
  responseCorrelationId,
} from '@moldau/protocol';
import type { BrokerWorld } from './broker-world.ts';

const FRAME_BYTES_MAX = 200 * 1024 * 1024;

/** One connection of a Kafka client, which says what it is told to. */
export class KafkaTestClient implements ByteStreamEvents {
  closed: RpcCloseReason | undefined;
  /** Correlation ids in the order of the answers. */
  readonly answered: number[] = [];
  receivedBytes = 0;
  readonly #world: BrokerWorld;
  readonly #stream: ByteStream;
  readonly #splitter = new FrameSplitter(FRAME_BYTES_MAX);
  readonly #frames = new Map<number, Uint8Array>();
  #correlation = 0;

  constructor(world: BrokerWorld, address: string) {
    this.#world = world;
    this.#stream = world.client.byteStreams.connect(address, this);
  }

  onBytes(bytes: Uint8Array): void {
    this.receivedBytes += bytes.length;
    this.#splitter.append(bytes);
    for (let frame = this.#splitter.next(); frame !== undefined; frame = this.#splitter.next()) {
      const correlation = responseCorrelationId(frame);
      this.answered.push(correlation);
      this.#frames.set(correlation, frame);
    }
  }

  onReady(): void {
    // What tests send is small.
  }

  onClose(reason: RpcCloseReason): void {
    this.closed = reason;
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#stream.write([bytes]);
  }

  /** Gives the correlation id. */
  send<A extends Api>(api: A, apiVersion: number, request: RequestInput<A>): number {
    const correlationId = ++this.#correlation;
    this.#stream.write(encodeRequest(api, { apiVersion, correlationId, clientId: 'test' }, request));
    return correlationId;
  }

  async answer<A extends Api>(api: A, apiVersion: number, correlationId: number): Promise<ResponseOf<A>> {
    await this.#world.until(() => this.#frames.has(correlationId) || this.closed !== undefined);
    const frame = this.#frames.get(correlationId);
    if (frame === undefined) throw new Error(`the connection closed: ${this.closed?.message}`);
    this.#frames.delete(correlationId);
    return decodeResponse(api, apiVersion, frame);
  }

  ask<A extends Api>(api: A, apiVersion: number, request: RequestInput<A>): Promise<ResponseOf<A>> {
    return this.answer(api, apiVersion, this.send(api, apiVersion, request));
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  close(): void {
    this.#stream.end();
  }
}
