import type { Clock, Logger } from '@moldau/base';
import type { MoldauError } from '../errors.ts';

/** From one line to the next: where nothing can be written, saying so must not fill a disk. */
const INTERVAL_MS = 10_000;

/** Tells the log of enqueued records that failed: the first at once, then how many more, at most one line per interval. */
export class FailureLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #toldMs = -Infinity;
  #recordCount = 0;
  #latest: MoldauError | undefined;

  constructor(ports: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = ports.clock;
    this.#logger = ports.logger;
  }

  failed(error: MoldauError, recordCount: number): void {
    this.#latest = error;
    this.#recordCount += recordCount;
    if (this.#clock.nowMs() - this.#toldMs >= INTERVAL_MS) this.tell();
  }

  /** What was not told yet, now. */
  tell(): void {
    if (this.#latest === undefined) return;
    const { code, message, topic, partition } = this.#latest;
    const fields = { code, reason: message, topic, partition, recordCount: this.#recordCount };
    this.#logger.error('producer.enqueued_records_failed', fields);
    this.#toldMs = this.#clock.nowMs();
    this.#recordCount = 0;
    this.#latest = undefined;
  }
}
