import type { AbortSignalLike } from '../abort.ts';

/** How a message becomes bytes and back. `decode` throws on bytes that are not such a message. */
export interface Codec<T> {
  encode(message: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

/** One request, one answer. `path` is gRPC's: `/package.Service/Method`. */
export interface UnaryMethod<Request, Response> {
  readonly kind: 'unary';
  readonly path: string;
  readonly request: Codec<Request>;
  readonly response: Codec<Response>;
}

/** Both sides send messages until one closes. */
export interface StreamMethod<Request, Response> {
  readonly kind: 'stream';
  readonly path: string;
  readonly request: Codec<Request>;
  readonly response: Codec<Response>;
}

/**
 * Why a call failed or a stream ended.
 * `ended`: closed on purpose, cleanly. `refused`: nobody listens there. `broken`: the connection was lost. `deadline`:
 * no answer in time. `cancelled`: by this side. `overloaded`: a limit of the peer. `unimplemented`: the peer does not know
 * the method. `failed`: the peer's handler threw; the message says what.
 */
export type RpcCloseCode =
  | 'ended'
  | 'refused'
  | 'broken'
  | 'deadline'
  | 'cancelled'
  | 'overloaded'
  | 'unimplemented'
  | 'failed';

export interface RpcCloseReason {
  readonly code: RpcCloseCode;
  readonly message: string;
}

/** A call that did not bring an answer. Whether the peer acted on it is unknown unless the code is `refused`. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: RpcCloseCode;

  constructor(reason: RpcCloseReason) {
    super(reason.message);
    this.code = reason.code;
  }
}

/** One side of an open stream. */
export interface RpcStream<Outgoing> {
  /**
   * Queues a message; the bytes are encoded before the call returns. False: the transport's buffer is above its mark,
   * so send nothing more until `onReady`. A message to a stream that has closed is dropped.
   */
  send(message: Outgoing): boolean;
  /** Whether the transport takes more now. */
  ready(): boolean;
  /** Stops `onMessage` until {@link resume}, and with it, through flow control, the peer. */
  pause(): void;
  resume(): void;
  /** Ends the stream after what was sent; without a reason the peer sees `ended`. `onClose` follows on both sides, once. */
  close(reason?: RpcCloseReason): void;
}

/** What the owner of one side of a stream wants to hear. After `onClose` nothing more comes. */
export interface RpcStreamEvents<Incoming> {
  onMessage(message: Incoming): void;
  /** The buffer was above its mark and is below it again. */
  onReady(): void;
  onClose(reason: RpcCloseReason): void;
}

/** Every request has one (design: rule 8). */
export interface RpcContext {
  /** Host and port of the peer as this side sees it. */
  readonly peer: string;
  /** Who it is; "anonymous" until authentication exists. */
  readonly principal: string;
  readonly clientId: string;
  /** Name of the listener it came in by. */
  readonly listener: string;
  /** Monotonic time ({@link Clock.nowMs}) by which the caller stops waiting; Infinity for streams without one. */
  readonly deadlineMs: number;
  /** Aborts when the caller is gone. */
  readonly signal: AbortSignalLike;
}

/**
 * Serves one method. Made by {@link unaryHandler} and {@link streamHandler}, which tie the handler's types to the
 * method's; here they are erased.
 */
export type RpcHandler =
  | {
      readonly method: UnaryMethod<unknown, unknown>;
      readonly handle: (request: unknown, context: RpcContext) => Promise<unknown>;
    }
  | {
      readonly method: StreamMethod<unknown, unknown>;
      readonly open: (stream: RpcStream<unknown>, context: RpcContext) => RpcStreamEvents<unknown>;
    };

export function unaryHandler<Request, Response>(
  method: UnaryMethod<Request, Response>,
  handle: (request: Request, context: RpcContext) => Promise<Response>,
): RpcHandler {
  return { method, handle } as unknown as RpcHandler;
}

export function streamHandler<Request, Response>(
  method: StreamMethod<Request, Response>,
  open: (stream: RpcStream<Response>, context: RpcContext) => RpcStreamEvents<Request>,
): RpcHandler {
  return { method, open } as unknown as RpcHandler;
}

export interface RpcListener {
  /** `host:port` really listened on (the port is chosen by the system when 0 was asked for). */
  readonly address: string;
  /** Stops accepting, ends what is open after at most `graceMs`. */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/** A connection to one address for one purpose; it dials on first use and redials on the next use after a loss. */
export interface RpcChannel {
  readonly address: string;
  /** @throws RpcError */
  call<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignalLike },
  ): Promise<Response>;
  /** Never throws: a stream that cannot be opened closes with the reason. */
  open<Request, Response>(
    method: StreamMethod<Request, Response>,
    events: RpcStreamEvents<Response>,
  ): RpcStream<Request>;
  /** Ends all calls and streams with `cancelled`. */
  close(): void;
}

/** What became of a bare connection attempt. `refused` proves that no process listens; `silent` proves nothing. */
export type ProbeResult = 'accepted' | 'refused' | 'silent';

export interface Rpc {
  /** @throws ListenError when the address is in use or cannot be bound */
  listen(options: {
    readonly address: string;
    readonly listener: string;
    readonly handlers: readonly RpcHandler[];
  }): Promise<RpcListener>;
  /**
   * Channels of different purposes never share a connection: control, replication, catch-up and clients must not queue
   * behind one another.
   */
  connect(address: string, options: { readonly purpose: string; readonly clientId: string }): RpcChannel;
  probe(address: string, options: { readonly timeoutMs: number }): Promise<ProbeResult>;
}
