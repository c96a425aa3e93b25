import {
  type AbortSignalLike,
  type ErrorCode,
  errorCodeFromNumber,
  isRetriable,
  NO_ERROR,
  type Offset,
} from '@moldau/base';
import { ApiService } from '@moldau/proto';
import type { PartitionReader, Place } from '../consumer/partition-reader.ts';
import type { ReaderSet } from '../consumer/reader-set.ts';
import { MoldauError } from '../errors.ts';
import { backoffMs, delay, throwIfAborted } from '../waiting.ts';
import type { Coordinator } from './coordinator.ts';
import { groupError } from './group-errors.ts';
import { OFFSETS_PER_REQUEST } from './group-offsets.ts';
import type { GroupSource } from './group-source.ts';

/** An offset on its way to the coordinator. */
export interface Commit {
  readonly reader: PartitionReader;
  readonly place: Place;
  readonly metadata: string;
}

/** Who commits, at this moment. */
export interface CommittingMember {
  readonly memberId: string;
  readonly instanceId: string;
  /** -1: it is in none. */
  readonly generation: number;
  /** It knows its generation, and is not about to be told another. */
  readonly isSettled: boolean;
}

export interface CommitLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignalLike;
}

/** One request; its coordinator answers within `offsets.commit.timeout.ms`, or is not there. */
const ATTEMPT_TIMEOUT_MS = 10_000;

/**
 * Commits one after the other, so that none overtakes another. Only for partitions that the member has had ever since the
 * commit was asked for: of one that went and came back, another may have committed more.
 */
export class Committer {
  readonly #source: GroupSource;
  readonly #coordinator: Coordinator;
  readonly #readers: ReaderSet;
  readonly #member: () => CommittingMember;
  readonly #refused: (code: ErrorCode, generation: number) => void;
  readonly #committed = new WeakMap<PartitionReader, Offset>();
  #last: Promise<void> = Promise.resolve();

  constructor(
    source: GroupSource,
    coordinator: Coordinator,
    of: {
      readonly readers: ReaderSet;
      readonly member: () => CommittingMember;
      /** The coordinator does not take the member for one. */
      readonly refused: (code: ErrorCode, generation: number) => void;
    },
  ) {
    this.#source = source;
    this.#coordinator = coordinator;
    this.#readers = of.readers;
    this.#member = of.member;
    this.#refused = of.refused;
  }

  /** Was found to be committed when the partition was assigned. */
  isCommitted(reader: PartitionReader, offset: Offset): void {
    this.#committed.set(reader, offset);
  }

  /** What was processed of these and is not committed. */
  processed(readers: readonly PartitionReader[]): readonly Commit[] {
    return readers.flatMap((reader) => {
      const place = this.#readers.processed(reader);
      return place === undefined || this.#committed.get(reader) === place.offset
        ? []
        : [{ reader, place, metadata: '' }];
    });
  }

  /** Returns when it is replicated. @throws MoldauError */
  commit(commits: readonly Commit[], limits: CommitLimits): Promise<void> {
    const mine = this.#last.then(() => this.#commit(commits, limits));
    // Whoever asked hears of the failure; the next commit is another matter.
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #commit(commits: readonly Commit[], { timeoutMs, signal }: CommitLimits): Promise<void> {
    const { clock, timers, random } = this.#source.ports;
    const deadlineMs = clock.nowMs() + timeoutMs;
    let open = commits;
    for (let attempts = 1; open.length > 0; attempts++) {
      throwIfAborted(signal);
      this.#checkOwned(open);
      const { left, failure } = await this.#attempt(open, { timeoutMs: deadlineMs - clock.nowMs(), signal });
      open = left;
      if (failure === undefined) {
        attempts = 0;
        continue;
      }
      const waitMs = backoffMs(random, attempts);
      if (!failure.retriable || clock.nowMs() + waitMs >= deadlineMs) throw failure;
      await delay(timers, waitMs, signal);
    }
  }

  /** @throws MoldauError ILLEGAL_GENERATION */
  #checkOwned(commits: readonly Commit[]): void {
    const lost = commits.find(({ reader }) => !this.#readers.has(reader))?.reader;
    if (lost === undefined) return;
    const { topic, partition } = lost;
    throw groupError('ILLEGAL_GENERATION', this.#coordinator.groupId, { topic, partition });
  }

  /** One request. What it did not bring through is left, with the reason; a retriable one is worth another attempt. */
  async #attempt(
    commits: readonly Commit[],
    limits: CommitLimits,
  ): Promise<{ readonly left: readonly Commit[]; readonly failure: MoldauError | undefined }> {
    const { groupId } = this.#coordinator;
    const { isSettled: wasSettled, ...member } = this.#member();
    const now = commits.slice(0, OFFSETS_PER_REQUEST);
    const wait = groupError('REBALANCE_IN_PROGRESS', groupId, { retriable: true });
    if (member.generation < 0) return { left: commits, failure: wait };
    let codes: readonly number[];
    try {
      ({ errorCodes: codes } = await this.#coordinator.ask(
        ApiService.commitOffsets,
        { groupId, ...member, offsets: now.map(toWire) },
        ({ errorCodes }) => errorCodes.find((code) => code !== NO_ERROR),
        { timeoutMs: Math.min(Math.max(limits.timeoutMs, 1), ATTEMPT_TIMEOUT_MS), signal: limits.signal },
      ));
    } catch (error) {
      if (!(error instanceof MoldauError)) throw error;
      return { left: commits, failure: error };
    }
    const failed: Commit[] = [];
    let failure: MoldauError | undefined;
    for (const [index, each] of now.entries()) {
      const number = codes[index] ?? NO_ERROR;
      if (number === NO_ERROR) {
        this.#committed.set(each.reader, each.place.offset);
        continue;
      }
      failed.push(each);
      const code = errorCodeFromNumber(number);
      const { topic, partition } = each.reader;
      failure ??= this.#isPassing(code, member.generation, wasSettled)
        ? groupError(code, groupId, { topic, partition, retriable: true })
        : this.#final(code, member.generation, { topic, partition });
    }
    return { left: [...failed, ...commits.slice(now.length)], failure };
  }

  /** The group is on its way to another generation, in which these partitions may still be this member's. */
  #isPassing(code: ErrorCode, generation: number, wasSettled: boolean): boolean {
    if (code === 'REBALANCE_IN_PROGRESS' || isRetriable(code)) return true;
    if (code !== 'ILLEGAL_GENERATION' && code !== 'UNKNOWN_MEMBER_ID') return false;
    const { generation: nowGeneration, isSettled } = this.#member();
    return !wasSettled || !isSettled || nowGeneration !== generation;
  }

  #final(
    code: ErrorCode,
    generation: number,
    place: { readonly topic: string; readonly partition: number },
  ): MoldauError {
    const isOfMember = code === 'ILLEGAL_GENERATION' || code === 'UNKNOWN_MEMBER_ID' || code === 'FENCED_INSTANCE_ID';
    if (isOfMember) this.#refused(code, generation);
    return groupError(code, this.#coordinator.groupId, place);
  }
}

function toWire({ reader, place, metadata }: Commit) {
  const { topic, topicId, partition } = reader;
  const { offset, leaderEpoch } = place;
  // By id: what was read of a topic that is gone means nothing in one of the same name.
  return { topic: topicId === '' ? topic : '', topicId, partition, offset, leaderEpoch, metadata };
}
