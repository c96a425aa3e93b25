import type { KeyValueChange, KeyValueStore } from '@moldau/base';
import { Level } from 'level';
import { diskError } from './disk-errors.ts';

/**
 * Opens, or creates, the LevelDB in this directory.
 *
 * @throws DiskError ELOCKED while it is open, here or in another process
 */
export async function openLevelStore(directory: string): Promise<KeyValueStore> {
  const level = new Level<string, Uint8Array>(directory, { keyEncoding: 'utf8', valueEncoding: 'view' });
  try {
    await level.open();
  } catch (error) {
    throw diskError(error, directory, 'open store');
  }
  return new LevelStore(directory, level);
}

class LevelStore implements KeyValueStore {
  readonly #directory: string;
  readonly #level: Level<string, Uint8Array>;
  /** LevelDB's writes run on several threads: only one at a time keeps them in the order of the calls. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(directory: string, level: Level<string, Uint8Array>) {
    this.#directory = directory;
    this.#level = level;
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#run('read', () => this.#level.get(key));
  }

  write(changes: readonly KeyValueChange[], options: { readonly sync: boolean }): Promise<void> {
    const batch = changes.map(({ key, value }) =>
      value === undefined ? ({ type: 'del', key } as const) : ({ type: 'put', key, value } as const),
    );
    const written = this.#tail.then(() => this.#run('write', () => this.#level.batch(batch, { sync: options.sync })));
    this.#tail = written.catch(() => undefined);
    return written;
  }

  async *entries(range: { readonly from: string; readonly to: string }): AsyncIterable<readonly [string, Uint8Array]> {
    try {
      yield* this.#level.iterator({ gte: range.from, lt: range.to });
    } catch (error) {
      throw diskError(error, this.#directory, 'iterate');
    }
  }

  async close(): Promise<void> {
    await this.#tail;
    await this.#run('close', () => this.#level.close());
  }

  async #run<T>(what: string, job: () => Promise<T>): Promise<T> {
    try {
      return await job();
    } catch (error) {
      throw diskError(error, this.#directory, what);
    }
  }
}
