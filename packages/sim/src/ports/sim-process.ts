/**
 * A process of the simulation. States: stopped -> running (start) -> stopped (kill); running <-> paused (pause, resume).
 *
 * Each start is a new {@link Life}, and every port of the process belongs to one life: when it ends, its timers and
 * completions are dropped, so that no continuation of the dead code ever runs, and what the dead code still calls (the
 * rest of the turn in which it stopped itself) does nothing.
 *
 * A paused process does nothing, but the world goes on: what falls due for it is held. On resume, held timers run
 * before held messages, as in Node's loop after a stall: that is the order that condemns innocent peers.
 */
import { assert, type Timer } from '@moldau/base';
import type { Phase, Scheduler } from './scheduler.ts';

interface Held {
  readonly phase: Phase;
  readonly run: () => void;
}

export interface SimProcessOptions {
  readonly name: string;
  /** How fast its monotonic clock runs; 1 is exact, 1.0001 gains 100 µs a second. Default 1. */
  readonly clockRate?: number;
  /** What its wall clock shows too much. Default 0. */
  readonly wallOffsetMs?: number;
  /** Takes what its code throws out of an event, in place of the run, which it otherwise fails. */
  readonly onError?: (error: unknown) => void;
}

export class SimProcess {
  readonly name: string;
  readonly clockRate: number;
  /** May be changed at any time: the wall clock jumps. */
  wallOffsetMs: number;
  /** Raised whenever its code runs: what it shows may have changed. */
  activity = 0;
  readonly #scheduler: Scheduler;
  readonly #onError: ((error: unknown) => void) | undefined;
  #life: Life | undefined;
  #held: Held[] = [];
  #paused = false;

  constructor(scheduler: Scheduler, options: SimProcessOptions) {
    this.#scheduler = scheduler;
    this.name = options.name;
    this.clockRate = options.clockRate ?? 1;
    this.wallOffsetMs = options.wallOffsetMs ?? 0;
    this.#onError = options.onError;
    assert(this.clockRate > 0, 'a clock goes forward', { clockRate: this.clockRate });
  }

  get running(): boolean {
    return this.#life !== undefined;
  }

  get paused(): boolean {
    return this.#paused;
  }

  start(): Life {
    assert(this.#life === undefined, 'a process is started when it does not run', { name: this.name });
    this.#life = new Life(this, this.#scheduler);
    return this.#life;
  }

  /** kill -9. The machine lives on: what was written but not synced stays, and its sockets are closed by the system. */
  kill(): void {
    const life = this.#life;
    this.#life = undefined;
    this.#held = [];
    this.#paused = false;
    this.activity++;
    life?.end();
  }

  pause(): void {
    this.#paused = this.#life !== undefined;
  }

  resume(): void {
    const held = this.#held;
    this.#held = [];
    this.#paused = false;
    for (const { phase, run } of held) this.#scheduler.after(0, run, { phase, ordered: true });
  }

  /** The loop stands still for this long: a long collection of garbage, a busy core, a suspended machine. */
  stall(durationMs: number): void {
    const life = this.#life;
    if (life === undefined || this.#paused) return;
    this.pause();
    this.#scheduler.after(durationMs, () => {
      if (this.#life === life) this.resume();
    });
  }

  /** All code of the process that is not a promise's continuation runs through here. */
  enter(run: () => void): void {
    this.activity++;
    if (this.#onError === undefined) {
      run();
      return;
    }
    try {
      run();
    } catch (error) {
      this.#onError(error);
    }
  }

  /** For {@link Life}: keeps what fell due during a pause. */
  hold(phase: Phase, run: () => void): void {
    assert(this.#paused, 'only a paused process holds work back', { name: this.name });
    this.#held.push({ phase, run });
  }
}

/** One run of a process, from start to kill. */
export class Life {
  readonly process: SimProcess;
  readonly scheduler: Scheduler;
  readonly #endings = new Set<() => void>();
  #alive = true;

  constructor(process: SimProcess, scheduler: Scheduler) {
    this.process = process;
    this.scheduler = scheduler;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Runs inside the process: not after its death, not while it is paused. */
  after(delayMs: number, phase: Phase, run: () => void, options: { readonly ordered?: boolean } = {}): Timer {
    let pending = this.#alive;
    if (!pending) return { cancel: () => undefined };
    const fire = (): void => {
      if (!pending || !this.#alive) return;
      if (this.process.paused) {
        this.process.hold(phase, fire);
        return;
      }
      pending = false;
      this.process.enter(run);
    };
    const entry = this.scheduler.after(delayMs, fire, { phase, ...options });
    return {
      cancel: () => {
        pending = false;
        entry.cancel();
      },
    };
  }

  /** What the system does when the process is gone: free its locks, close its sockets. Returns how to take it back. */
  onEnd(run: () => void): () => void {
    assert(this.#alive, 'only a living process holds things', { name: this.process.name });
    this.#endings.add(run);
    return () => this.#endings.delete(run);
  }

  /** Through {@link SimProcess.kill}. */
  end(): void {
    assert(this.#alive, 'a process dies once', { name: this.process.name });
    this.#alive = false;
    for (const run of this.#endings) run();
    this.#endings.clear();
  }
}
