import type { Offset } from '@moldau/base';
import { type FilePorts, readCheckedFile, writeCheckedFile } from '../checked-file.ts';

const NAME_DIGITS = 20;
const NAME_PATTERN = /^(\d{20})\.state$/;

/** One before the newest, for a truncation that reaches below the newest. */
const FILES_KEPT = 2;

/** What the batches below an offset told of their producers, so that they need not be read again. */
export interface ReplicaState {
  readonly offset: Offset;
  readonly producers: Uint8Array;
}

/**
 * The `.state` files of one log: producers as of the offset in their name (checked files). One that is missing or invalid
 * costs time only, except behind a reset, where nothing below the offset is here to be read.
 */
export class StateFiles {
  readonly #ports: FilePorts;
  readonly #directory: string;
  /** Rising. */
  #offsets: Offset[];
  /** Told of batches that were truncated since. */
  #obsolete: Offset[] = [];
  #isTidy = true;

  constructor(ports: FilePorts, directory: string, fileNames: readonly string[]) {
    this.#ports = ports;
    this.#directory = directory;
    this.#offsets = fileNames.flatMap((name) => {
      const digits = NAME_PATTERN.exec(name)?.[1];
      return digits === undefined ? [] : [Number(digits)];
    });
  }

  /** The newest valid state at or below the offset. */
  async load(offset: Offset): Promise<ReplicaState | undefined> {
    for (const candidate of this.#offsets.filter((each) => each <= offset).reverse()) {
      const file = await readCheckedFile(this.#ports, this.#path(candidate), 'state');
      if (file.kind === 'valid') return { offset: candidate, producers: file.payload };
    }
    return undefined;
  }

  /** At once: no state above the offset is loaded any more. The files go with the next {@link tidy}. */
  truncateTo(offset: Offset): void {
    this.#obsolete.push(...this.#offsets.filter((each) => each > offset));
    this.#offsets = this.#offsets.filter((each) => each <= offset);
    if (this.#obsolete.length > 0) this.#isTidy = false;
  }

  /** Writes and syncs a state; the directory is synced by {@link tidy}. */
  async save(state: ReplicaState): Promise<void> {
    await writeCheckedFile(this.#ports, this.#path(state.offset), 'state', state.producers);
    this.#isTidy = false;
    this.#obsolete = this.#obsolete.filter((each) => each !== state.offset);
    this.#offsets = [...this.#offsets.filter((each) => each !== state.offset), state.offset].sort((a, b) => a - b);
  }

  /**
   * Removes what is obsolete or too old, and makes all names durable. Before a checkpoint names the log's new end: an
   * obsolete state that lies below it would be believed.
   */
  async tidy(): Promise<void> {
    if (this.#isTidy) return;
    this.#isTidy = true;
    const aged = this.#offsets.splice(0, Math.max(0, this.#offsets.length - FILES_KEPT));
    const leaving = [...this.#obsolete.splice(0), ...aged];
    for (const offset of leaving) await this.#ports.disk.removeFile(this.#path(offset));
    await this.#ports.disk.syncDirectory(this.#directory);
  }

  #path(offset: Offset): string {
    return `${this.#directory}/${String(offset).padStart(NAME_DIGITS, '0')}.state`;
  }
}
