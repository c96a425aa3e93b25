import type { Clock } from '@moldau/base';
import type { Life } from './sim-process.ts';

/** Wall time at virtual time 0: 2026-01-01T00:00:00Z. */
const WALL_ORIGIN_MS = 1_767_225_600_000;

/** Virtual time as one process sees it: at its own rate, and by its own idea of the date. */
export class SimClock implements Clock {
  readonly #life: Life;

  constructor(life: Life) {
    this.#life = life;
  }

  nowMs(): number {
    return this.#life.scheduler.nowMs * this.#life.process.clockRate;
  }

  wallMs(): number {
    return Math.floor(WALL_ORIGIN_MS + this.#life.scheduler.nowMs + this.#life.process.wallOffsetMs);
  }
}
