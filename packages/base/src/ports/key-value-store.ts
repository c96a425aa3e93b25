/** One change of an atomic write. `value: undefined` deletes the key. */
export interface KeyValueChange {
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

/**
 * An ordered map on disk, for what can be rebuilt from elsewhere (a broker's applied metadata). Keys are ordered by
 * their UTF-8 bytes. A crash may lose writes that were not synced, but only a suffix of them, each whole or not at all.
 */
export interface KeyValueStore {
  get(key: string): Promise<Uint8Array | undefined>;
  /** Atomic. With `sync` it and all before it are durable when the promise resolves. */
  write(changes: readonly KeyValueChange[], options: { readonly sync: boolean }): Promise<void>;
  /** Entries with `from <= key < to` in order, as they were when iteration began. */
  entries(range: { readonly from: string; readonly to: string }): AsyncIterable<readonly [string, Uint8Array]>;
  close(): Promise<void>;
}
