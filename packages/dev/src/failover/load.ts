import { MoldauError, type Producer } from '@moldau/client';
import type { SendOutcome, SentRecord } from '@moldau/history';
import type { AckGaps } from './ack-gaps.ts';

/** Some records each turn of the timer; a late timer makes up for what it missed, within a bound. */
const TICK_MS = 2;
const CATCH_UP_TICKS_MAX = 50;
/** Sent and not settled; beyond it the load waits, as an application would. Two seconds of everything. */
const WAITING_MAX = 10_000;
const KEY_COUNT = 64;
/** What a record carries besides its number, so that it has the size of a small event. */
const FILLER = '.'.repeat(100);

export interface LoadOptions {
  readonly topic: string;
  readonly recordsPerSecond: number;
  readonly gaps: AckGaps;
}

/** Sends numbered records of some keys at a steady rate and remembers what became of each. */
export class Load {
  readonly #producer: Producer<string, string>;
  readonly #options: LoadOptions;
  readonly #history: { key: string; sequence: number; outcome: SendOutcome }[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #startedAtMs = performance.now();
  #due = 0;
  #settled = 0;

  constructor(producer: Producer<string, string>, options: LoadOptions) {
    this.#producer = producer;
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  get history(): readonly SentRecord[] {
    return this.#history;
  }

  /** Stops sending and resolves when every record is settled. */
  async finish(): Promise<void> {
    clearInterval(this.#timer);
    await this.#producer.flush();
    await this.#producer.close();
  }

  #tick(): void {
    const { recordsPerSecond } = this.#options;
    const wanted = ((performance.now() - this.#startedAtMs) / 1000) * recordsPerSecond;
    this.#due = Math.max(this.#due, wanted - (recordsPerSecond * TICK_MS * CATCH_UP_TICKS_MAX) / 1000);
    while (this.#due < wanted && this.#history.length - this.#settled < WAITING_MAX) {
      this.#due++;
      this.#send();
    }
  }

  #send(): void {
    const number = this.#history.length;
    const key = `key-${number % KEY_COUNT}`;
    const sequence = Math.floor(number / KEY_COUNT);
    // Until it is settled nobody knows: that is what stays if this run ends early.
    const entry: { key: string; sequence: number; outcome: SendOutcome } = {
      key,
      sequence,
      outcome: { kind: 'unknown' },
    };
    this.#history.push(entry);
    this.#producer.send(this.#options.topic, { key, value: `${sequence} ${FILLER}` }).then(
      ({ partition, offset }) => {
        this.#settled++;
        entry.outcome = { kind: 'acknowledged', partition, offset };
        this.#options.gaps.acknowledged(partition, performance.now());
      },
      (error: unknown) => {
        this.#settled++;
        if (!(error instanceof MoldauError)) throw error;
        if (error.code !== 'OUTCOME_UNKNOWN') entry.outcome = { kind: 'refused' };
      },
    );
  }
}

/** The number that a record of the load carries. */
export function sequenceOf(value: string): number {
  return Number.parseInt(value, 10);
}
