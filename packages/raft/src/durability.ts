import { assert, type MetadataOffset } from '@moldau/base';
import type { Output } from './output.ts';

/** Held back messages are few (answers of one flush); beyond this the oldest is dropped, as a network may. */
const WITHHELD_MAX = 1024;

type Send = Extract<Output, { kind: 'send' }>;

interface PendingPersist {
  readonly persistId: number;
  /** Last index of the log once this is done, less what later truncations cut. */
  lastIndex: MetadataOffset;
}

/**
 * What is on stable media, and which messages wait for it. Nothing leaves that claims a term, a vote or an entry which a
 * crash could still take back; entries are claimed by {@link persistedIndex}, terms and votes by holding messages back.
 */
export class Durability {
  #persistedIndex: MetadataOffset;
  #nextPersistId = 1;
  #hardStateId = 0;
  #doneId = 0;
  #pending: PendingPersist[] = [];
  #withheld: { readonly persistId: number; readonly send: Send }[] = [];

  constructor(persistedIndex: MetadataOffset) {
    this.#persistedIndex = persistedIndex;
  }

  /** Entries up to here are on stable media, and are the log's entries still. */
  get persistedIndex(): MetadataOffset {
    return this.#persistedIndex;
  }

  /** Whether the newest term and vote are on stable media. */
  get hardStatePersisted(): boolean {
    return this.#hardStateId <= this.#doneId;
  }

  begin(options: { readonly lastIndex: MetadataOffset; readonly withHardState: boolean }): number {
    const persistId = this.#nextPersistId++;
    this.#pending.push({ persistId, lastIndex: options.lastIndex });
    if (options.withHardState) this.#hardStateId = persistId;
    return persistId;
  }

  /** A write that was begun before this may still complete, but what it wrote from here on is no longer the log. */
  truncated(from: MetadataOffset): void {
    this.#persistedIndex = Math.min(this.#persistedIndex, from - 1);
    for (const pending of this.#pending) pending.lastIndex = Math.min(pending.lastIndex, from - 1);
  }

  /** The log was replaced by a snapshot that is on stable media. */
  replaced(index: MetadataOffset): void {
    this.#persistedIndex = index;
    for (const pending of this.#pending) pending.lastIndex = index;
  }

  /** Returns the messages that may leave now. */
  completed(persistId: number): Send[] {
    assert(persistId > this.#doneId && persistId < this.#nextPersistId, 'a persist completes once', { persistId });
    this.#doneId = persistId;
    while (this.#pending[0] !== undefined && this.#pending[0].persistId <= persistId) {
      this.#persistedIndex = this.#pending[0].lastIndex;
      this.#pending.shift();
    }
    const free = this.#withheld.filter((held) => held.persistId <= persistId);
    this.#withheld = this.#withheld.filter((held) => held.persistId > persistId);
    return free.map((held) => held.send);
  }

  /** Splits off what must wait for the newest hard state; the rest is returned to be sent. */
  admit(sends: readonly Send[]): readonly Send[] {
    if (this.hardStatePersisted) return sends;
    for (const send of sends) this.#withheld.push({ persistId: this.#hardStateId, send });
    if (this.#withheld.length > WITHHELD_MAX) this.#withheld.splice(0, this.#withheld.length - WITHHELD_MAX);
    return [];
  }
}
