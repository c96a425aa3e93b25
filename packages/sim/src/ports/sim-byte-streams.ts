import {
  type ByteListener,
  type ByteStream,
  type ByteStreamEvents,
  type ByteStreams,
  concatBytes,
  type RpcCloseReason,
} from '@moldau/base';
import { type Endpoint, Wire } from './sim-connection.ts';
import { type DialResult, dial, listenAt } from './sim-listener.ts';
import type { SimNetwork } from './sim-network.ts';
import type { Frame } from './sim-pipe.ts';
import type { Life } from './sim-process.ts';

const ENDED: RpcCloseReason = { code: 'ended', message: 'closed' };
/** As the real one: queued above it, the writer is asked to wait. */
const MARK_BYTES = 1024 * 1024;
/** What a reader takes before it says so. */
const CREDIT_BYTES = 64 * 1024;
/** A peer that does not answer an end is not waited for longer. */
const END_MS_MAX = 2_000;
/** What is written at once arrives in up to so many pieces, of any size: nobody may count on borders. */
const PIECES_MAX = 3;

/** Byte streams over the simulated network: a connection each. */
export class SimByteStreams implements ByteStreams {
  readonly #network: SimNetwork;
  readonly #end: Endpoint;

  constructor(network: SimNetwork, life: Life, host: string) {
    this.#network = network;
    this.#end = { host, life };
  }

  listen({ address, open }: Parameters<ByteStreams['listen']>[0]): Promise<ByteListener> {
    const { life } = this.#end;
    return listenAt(this.#network, this.#end, address, (peer, wire, done) => {
      // The first frame says that the connection stands; it comes in the listening process's own time.
      wire.receive = () => {
        const stream = new StreamEnd(this.#network, life, wire, `${peer}:0`, done);
        stream.start(open(stream));
      };
    });
  }

  connect(address: string, events: ByteStreamEvents): ByteStream {
    const wire = new Wire();
    let isOver = false;
    let release = (): void => undefined;
    const stream = new StreamEnd(this.#network, this.#end.life, wire, address, () => {
      isOver = true;
      release();
    });
    stream.start(events);
    wire.send({ kind: 'open', path: '', clientId: '', timeoutMs: Number.POSITIVE_INFINITY });
    dial(this.#network, this.#end, address, (result) => {
      if (typeof result === 'string') wire.receive({ kind: 'lost', reason: reasonOf(result, address) });
      else release = result.connection.exchange(wire, result.accept);
      if (isOver) release();
    });
    return stream;
  }
}

/** One end. States: open -> closing (this side has ended it) -> closed; open -> closed. */
class StreamEnd implements ByteStream {
  readonly peer: string;
  readonly #network: SimNetwork;
  readonly #life: Life;
  readonly #wire: Wire;
  readonly #onFinished: () => void;
  #events: ByteStreamEvents | undefined;
  #closing = false;
  #closed = false;
  #outstandingBytes = 0;
  #full = false;
  #takenBytes = 0;

  constructor(network: SimNetwork, life: Life, wire: Wire, peer: string, onFinished: () => void) {
    this.#network = network;
    this.#life = life;
    this.#wire = wire;
    this.peer = peer;
    this.#onFinished = onFinished;
    wire.receive = (frame) => this.#receive(frame);
  }

  start(events: ByteStreamEvents): void {
    this.#events = events;
  }

  get #open(): boolean {
    return this.#life.alive && !this.#closed && !this.#closing;
  }

  write(parts: readonly Uint8Array[]): boolean {
    if (!this.#open) return false;
    const bytes = concatBytes(parts);
    this.#outstandingBytes += bytes.length;
    for (const piece of this.#pieces(bytes)) this.#wire.send({ kind: 'message', bytes: piece });
    this.#full ||= !this.ready();
    return this.ready();
  }

  ready(): boolean {
    return this.#open && this.#outstandingBytes < MARK_BYTES;
  }

  pause(): void {
    if (this.#open) this.#wire.pause();
  }

  resume(): void {
    this.#wire.resume();
  }

  end(): void {
    if (!this.#open) return;
    this.#closing = true;
    this.#wire.send({ kind: 'close', reason: ENDED });
    this.#wire.resume();
    this.#life.after(END_MS_MAX, 'io', () => this.#finish(ENDED));
  }

  destroy(): void {
    if (this.#closed) return;
    this.#closing = true;
    this.#wire.send({ kind: 'lost', reason: { code: 'broken', message: 'the peer has cut the connection' } });
    this.#life.after(0, 'io', () => this.#finish(ENDED));
  }

  #pieces(bytes: Uint8Array): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let at = 0;
    for (let count = this.#network.draw(PIECES_MAX); count > 0 && at < bytes.length; count--) {
      const size = 1 + this.#network.draw(bytes.length - at);
      pieces.push(bytes.subarray(at, at + size));
      at += size;
    }
    if (at < bytes.length) pieces.push(bytes.subarray(at));
    return pieces;
  }

  #receive(frame: Frame): void {
    if (this.#closed) return;
    if (frame.kind === 'message') this.#take(frame.bytes);
    else if (frame.kind === 'credit') this.#credit(frame.bytes);
    else if (frame.kind === 'lost') this.#finish(frame.reason);
    else if (frame.kind === 'close') {
      if (!this.#closing) this.#wire.send({ kind: 'close', reason: ENDED });
      this.#finish(ENDED);
    }
  }

  #take(bytes: Uint8Array): void {
    if (!this.#open) return;
    this.#takenBytes += bytes.length;
    if (this.#takenBytes >= CREDIT_BYTES) {
      this.#wire.send({ kind: 'credit', bytes: this.#takenBytes });
      this.#takenBytes = 0;
    }
    this.#events?.onBytes(bytes);
  }

  #credit(bytes: number): void {
    this.#outstandingBytes -= bytes;
    if (!this.#full || !this.ready()) return;
    this.#full = false;
    this.#events?.onReady();
  }

  #finish(reason: RpcCloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onFinished();
    this.#events?.onClose(this.#closing ? ENDED : reason);
  }
}

function reasonOf(result: Extract<DialResult, string>, address: string): RpcCloseReason {
  if (result === 'refused') return { code: 'refused', message: `nobody listens on ${address}` };
  return { code: 'broken', message: `${address} ${result === 'lost' ? 'closed the connection' : 'does not answer'}` };
}
