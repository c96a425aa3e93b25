/** A timer that has not fired yet. Cancelling one that has is harmless. */
export interface Timer {
  cancel(): void;
}

/** Work for later, on the one event loop. */
export interface Timers {
  /** Runs once, `delayMs` (>= 0) from now or later; never earlier, and never within this call. */
  after(delayMs: number, run: () => void): Timer;
  /**
   * Runs when the turn's work is done: after every callback of this pass over the sockets. Several in one turn
   * run in the order of the calls. What was appended in one turn leaves as one message from here.
   */
  endOfTurn(run: () => void): void;
  /**
   * Runs after one full pass over the sockets: what had arrived before the call has been delivered by then. A
   * deadline that would condemn a peer decides only here, so that a stall of the judge does not condemn the judged.
   */
  afterPoll(run: () => void): void;
}
