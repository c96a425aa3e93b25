import {
  type AbortSignalLike,
  type Logger,
  RequestError,
  type RpcChannel,
  type RpcCloseReason,
  RpcError,
  type RpcStream,
  type RpcStreamEvents,
  type StreamMethod,
  type UnaryMethod,
} from '@moldau/base';
import { type Endpoint, Wire } from './sim-connection.ts';
import { type DialResult, dial } from './sim-listener.ts';
import type { SimNetwork } from './sim-network.ts';
import type { Frame } from './sim-pipe.ts';
import { StreamEnd } from './sim-stream.ts';

type Standing = Exclude<DialResult, string>;

/** A call or stream that waits for the connection. */
interface Waiting {
  readonly wire: Wire;
  readonly attached: (done: () => void) => void;
}

const CLOSED: RpcCloseReason = { code: 'cancelled', message: 'the channel was closed' };

export class SimChannel implements RpcChannel {
  readonly address: string;
  readonly #network: SimNetwork;
  readonly #end: Endpoint;
  readonly #clientId: string;
  readonly #logger: Logger;
  readonly #open = new Set<() => void>();
  #standing: Standing | undefined;
  #waiting: Waiting[] | undefined;
  #closed = false;

  constructor(network: SimNetwork, end: Endpoint, address: string, options: { clientId: string; logger: Logger }) {
    this.#network = network;
    this.#end = end;
    this.address = address;
    this.#clientId = options.clientId;
    this.#logger = options.logger;
  }

  call<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignalLike },
  ): Promise<Response> {
    const { life } = this.#end;
    if (!life.alive) return new Promise(() => undefined);
    if (this.#closed || options.signal?.aborted) return Promise.reject(new RpcError(CLOSED));
    const bytes = method.request.encode(request).slice();
    return new Promise((resolve, reject) => {
      const wire = new Wire();
      const release = this.#attach(wire);
      const settle = (act: () => void): void => {
        wire.receive = () => undefined;
        timer.cancel();
        options.signal?.removeEventListener('abort', abort);
        this.#open.delete(cancel);
        release();
        act();
      };
      const giveUp = (reason: RpcCloseReason): void => {
        wire.send({ kind: 'lost', reason: { code: 'broken', message: 'the caller is gone' } });
        settle(() => reject(new RpcError(reason)));
      };
      const cancel = (): void => giveUp(CLOSED);
      const abort = (): void => giveUp({ code: 'cancelled', message: `${method.path} was cancelled` });
      const timer = life.after(options.timeoutMs, 'timer', () => {
        giveUp({ code: 'deadline', message: `no answer of ${method.path} within ${options.timeoutMs} ms` });
      });
      this.#open.add(cancel);
      options.signal?.addEventListener('abort', abort, { once: true });
      wire.receive = (frame) => settle(() => settleAnswer(method, frame, resolve, reject));
      wire.send({ kind: 'open', path: method.path, clientId: this.#clientId, timeoutMs: options.timeoutMs });
      wire.send({ kind: 'message', bytes });
    });
  }

  open<Request, Response>(
    method: StreamMethod<Request, Response>,
    events: RpcStreamEvents<Response>,
  ): RpcStream<Request> {
    const wire = new Wire();
    const { life } = this.#end;
    let release = (): void => undefined;
    const stream = new StreamEnd<Request, Response>({
      role: 'caller',
      life,
      wire,
      path: method.path,
      outgoing: method.request,
      incoming: method.response,
      logger: this.#logger,
      onFinished: () => {
        this.#open.delete(cancel);
        release();
      },
    });
    const cancel = (): void => stream.cancel(CLOSED);
    stream.start(() => events);
    if (this.#closed) {
      cancel();
      return stream;
    }
    this.#open.add(cancel);
    wire.send({ kind: 'open', path: method.path, clientId: this.#clientId, timeoutMs: Infinity });
    release = this.#attach(wire);
    return stream;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const cancel of [...this.#open]) cancel();
  }

  /** Ties the wire to the connection, which is dialled first where none stands. Returns how to let go of it. */
  #attach(wire: Wire): () => void {
    let done: (() => void) | undefined;
    let released = false;
    const attached = (finished: () => void): void => {
      done = finished;
      if (released) done();
    };
    if (this.#standing?.connection.usable) attached(this.#standing.connection.exchange(wire, this.#standing.accept));
    else this.#dial({ wire, attached });
    return () => {
      released = true;
      done?.();
    };
  }

  #dial(waiting: Waiting): void {
    if (this.#waiting !== undefined) {
      this.#waiting.push(waiting);
      return;
    }
    this.#waiting = [waiting];
    dial(this.#network, this.#end, this.address, (result) => this.#dialled(result));
  }

  #dialled(result: DialResult): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    if (typeof result !== 'string') {
      this.#standing = result;
      for (const { wire, attached } of waiting) attached(result.connection.exchange(wire, result.accept));
      return;
    }
    const reason: RpcCloseReason =
      result === 'refused'
        ? { code: 'refused', message: `nobody listens on ${this.address}` }
        : {
            code: 'broken',
            message: `${this.address} ${result === 'lost' ? 'closed the connection' : 'does not answer'}`,
          };
    for (const { wire } of waiting) wire.receive({ kind: 'lost', reason });
  }
}

function settleAnswer<Response>(
  method: Pick<UnaryMethod<never, Response>, 'path' | 'response'>,
  frame: Frame,
  resolve: (answer: Response) => void,
  reject: (error: unknown) => void,
): void {
  switch (frame.kind) {
    case 'message':
      try {
        resolve(method.response.decode(frame.bytes));
      } catch (error) {
        reject(
          new RpcError({ code: 'failed', message: `the answer of ${method.path} cannot be read: ${String(error)}` }),
        );
      }
      break;
    case 'error':
      reject(new RequestError(frame.code, frame.message));
      break;
    case 'close':
    case 'lost':
      reject(new RpcError(frame.reason));
      break;
    case 'open':
    case 'credit':
      reject(new RpcError({ code: 'failed', message: `${frame.kind} does not answer a call` }));
  }
}
