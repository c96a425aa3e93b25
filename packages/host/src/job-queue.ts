import { assert } from '@moldau/base';

/** Runs at most so many jobs at a time, in the order in which they came. Those who wait are bounded by their callers. */
export class JobQueue {
  readonly #runningMax: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(runningMax: number) {
    assert(runningMax > 0, 'a queue runs something', { runningMax });
    this.#runningMax = runningMax;
  }

  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#running < this.#runningMax) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await job();
    } finally {
      // The place passes straight to the next, so that no newcomer takes it first.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
