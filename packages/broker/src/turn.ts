import type { Timers } from '@moldau/base';

/** Something that has work at the end of this turn. The flag belongs to {@link Turn}: it makes asking twice free. */
export interface TurnTask {
  queued: boolean;
  runTurn(): void;
}

/**
 * The end of a turn of the event loop: what many small events of one turn have to say leaves as one. First the
 * partitions settle (high watermark, acknowledgements), then the streams send what that brought.
 */
export class Turn {
  readonly #timers: Timers;
  readonly #fail: (reason: unknown) => void;
  #settling: TurnTask[] = [];
  #sending: TurnTask[] = [];
  #scheduled = false;

  /** `fail`: a task threw. That is a bug, and the process must not go on with half a turn done. */
  constructor(timers: Timers, fail: (reason: unknown) => void) {
    this.#timers = timers;
    this.#fail = fail;
  }

  settle(task: TurnTask): void {
    if (task.queued) return;
    task.queued = true;
    this.#settling.push(task);
    this.#schedule();
  }

  send(task: TurnTask): void {
    if (task.queued) return;
    task.queued = true;
    this.#sending.push(task);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#timers.endOfTurn(() => this.#run());
  }

  #run(): void {
    this.#scheduled = false;
    try {
      const settling = this.#settling;
      this.#settling = [];
      for (const task of settling) {
        task.queued = false;
        task.runTurn();
      }
      const sending = this.#sending;
      this.#sending = [];
      for (const task of sending) {
        task.queued = false;
        task.runTurn();
      }
    } catch (error) {
      this.#fail(error);
    }
  }
}
