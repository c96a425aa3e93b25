import { Client, credentials, Metadata, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import {
  type AbortSignalLike,
  dialAddress,
  type RpcChannel,
  RpcError,
  type RpcStream,
  type RpcStreamEvents,
  type StreamMethod,
  type UnaryMethod,
} from '@moldau/base';
import { ClientStream } from './client-stream.ts';
import { reasonOf, requestErrorOf } from './close-reason.ts';
import { CLIENT_OPTIONS } from './grpc-options.ts';
import { asBuffer, asBytes, same } from './message-bytes.ts';

/** Header that names the caller. */
export const CLIENT_ID_HEADER = 'moldau-client-id';

const CANCELLED = { code: 'cancelled', message: 'the channel was closed' } as const;

export class GrpcChannel implements RpcChannel {
  readonly address: string;
  readonly #client: Client;
  readonly #clientId: string;
  /** How to end each call and stream under way. */
  readonly #open = new Set<() => void>();
  #closed = false;

  constructor(address: string, clientId: string) {
    this.address = address;
    this.#clientId = encodeURIComponent(clientId);
    this.#client = new Client(dialAddress(address), credentials.createInsecure(), CLIENT_OPTIONS);
  }

  call<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignalLike },
  ): Promise<Response> {
    if (this.#closed || options.signal?.aborted) return Promise.reject(new RpcError(CANCELLED));
    const bytes = asBuffer(method.request.encode(request));
    return new Promise((resolve, reject) => {
      let cancelled = false;
      const settle = (error: ServiceError | null, answer: Buffer | undefined): void => {
        this.#open.delete(cancel);
        options.signal?.removeEventListener('abort', cancel);
        if (cancelled) reject(new RpcError({ code: 'cancelled', message: `${method.path} was cancelled` }));
        else if (error !== null) reject(callError(error));
        else settleAnswer(method, answer, resolve, reject);
      };
      const deadline = Date.now() + options.timeoutMs;
      const call = this.#client.makeUnaryRequest(
        method.path,
        same<Buffer>,
        same,
        bytes,
        this.#metadata(),
        { deadline },
        settle,
      );
      const cancel = (): void => {
        cancelled = true;
        call.cancel();
      };
      this.#open.add(cancel);
      options.signal?.addEventListener('abort', cancel, { once: true });
    });
  }

  open<Request, Response>(
    method: StreamMethod<Request, Response>,
    events: RpcStreamEvents<Response>,
  ): RpcStream<Request> {
    if (this.#closed) {
      queueMicrotask(() => events.onClose(CANCELLED));
      return CLOSED_STREAM;
    }
    const call = this.#client.makeBidiStreamRequest(method.path, same<Buffer>, same<Buffer>, this.#metadata(), {});
    const stream = new ClientStream(call, method, events, () => this.#open.delete(cancel));
    const cancel = (): void => stream.cancel();
    this.#open.add(cancel);
    return stream;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const cancel of [...this.#open]) cancel();
    this.#client.close();
  }

  #metadata(): Metadata {
    const metadata = new Metadata();
    metadata.set(CLIENT_ID_HEADER, this.#clientId);
    return metadata;
  }
}

const CLOSED_STREAM: RpcStream<unknown> = {
  send: () => false,
  ready: () => false,
  pause: () => undefined,
  resume: () => undefined,
  close: () => undefined,
};

function callError(error: StatusObject): Error {
  return requestErrorOf(error) ?? new RpcError(reasonOf(error));
}

function settleAnswer<Response>(
  method: UnaryMethod<unknown, Response> | UnaryMethod<never, Response>,
  answer: Buffer | undefined,
  resolve: (answer: Response) => void,
  reject: (error: unknown) => void,
): void {
  try {
    resolve(method.response.decode(asBytes(answer ?? Buffer.alloc(0))));
  } catch (error) {
    reject(new RpcError({ code: 'failed', message: `the answer of ${method.path} cannot be read: ${String(error)}` }));
  }
}
