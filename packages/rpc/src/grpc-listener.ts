import type { Http2Server, ServerHttp2Session } from 'node:http2';
import {
  logVerbosity,
  type Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  setLogVerbosity,
} from '@grpc/grpc-js';
import {
  type Clock,
  dialAddress,
  formatAddress,
  InvariantError,
  ListenError,
  type Logger,
  parseAddress,
  RequestError,
  type RpcContext,
  type RpcHandler,
  type RpcListener,
} from '@moldau/base';
import { failedStatus, requestErrorStatus } from './close-reason.ts';
import { ConnectionCount, type ConnectionLimits } from './connection-limit.ts';
import { CLIENT_ID_HEADER } from './grpc-channel.ts';
import { FLOW_CONTROL_WINDOW_BYTES, SERVER_OPTIONS } from './grpc-options.ts';
import { asBuffer, asBytes, same } from './message-bytes.ts';
import { ServerStream } from './server-stream.ts';

/** Refused connections come in floods: one line for each of these. */
const REFUSALS_TOLD_MS = 10_000;

type UnaryHandler = Extract<RpcHandler, { readonly handle: unknown }>;
type StreamHandler = Extract<RpcHandler, { readonly open: unknown }>;
type UnaryCall = ServerUnaryCall<Buffer, Buffer>;

// What grpc-js prints by itself comes here as an error too, and goes to the logger or the caller.
setLogVerbosity(logVerbosity.NONE);

interface CallLike {
  readonly metadata: Metadata;
  getPeer(): string;
  getDeadline(): Date | number;
}

export interface ListenOptions {
  readonly address: string;
  readonly listener: string;
  readonly handlers: readonly RpcHandler[];
  readonly connectionLimits: ConnectionLimits;
}

export class GrpcListener implements RpcListener {
  readonly address: string;
  readonly #server: Server;

  private constructor(server: Server, address: string) {
    this.#server = server;
    this.address = address;
  }

  /** @throws ListenError */
  static async listen(clock: Clock, logger: Logger, options: ListenOptions): Promise<GrpcListener> {
    const server = new Server(SERVER_OPTIONS);
    const service = new Service(clock, logger, options.listener);
    for (const handler of options.handlers) service.register(server, handler);
    const port = await bind(server, options.address);
    const connections = new ConnectionCount(options.connectionLimits);
    let toldMs = Number.NEGATIVE_INFINITY;
    onSession(server, logger, (session) => {
      const peer = session.socket.remoteAddress ?? '';
      if (connections.enter(peer)) {
        session.once('close', () => connections.leave(peer));
        session.settings({ initialWindowSize: FLOW_CONTROL_WINDOW_BYTES });
        session.setLocalWindowSize(FLOW_CONTROL_WINDOW_BYTES);
        return;
      }
      // Its sender learns it from the reset, and tries again later.
      session.destroy();
      if (clock.nowMs() - toldMs < REFUSALS_TOLD_MS) return;
      toldMs = clock.nowMs();
      logger.warn('connections are refused: there are as many as max.connections and max.connections.per.ip allow', {
        peer,
      });
    });
    return new GrpcListener(server, formatAddress({ host: parseAddress(options.address).host, port }));
  }

  close(options: { readonly graceMs: number }): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#server.forceShutdown();
        resolve();
      }, options.graceMs);
      this.#server.tryShutdown(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

class Service {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #listener: string;

  constructor(clock: Clock, logger: Logger, listener: string) {
    this.#clock = clock;
    this.#logger = logger;
    this.#listener = listener;
  }

  register(server: Server, handler: RpcHandler): void {
    const { path } = handler.method;
    if ('handle' in handler) {
      const serve = (call: UnaryCall, answer: sendUnaryData<Buffer>): void => {
        this.#serveUnary(handler, call, answer).catch(stopForBug);
      };
      server.register(path, serve, same<Buffer>, same<Buffer>, 'unary');
    } else {
      const serve = (call: ServerDuplexStream<Buffer, Buffer>): void => this.#serveStream(handler, call);
      server.register(path, serve, same<Buffer>, same<Buffer>, 'bidi');
    }
  }

  /** Rejects only with a broken invariant. */
  async #serveUnary({ method, handle }: UnaryHandler, call: UnaryCall, answer: sendUnaryData<Buffer>): Promise<void> {
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort());
    let request: unknown;
    try {
      request = method.request.decode(asBytes(call.request));
    } catch (error) {
      this.#logger.warn('request cannot be read', { path: method.path, peer: call.getPeer(), err: error });
      answer(failedStatus(`a request of ${method.path} cannot be read`));
      return;
    }
    try {
      answer(null, asBuffer(method.response.encode(await handle(request, this.#context(call, gone.signal)))));
    } catch (error) {
      if (error instanceof RequestError) {
        answer(requestErrorStatus(error));
        return;
      }
      if (error instanceof InvariantError) throw error;
      this.#logger.error('request handler failed', { path: method.path, peer: call.getPeer(), err: error });
      answer(failedStatus(`the handler of ${method.path} failed; its log says why`));
    }
  }

  #serveStream({ method, open }: StreamHandler, call: ServerDuplexStream<Buffer, Buffer>): void {
    const gone = new AbortController();
    const stream = new ServerStream(call, method, this.#logger, () => gone.abort());
    stream.start((side) => open(side, this.#context(call, gone.signal)));
  }

  #context(call: CallLike, signal: AbortSignal): RpcContext {
    // grpc-js keeps the deadline in wall time; what is left of it counts.
    const leftMs = Number(call.getDeadline()) - Date.now();
    return {
      peer: call.getPeer(),
      principal: 'anonymous',
      clientId: clientIdOf(call.metadata),
      listener: this.#listener,
      deadlineMs: this.#clock.nowMs() + leftMs,
      signal,
    };
  }
}

/** Out of the promise and into the process's handler of uncaught errors: what would happen next is unknown. */
function stopForBug(bug: unknown): void {
  setImmediate(() => {
    throw bug;
  });
}

function clientIdOf(metadata: Metadata): string {
  const header = String(metadata.get(CLIENT_ID_HEADER)[0] ?? '');
  try {
    return decodeURIComponent(header);
  } catch {
    return header;
  }
}

function bind(server: Server, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(dialAddress(address), ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(ListenError.of(address, error));
    });
  });
}

/**
 * grpc-js has an option for the windows of its clients and none for those of its servers, and none for the number of
 * connections, so each session is seen to directly. Without it everything works, but what clients send over long distances is
 * slow, and nothing bounds their number.
 */
function onSession(server: Server, logger: Logger, see: (session: ServerHttp2Session) => void): void {
  const servers: unknown = Reflect.get(server, 'http2Servers');
  if (!(servers instanceof Map) || servers.size === 0) {
    logger.warn(
      'flow-control windows stay at 64 KiB, connections without a bound: this grpc-js keeps its servers elsewhere',
    );
    return;
  }
  for (const http2Server of (servers as Map<Http2Server, unknown>).keys()) http2Server.on('session', see);
}
