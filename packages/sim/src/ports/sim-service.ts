import {
  type AbortSignalLike,
  InvariantError,
  type Logger,
  RequestError,
  type RpcContext,
  type RpcHandler,
} from '@moldau/base';
import { SimClock } from './sim-clock.ts';
import type { Wire } from './sim-connection.ts';
import type { Frame } from './sim-pipe.ts';
import type { Life } from './sim-process.ts';
import { StreamEnd } from './sim-stream.ts';

type OpenFrame = Extract<Frame, { readonly kind: 'open' }>;
type UnaryHandler = Extract<RpcHandler, { readonly handle: unknown }>;
type StreamHandler = Extract<RpcHandler, { readonly open: unknown }>;

export interface ServiceOptions {
  readonly listener: string;
  readonly handlers: readonly RpcHandler[];
  readonly logger: Logger;
  readonly onHandlerError: (error: unknown) => void;
}

/** The server's side of a new call or stream; its first frame says what it is. */
export function acceptExchange(life: Life, peer: string, service: ServiceOptions, wire: Wire, done: () => void): void {
  wire.receive = (frame) => {
    if (frame.kind !== 'open') return done();
    const handler = service.handlers.find(({ method }) => method.path === frame.path);
    const gone = new SimAbort();
    const context = contextOf(life, peer, service, frame, gone);
    const finish = (): void => {
      gone.abort();
      done();
    };
    if (handler === undefined) {
      wire.receive = () => undefined;
      wire.send({ kind: 'close', reason: { code: 'unimplemented', message: `nobody serves ${frame.path}` } });
      finish();
    } else if ('handle' in handler) {
      serveUnary(life, handler, service, wire, context, finish);
    } else {
      serveStream(life, handler, service, wire, context, finish);
    }
  };
}

function contextOf(life: Life, peer: string, service: ServiceOptions, open: OpenFrame, signal: SimAbort): RpcContext {
  return {
    peer: `${peer}:0`,
    principal: 'anonymous',
    clientId: open.clientId,
    listener: service.listener,
    deadlineMs: new SimClock(life).nowMs() + open.timeoutMs,
    signal,
  };
}

function serveStream(
  life: Life,
  { method, open }: StreamHandler,
  { logger, onHandlerError }: ServiceOptions,
  wire: Wire,
  context: RpcContext,
  onFinished: () => void,
): void {
  const stream = new StreamEnd({
    role: 'server',
    life,
    wire,
    path: method.path,
    outgoing: method.response,
    incoming: method.request,
    logger,
    onHandlerError,
    onFinished,
  });
  stream.start((side) => open(side, context));
}

function serveUnary(
  life: Life,
  handler: UnaryHandler,
  service: ServiceOptions,
  wire: Wire,
  context: RpcContext,
  finish: () => void,
): void {
  wire.receive = (frame) => {
    if (frame.kind !== 'message') return finish();
    wire.receive = () => finish();
    answerOf(life, handler, service, frame.bytes, context).then(
      (answer) => {
        wire.send(answer);
        finish();
      },
      (bug: unknown) => {
        // A broken invariant fails the run, from an event of its own: nobody awaits this promise.
        life.after(0, 'io', () => {
          throw bug;
        });
      },
    );
  };
}

async function answerOf(
  life: Life,
  { method, handle }: UnaryHandler,
  { logger, onHandlerError }: ServiceOptions,
  bytes: Uint8Array,
  context: RpcContext,
): Promise<Frame> {
  try {
    const answer = await handle(method.request.decode(bytes), context);
    return { kind: 'message', bytes: method.response.encode(answer).slice() };
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    if (error instanceof RequestError) return { kind: 'error', code: error.code, message: error.message };
    logger.error('request handler failed', { path: method.path, node: life.process.name, err: error });
    onHandlerError(error);
    return { kind: 'close', reason: { code: 'failed', message: `the handler of ${method.path} failed` } };
  }
}

class SimAbort implements AbortSignalLike {
  aborted = false;
  readonly reason: unknown = undefined;
  readonly #listeners = new Set<() => void>();

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    for (const listener of [...this.#listeners]) listener();
    this.#listeners.clear();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }
}
