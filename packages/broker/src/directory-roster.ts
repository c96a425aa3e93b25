import { type DirectoryId, type KeyValueStore, utf8Decode, utf8Encode } from '@moldau/base';

/** Behind the keys of the applied metadata, which are dropped when that is fetched again. */
const KEY = '~directories';

/**
 * The data directories that this broker has had, as the controller knows of them.
 *
 *     unknown ──found at a start──> present ──not found──> missing ──the controller has heard──> unknown
 *
 * One that does not come back, taken out of the configuration or broken, took replicas with it that metadata may still
 * count as complete: it is named as damaged in the registration, so that an empty log in its place is not elected.
 *
 * Once that was heard its replicas are made anew elsewhere, and become complete there. When it comes back after all, what
 * it holds is older than what metadata means by them, and nothing on the disk says so: it has *returned*, and its logs are
 * put aside before anybody could take them for the broker's replicas.
 */
export class DirectoryRoster {
  /** Had before, not there now. */
  readonly missing: readonly DirectoryId[];
  /** There now, and not new, and not among those that the broker has: what they hold counts for nothing. */
  readonly returned: readonly DirectoryId[];
  readonly #store: KeyValueStore;
  #present: readonly DirectoryId[];

  private constructor(
    store: KeyValueStore,
    present: readonly DirectoryId[],
    known: readonly DirectoryId[] | undefined,
  ) {
    this.#store = store;
    this.#present = present;
    this.missing = known?.filter((directoryId) => !present.includes(directoryId)) ?? [];
    // Without a roster, on the first start or after the metadata directory was lost, there is nothing to compare with.
    this.returned = known === undefined ? [] : present.filter((directoryId) => !known.includes(directoryId));
  }

  static async open(store: KeyValueStore, present: readonly DirectoryId[]): Promise<DirectoryRoster> {
    const value = await store.get(KEY);
    return new DirectoryRoster(store, present, value === undefined ? undefined : utf8Decode(value).split('\n'));
  }

  /**
   * What returned holds nothing any more, but for those that failed on the way, and counts as had from here on. Durable when
   * resolved, before anything is put into a directory.
   */
  async settled(failed: ReadonlySet<DirectoryId>): Promise<void> {
    this.#present = this.#present.filter((directoryId) => !failed.has(directoryId));
    await this.#store.write([entry([...this.#present, ...this.missing])], { sync: true });
  }

  /** The controller has heard of the missing ones. */
  async registered(): Promise<void> {
    if (this.missing.length > 0) await this.#store.write([entry(this.#present)], { sync: true });
  }
}

function entry(directoryIds: readonly DirectoryId[]): { key: string; value: Uint8Array } {
  return { key: KEY, value: utf8Encode(directoryIds.join('\n')) };
}
