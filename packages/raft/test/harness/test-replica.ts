import { crc32c, type MetadataOffset, present, utf8Decode, utf8Encode } from '@moldau/base';
import {
  type Entry,
  foundingEntry,
  HARD_STATE_INITIAL,
  type HardState,
  type Input,
  type Output,
  Raft,
  type RaftConfig,
  type Replica,
  type SnapshotMeta,
} from '@moldau/raft';
import { SeededRandom } from './seeded-random.ts';

type StorageOutput = Extract<Output, { kind: 'persist' | 'trimLog' | 'writeSnapshot' | 'installSnapshot' }>;

/** What survives a crash. */
interface TestDisk {
  hardState: HardState;
  entries: Entry[];
  snapshot: { meta: SnapshotMeta; bytes: Uint8Array } | undefined;
}

/** One machine with the dumbest shell: a queue of storage work, a disk in memory, a state machine that keeps a list. */
export class TestReplica {
  readonly replica: Replica;
  readonly disk: TestDisk = { hardState: HARD_STATE_INITIAL, entries: [], snapshot: undefined };
  readonly #config: RaftConfig;
  readonly #random: SeededRandom;
  raft: Raft | undefined;
  /** Payloads applied, from index 1. */
  applied: string[] = [];
  storageQueue: StorageOutput[] = [];
  #receiving = new Uint8Array(0);

  constructor(config: RaftConfig, seed: number) {
    this.replica = config.self;
    this.#config = config;
    this.#random = new SeededRandom(seed);
  }

  found(voters: readonly Replica[]): void {
    this.disk.entries.push(foundingEntry(voters));
  }

  start(nowMs: number): void {
    const { hardState, entries, snapshot } = this.disk;
    this.applied = snapshot === undefined ? [] : parseState(snapshot.bytes);
    const recovered = { hardState, entries: [...entries], snapshot: snapshot?.meta };
    this.raft = new Raft(this.#config, this.#random, recovered, nowMs);
  }

  crash(): void {
    this.raft = undefined;
    this.storageQueue = [];
  }

  get running(): Raft {
    return present(this.raft, 'a running machine');
  }

  /** Steps the machine; keeps what is for its own disk and state machine, returns all. */
  step(input: Input, nowMs: number): Output[] {
    const outputs = this.running.step(input, nowMs);
    for (const output of outputs) {
      if (output.kind === 'persist' || output.kind === 'trimLog') this.storageQueue.push(output);
      else if (output.kind === 'writeSnapshot' || output.kind === 'installSnapshot') this.storageQueue.push(output);
      else if (output.kind === 'committed') {
        for (const entry of output.entries)
          this.applied[entry.index - 1] = `${entry.kind}:${utf8Decode(payloadText(entry))}`;
      }
    }
    return outputs;
  }

  /** Does the oldest storage work; returns its answer. */
  store(): Input | undefined {
    const work = present(this.storageQueue.shift(), 'storage work');
    const { disk } = this;
    if (work.kind === 'persist') {
      if (work.truncateFrom !== undefined) {
        const from = work.truncateFrom;
        disk.entries = disk.entries.filter((entry) => entry.index < from);
      }
      disk.entries.push(...work.append);
      disk.hardState = work.hardState ?? disk.hardState;
      return { kind: 'persisted', persistId: work.persistId };
    }
    if (work.kind === 'trimLog') {
      disk.entries = disk.entries.filter((entry) => entry.index >= work.startIndex);
      return undefined;
    }
    const { snapshot } = work;
    if (work.kind === 'writeSnapshot') {
      if (work.positionBytes === 0) this.#receiving = new Uint8Array(snapshot.sizeBytes);
      this.#receiving.set(work.bytes, work.positionBytes);
      return { kind: 'snapshotWritten', snapshot, endBytes: work.positionBytes + work.bytes.length };
    }
    if (crc32c(this.#receiving) !== snapshot.checksum) return { kind: 'snapshotDamaged', snapshot };
    disk.snapshot = { meta: snapshot, bytes: this.#receiving };
    disk.entries = [];
    this.applied = parseState(this.#receiving);
    return { kind: 'snapshotInstalled', snapshot };
  }

  /** A byte of what it has received of a snapshot is not what was sent. */
  damageIncoming(): void {
    this.#receiving[0] = (this.#receiving[0] ?? 0) ^ 1;
  }

  takeSnapshot(): Input | undefined {
    const index: MetadataOffset = this.applied.length;
    if (index === 0 || index <= (this.disk.snapshot?.meta.index ?? 0)) return undefined;
    const bytes = utf8Encode(JSON.stringify(this.applied));
    const point = this.running.snapshotPoint(index);
    const meta: SnapshotMeta = { index, ...point, sizeBytes: bytes.length, checksum: crc32c(bytes) };
    this.disk.snapshot = { meta, bytes };
    return { kind: 'snapshotTaken', snapshot: meta };
  }

  readSnapshot(read: Extract<Output, { kind: 'readSnapshot' }>): Input {
    const { to, snapshot, positionBytes } = read;
    const stored = this.disk.snapshot;
    const there =
      stored !== undefined && stored.meta.index === snapshot.index && stored.meta.checksum === snapshot.checksum;
    const bytes = there ? stored.bytes.slice(positionBytes, positionBytes + read.bytesMax) : undefined;
    return { kind: 'snapshotRead', to, snapshot, positionBytes, bytes };
  }
}

function payloadText(entry: Entry): Uint8Array {
  return entry.kind === 'voters' ? utf8Encode(`${entry.payload.length} bytes`) : entry.payload;
}

function parseState(bytes: Uint8Array): string[] {
  const state: unknown = JSON.parse(utf8Decode(bytes));
  if (!Array.isArray(state)) throw new TypeError('a state is a list');
  return state.map(String);
}
