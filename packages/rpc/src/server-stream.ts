/**
 * The server's side of a stream. States: open -> closed. After a close from this side what was sent still goes out,
 * but this side hears no more of it.
 *
 * The end of the caller's half proves nothing: grpc-js reports it also when the connection was cut. Only a caller that
 * said why (message-bytes) has closed; without that the stream is broken.
 *
 * A reason given by this side travels in the trailers of status OK: grpc-js drops the messages that stand before any
 * other status, and a close comes after what was sent.
 */
import type { ServerDuplexStream } from '@grpc/grpc-js';
import {
  InvariantError,
  type Logger,
  type RpcCloseReason,
  type RpcStream,
  type RpcStreamEvents,
  type StreamMethod,
} from '@moldau/base';
import { closeTrailers, ENDED } from './close-reason.ts';
import { asBytes, decodeClose } from './message-bytes.ts';
import { SendBuffer } from './send-buffer.ts';

const CALLER_GONE: RpcCloseReason = { code: 'broken', message: 'the caller is gone' };

export class ServerStream implements RpcStream<unknown> {
  readonly #call: ServerDuplexStream<Buffer, Buffer>;
  readonly #method: StreamMethod<unknown, unknown>;
  readonly #logger: Logger;
  readonly #buffer: SendBuffer;
  readonly #onClosed: () => void;
  #events: RpcStreamEvents<unknown> | undefined;
  #closed = false;
  #peerReason: RpcCloseReason | undefined;

  constructor(
    call: ServerDuplexStream<Buffer, Buffer>,
    method: StreamMethod<unknown, unknown>,
    logger: Logger,
    onClosed: () => void,
  ) {
    this.#call = call;
    this.#method = method;
    this.#logger = logger;
    this.#onClosed = onClosed;
    this.#buffer = new SendBuffer(call, () => {
      if (!this.#closed) this.#guarded((events) => events.onReady());
    });
  }

  /** Begins to listen. Whatever happens before it waits: nothing is read, and what is told is told from a later turn. */
  start(open: (stream: RpcStream<unknown>) => RpcStreamEvents<unknown>): void {
    try {
      this.#events = open(this);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#call.on('data', (buffer: Buffer) => this.#receive(asBytes(buffer)));
    this.#call.on('end', () => this.#peerEnded());
    this.#call.on('cancelled', () => this.#finish(this.#peerReason ?? CALLER_GONE));
    if (this.#call.cancelled) this.#finish(CALLER_GONE);
  }

  send(message: unknown): boolean {
    if (this.#closed) return false;
    this.#buffer.send(this.#method.response.encode(message));
    return this.#buffer.ready;
  }

  ready(): boolean {
    return !this.#closed && this.#buffer.ready;
  }

  pause(): void {
    if (!this.#closed) this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }

  close(reason?: RpcCloseReason): void {
    if (this.#closed) return;
    this.#call.end(reason === undefined ? undefined : closeTrailers(reason));
    this.#finish(reason ?? ENDED);
  }

  #receive(bytes: Uint8Array): void {
    if (this.#closed || this.#peerReason !== undefined) return;
    this.#peerReason = decodeClose(bytes);
    if (this.#peerReason !== undefined) return;
    let message: unknown;
    try {
      message = this.#method.request.decode(bytes);
    } catch (error) {
      this.#logger.warn('message cannot be read', { path: this.#method.path, peer: this.#call.getPeer(), err: error });
      this.close({ code: 'failed', message: `a message of ${this.#method.path} cannot be read` });
      return;
    }
    this.#guarded((events) => events.onMessage(message));
  }

  #peerEnded(): void {
    if (this.#closed) return;
    this.#call.end();
    this.#finish(this.#peerReason ?? CALLER_GONE);
  }

  #finish(reason: RpcCloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#call.resume();
    this.#onClosed();
    // From a turn of its own: whoever closes is not called back from within the call.
    queueMicrotask(() => this.#guarded((events) => events.onClose(reason)));
  }

  /** What a handler throws ends its own stream, not the process of all others. Only a broken invariant ends that. */
  #guarded(tell: (events: RpcStreamEvents<unknown>) => void): void {
    if (this.#events === undefined) return;
    try {
      tell(this.#events);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (error instanceof InvariantError) throw error;
    this.#logger.error('stream handler failed', { path: this.#method.path, peer: this.#call.getPeer(), err: error });
    this.close({ code: 'failed', message: `the handler of ${this.#method.path} failed` });
  }
}
