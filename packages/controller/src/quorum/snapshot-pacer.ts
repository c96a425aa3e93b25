import { type Random, randomInteger } from '@moldau/base';
import type { Entry } from '@moldau/raft';

/** Some MiB of log; a start replays at most as much. */
const ENTRIES_DEFAULT = 20_000;
/** Few entries can be large: memory, disk and the time of a start are bounded by bytes too. */
const BYTES_DEFAULT = 64 * 1024 * 1024;
/** Encoding a large state takes a moment: nodes that apply the same entries must not all stop for it at the same one. */
const EARLIEST_PERCENT = 75;

/** Says when enough has been applied for another snapshot. */
export class SnapshotPacer {
  readonly #random: Random;
  readonly #entriesMax: number;
  readonly #bytesMax: number;
  #percent = 100;
  #entries = 0;
  #bytes = 0;

  constructor(random: Random, limits: { readonly entries?: number | undefined; readonly bytes?: number | undefined }) {
    this.#random = random;
    this.#entriesMax = limits.entries ?? ENTRIES_DEFAULT;
    this.#bytesMax = limits.bytes ?? BYTES_DEFAULT;
    this.restart();
  }

  get isDue(): boolean {
    const share = this.#percent / 100;
    return this.#entries >= this.#entriesMax * share || this.#bytes >= this.#bytesMax * share;
  }

  applied(entries: readonly Entry[]): void {
    this.#entries += entries.length;
    for (const { payload } of entries) this.#bytes += payload.length;
  }

  /** A snapshot is being taken, or was installed, of all that was applied. */
  restart(): void {
    this.#entries = 0;
    this.#bytes = 0;
    this.#percent = randomInteger(this.#random, EARLIEST_PERCENT, 101);
  }
}
