import {
  type ByteStream,
  type ByteStreamEvents,
  type Clock,
  type Logger,
  MalformedBytesError,
  RequestError,
} from '@moldau/base';
import {
  type Api,
  decodeRequest,
  encodeApiVersionsFallback,
  encodeResponse,
  FrameSplitter,
  openRequest,
  type ResponseInput,
} from '@moldau/protocol';
import type { ConnectionBytes, InFlightBytes } from '../requests/in-flight-bytes.ts';
import type { Turn, TurnTask } from '../turn.ts';
import { Exchange } from './exchange.ts';
import type { KafkaApis } from './handlers.ts';
import type { KafkaCounters } from './kafka-counters.ts';
import type { KafkaHandler } from './kafka-handler.ts';
import type { KafkaLimits } from './kafka-limits.ts';
import { OutgoingBytes } from './outgoing-bytes.ts';

// One client. Requests are served as they come, side by side, and answered in their order. No more of them are taken, and
// so no more bytes read, while one of the bounds is reached: requests without an answer, bytes in flight, unread answers.
//
//   open ──bad bytes, idle, a handler's wish──> ending ──the peer's end, or 5 s──> closed
//     any ──lost, or cut off──> closed
//
// Ending, what the socket has taken still goes out, and nothing more is read.

/**
 * Requests of one connection that are not answered. Clients have 5, or as many as they like (librdkafka); the rest waits in
 * their sockets.
 */
const EXCHANGES_MAX = 256;
/** Answers that wait for the socket: one more request is begun only below, so a few small questions cost no large memory. */
const UNSENT_BYTES_MAX = 1024 * 1024;
/** Handed to the socket at once. */
const WRITE_BYTES = 256 * 1024;
/** What a request costs beside its bytes while it waits. */
const EXCHANGE_BYTES = 1024;

/** What the connections of a door share. */
export interface KafkaConnectionContext {
  readonly listener: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly turn: Turn;
  readonly inFlight: InFlightBytes;
  readonly counters: KafkaCounters;
  readonly limits: KafkaLimits;
  readonly apis: KafkaApis;
  /** Part of a frame has come, or the rest of it: so many bytes more, or less. */
  readonly unfinished: (bytes: number) => void;
  readonly closed: (connection: KafkaConnection) => void;
  readonly stopProcess: (reason: unknown) => void;
}

export class KafkaConnection implements ByteStreamEvents, TurnTask {
  queued = false;
  readonly #context: KafkaConnectionContext;
  readonly #stream: ByteStream;
  readonly #splitter: FrameSplitter;
  readonly #inFlight: ConnectionBytes;
  readonly #outgoing = new OutgoingBytes();
  readonly #openedMs: number;
  #exchanges: Exchange[] = [];
  #state: 'open' | 'ending' | 'closed' = 'open';
  /** By what all connections hold together, or this one. */
  #isHeld = false;
  #isPaused = false;
  /** It came too early: nothing is read from it for a while. */
  #isThrottled = false;
  #requests = 0;
  #heardMs: number;
  #endingMs = 0;
  /** Since when the peer takes nothing. */
  #stalledMs: number | undefined;
  /** Of a frame that has begun: how much was there when that was looked at, and when. */
  #frame: { readonly bytes: number; readonly requests: number; readonly sinceMs: number } | undefined;
  #unfinishedBytes = 0;

  constructor(context: KafkaConnectionContext, stream: ByteStream) {
    this.#context = context;
    this.#stream = stream;
    this.#splitter = new FrameSplitter(context.limits.frameBytesMax);
    this.#openedMs = context.clock.nowMs();
    this.#heardMs = this.#openedMs;
    this.#inFlight = context.inFlight.open({
      pause: () => {
        this.#isHeld = true;
        this.#steer();
      },
      resume: () => {
        this.#isHeld = false;
        context.turn.send(this);
      },
    });
  }

  get peer(): string {
    return this.#stream.peer;
  }

  /** Of a frame that is not whole. */
  get unfinishedBytes(): number {
    return this.#unfinishedBytes;
  }

  onBytes(bytes: Uint8Array): void {
    this.#context.counters.bytesIn += bytes.length;
    if (this.#state !== 'open') return;
    this.#heardMs = this.#context.clock.nowMs();
    this.#splitter.append(bytes);
    this.#take();
  }

  onReady(): void {
    this.#stalledMs = undefined;
    this.#context.turn.send(this);
  }

  onClose(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    if (this.#isPaused) this.#context.counters.connectionsMuted--;
    this.#unfinished(0);
    this.#drop();
    this.#inFlight.close();
    this.#context.closed(this);
  }

  /** The end of a turn: what was answered in it leaves at once. */
  runTurn(): void {
    if (this.#state === 'closed') return;
    this.#send();
    this.#take();
  }

  /** Once in a while: whether this peer keeps to its times. */
  check(nowMs: number): void {
    const { limits } = this.#context;
    if (this.#state === 'ending' && nowMs - this.#endingMs >= limits.endingMs) this.#stream.destroy();
    if (this.#state !== 'open') return;
    if (this.#stalledMs !== undefined && nowMs - this.#stalledMs >= limits.writeStallMs) {
      this.cut('it does not read its answers');
    } else if (this.#requests === 0 && nowMs - this.#openedMs >= limits.firstRequestMs) {
      this.cut('no request came');
    } else if (this.#isFrameStalled(nowMs)) {
      this.cut('the rest of a request did not come');
    } else if (this.#exchanges.length === 0 && nowMs - this.#heardMs >= limits.idleMs) {
      this.#context.logger.debug('an idle Kafka connection is closed', { peer: this.peer });
      this.#end();
    }
  }

  throttle(isThrottled: boolean): void {
    this.#isThrottled = isThrottled;
    this.#steer();
  }

  /** At once: it costs others what it does not use itself. */
  cut(reason: string): void {
    if (this.#state === 'closed') return;
    this.#refuse(reason);
    this.#stream.destroy();
  }

  #take(): void {
    while (this.#mayTake()) {
      const frame = this.#nextFrame();
      if (frame === undefined) break;
      this.#requests++;
      this.#serve(frame);
    }
    this.#unfinished(this.#state === 'open' ? this.#splitter.heldBytes : 0);
    this.#steer();
  }

  #mayTake(): boolean {
    if (this.#state !== 'open' || this.#isHeld || this.#isThrottled) return false;
    const { count, bytes } = this.#outgoing;
    return this.#exchanges.length + count < EXCHANGES_MAX && bytes < UNSENT_BYTES_MAX;
  }

  #steer(): void {
    const isPaused = this.#state === 'open' && !this.#mayTake();
    if (isPaused === this.#isPaused || this.#state === 'closed') return;
    this.#isPaused = isPaused;
    this.#context.counters.connectionsMuted += isPaused ? 1 : -1;
    if (isPaused) this.#stream.pause();
    else this.#stream.resume();
  }

  #nextFrame(): Uint8Array | undefined {
    return this.#orRefuse(() => this.#splitter.next());
  }

  #serve(frame: Uint8Array): void {
    const opened = this.#orRefuse(() => openRequest(frame, this.#context.apis.table));
    if (opened === undefined) return;
    const { header } = opened;
    if (opened.kind === 'unserved') {
      this.#refuse(`API ${header.apiKey} version ${header.apiVersion} is not served`);
      return;
    }
    const exchange = new Exchange(this, this.#inFlight, {
      correlationId: header.correlationId,
      apiVersion: header.apiVersion,
      clientId: header.clientId ?? '',
      peer: this.peer,
      listener: this.#context.listener,
      startedMs: this.#heardMs,
      counters: this.#context.counters,
    });
    this.#exchanges.push(exchange);
    exchange.hold(frame.length + EXCHANGE_BYTES);
    if (opened.kind === 'unserved-api-versions') {
      this.#context.counters.request('ApiVersions');
      this.#answered(exchange, encodeApiVersionsFallback(header.correlationId));
      return;
    }
    const { api, body } = opened;
    this.#context.counters.request(api.name);
    const request = this.#orRefuse(() => decodeRequest(api, header.apiVersion, body));
    if (request !== undefined) this.#ask(this.#context.apis.handler(api.key), request, exchange);
  }

  #ask(handler: KafkaHandler, request: unknown, exchange: Exchange): void {
    try {
      const answer = handler.serve(request, exchange);
      if (!(answer instanceof Promise)) {
        this.#answer(handler, exchange, answer);
        return;
      }
      answer
        .then((response) => this.#answer(handler, exchange, response))
        .catch((error: unknown) => this.#failed(handler, error));
    } catch (error) {
      this.#failed(handler, error);
    }
  }

  #answer(handler: KafkaHandler, exchange: Exchange, response: unknown): void {
    if (this.#state !== 'open') return;
    this.#count(handler, exchange, response);
    if (response === undefined) {
      this.#answered(exchange, []);
      return;
    }
    try {
      this.#answered(exchange, encodeResponse(handler.api, exchange, response as ResponseInput<Api>));
    } catch (error) {
      this.#failed(handler, error);
    }
  }

  #count({ api: { name }, errors }: KafkaHandler, { startedMs }: Exchange, response: unknown): void {
    const { counters, clock } = this.#context;
    counters.response(name, clock.nowMs() - startedMs);
    if (typeof response !== 'object' || response === null) return;
    errors(response as Readonly<Record<string, unknown>>, (code) => counters.error(name, code));
  }

  #failed(handler: KafkaHandler, error: unknown): void {
    if (!(error instanceof RequestError)) {
      this.#context.stopProcess(error);
      return;
    }
    // It cannot be said in this version, or is too long to be said.
    this.#refuse(`${handler.api.name}: ${error.code}: ${error.message}`);
  }

  #answered(exchange: Exchange, parts: readonly Uint8Array[]): void {
    exchange.answer(parts);
    for (let first = this.#exchanges[0]; first?.parts !== undefined; first = this.#exchanges[0]) {
      const answered = first;
      this.#exchanges.shift();
      this.#outgoing.push(first.parts, first.bytes, () => answered.release());
    }
    this.#context.turn.send(this);
  }

  #send(): void {
    const { counters, clock } = this.#context;
    while (this.#stream.ready()) {
      const pieces = this.#outgoing.take(WRITE_BYTES);
      if (pieces.length === 0) return;
      for (const piece of pieces) counters.bytesOut += piece.length;
      if (!this.#stream.write(pieces)) this.#stalledMs ??= clock.nowMs();
    }
  }

  /** A frame that comes byte by byte holds its memory for ever: it has to get on. */
  #isFrameStalled(nowMs: number): boolean {
    const { frameStallMs, frameProgressBytes } = this.#context.limits;
    const bytes = this.#splitter.heldBytes;
    const before = this.#frame;
    // While it is paused nothing comes, and that is not its fault.
    if (bytes === 0 || this.#isPaused) {
      this.#frame = undefined;
      return false;
    }
    const isSame = before?.requests === this.#requests && bytes - before.bytes < frameProgressBytes;
    if (isSame) return nowMs - before.sinceMs >= frameStallMs;
    this.#frame = { bytes, requests: this.#requests, sinceMs: nowMs };
    return false;
  }

  #unfinished(bytes: number): void {
    const more = bytes - this.#unfinishedBytes;
    this.#unfinishedBytes = bytes;
    if (more !== 0) this.#context.unfinished(more);
  }

  #orRefuse<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof MalformedBytesError)) throw error;
      this.#refuse(error.message);
      return undefined;
    }
  }

  /** One line for whoever looks for the client that does this. */
  #refuse(reason: string): void {
    if (this.#state !== 'open') return;
    this.#context.counters.connectionsCut++;
    this.#context.logger.warn('a Kafka connection is closed', { peer: this.peer, reason });
    this.#end();
  }

  disconnect(reason: string): void {
    if (this.#state !== 'open') return;
    this.#context.logger.info('a Kafka connection is closed', { peer: this.peer, reason });
    this.#end();
  }

  #end(): void {
    this.#state = 'ending';
    this.#endingMs = this.#context.clock.nowMs();
    this.#send();
    this.#drop();
    this.#stream.end();
  }

  #drop(): void {
    const exchanges = this.#exchanges;
    this.#exchanges = [];
    for (const exchange of exchanges) exchange.drop();
    this.#outgoing.clear();
  }
}
