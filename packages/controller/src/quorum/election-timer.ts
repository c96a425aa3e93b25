import type { Clock, Timer, Timers } from '@moldau/base';

/** A timer that fires this late was held up by our own loop, or the machine it runs on. */
const LAG_MS_TOLERATED = 50;

/**
 * Wakes the machine at its deadline. A deadline condemns somebody: a leader that was not heard, followers that did not
 * answer. So when it comes, first everything that has arrived is delivered (a full pass over the sockets), and if the
 * timer itself was late, the machine is told how long this process was deaf.
 */
export class ElectionTimer {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #onDue: (lagMs: number) => void;
  #timer: Timer | undefined;
  #firesAtMs = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(clock: Clock, timers: Timers, onDue: (lagMs: number) => void) {
    this.#clock = clock;
    this.#timers = timers;
    this.#onDue = onDue;
  }

  /** Deadlines mostly move back, with each message: a timer that fires too early is cheaper than one per message. */
  arm(deadlineMs: number): void {
    if (this.#closed || deadlineMs >= this.#firesAtMs) return;
    this.#timer?.cancel();
    this.#firesAtMs = deadlineMs;
    this.#timer = this.#timers.after(Math.max(0, deadlineMs - this.#clock.nowMs()), () => this.#fire());
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #fire(): void {
    const lagMs = this.#clock.nowMs() - this.#firesAtMs;
    this.#firesAtMs = Number.POSITIVE_INFINITY;
    this.#timers.afterPoll(() => {
      if (!this.#closed) this.#onDue(lagMs > LAG_MS_TOLERATED ? lagMs : 0);
    });
  }
}
