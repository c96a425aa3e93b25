/**
 * The caller's side of a stream. States: open -> closing (close was called; what was sent still goes out) -> closed,
 * or open -> closed (the peer closed, or the connection is gone).
 */
import type { ClientDuplexStream, StatusObject } from '@grpc/grpc-js';
import type { RpcCloseReason, RpcStream, RpcStreamEvents, StreamMethod } from '@moldau/base';
import { ENDED, reasonOf } from './close-reason.ts';
import { asBytes, encodeClose } from './message-bytes.ts';
import { SendBuffer } from './send-buffer.ts';

/** A peer that does not read what was sent before a close is not waited for longer. */
const CLOSE_MS_MAX = 2_000;

export class ClientStream<Request, Response> implements RpcStream<Request> {
  readonly #call: ClientDuplexStream<Buffer, Buffer>;
  readonly #method: StreamMethod<Request, Response>;
  readonly #events: RpcStreamEvents<Response>;
  readonly #buffer: SendBuffer;
  readonly #onClosed: () => void;
  #closing: RpcCloseReason | undefined;
  #closed = false;
  #closeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    call: ClientDuplexStream<Buffer, Buffer>,
    method: StreamMethod<Request, Response>,
    events: RpcStreamEvents<Response>,
    onClosed: () => void,
  ) {
    this.#call = call;
    this.#method = method;
    this.#events = events;
    this.#onClosed = onClosed;
    this.#buffer = new SendBuffer(call, () => {
      if (this.#live) events.onReady();
    });
    call.on('data', (buffer: Buffer) => this.#receive(buffer));
    call.on('status', (status: StatusObject) => this.#end(status));
    // Each error comes as a status as well.
    call.on('error', () => undefined);
  }

  get #live(): boolean {
    return !this.#closed && this.#closing === undefined;
  }

  send(message: Request): boolean {
    if (!this.#live) return false;
    this.#buffer.send(this.#method.request.encode(message));
    return this.#buffer.ready;
  }

  ready(): boolean {
    return this.#live && this.#buffer.ready;
  }

  pause(): void {
    if (this.#live) this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }

  close(reason?: RpcCloseReason): void {
    if (!this.#live) return;
    this.#closing = reason ?? ENDED;
    this.#call.write(encodeClose(this.#closing));
    this.#call.end();
    // What still comes is dropped, but must be read: the status comes after it.
    this.#call.resume();
    this.#closeTimer = setTimeout(() => this.#call.cancel(), CLOSE_MS_MAX);
  }

  /** Now, without what was sent: the channel is closed. */
  cancel(): void {
    if (this.#closed) return;
    this.#closing ??= { code: 'cancelled', message: 'the channel was closed' };
    this.#call.cancel();
  }

  #receive(buffer: Buffer): void {
    if (!this.#live) return;
    let message: Response;
    try {
      message = this.#method.response.decode(asBytes(buffer));
    } catch (error) {
      this.close({ code: 'failed', message: `a message of ${this.#method.path} cannot be read: ${String(error)}` });
      return;
    }
    this.#events.onMessage(message);
  }

  /** A clean end comes behind the messages that were received; a loss is told at once, even to a paused reader. */
  #end(status: StatusObject): void {
    const reason = reasonOf(status);
    const clean = status.code === 0 && !this.#call.readableEnded && this.#closing === undefined;
    if (clean) this.#call.once('end', () => this.#finish(reason));
    else this.#finish(reason);
  }

  #finish(reason: RpcCloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#closeTimer);
    this.#onClosed();
    this.#events.onClose(this.#closing ?? reason);
  }
}
