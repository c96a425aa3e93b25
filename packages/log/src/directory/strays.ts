import { type Disk, isMissing } from '@moldau/base';
import { parseReplicaDirectoryName } from './replica-directory.ts';

const STRAY_NAME = 'stray';

/** `<replica>.<wall time in ms at which it was put aside>` */
const PATTERN = /^(.+)\.(\d{1,16})$/;

/**
 * Replicas that were put aside, under `stray/`: nobody who is sure that they are not needed has said so. They go when
 * nobody has missed them for long. What was moved there by hand, or has a name of another kind, stays.
 */
export class Strays {
  readonly #disk: Disk;
  readonly #directory: string;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  get #path(): string {
    return `${this.#directory}/${STRAY_NAME}`;
  }

  /** Moves a replica's directory; done already is done. Durable when resolved. */
  async putAside(name: string, nowWallMs: number): Promise<void> {
    await this.#disk.makeDirectory(this.#path);
    // The same replica may come here twice, and a directory is not renamed onto another.
    const taken = new Set((await this.#disk.list(this.#path)).map((entry) => entry.name));
    let atMs = nowWallMs;
    while (taken.has(`${name}.${atMs}`)) atMs++;
    try {
      await this.#disk.rename(`${this.#directory}/${name}`, `${this.#path}/${name}.${atMs}`);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    await this.#disk.syncDirectory(this.#path);
    await this.#disk.syncDirectory(this.#directory);
  }

  /** Deletes those that were put aside before this time; gives their names. */
  async removeOlder(thanWallMs: number): Promise<string[]> {
    const removed: string[] = [];
    for (const { name, kind } of await this.#list()) {
      const [, replica = '', atMs] = PATTERN.exec(name) ?? [];
      const isStray = kind === 'directory' && parseReplicaDirectoryName(replica) !== undefined;
      if (!isStray || Number(atMs) >= thanWallMs) continue;
      await this.#disk.removeDirectory(`${this.#path}/${name}`);
      removed.push(name);
    }
    return removed;
  }

  async #list(): ReturnType<Disk['list']> {
    try {
      return await this.#disk.list(this.#path);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }
}
