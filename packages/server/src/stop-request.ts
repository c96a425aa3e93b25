import { constants } from 'node:os';

/** Why a node should stop. */
export type StopReason = 'SIGTERM' | 'SIGINT' | 'supervisor gone' | 'refused by the cluster';

/** The process as far as stopping it goes; tests pass their own. */
export interface StoppableProcess {
  on(event: 'SIGTERM' | 'SIGINT' | 'disconnect', listener: () => void): unknown;
  off(event: 'SIGTERM' | 'SIGINT' | 'disconnect', listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * One Ctrl-C can come twice: to the whole process group, and passed on by whoever started this process. What comes so
 * soon after the first is the same one.
 */
const SAME_SIGNAL_MS = 500;

/**
 * Waits for the first reason to stop. A second signal means "now": the process exits at once, and the next start
 * recovers. When the channel to a supervisor closes, the supervisor is gone, and a node without it would stay for ever.
 */
export class StopRequest {
  readonly requested: Promise<StopReason>;
  readonly #process: StoppableProcess;
  readonly #nowMs: () => number;
  #resolve: (reason: StopReason) => void = () => undefined;
  readonly #listeners: readonly (readonly ['SIGTERM' | 'SIGINT' | 'disconnect', () => void])[];
  #askedAtMs: number | undefined;

  constructor(process: StoppableProcess, nowMs: () => number = () => performance.now()) {
    this.#process = process;
    this.#nowMs = nowMs;
    this.requested = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#listeners = [
      ['SIGTERM', () => this.#signal('SIGTERM')],
      ['SIGINT', () => this.#signal('SIGINT')],
      ['disconnect', () => this.ask('supervisor gone')],
    ];
    for (const [event, listener] of this.#listeners) process.on(event, listener);
  }

  /** Gives the signals back. */
  close(): void {
    for (const [event, listener] of this.#listeners) this.#process.off(event, listener);
  }

  /** As a signal does. */
  ask(reason: StopReason): void {
    this.#askedAtMs ??= this.#nowMs();
    this.#resolve(reason);
  }

  #signal(signal: 'SIGTERM' | 'SIGINT'): void {
    if (this.#askedAtMs === undefined) this.ask(signal);
    else if (this.#nowMs() - this.#askedAtMs >= SAME_SIGNAL_MS) this.#process.exit(128 + constants.signals[signal]);
  }
}
