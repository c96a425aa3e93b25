import { type DirectoryId, type KeyValueStore, utf8Decode, utf8Encode } from '@moldau/base';

/** Behind the keys of the applied metadata, which are dropped when that is fetched again. */
const KEY = '~directories';

/**
 * The data directories that this broker has had. One that does not come back, taken out of the configuration or broken,
 * took replicas with it that metadata may still count as complete: it is named as damaged in the registration, so that
 * an empty log in its place is not elected.
 */
export class DirectoryRoster {
  /** Had before, not there now. */
  readonly missing: readonly DirectoryId[];
  readonly #store: KeyValueStore;
  readonly #present: readonly DirectoryId[];

  private constructor(store: KeyValueStore, present: readonly DirectoryId[], missing: readonly DirectoryId[]) {
    this.#store = store;
    this.#present = present;
    this.missing = missing;
  }

  /** Durable when resolved, before anything is put into a new directory. */
  static async open(store: KeyValueStore, present: readonly DirectoryId[]): Promise<DirectoryRoster> {
    const known = await store.get(KEY);
    const before = known === undefined ? [] : utf8Decode(known).split('\n');
    const missing = before.filter((directoryId) => !present.includes(directoryId));
    await store.write([entry([...present, ...missing])], { sync: true });
    return new DirectoryRoster(store, present, missing);
  }

  /** The controller has heard of the missing ones. */
  async registered(): Promise<void> {
    if (this.missing.length > 0) await this.#store.write([entry(this.#present)], { sync: true });
  }
}

function entry(directoryIds: readonly DirectoryId[]): { key: string; value: Uint8Array } {
  return { key: KEY, value: utf8Encode(directoryIds.join('\n')) };
}
