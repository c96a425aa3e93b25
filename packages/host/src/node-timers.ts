import { assert, type Clock, type Timer, type Timers } from '@moldau/base';

/** Node turns a longer delay into 1 ms, without an error. */
const DELAY_MS_MAX = 2 ** 31 - 1;

/**
 * Timers over Node's loop, each pass of which runs timers, then sockets and files (poll), then immediates (check).
 *
 * Node counts timers in whole milliseconds of a time cached at the start of the pass, so one may come up to a
 * millisecond early; such a one is set again.
 */
export class NodeTimers implements Timers {
  readonly #clock: Clock;
  #turn: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  after(delayMs: number, run: () => void): Timer {
    assert(delayMs >= 0 && delayMs <= DELAY_MS_MAX, 'a delay is within what a timer can count', { delayMs });
    const dueMs = this.#clock.nowMs() + delayMs;
    const fire = (): void => {
      const leftMs = dueMs - this.#clock.nowMs();
      if (leftMs <= 0) run();
      else handle = setTimeout(fire, leftMs);
    };
    let handle = setTimeout(fire, delayMs);
    return { cancel: () => clearTimeout(handle) };
  }

  endOfTurn(run: () => void): void {
    this.#turn.push(run);
    if (this.#turn.length > 1) return;
    setImmediate(() => {
      const ending = this.#turn;
      this.#turn = [];
      for (const each of ending) each();
    });
  }

  /**
   * The first immediate ends the pass under way, whose poll may have looked at the sockets before the call; between it
   * and the second lies a whole poll.
   */
  afterPoll(run: () => void): void {
    setImmediate(() => setImmediate(run));
  }
}
