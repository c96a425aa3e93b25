import { constants } from 'node:os';

/** Why a node should stop. */
export type StopReason = 'SIGTERM' | 'SIGINT' | 'supervisor gone';

/** The process as far as stopping it goes; tests pass their own. */
export interface StoppableProcess {
  on(event: 'SIGTERM' | 'SIGINT' | 'disconnect', listener: () => void): unknown;
  off(event: 'SIGTERM' | 'SIGINT' | 'disconnect', listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * Waits for the first reason to stop. A second signal means "now": the process exits at once, and the next start
 * recovers. When the channel to a supervisor closes, the supervisor is gone, and a node without it would stay for ever.
 */
export class StopRequest {
  readonly requested: Promise<StopReason>;
  readonly #process: StoppableProcess;
  #resolve: (reason: StopReason) => void = () => undefined;
  readonly #listeners: readonly (readonly ['SIGTERM' | 'SIGINT' | 'disconnect', () => void])[];
  #asked = false;

  constructor(process: StoppableProcess) {
    this.#process = process;
    this.requested = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#listeners = [
      ['SIGTERM', () => this.#signal('SIGTERM')],
      ['SIGINT', () => this.#signal('SIGINT')],
      ['disconnect', () => this.#ask('supervisor gone')],
    ];
    for (const [event, listener] of this.#listeners) process.on(event, listener);
  }

  /** Gives the signals back. */
  close(): void {
    for (const [event, listener] of this.#listeners) this.#process.off(event, listener);
  }

  #signal(signal: 'SIGTERM' | 'SIGINT'): void {
    if (this.#asked) this.#process.exit(128 + constants.signals[signal]);
    this.#ask(signal);
  }

  #ask(reason: StopReason): void {
    this.#asked = true;
    this.#resolve(reason);
  }
}
