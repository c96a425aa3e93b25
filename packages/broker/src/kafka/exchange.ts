import type { ConnectionBytes } from '../requests/in-flight-bytes.ts';
import type { KafkaCounters } from './kafka-counters.ts';
import type { KafkaCall } from './kafka-handler.ts';

/** One request of a connection, until the last byte of its answer has left. */
export class Exchange implements KafkaCall {
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string;
  readonly peer: string;
  readonly listener: string;
  readonly principal = 'anonymous';
  /** When the request was whole. */
  readonly startedMs: number;
  readonly #counters: KafkaCounters;
  readonly #connection: { disconnect(reason: string): void };
  readonly #inFlight: ConnectionBytes;
  #parts: readonly Uint8Array[] | undefined;
  #bytes = 0;
  #requestBytes: number | undefined;
  #heldBytes = 0;
  #onClose: (() => void) | undefined;
  #isReleased = false;

  constructor(
    connection: { disconnect(reason: string): void },
    inFlight: ConnectionBytes,
    of: {
      readonly correlationId: number;
      readonly apiVersion: number;
      readonly clientId: string;
      readonly peer: string;
      readonly listener: string;
      readonly startedMs: number;
      readonly counters: KafkaCounters;
    },
  ) {
    this.#connection = connection;
    this.#inFlight = inFlight;
    this.apiVersion = of.apiVersion;
    this.correlationId = of.correlationId;
    this.clientId = of.clientId;
    this.peer = of.peer;
    this.listener = of.listener;
    this.startedMs = of.startedMs;
    this.#counters = of.counters;
    this.#counters.requestsInFlight++;
  }

  /** The answer as it goes out; none of it when the client wants none. Undefined until it is there. */
  get parts(): readonly Uint8Array[] | undefined {
    return this.#parts;
  }

  /** Of the answer. */
  get bytes(): number {
    return this.#bytes;
  }

  hold(bytes: number): void {
    if (this.#isReleased) return;
    this.#requestBytes ??= bytes;
    this.#heldBytes += bytes;
    this.#counters.bytesInFlight += bytes;
    this.#inFlight.add(bytes);
  }

  onClose(run: () => void): void {
    if (this.#isReleased) run();
    else this.#onClose = run;
  }

  disconnect(reason: string): void {
    this.#connection.disconnect(reason);
  }

  answer(parts: readonly Uint8Array[]): void {
    this.#parts = parts;
    this.#onClose = undefined;
    for (const part of parts) this.#bytes += part.length;
    // What a handler has counted already is counted once.
    const more = this.#bytes - (this.#heldBytes - (this.#requestBytes ?? 0));
    if (more > 0) this.hold(more);
  }

  /** The answer has left. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#counters.requestsInFlight--;
    this.#counters.bytesInFlight -= this.#heldBytes;
    this.#inFlight.remove(this.#heldBytes);
  }

  /** The connection has gone before the answer. */
  drop(): void {
    const onClose = this.#onClose;
    this.#onClose = undefined;
    this.release();
    onClose?.();
  }
}
