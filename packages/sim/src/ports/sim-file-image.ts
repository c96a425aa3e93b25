/**
 * One file's bytes twice: as processes see them (the page cache) and as they would be found after a loss of power, with
 * the list of changes in between, oldest first.
 *
 * A loss of power keeps, of the changes since the last sync: a prefix of the truncations (they are metadata, and a
 * journalling file system orders them); a prefix of the growth of the size; and of each sector the state after some
 * prefix of the writes that touched it, chosen for each sector alone. So a write may be torn anywhere on a sector's
 * border, the size may run ahead of the data (zeros), and a later write may survive an earlier one.
 */
import { assert, randomInteger } from '@moldau/base';
import type { SimRandom } from './sim-random.ts';

type FileChange =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly size: number };

type FileWrite = Extract<FileChange, { kind: 'write' }>;

export class FileImage {
  readonly #seen = new GrowingBytes();
  readonly #durable = new GrowingBytes();
  #unsynced: FileChange[] = [];
  /** Changes ever made; those not in `unsynced` are durable, or were lost to a failed sync. */
  #changeCount = 0;

  get size(): number {
    return this.#seen.size;
  }

  /** To be given to {@link sync}: it covers what happened before this was read, and nothing later. */
  get changeCount(): number {
    return this.#changeCount;
  }

  read(position: number, into: Uint8Array): number {
    return this.#seen.read(position, into);
  }

  write(position: number, bytes: Uint8Array): void {
    this.#seen.write(position, bytes);
    this.#unsynced.push({ kind: 'write', position, bytes: bytes.slice() });
    this.#changeCount++;
  }

  truncate(size: number): void {
    this.#seen.resize(size);
    this.#unsynced.push({ kind: 'truncate', size });
    this.#changeCount++;
  }

  sync(changeCount: number): void {
    for (const change of this.#take(changeCount)) apply(this.#durable, change);
  }

  /** The kernel drops the error with the pages: they count as clean, are still read, and no later sync writes them. */
  failSync(changeCount: number, random: SimRandom): void {
    keepSome(this.#durable, this.#take(changeCount), random);
  }

  /** The process died in the middle of this write. */
  writePrefix(position: number, bytes: Uint8Array, random: SimRandom): void {
    const written = bytes.subarray(0, randomInteger(random, 0, bytes.length + 1));
    if (written.length > 0) this.write(position, written);
  }

  losePower(random: SimRandom): void {
    keepSome(this.#durable, this.#take(this.#changeCount), random);
    this.#seen.become(this.#durable);
  }

  /** The medium itself went bad: neither a read nor a restart brings the old byte back. */
  flipBit(position: number, bit: number): void {
    assert(position < this.size && bit >= 0 && bit < 8, 'a bit that rots exists', { position, bit, size: this.size });
    this.#seen.flipBit(position, bit);
    if (position < this.#durable.size) this.#durable.flipBit(position, bit);
    for (const change of this.#unsynced) {
      if (change.kind === 'write') flipWithin(change, position, bit);
    }
  }

  #take(changeCount: number): FileChange[] {
    assert(changeCount <= this.#changeCount, 'a sync covers changes that were made');
    const first = this.#changeCount - this.#unsynced.length;
    return this.#unsynced.splice(0, Math.max(0, changeCount - first));
  }
}

function flipWithin(change: FileWrite, position: number, bit: number): void {
  const at = position - change.position;
  if (at >= 0 && at < change.bytes.length) change.bytes[at] = (change.bytes[at] ?? 0) ^ (1 << bit);
}

function apply(durable: GrowingBytes, change: FileChange): void {
  if (change.kind === 'truncate') durable.resize(change.size);
  else durable.write(change.position, change.bytes);
}

function keepSome(durable: GrowingBytes, changes: readonly FileChange[], random: SimRandom): void {
  const keep = keepProbability(random);
  let writes: FileWrite[] = [];
  for (const change of changes) {
    if (change.kind === 'write') {
      writes.push(change);
    } else if (random.chance(keep)) {
      keepSectors(durable, writes, keep, random);
      durable.resize(change.size);
      writes = [];
    } else {
      // What came after a truncation that is lost stood on blocks that are lost with it.
      break;
    }
  }
  keepSectors(durable, writes, keep, random);
}

/** Nothing, all, or some: the two extremes are what happens most. */
export function keepProbability(random: SimRandom): number {
  const draw = random.between(0, 4);
  if (draw < 1) return 0;
  return draw < 2 ? 1 : random.between(0, 1);
}

function keepSectors(durable: GrowingBytes, writes: readonly FileWrite[], keep: number, random: SimRandom): void {
  if (writes.length === 0) return;
  const sectorBytes = random.chance(0.5) ? 512 : 4096;
  const size = keptSize(durable.size, writes, keep, random);
  const touching = new Map<number, FileWrite[]>();
  for (const write of writes) {
    const end = write.position + write.bytes.length;
    for (let sector = Math.floor(write.position / sectorBytes); sector * sectorBytes < end; sector++) {
      const list = touching.get(sector);
      if (list === undefined) touching.set(sector, [write]);
      else list.push(write);
    }
  }
  if (durable.size < size) durable.resize(size);
  for (const [sector, list] of touching) {
    const end = Math.min(size, (sector + 1) * sectorBytes);
    for (const write of list) {
      if (!random.chance(keep)) break;
      const from = Math.max(write.position, sector * sectorBytes);
      const until = Math.min(write.position + write.bytes.length, end);
      if (from < until) durable.write(from, write.bytes.subarray(from - write.position, until - write.position));
    }
  }
}

function keptSize(size: number, writes: readonly FileWrite[], keep: number, random: SimRandom): number {
  let kept = size;
  for (const write of writes) {
    if (!random.chance(keep)) break;
    kept = Math.max(kept, write.position + write.bytes.length);
  }
  return kept;
}

/** Bytes past `size` in the buffer are always zero, so growing again shows zeros. */
class GrowingBytes {
  #bytes = new Uint8Array(0);
  size = 0;

  read(position: number, into: Uint8Array): number {
    const count = Math.max(0, Math.min(into.length, this.size - position));
    into.set(this.#bytes.subarray(position, position + count));
    return count;
  }

  write(position: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (position + bytes.length > this.size) this.resize(position + bytes.length);
    this.#bytes.set(bytes, position);
  }

  resize(size: number): void {
    if (size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2, 64));
      grown.set(this.#bytes.subarray(0, this.size));
      this.#bytes = grown;
    }
    if (size < this.size) this.#bytes.fill(0, size, this.size);
    this.size = size;
  }

  become(other: GrowingBytes): void {
    this.#bytes = other.#bytes.slice(0, other.size);
    this.size = other.size;
  }

  flipBit(position: number, bit: number): void {
    this.#bytes[position] = (this.#bytes[position] ?? 0) ^ (1 << bit);
  }
}
