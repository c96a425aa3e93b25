import type { ErrorCode, RpcCloseReason } from '@moldau/base';
import type { SimNetwork } from './sim-network.ts';
import type { Life } from './sim-process.ts';

/** What travels between the two ends of one call or stream. */
export type Frame =
  | { readonly kind: 'open'; readonly path: string; readonly clientId: string; readonly timeoutMs: number }
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'close'; readonly reason: RpcCloseReason }
  /** The reader has taken this much: the writer may send as much again. */
  | { readonly kind: 'credit'; readonly bytes: number }
  /** The connection is gone, or the other end gave up. */
  | { readonly kind: 'lost'; readonly reason: RpcCloseReason };

/** Headers and the like, so that an empty message takes its time too. */
const FRAME_BYTES = 64;

/** After a partition is healed, TCP sends again when its timer says so. */
const RETRANSMISSION_MS_MAX = 200;

/**
 * One direction of one call or stream: frames arrive in the order in which they were sent, each after its latency, one
 * for each event of the scheduler. A cut link holds them back; a lost connection loses a suffix of those under way.
 */
export class Pipe {
  readonly #network: SimNetwork;
  readonly #source: string;
  readonly #target: string;
  /** The process at the reading end. */
  readonly #life: Life;
  readonly #deliver: (frame: Frame) => void;
  readonly #transit: Frame[] = [];
  readonly #received: Frame[] = [];
  #stalledCount = 0;
  #lastArrivalMs = 0;
  #paused = false;
  #draining = false;
  #stopped = false;

  constructor(network: SimNetwork, source: string, target: string, life: Life, deliver: (frame: Frame) => void) {
    this.#network = network;
    this.#source = source;
    this.#target = target;
    this.#life = life;
    this.#deliver = deliver;
  }

  send(frame: Frame): void {
    if (this.#stopped) return;
    this.#transit.push(frame);
    const size = FRAME_BYTES + (frame.kind === 'message' ? frame.bytes.length : 0);
    const { scheduler } = this.#life;
    // Never before the frame ahead of it.
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, this.#network.arrivalMs(this.#source, this.#target, size));
    scheduler.after(this.#lastArrivalMs - scheduler.nowMs, () => this.#arrive());
  }

  /** What has arrived waits; credits and losses do not. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (this.#received.length > 0) this.#drainLater();
  }

  /** Of what is under way, a prefix still arrives, and then the news. */
  lose(reason: RpcCloseReason): void {
    this.#transit.length = this.#network.draw(this.#transit.length + 1);
    this.send({ kind: 'lost', reason });
  }

  stop(): void {
    this.#stopped = true;
    this.#transit.length = 0;
    this.#received.length = 0;
  }

  #arrive(): void {
    if (this.#stopped || !this.#life.alive) return;
    if (this.#network.isCut(this.#source, this.#target)) {
      if (this.#stalledCount++ === 0) this.#network.whenHealed(this.#source, this.#target, () => this.#retransmit());
      return;
    }
    const frame = this.#transit.shift();
    if (frame === undefined) return;
    if (this.#life.process.paused) this.#life.after(0, 'io', () => this.#take(frame), { ordered: true });
    else this.#life.process.enter(() => this.#take(frame));
  }

  #retransmit(): void {
    const count = this.#stalledCount;
    this.#stalledCount = 0;
    const delayMs = this.#network.draw(RETRANSMISSION_MS_MAX);
    for (let index = 0; index < count; index++) this.#life.scheduler.after(delayMs, () => this.#arrive());
  }

  #take(frame: Frame): void {
    if (this.#stopped) return;
    if (frame.kind === 'credit' || (frame.kind === 'lost' && this.#paused)) {
      this.#deliver(frame);
      return;
    }
    this.#received.push(frame);
    if (this.#received.length === 1 && !this.#draining) this.#drain();
    else this.#drainLater();
  }

  /** One frame for each event, so that all it causes is done before the next. */
  #drain(): void {
    if (this.#paused) return;
    const frame = this.#received.shift();
    if (frame === undefined) return;
    if (this.#received.length > 0) this.#drainLater();
    this.#deliver(frame);
  }

  #drainLater(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#life.after(0, 'io', () => {
      this.#draining = false;
      this.#drain();
    });
  }
}
