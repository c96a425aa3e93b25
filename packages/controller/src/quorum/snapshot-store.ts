import { assert, type Checksum, type Disk, type DiskFile, isMissing, MalformedBytesError } from '@moldau/base';
import { type SnapshotMeta, sameSnapshot } from '@moldau/raft';
import { QuorumDirectoryError } from './quorum-directory-error.ts';
import {
  type DecodedSnapshot,
  decodeSnapshot,
  encodeSnapshot,
  isSnapshotFileName,
  type SnapshotPoint,
  snapshotFileName,
} from './snapshot-file.ts';

/** The newest, and the one before it, which may still be on its way to a follower. */
const KEPT_COUNT = 2;
const INCOMING_NAME = 'incoming.tmp';
const TAKEN_NAME = 'taken.tmp';

/** The snapshots of one node: whole files that appear under their names only when they are complete and durable. */
export class SnapshotStore {
  readonly #disk: Disk;
  readonly #checksum: Checksum;
  readonly #directory: string;
  /** Oldest first. */
  #kept: SnapshotMeta[] = [];
  #incoming: { readonly snapshot: SnapshotMeta; readonly file: DiskFile } | undefined;

  constructor(disk: Disk, checksum: Checksum, directory: string) {
    this.#disk = disk;
    this.#checksum = checksum;
    this.#directory = directory;
  }

  /** The newest snapshot, if there is one; half-written files go. @throws QuorumDirectoryError, DiskError */
  async recover(): Promise<DecodedSnapshot | undefined> {
    await this.#disk.makeDirectory(this.#directory);
    const names = (await this.#disk.list(this.#directory)).map(({ name }) => name);
    for (const name of names.filter((each) => each.endsWith('.tmp'))) await this.#disk.removeFile(this.#path(name));
    const found = names.filter(isSnapshotFileName).sort();
    const newest = found.at(-1);
    if (newest === undefined) return undefined;
    const snapshot = await this.#load(newest);
    // Only now: when the newest is damaged, the one before it is what an operator has left.
    for (const name of found.slice(0, -1)) await this.#disk.removeFile(this.#path(name));
    this.#kept = [snapshot.meta];
    return snapshot;
  }

  /** Writes a snapshot of this node's own state. Durable when it resolves. */
  async save(point: SnapshotPoint, state: Uint8Array): Promise<SnapshotMeta> {
    const { meta, parts } = encodeSnapshot(point, state, this.#checksum);
    const file = await this.#create(TAKEN_NAME, 'checkpoint');
    await file.write(0, parts);
    await this.#publish(file, TAKEN_NAME, meta);
    return meta;
  }

  /**
   * Undefined when that snapshot is no longer kept. Before the first bytes leave, all are checked: a follower that is sent
   * damaged ones begins again, and would for ever.
   */
  async read(
    snapshot: SnapshotMeta,
    positionBytes: number,
    bytesMax: number,
  ): Promise<Uint8Array | 'damaged' | undefined> {
    if (!this.#kept.some((each) => sameSnapshot(each, snapshot))) return undefined;
    try {
      const name = snapshotFileName(snapshot);
      if (positionBytes === 0 && (await this.#decodeFile(name)) === undefined) return 'damaged';
      const file = await this.#disk.open(this.#path(name), { lane: 'bulk', mode: 'existing' });
      const bytes = new Uint8Array(Math.min(bytesMax, snapshot.sizeBytes - positionBytes));
      const count = await file.read(positionBytes, bytes);
      await file.close();
      return count === bytes.length ? bytes : undefined;
    } catch (error) {
      // A newer one was published during the read.
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Bytes of a snapshot that the leader sends; at position 0 a new file is begun. */
  async writeIncoming(snapshot: SnapshotMeta, positionBytes: number, bytes: Uint8Array): Promise<void> {
    if (positionBytes === 0) {
      await this.#incoming?.file.close();
      this.#incoming = { snapshot, file: await this.#create(INCOMING_NAME, 'bulk') };
    }
    assert(
      this.#incoming !== undefined && sameSnapshot(this.#incoming.snapshot, snapshot),
      'chunks are of the snapshot begun',
    );
    await this.#incoming.file.write(positionBytes, [bytes]);
  }

  /** Checks what was received and makes it the newest snapshot; undefined when the bytes are not what was promised. */
  async installIncoming(snapshot: SnapshotMeta): Promise<DecodedSnapshot | undefined> {
    const incoming = this.#incoming;
    assert(incoming !== undefined && sameSnapshot(incoming.snapshot, snapshot), 'the snapshot received is installed');
    this.#incoming = undefined;
    const bytes = new Uint8Array(snapshot.sizeBytes);
    await incoming.file.read(0, bytes);
    const decoded = this.#decode(bytes);
    if (decoded === undefined || !sameSnapshot(decoded.meta, snapshot)) {
      await incoming.file.close();
      return undefined;
    }
    await this.#publish(incoming.file, INCOMING_NAME, decoded.meta);
    return decoded;
  }

  async close(): Promise<void> {
    await this.#incoming?.file.close();
    this.#incoming = undefined;
  }

  async #publish(file: DiskFile, temporaryName: string, meta: SnapshotMeta): Promise<void> {
    await file.sync();
    await file.close();
    const path = this.#path(snapshotFileName(meta));
    await this.#disk.rename(this.#path(temporaryName), path);
    await this.#disk.syncDirectory(this.#directory);
    const others = this.#kept.filter((each) => !sameSnapshot(each, meta));
    this.#kept = [...others, meta].sort((left, right) => left.index - right.index);
    for (const old of this.#kept.splice(0, Math.max(0, this.#kept.length - KEPT_COUNT))) {
      await this.#disk.removeFile(this.#path(snapshotFileName(old)));
    }
  }

  async #create(name: string, lane: 'checkpoint' | 'bulk'): Promise<DiskFile> {
    const file = await this.#disk.open(this.#path(name), { lane, mode: 'createOrOpen' });
    await file.truncate(0);
    return file;
  }

  async #load(name: string): Promise<DecodedSnapshot> {
    const decoded = await this.#decodeFile(name);
    if (decoded !== undefined) return decoded;
    throw new QuorumDirectoryError(
      `${this.#path(name)} is damaged, and the log before it is gone. Remove the node's quorum directory, so that it joins anew as another replica, then replace its voter.`,
    );
  }

  /** Undefined when it is not what was written. */
  async #decodeFile(name: string): Promise<DecodedSnapshot | undefined> {
    const file = await this.#disk.open(this.#path(name), { lane: 'bulk', mode: 'existing' });
    const bytes = new Uint8Array(await file.size());
    await file.read(0, bytes);
    await file.close();
    const decoded = this.#decode(bytes);
    return decoded !== undefined && snapshotFileName(decoded.meta) === name ? decoded : undefined;
  }

  #decode(bytes: Uint8Array): DecodedSnapshot | undefined {
    try {
      return decodeSnapshot(bytes, this.#checksum);
    } catch (error) {
      if (error instanceof MalformedBytesError) return undefined;
      throw error;
    }
  }

  #path(name: string): string {
    return `${this.#directory}/${name}`;
  }
}
