import {
  type Codec,
  InvariantError,
  type Logger,
  type RpcCloseReason,
  type RpcStream,
  type RpcStreamEvents,
} from '@moldau/base';
import type { Wire } from './sim-connection.ts';
import type { Frame } from './sim-pipe.ts';
import type { Life } from './sim-process.ts';

const ENDED: RpcCloseReason = { code: 'ended', message: 'closed' };

/** Bytes under way or unread, above which a stream asks its owner to wait. */
const MARK_BYTES = 4 * 1024 * 1024;
/** What a reader takes before it says so: few enough events, well below the mark. */
const CREDIT_BYTES = 256 * 1024;
/** A peer that does not answer a close is not waited for longer. */
const CLOSE_MS_MAX = 2_000;

export interface StreamEndOptions<Outgoing, Incoming> {
  readonly role: 'caller' | 'server';
  readonly life: Life;
  readonly wire: Wire;
  readonly path: string;
  readonly outgoing: Codec<Outgoing>;
  readonly incoming: Codec<Incoming>;
  readonly logger: Logger;
  readonly onHandlerError?: (error: unknown) => void;
  readonly onFinished: () => void;
}

/**
 * One end of a simulated stream. States: open -> closing (a caller waits until the server has read what it sent) ->
 * closed; open -> closed.
 */
export class StreamEnd<Outgoing, Incoming> implements RpcStream<Outgoing> {
  readonly #options: StreamEndOptions<Outgoing, Incoming>;
  #events: RpcStreamEvents<Incoming> | undefined;
  #closing: RpcCloseReason | undefined;
  #closed = false;
  #outstandingBytes = 0;
  #full = false;
  #takenBytes = 0;

  constructor(options: StreamEndOptions<Outgoing, Incoming>) {
    this.#options = options;
    options.wire.receive = (frame) => this.#receive(frame);
  }

  start(open: (stream: RpcStream<Outgoing>) => RpcStreamEvents<Incoming>): void {
    try {
      this.#events = open(this);
    } catch (error) {
      this.#fail(error);
    }
  }

  get #open(): boolean {
    return this.#options.life.alive && !this.#closed && this.#closing === undefined;
  }

  send(message: Outgoing): boolean {
    if (!this.#open) return false;
    const bytes = this.#options.outgoing.encode(message).slice();
    this.#outstandingBytes += bytes.length;
    this.#full ||= !this.ready();
    this.#options.wire.send({ kind: 'message', bytes });
    return this.ready();
  }

  ready(): boolean {
    return this.#open && this.#outstandingBytes < MARK_BYTES;
  }

  pause(): void {
    if (this.#open) this.#options.wire.pause();
  }

  resume(): void {
    this.#options.wire.resume();
  }

  close(reason?: RpcCloseReason): void {
    if (!this.#open) return;
    const { role, wire, life } = this.#options;
    this.#closing = reason ?? ENDED;
    wire.send({ kind: 'close', reason: this.#closing });
    wire.resume();
    // A server has the last word; a caller waits for it.
    life.after(role === 'server' ? 0 : CLOSE_MS_MAX, 'io', () => this.finish(this.#closing ?? ENDED));
  }

  /** The caller's channel is closed: at once, and the server is told that the caller is gone. */
  cancel(reason: RpcCloseReason): void {
    if (this.#closed) return;
    this.#closing ??= reason;
    this.#options.wire.send({ kind: 'lost', reason: { code: 'broken', message: 'the caller is gone' } });
    this.#options.life.after(0, 'io', () => this.finish(reason));
  }

  finish(reason: RpcCloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.onFinished();
    this.#guarded((events) => events.onClose(this.#closing ?? reason));
  }

  #receive(frame: Frame): void {
    if (this.#closed) return;
    switch (frame.kind) {
      case 'message':
        this.#take(frame.bytes);
        break;
      case 'credit':
        this.#credit(frame.bytes);
        break;
      case 'close':
        if (this.#options.role === 'server') this.#options.wire.send({ kind: 'close', reason: ENDED });
        this.finish(frame.reason);
        break;
      case 'lost':
        this.finish(frame.reason);
        break;
      case 'open':
      case 'error':
        this.finish({ code: 'failed', message: `${frame.kind} does not belong into a stream` });
    }
  }

  #take(bytes: Uint8Array): void {
    if (!this.#open) return;
    this.#takenBytes += bytes.length;
    if (this.#takenBytes >= CREDIT_BYTES) {
      this.#options.wire.send({ kind: 'credit', bytes: this.#takenBytes });
      this.#takenBytes = 0;
    }
    let message: Incoming;
    try {
      message = this.#options.incoming.decode(bytes);
    } catch (error) {
      this.#options.logger.warn('message cannot be read', { path: this.#options.path, err: error });
      this.close({ code: 'failed', message: `a message of ${this.#options.path} cannot be read` });
      return;
    }
    this.#guarded((events) => events.onMessage(message));
  }

  #credit(bytes: number): void {
    this.#outstandingBytes -= bytes;
    if (!this.#full || !this.ready()) return;
    this.#full = false;
    this.#guarded((events) => events.onReady());
  }

  /** A server's handler that throws ends its own stream. A broken invariant, and all of a caller's, fails the run. */
  #guarded(tell: (events: RpcStreamEvents<Incoming>) => void): void {
    if (this.#events === undefined) return;
    try {
      tell(this.#events);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (error instanceof InvariantError || this.#options.role === 'caller') throw error;
    this.#options.logger.error('stream handler failed', { path: this.#options.path, err: error });
    this.#options.onHandlerError?.(error);
    this.close({ code: 'failed', message: `the handler of ${this.#options.path} failed` });
  }
}
