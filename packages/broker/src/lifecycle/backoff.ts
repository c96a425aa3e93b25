import { type Random, randomFraction, type Timers } from '@moldau/base';

/** Waits that double up to a bound, each shortened by up to half at random so that many who wait do not come at once. */
export class Backoff {
  readonly #random: Random;
  readonly #msMin: number;
  readonly #msMax: number;
  #nextMs: number;

  constructor(random: Random, bounds: { readonly msMin: number; readonly msMax: number }) {
    this.#random = random;
    this.#msMin = bounds.msMin;
    this.#msMax = bounds.msMax;
    this.#nextMs = bounds.msMin;
  }

  /** How long to wait now. */
  next(): number {
    const ms = this.#nextMs;
    this.#nextMs = Math.min(ms * 2, this.#msMax);
    return ms * (1 - randomFraction(this.#random) / 2);
  }

  /** It worked. */
  reset(): void {
    this.#nextMs = this.#msMin;
  }
}

export function pause(timers: Timers, ms: number): Promise<void> {
  return new Promise((resolve) => timers.after(ms, resolve));
}
