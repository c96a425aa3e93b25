/**
 * How far a long command is, on stderr: a bar that is drawn over itself on a terminal, elsewhere a plain line now and
 * then, so that a log tells that the command lives. Nothing for commands that end soon.
 */
import type { Writable } from 'node:stream';
import { counted } from './counted.ts';

/** What is done so far. */
export interface Done {
  /** Of what is counted. */
  readonly count: number;
  /** 0 to 1; undefined where nobody knows how much there is. */
  readonly share: number | undefined;
}

const BAR_DELAY_MS = 500;
const BAR_INTERVAL_MS = 100;
const LINE_INTERVAL_MS = 10_000;
const BAR_CELLS = 24;
/** To the first column, and whatever stands there is gone. */
const ERASE = '\r\u001b[K';

export class Progress {
  readonly #stderr: Writable & { readonly isTTY?: boolean };
  /** What is counted: `record`. */
  readonly #noun: string;
  readonly #nowMs: () => number;
  readonly #startedAtMs: number;
  #nextAtMs: number;
  #shownCount = 0;
  #isDrawn = false;

  constructor(stderr: Writable & { readonly isTTY?: boolean }, noun: string, nowMs: () => number) {
    this.#stderr = stderr;
    this.#noun = noun;
    this.#nowMs = nowMs;
    this.#startedAtMs = nowMs();
    this.#nextAtMs = this.#startedAtMs + (stderr.isTTY === true ? BAR_DELAY_MS : LINE_INTERVAL_MS);
  }

  /** To be called often: it says something only when it is time to, and there is news. */
  update({ count, share }: Done): void {
    const nowMs = this.#nowMs();
    if (nowMs < this.#nextAtMs || count === this.#shownCount) return;
    this.#shownCount = count;
    const text = this.#text({ count, share }, nowMs - this.#startedAtMs);
    if (this.#stderr.isTTY === true) {
      this.#nextAtMs = nowMs + BAR_INTERVAL_MS;
      this.#isDrawn = true;
      this.#stderr.write(`${ERASE}${share === undefined ? '' : `${bar(share)}  `}${text}`);
    } else {
      this.#nextAtMs = nowMs + LINE_INTERVAL_MS;
      this.#stderr.write(`${text}\n`);
    }
  }

  /** Takes the bar away, as before any other line. */
  erase(): void {
    if (this.#isDrawn) this.#stderr.write(ERASE);
    this.#isDrawn = false;
  }

  #text({ count, share }: Done, elapsedMs: number): string {
    const perSecond = Math.round(count / (elapsedMs / 1000));
    const parts = [counted(count, this.#noun), `${perSecond.toLocaleString('en')}/s`];
    if (share !== undefined && share > 0) {
      const leftS = Math.ceil((elapsedMs * (1 - share)) / share / 1000);
      parts.unshift(`${Math.floor(share * 100)} %`);
      parts.push(`${leftS.toLocaleString('en')} s left`);
    }
    return parts.join(', ');
  }
}

function bar(share: number): string {
  const full = Math.floor(Math.min(Math.max(share, 0), 1) * BAR_CELLS);
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_CELLS - full)}]`;
}
