import { assert, DiskError, type KeyValueChange, type KeyValueStore, randomInteger, utf8Encode } from '@moldau/base';
import type { SimDisk } from './sim-disk.ts';
import type { Life } from './sim-process.ts';
import type { SimRandom } from './sim-random.ts';
import type { TreeAttachment } from './sim-tree.ts';

const LATENCY_MS_MAX = 0.3;
const SYNC_LATENCY_MS_MAX = 1.2;

/** What is in the directory of a store: its entries, and the writes that no sync covers yet. */
class StoreContents implements TreeAttachment {
  seen = new Map<string, Uint8Array>();
  readonly durable = new Map<string, Uint8Array>();
  readonly unsynced: (readonly KeyValueChange[])[] = [];
  openedBy: Life | undefined;

  get sizeBytes(): number {
    let sum = 0;
    for (const [key, value] of this.seen) sum += key.length + value.length;
    return sum;
  }

  write(changes: readonly KeyValueChange[], sync: boolean): void {
    applyChanges(this.seen, changes);
    this.unsynced.push(changes);
    if (sync) this.#keep(this.unsynced.length);
  }

  losePower(random: SimRandom): void {
    this.#keep(randomInteger(random, 0, this.unsynced.length + 1));
    this.unsynced.length = 0;
    this.seen = new Map(this.durable);
  }

  #keep(count: number): void {
    for (const changes of this.unsynced.splice(0, count)) applyChanges(this.durable, changes);
  }
}

function applyChanges(entries: Map<string, Uint8Array>, changes: readonly KeyValueChange[]): void {
  for (const { key, value } of changes) {
    if (value === undefined) entries.delete(key);
    else entries.set(key, value);
  }
}

/**
 * Opens, or creates, the store in this directory for one life of a process. A kill loses nothing but the writes under
 * way; a loss of power also a suffix of the unsynced ones.
 *
 * @throws DiskError ELOCKED while it is open
 */
export function openSimStore(disk: SimDisk, life: Life, directory: string): Promise<KeyValueStore> {
  return afterLatency(disk, life, directory, LATENCY_MS_MAX, () => {
    const isContents = (value: unknown): value is StoreContents => value instanceof StoreContents;
    const contents = disk.attachment(directory, isContents, () => new StoreContents());
    if (contents.openedBy?.alive) throw new DiskError('ELOCKED', directory, 'the store is open already');
    contents.openedBy = life;
    return new SimStore(disk, life, directory, contents);
  });
}

class SimStore implements KeyValueStore {
  readonly #disk: SimDisk;
  readonly #life: Life;
  readonly #directory: string;
  readonly #contents: StoreContents;
  #open = true;
  /** Writes take effect in the order of the calls. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(disk: SimDisk, life: Life, directory: string, contents: StoreContents) {
    this.#disk = disk;
    this.#life = life;
    this.#directory = directory;
    this.#contents = contents;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.#submit(LATENCY_MS_MAX, () => this.#contents.seen.get(key)?.slice());
  }

  write(changes: readonly KeyValueChange[], options: { readonly sync: boolean }): Promise<void> {
    const copied = changes.map(({ key, value }) => ({ key, value: value?.slice() }));
    const latencyMsMax = options.sync ? SYNC_LATENCY_MS_MAX : LATENCY_MS_MAX;
    // Written in addition to what stands there, even where it replaces it: that goes later.
    const bytes = copied.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0);
    const perform = (): void => {
      if (bytes > this.#disk.freeBytes()) throw this.#disk.noSpace(this.#directory);
      this.#contents.write(copied, options.sync);
    };
    const written = this.#tail.then(() => this.#submit(latencyMsMax, perform, perform));
    this.#tail = written.catch(() => undefined);
    return written;
  }

  async *entries(range: { readonly from: string; readonly to: string }): AsyncIterable<readonly [string, Uint8Array]> {
    const within = await this.#submit(LATENCY_MS_MAX, () => entriesBetween(this.#contents.seen, range.from, range.to));
    for (const [key, value] of within) yield [key, value.slice()];
  }

  async close(): Promise<void> {
    await this.#tail;
    await this.#submit(LATENCY_MS_MAX, () => {
      this.#open = false;
      this.#contents.openedBy = undefined;
    });
  }

  #submit<T>(latencyMsMax: number, perform: () => T, atDeath?: () => void): Promise<T> {
    assert(this.#open, 'a store is used while it is open', { directory: this.#directory });
    return afterLatency(this.#disk, this.#life, this.#directory, latencyMsMax, perform, atDeath);
  }
}

function entriesBetween(entries: Map<string, Uint8Array>, from: string, to: string): [string, Uint8Array][] {
  const [first, end] = [utf8Encode(from), utf8Encode(to)];
  return [...entries]
    .map(([key, value]) => ({ key, value, order: utf8Encode(key) }))
    .filter(({ order }) => compareBytes(order, first) >= 0 && compareBytes(order, end) < 0)
    .sort((left, right) => compareBytes(left.order, right.order))
    .map(({ key, value }) => [key, value]);
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Nobody is left to be told that it failed. */
function unheard(perform: () => void): void {
  try {
    perform();
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
  }
}

function afterLatency<T>(
  disk: SimDisk,
  life: Life,
  directory: string,
  latencyMsMax: number,
  perform: () => T,
  atDeath?: () => void,
): Promise<T> {
  if (!life.alive) return new Promise(() => undefined);
  return new Promise<T>((resolve, reject) => {
    const forget = life.onEnd(() => {
      if (atDeath !== undefined && disk.random.chance(0.5)) unheard(atDeath);
    });
    life.after(disk.random.between(0, latencyMsMax) * disk.slowness, 'io', () => {
      forget();
      const fault = disk.takeFault('store', directory);
      if (fault !== undefined) return reject(fault);
      try {
        resolve(perform());
      } catch (error) {
        reject(error);
      }
    });
  });
}
