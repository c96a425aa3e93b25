import { assert, type Ports } from '@moldau/base';
import type { Input, Output } from '@moldau/raft';
import type { QuorumStorage } from './quorum-storage.ts';

export type StorageOutput = Extract<Output, { kind: 'persist' | 'trimLog' | 'writeSnapshot' | 'installSnapshot' }>;

/** An installed snapshot's state must reach the state machine before the machine hears that it is installed. */
export type OnInstalled = (snapshot: { readonly state: Uint8Array; readonly index: number }) => void;

/**
 * Does the machine's storage work in the order it was given. What gathered in one turn, or while a sync was under way, is
 * written together and synced once. An I/O error stops the process: what the disk holds is unknown from then on, and a
 * node that is not sure of its votes must not speak.
 */
export class StorageQueue {
  readonly #storage: QuorumStorage;
  readonly #ports: Pick<Ports, 'timers' | 'stopProcess'>;
  readonly #answer: (input: Input) => void;
  readonly #onInstalled: OnInstalled;
  readonly #answersBeforeSync: boolean;
  #queue: StorageOutput[] = [];
  #running: Promise<void> | undefined;
  #scheduled = false;
  #closed = false;

  constructor(
    storage: QuorumStorage,
    ports: Pick<Ports, 'timers' | 'stopProcess'>,
    events: { readonly answer: (input: Input) => void; readonly onInstalled: OnInstalled },
    options: { readonly answersBeforeSync: boolean },
  ) {
    this.#storage = storage;
    this.#ports = ports;
    this.#answer = events.answer;
    this.#onInstalled = events.onInstalled;
    this.#answersBeforeSync = options.answersBeforeSync;
  }

  add(work: StorageOutput): void {
    this.#queue.push(work);
    this.#schedule();
  }

  /** Resolves when nothing is being written any more; what still waits is dropped, as by a crash. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#queue = [];
    await this.#running;
  }

  /** Once per turn, after all that the turn brought. */
  #schedule(): void {
    if (this.#scheduled || this.#running !== undefined) return;
    this.#scheduled = true;
    this.#ports.timers.endOfTurn(() => {
      this.#scheduled = false;
      if (this.#running !== undefined || this.#closed) return;
      this.#running = this.#work().then(
        () => {
          this.#running = undefined;
          if (this.#queue.length > 0) this.#schedule();
        },
        (error: unknown) => this.#ports.stopProcess(error),
      );
    });
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0 && !this.#closed) {
      const first = this.#queue[0];
      if (first?.kind === 'persist') await this.#persist();
      else {
        this.#queue.shift();
        if (first !== undefined) await this.#other(first);
      }
    }
  }

  /** All persists up to the next work of another kind, under one sync, answered by the last. */
  async #persist(): Promise<void> {
    const end = this.#queue.findIndex(({ kind }) => kind !== 'persist');
    const work = this.#queue.splice(0, end < 0 ? this.#queue.length : end);
    let persistId = 0;
    for (const each of work) {
      assert(each.kind === 'persist', 'only persists are merged');
      this.#storage.persist(each);
      persistId = each.persistId;
    }
    const flushed = this.#storage.flush();
    if (this.#answersBeforeSync) this.#reply({ kind: 'persisted', persistId });
    await flushed;
    if (!this.#answersBeforeSync) this.#reply({ kind: 'persisted', persistId });
  }

  async #other(work: Exclude<StorageOutput, { kind: 'persist' }>): Promise<void> {
    switch (work.kind) {
      case 'trimLog':
        await this.#storage.trim(work.startIndex);
        return;
      case 'writeSnapshot': {
        const { snapshot, positionBytes, bytes } = work;
        await this.#storage.snapshots.writeIncoming(snapshot, positionBytes, bytes);
        this.#reply({ kind: 'snapshotWritten', snapshot, endBytes: positionBytes + bytes.length });
        return;
      }
      case 'installSnapshot': {
        const { snapshot } = work;
        const installed = await this.#storage.install(snapshot);
        if (this.#closed) return;
        if (installed !== undefined) this.#onInstalled({ state: installed.state, index: snapshot.index });
        this.#reply({ kind: installed === undefined ? 'snapshotDamaged' : 'snapshotInstalled', snapshot });
        return;
      }
      default:
        work satisfies never;
    }
  }

  #reply(input: Input): void {
    if (!this.#closed) this.#answer(input);
  }
}
