import type { RebalanceListener } from '../consumer/consumer-options.ts';
import type { OnUnreadable, PartitionReader } from '../consumer/partition-reader.ts';
import type { ReaderSet } from '../consumer/reader-set.ts';
import { MoldauError } from '../errors.ts';
import { type PartitionName, partitionKey } from '../partition-name.ts';
import { type Deferred, deferred, delay, type Ending } from '../waiting.ts';
import { type AssignedReader, assignedReaders } from './assigned-readers.ts';
import type { Committer } from './committer.ts';
import type { Coordinator } from './coordinator.ts';
import type { MemberChange } from './group-member.ts';
import type { ClientGroupSettings } from './group-settings.ts';
import type { GroupSource } from './group-source.ts';

/** What changes are carried out with. */
export interface ChangeParts {
  readonly coordinator: Coordinator;
  readonly committer: Committer;
  readonly readers: ReaderSet;
  readonly onUnreadable: OnUnreadable | undefined;
  readonly listener: RebalanceListener;
  /** In a generation: what it has is its own. */
  readonly isMember: () => boolean;
  readonly ending: Ending;
}

/** Before partitions are given up: others wait for it. */
const LAST_COMMIT_TIMEOUT_MS = 3_000;
const ASSIGN_ATTEMPT_TIMEOUT_MS = 10_000;
const ASSIGN_RETRY_MS = 200;

/**
 * Gives partitions to a consumer and takes them away, as its membership says. Nothing is taken from under the application: what
 * it is at of a partition is waited for, until it is given up or lost.
 */
export class PartitionChanges {
  readonly #source: GroupSource;
  readonly #settings: ClientGroupSettings;
  readonly #of: ChangeParts;
  /** The latest change: of an earlier one nothing more is done. */
  #number = 0;
  #returned: Deferred<void> = deferred();
  #waits = true;

  constructor(source: GroupSource, settings: ClientGroupSettings, of: ChangeParts) {
    this.#source = source;
    this.#settings = settings;
    this.#of = of;
  }

  /** False: another change has taken its place, or all is at its end. */
  async carryOut({ losesAll, revoke, assign }: MemberChange): Promise<boolean> {
    const number = ++this.#number;
    const isOver = (): boolean => this.#number !== number || this.#of.ending.aborted;
    // A change before that waits for the application waits in vain.
    this.#returned.resolve();
    if (losesAll) await this.#lose();
    else await this.#giveUp(revoke, isOver);
    if (isOver()) return false;
    const assigned = assign.length === 0 ? [] : await this.#readersOf(assign, isOver);
    if (isOver()) return false;
    for (const { reader, committed } of assigned) {
      if (committed !== undefined) this.#of.committer.isCommitted(reader, committed);
      reader.withheld = true;
    }
    const readers = assigned.map(({ reader }) => reader);
    this.#of.readers.add(readers);
    await this.#tell('onAssigned', readers);
    if (isOver()) return false;
    for (const reader of readers) reader.withheld = false;
    return true;
  }

  /** The application has finished what it was at. */
  handedBack(): void {
    this.#returned.resolve();
  }

  /** The application may never come for more: from now on it is not waited for. */
  waitNoMore(): void {
    this.#waits = false;
    this.#returned.resolve();
  }

  /** At once, and whatever is being carried out. */
  async loseAll(): Promise<void> {
    this.#number++;
    await this.#lose();
  }

  async #lose(): Promise<void> {
    const { readers } = this.#of;
    const lost = readers.all;
    readers.remove(lost);
    await this.#tell('onLost', lost);
  }

  /** Nothing more of these is delivered; what the application has of them it finishes, and it is committed. */
  async #giveUp(partitions: readonly PartitionName[], isOver: () => boolean): Promise<void> {
    const { readers, isMember } = this.#of;
    const keys = new Set(partitions.map(partitionKey));
    const going = readers.all.filter((each) => keys.has(partitionKey(each)));
    for (const reader of going) reader.withheld = true;
    while (this.#waits && readers.inHand !== undefined && going.includes(readers.inHand)) {
      this.#returned = deferred();
      await this.#returned.promise;
      if (isOver()) return;
    }
    if (this.#settings.autoCommit && isMember()) await this.autoCommit(going, LAST_COMMIT_TIMEOUT_MS);
    if (isOver()) return;
    await this.#tell(isMember() ? 'onRevoked' : 'onLost', going);
    if (!isOver()) readers.remove(going);
  }

  async #readersOf(partitions: readonly PartitionName[], isOver: () => boolean): Promise<readonly AssignedReader[]> {
    const { autoOffsetReset } = this.#settings;
    const { onUnreadable, coordinator, ending } = this.#of;
    for (;;) {
      try {
        const limits = { timeoutMs: ASSIGN_ATTEMPT_TIMEOUT_MS, signal: ending };
        return await assignedReaders(this.#source, coordinator, partitions, {
          ...limits,
          autoOffsetReset,
          onUnreadable,
        });
      } catch (error) {
        if (isOver()) return [];
        if (!(error instanceof MoldauError && error.retriable)) throw error;
        this.#source.ports.logger.debug('consumer.offsets_unanswered', { code: error.code, message: error.message });
        await delay(this.#source.ports.timers, ASSIGN_RETRY_MS, ending);
      }
    }
  }

  async #tell(event: keyof RebalanceListener, readers: readonly PartitionReader[]): Promise<void> {
    if (readers.length === 0) return;
    const partitions = readers.map(({ topic, partition }) => ({ topic, partition }));
    this.#source.ports.logger.debug('consumer.partitions', { group: this.#settings.groupId, event, partitions });
    await this.#of.listener[event]?.(partitions);
  }

  /** A failure is told in the log: the next attempt, or the next reader of these partitions, makes up for it. */
  async autoCommit(readers: readonly PartitionReader[], timeoutMs: number): Promise<void> {
    const commits = this.#of.committer.processed(readers);
    if (commits.length === 0) return;
    try {
      await this.#of.committer.commit(commits, { timeoutMs, signal: this.#of.ending });
    } catch (error) {
      if (!(error instanceof MoldauError)) throw error;
      const { code, message: reason } = error;
      this.#source.ports.logger.warn('consumer.commit_failed', { group: this.#settings.groupId, code, reason });
    }
  }
}
