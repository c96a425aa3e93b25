import type { Clock, Timer, Timers } from '@moldau/base';

/** What is done again and again, until it is stopped. */
export class Recurring {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #open = new Set<Timer>();
  #isStopped = false;

  constructor({ clock, timers }: { readonly clock: Clock; readonly timers: Timers }) {
    this.#clock = clock;
    this.#timers = timers;
  }

  /** `stalledMs` is how late this time came. */
  every(ms: number, run: (stalledMs: number) => void): void {
    const dueMs = this.#clock.nowMs() + ms;
    const timer = this.#timers.after(ms, () => {
      this.#open.delete(timer);
      // What had arrived during a stall is heard first.
      this.#timers.afterPoll(() => {
        if (this.#isStopped) return;
        run(this.#clock.nowMs() - dueMs);
        this.every(ms, run);
      });
    });
    this.#open.add(timer);
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#open) timer.cancel();
  }
}
