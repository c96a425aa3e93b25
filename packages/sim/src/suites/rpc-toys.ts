import {
  type Codec,
  type Rpc,
  type RpcChannel,
  type RpcCloseReason,
  RpcError,
  type RpcHandler,
  type RpcListener,
  type RpcStream,
  type RpcStreamEvents,
  type StreamMethod,
  streamHandler,
  type Timers,
  type UnaryMethod,
  utf8Decode,
  utf8Encode,
} from '@moldau/base';
import type { SuiteWorld } from './suite-world.ts';

export interface RpcWorld extends SuiteWorld {
  readonly server: Rpc;
  readonly client: Rpc;
  /** To listen on; a real one has port 0, and the listener says which it became. */
  readonly address: string;
  /** Of either side: only for waiting. */
  readonly timers: Timers;
}

export interface Toy {
  readonly text: string;
  readonly count?: number;
}

export const toyCodec: Codec<Toy> = {
  encode: (message) => utf8Encode(JSON.stringify(message)),
  decode: (bytes) => JSON.parse(utf8Decode(bytes)) as Toy,
};
export const ASK: UnaryMethod<Toy, Toy> = {
  kind: 'unary',
  path: '/moldau.Toy/Ask',
  request: toyCodec,
  response: toyCodec,
};
export const TALK: StreamMethod<Toy, Toy> = {
  kind: 'stream',
  path: '/moldau.Toy/Talk',
  request: toyCodec,
  response: toyCodec,
};
export const UNKNOWN_ASK: UnaryMethod<Toy, Toy> = { ...ASK, path: '/moldau.Toy/Unknown' };
export const UNKNOWN_TALK: StreamMethod<Toy, Toy> = { ...TALK, path: '/moldau.Toy/UnknownTalk' };
export const PATIENCE = { timeoutMs: 10_000 } as const;
export const BLOCK: string = 'x'.repeat(256 * 1024);
/** No transport holds more than this for one stream, on both sides together. */
export const BLOCKS_UNDER_WAY_MAX = 200;

/** One side of a stream that writes down what it hears, and lets a test wait for it. */
export class Ear implements RpcStreamEvents<Toy> {
  readonly heard: string[] = [];
  readonly closes: RpcCloseReason[] = [];
  readyCount = 0;
  #waiting: { condition: () => boolean; resolve: () => void }[] = [];
  readonly #answer: (message: Toy) => void;

  constructor(answer: (message: Toy) => void = () => undefined) {
    this.#answer = answer;
  }

  onMessage(message: Toy): void {
    this.heard.push(message.text);
    this.#answer(message);
    this.#wake();
  }

  onReady(): void {
    this.readyCount++;
    this.#wake();
  }

  onClose(reason: RpcCloseReason): void {
    this.closes.push(reason);
    this.#wake();
  }

  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ condition, resolve }));
  }

  async closed(): Promise<RpcCloseReason> {
    await this.until(() => this.closes.length > 0);
    return this.closes[0] ?? { code: 'failed', message: 'unreachable' };
  }

  #wake(): void {
    const woken = this.#waiting.filter(({ condition }) => condition());
    this.#waiting = this.#waiting.filter((each) => !woken.includes(each));
    for (const { resolve } of woken) resolve();
  }
}

export interface Served {
  readonly listener: RpcListener;
  readonly channel: RpcChannel;
}

export async function serve(world: RpcWorld, handlers: readonly RpcHandler[]): Promise<Served> {
  const listener = await world.server.listen({ address: world.address, listener: 'toys', handlers });
  return { listener, channel: world.client.connect(listener.address, { purpose: 'test', clientId: 'tester ě' }) };
}

export async function end({ listener, channel }: Served): Promise<void> {
  channel.close();
  await listener.close({ graceMs: 0 });
}

/** A server whose one stream is given to the test. */
export async function serveOne(
  world: RpcWorld,
  ear: Ear,
): Promise<Served & { readonly accepted: Promise<RpcStream<Toy>> }> {
  let accept: (stream: RpcStream<Toy>) => void = () => undefined;
  const accepted = new Promise<RpcStream<Toy>>((resolve) => {
    accept = resolve;
  });
  const handler = streamHandler(TALK, (stream) => {
    accept(stream);
    return ear;
  });
  return { ...(await serve(world, [handler])), accepted };
}

export async function failure(call: Promise<unknown>): Promise<RpcError> {
  const error = await call.then(
    (answer) => answer,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RpcError)) throw new Error(`an RpcError is expected, not ${String(error)}`, { cause: error });
  return error;
}

/** Sends until the transport takes no more and stays so. */
export async function fill(world: RpcWorld, stream: RpcStream<Toy>, ear: Ear): Promise<number> {
  let sent = 0;
  for (;;) {
    while (stream.ready()) {
      stream.send({ text: BLOCK });
      if (++sent > BLOCKS_UNDER_WAY_MAX) return sent;
    }
    const readyBefore = ear.readyCount;
    await later(world.timers, 100);
    if (ear.readyCount === readyBefore) return sent;
  }
}

export function later(timers: Timers, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    timers.after(delayMs, resolve);
  });
}

export interface Abortable {
  readonly aborted: boolean;
  readonly reason: unknown;
  abort(): void;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export function abortable(): Abortable {
  const listeners = new Set<() => void>();
  let aborted = false;
  return {
    get aborted() {
      return aborted;
    },
    reason: undefined,
    abort: () => {
      aborted = true;
      for (const listener of [...listeners]) listener();
    },
    addEventListener: (_, listener) => listeners.add(listener),
    removeEventListener: (_, listener) => listeners.delete(listener),
  };
}
