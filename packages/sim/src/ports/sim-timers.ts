import { assert, type Timer, type Timers } from '@moldau/base';
import type { Life } from './sim-process.ts';
import type { SimRandom } from './sim-random.ts';

/** Keeps a timer from firing a rounding error before the process's own clock says that it is due. */
const ROUNDING_MS = 0.001;
/** How much later than asked a timer of a healthy process fires, at most. */
const LATE_MS_MAX_DEFAULT = 1;
/** How long a turn lasts, at most: what happens within it shares one end of turn. */
const TURN_MS_MAX_DEFAULT = 0.1;

export interface SimTimersOptions {
  readonly lateMsMax?: number;
  readonly turnMsMax?: number;
}

/** Timers in virtual time, measured by the process's own clock. They are late, as real ones are, and later after a stall. */
export class SimTimers implements Timers {
  readonly #life: Life;
  readonly #random: SimRandom;
  readonly #lateMsMax: number;
  readonly #turnMsMax: number;
  #turn: (() => void)[] = [];

  constructor(life: Life, random: SimRandom, options: SimTimersOptions = {}) {
    this.#life = life;
    this.#random = random;
    this.#lateMsMax = options.lateMsMax ?? LATE_MS_MAX_DEFAULT;
    this.#turnMsMax = options.turnMsMax ?? TURN_MS_MAX_DEFAULT;
  }

  after(delayMs: number, run: () => void): Timer {
    assert(delayMs >= 0, 'a delay is not negative', { delayMs });
    const late = this.#random.between(ROUNDING_MS, ROUNDING_MS + this.#lateMsMax);
    return this.#life.after(delayMs / this.#life.process.clockRate + late, 'timer', run);
  }

  endOfTurn(run: () => void): void {
    this.#turn.push(run);
    if (this.#turn.length > 1) return;
    this.#life.after(this.#random.between(0, this.#turnMsMax), 'endOfTurn', () => {
      const ending = this.#turn;
      this.#turn = [];
      for (const each of ending) each();
    });
  }

  afterPoll(run: () => void): void {
    this.#life.after(0, 'afterPoll', run, { ordered: true });
  }
}
