import type { Clock, Disk } from '@moldau/base';

/** The disk is asked at most this often, however many appends are refused meanwhile. */
const ASK_INTERVAL_MS = 100;

/** Each appended byte is written twice: to the journal and to its segment. */
const WRITES_PER_BYTE = 2;

/**
 * How much may still be appended before the disk is too full, so that appends are refused instead of failing halfway: a
 * journal that could not write its tail would take the directory offline.
 */
export class FreeSpace {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #path: string;
  readonly #reservedBytes: number;
  readonly #onError: (error: unknown) => void;
  #leftBytes = 0;
  #answeredBytes = 0;
  #askedMs = 0;
  #isAsking = false;

  constructor(
    ports: { readonly disk: Disk; readonly clock: Clock },
    path: string,
    reservedBytes: number,
    onError: (error: unknown) => void,
  ) {
    this.#disk = ports.disk;
    this.#clock = ports.clock;
    this.#path = path;
    this.#reservedBytes = reservedBytes;
    this.#onError = onError;
  }

  get leftBytes(): number {
    return this.#leftBytes;
  }

  async measure(): Promise<void> {
    this.#isAsking = true;
    this.#askedMs = this.#clock.nowMs();
    this.#leftBytes = (await this.#disk.space(this.#path)).freeBytes - this.#reservedBytes;
    this.#answeredBytes = this.#leftBytes;
    this.#isAsking = false;
  }

  take(bytes: number): void {
    this.#leftBytes -= bytes * WRITES_PER_BYTE;
    if (this.#leftBytes < this.#answeredBytes / 2) this.#ask();
  }

  /** Whether appends are to be refused. Asks again, since space may have been freed. */
  isExhausted(): boolean {
    if (this.#leftBytes > 0) return false;
    this.#ask();
    return true;
  }

  #ask(): void {
    if (this.#isAsking || this.#clock.nowMs() - this.#askedMs < ASK_INTERVAL_MS) return;
    this.measure().catch(this.#onError);
  }
}
