import { assert, DiskError, type ErrorCode, type LeaderEpoch, RequestError, type Timer } from '@moldau/base';
import type { Partition } from '../partition/partition.ts';
import type { PartitionLeader } from '../partition/partition-leader.ts';
import { Group, type MemberInGeneration } from './group.ts';
import type { GroupContext } from './group-context.ts';
import { GroupLog, type GroupWrite } from './group-log.ts';
import { type ExpiryRule, GroupOffsets, type NamedPartition } from './group-offsets.ts';
import { GroupTrim } from './group-trim.ts';
import {
  type GroupEffect,
  type GroupNow,
  type GroupSnapshot,
  type JoinAnswer,
  type JoinRequest,
  type MemberIdentity,
  refusedJoin,
  refusedSync,
  type SyncAnswer,
  type SyncRequest,
} from './group-types.ts';
import type { GroupRecord, OffsetEntry } from './records.ts';

/** Records in one batch of deletions: so many are refused, or lost with their leader, together. */
const DELETIONS_PER_BATCH = 1000;
/** A log that could not be read is tried again: its disk may have been taken from it, and another leader found. */
const RELOAD_MS = 1000;

/** An offset as a client commits it. */
export interface CommittedOffset extends NamedPartition {
  readonly entry: OffsetEntry;
}

type Outcome = (error: ErrorCode | undefined) => void;

/** Groups of one partition of the offsets topic, for as long as this broker leads it in one epoch. Their only owner. */
export class GroupShard {
  readonly groups: Map<string, Group> = new Map();
  readonly offsets: Map<string, GroupOffsets> = new Map();
  /** What the log's end says of each group. */
  readonly snapshots: Map<string, GroupSnapshot> = new Map();
  readonly partition: number;
  readonly #context: GroupContext;
  readonly #log: GroupLog;
  readonly #trim: GroupTrim;
  readonly #joins = new Map<number, (answer: JoinAnswer) => void>();
  readonly #syncs = new Map<number, (answer: SyncAnswer) => void>();
  /** Of writes that are on their way. */
  readonly #unanswered = new Set<Outcome>();
  /** Groups in which somebody may be due. */
  readonly #active = new Set<string>();
  readonly #openedMs: number;
  #isReplayed = false;
  #isLoaded = false;
  #reload: Timer | undefined;
  #nextTicket = 0;
  #hasEnded = false;

  constructor(context: GroupContext, partition: Partition, leader: PartitionLeader) {
    this.#context = context;
    this.partition = partition.partition;
    this.#openedMs = context.clock.nowMs();
    this.#log = new GroupLog(context, partition, leader, {
      ended: () => this.end(),
      reached: () => this.#reached(),
    });
    this.#trim = new GroupTrim(this, this.#log, context.settings.trimBytesMin);
    this.#load();
  }

  /** The epoch in which this broker leads the partition. */
  get leaderEpoch(): LeaderEpoch {
    return this.#log.leaderEpoch;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Why nothing can be answered; undefined: it can. */
  get fault(): 'NOT_COORDINATOR' | 'COORDINATOR_LOAD_IN_PROGRESS' | undefined {
    if (this.#hasEnded || !this.#log.serves) return 'NOT_COORDINATOR';
    return this.#isLoaded ? undefined : 'COORDINATOR_LOAD_IN_PROGRESS';
  }

  join(groupId: string, join: Omit<JoinRequest, 'ticket'>): Promise<JoinAnswer> {
    let group = this.groups.get(groupId);
    if (group === undefined) {
      if (join.memberId !== '') return Promise.resolve(refusedJoin('UNKNOWN_MEMBER_ID', join.memberId));
      group = this.#create(groupId);
      if (group === undefined) return Promise.resolve(refusedJoin('COORDINATOR_NOT_AVAILABLE', join.memberId));
    }
    const ticket = ++this.#nextTicket;
    const found = group;
    return new Promise((resolve) => {
      this.#joins.set(ticket, resolve);
      this.#carryOut(groupId, found, found.join({ ...join, ticket }, this.#now()));
    });
  }

  sync(groupId: string, sync: Omit<SyncRequest, 'ticket'>): Promise<SyncAnswer> {
    const group = this.groups.get(groupId);
    if (group === undefined) return Promise.resolve(refusedSync('UNKNOWN_MEMBER_ID'));
    if (this.#context.bugs.has('sync-hands-old-assignment') && sync.assignments.size === 0) {
      const before = [...group.members].find(({ memberId }) => memberId === sync.memberId);
      if (before !== undefined && before.assignment.length > 0) {
        const { protocolType, protocol } = group;
        return Promise.resolve({ error: undefined, protocolType, protocol, assignment: before.assignment });
      }
    }
    const ticket = ++this.#nextTicket;
    return new Promise((resolve) => {
      this.#syncs.set(ticket, resolve);
      this.#carryOut(groupId, group, group.sync({ ...sync, ticket }, this.#now()));
    });
  }

  heartbeat(groupId: string, from: MemberInGeneration): ErrorCode | undefined {
    const group = this.groups.get(groupId);
    return group === undefined ? 'UNKNOWN_MEMBER_ID' : group.heartbeat(from, this.#now());
  }

  leave(groupId: string, leaving: readonly MemberIdentity[]): readonly (ErrorCode | undefined)[] {
    const group = this.groups.get(groupId);
    if (group === undefined) return leaving.map(() => 'UNKNOWN_MEMBER_ID');
    const { outcomes, effects } = group.leave(leaving, this.#now());
    this.#carryOut(groupId, group, effects);
    return outcomes;
  }

  /** `done` hears when the offsets are replicated, or why they are not. */
  commit(groupId: string, from: MemberInGeneration, offsets: readonly CommittedOffset[], done: Outcome): void {
    const error = this.#checkCommit(groupId, from);
    if (error !== undefined) {
      done(error);
      return;
    }
    const records = offsets.map(({ topic, partition, entry }): GroupRecord => {
      return { kind: 'offset', group: groupId, topic, partition, value: entry };
    });
    if (records.length > 0) this.write(records, done);
    else done(undefined);
    this.#dropIfBlank(groupId);
  }

  /** @param of undefined: the group with all that it has committed */
  delete(groupId: string, of: readonly NamedPartition[] | undefined, done: Outcome): void {
    const going = of ?? [...(this.offsets.get(groupId)?.latest() ?? [])];
    const records = going.map(({ topic, partition }): GroupRecord => {
      return { kind: 'offset', group: groupId, topic, partition, value: null };
    });
    // Last: while it is not in the log, the group is still there to be deleted again.
    if (of === undefined && this.snapshots.has(groupId)) records.push({ kind: 'group', group: groupId, value: null });
    let left = 1;
    const one: Outcome = (error) => {
      if (left > 0 && (--left === 0 || error !== undefined)) {
        left = 0;
        done(error);
      }
    };
    for (let at = 0; at < records.length; at += DELETIONS_PER_BATCH) {
      left++;
      if (!this.write(records.slice(at, at + DELETIONS_PER_BATCH), one)) return;
    }
    if (of === undefined) this.#forget(groupId);
    one(undefined);
  }

  /**
   * One batch. False: it was refused, and `done` has heard why. True: it is in the log; `done` hears when it is replicated, or
   * that it was not in time.
   */
  write(records: readonly GroupRecord[], done: Outcome): boolean {
    let isAnswered = false;
    const answer: Outcome = (error) => {
      if (isAnswered) return;
      isAnswered = true;
      this.#unanswered.delete(answer);
      done(error === undefined && !this.#log.serves ? 'NOT_COORDINATOR' : error);
    };
    const write: GroupWrite = {
      committed: () => {
        for (const record of records) this.#apply(record);
        answer(undefined);
      },
      timedOut: () => answer('COORDINATOR_NOT_AVAILABLE'),
    };
    const refused = this.#log.append(records, write, this.#context.settings.commitTimeoutMs);
    if (refused !== undefined) {
      done(refused);
      return false;
    }
    this.#unanswered.add(answer);
    for (const record of records) this.#appended(record);
    const isEarly = this.#context.bugs.has('group-commit-answered-before-high-watermark');
    if (isEarly && records.every(({ kind }) => kind === 'offset')) answer(undefined);
    return true;
  }

  /** Once in a while: deadlines, and a log that has grown. */
  sweep(nowMs: number, stalledMs: number): void {
    this.#log.expire(nowMs);
    if (!this.#isLoaded) return;
    for (const groupId of this.#active) {
      const group = this.groups.get(groupId);
      if (group === undefined || group.dueMs === Number.POSITIVE_INFINITY) this.#active.delete(groupId);
      if (group === undefined || group.dueMs > nowMs) continue;
      this.#carryOut(groupId, group, group.tick(this.#now(), stalledMs));
    }
    this.#trim.step();
  }

  /** What has outlived its time goes, and groups of which nothing is left. */
  expireOffsets(): void {
    if (this.fault !== undefined) return;
    const of = { nowWallMs: this.#context.clock.wallMs(), retentionMs: this.#context.settings.offsetsRetentionMs };
    for (const [groupId, group] of this.groups) {
      const offsets = this.offsets.get(groupId);
      const expired = offsets?.expired(expiryRule(group), of) ?? [];
      // Refused, it is tried again at the next look.
      const done: Outcome = (error) => {
        if (error === undefined) this.#context.counters.expirations += expired.length;
      };
      if (group.state === 'Empty' && expired.length === (offsets?.size ?? 0)) this.delete(groupId, undefined, done);
      else if (expired.length > 0) this.delete(groupId, expired, done);
    }
  }

  /** Topics are gone: nobody is to begin in others of the same names where these ended. */
  topicsDeleted(names: ReadonlySet<string>): void {
    if (this.fault !== undefined) return;
    for (const [groupId, offsets] of this.offsets) {
      const gone = [...offsets.latest()].filter(({ topic }) => names.has(topic));
      if (gone.length > 0) this.delete(groupId, gone, ignored);
    }
  }

  /** This broker does not lead any more, or stops: whoever waits is sent elsewhere. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#reload?.cancel();
    this.#log.close();
    for (const [groupId, group] of this.groups) this.#carryOut(groupId, group, group.end('NOT_COORDINATOR'));
    for (const answer of [...this.#unanswered]) answer('NOT_COORDINATOR');
    this.groups.clear();
    this.offsets.clear();
    this.snapshots.clear();
    this.#active.clear();
    this.#context.ended(this);
  }

  #load(): void {
    this.#log
      .replay((record) => this.#replayed(record))
      .then(
        () => {
          if (this.#hasEnded) return;
          this.#isReplayed = true;
          this.#reached();
        },
        (error: unknown) => {
          if (this.#hasEnded) return;
          if (!(error instanceof RequestError || error instanceof DiskError)) {
            this.#context.stopProcess(error);
            return;
          }
          this.#context.logger.error('groups cannot be loaded', { partition: this.partition, err: error });
          this.offsets.clear();
          this.snapshots.clear();
          this.#reload = this.#context.timers.after(RELOAD_MS, () => this.#load());
        },
      );
  }

  /** The high watermark is somewhere else: once it is where this epoch began, what was read lasts. */
  #reached(): void {
    if (this.#isLoaded || !this.#isReplayed || !this.#log.isSettled) return;
    const now = this.#now();
    for (const [groupId, snapshot] of this.snapshots) {
      this.groups.set(groupId, Group.restore(this.#context.settings, snapshot, now, this.#context.bugs));
      this.#active.add(groupId);
    }
    for (const groupId of this.offsets.keys()) {
      if (!this.groups.has(groupId)) this.groups.set(groupId, new Group(this.#context.settings, this.#context.bugs));
    }
    this.#isLoaded = true;
    const { counters } = this.#context;
    counters.loads++;
    counters.loadMs += now.ms - this.#openedMs;
    const fields = { partition: this.partition, groups: this.groups.size, bytes: this.#log.bytes };
    this.#context.logger.info('groups are loaded', fields);
  }

  #replayed(record: GroupRecord): void {
    if (record.kind === 'offset' && this.#context.bugs.has('group-offsets-not-loaded')) return;
    if (record.kind === 'offset') this.#offsetsOf(record.group).apply(record, record.value);
    else if (record.value === null) this.snapshots.delete(record.group);
    else this.snapshots.set(record.group, record.value);
    if (record.kind === 'offset') this.#dropIfNone(record.group);
  }

  #appended(record: GroupRecord): void {
    if (record.kind === 'offset') this.#offsetsOf(record.group).append(record, record.value);
    else if (record.value === null) this.snapshots.delete(record.group);
    else this.snapshots.set(record.group, record.value);
  }

  #apply(record: GroupRecord): void {
    if (record.kind === 'group') return;
    const { group } = record;
    if (record.value === null) this.#context.counters.deletions++;
    else this.#context.counters.commits++;
    this.#offsetsOf(group).apply(record, record.value);
    this.#dropIfNone(group);
    // It was deleted while this commit was on its way behind the deletion.
    if (record.value !== null && !this.groups.has(group))
      this.groups.set(group, new Group(this.#context.settings, this.#context.bugs));
  }

  #offsetsOf(groupId: string): GroupOffsets {
    let offsets = this.offsets.get(groupId);
    if (offsets === undefined) {
      offsets = new GroupOffsets();
      this.offsets.set(groupId, offsets);
    }
    return offsets;
  }

  #dropIfNone(groupId: string): void {
    if (this.offsets.get(groupId)?.size === 0) this.offsets.delete(groupId);
  }

  #checkCommit(groupId: string, from: MemberInGeneration): ErrorCode | undefined {
    const group = this.groups.get(groupId);
    if (group !== undefined) {
      const isUnfenced = from.generation >= 0 && this.#context.bugs.has('group-commit-ignores-generation');
      return group.checkCommit(isUnfenced ? { ...from, generation: group.generation } : from, this.#now());
    }
    if (from.generation >= 0) return 'ILLEGAL_GENERATION';
    // A consumer without a group keeps its offsets under a name: that is a group without members.
    return this.#create(groupId) === undefined ? 'COORDINATOR_NOT_AVAILABLE' : undefined;
  }

  #create(groupId: string): Group | undefined {
    if (!this.#context.hasRoom()) return undefined;
    const group = new Group(this.#context.settings, this.#context.bugs);
    this.groups.set(groupId, group);
    return group;
  }

  #forget(groupId: string): void {
    const group = this.groups.get(groupId);
    if (group === undefined) return;
    this.groups.delete(groupId);
    this.#carryOut(groupId, group, group.end('UNKNOWN_MEMBER_ID'));
  }

  #carryOut(groupId: string, group: Group, effects: readonly GroupEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'persist') this.#persist(groupId, group, effect);
      else if (effect.kind === 'joined') this.#answer(this.#joins, effect.ticket, effect.answer, refusedJoin);
      else this.#answer(this.#syncs, effect.ticket, effect.answer, refusedSync);
    }
    if (group.dueMs !== Number.POSITIVE_INFINITY) this.#active.add(groupId);
    this.#dropIfBlank(groupId);
  }

  /** Somebody asked for an id and never came with it, or was refused: nothing is to be remembered. */
  #dropIfBlank(groupId: string): void {
    if (this.groups.get(groupId)?.isBlank && !this.offsets.has(groupId)) this.groups.delete(groupId);
  }

  #persist(groupId: string, group: Group, { token, snapshot }: GroupEffect & { kind: 'persist' }): void {
    this.write([{ kind: 'group', group: groupId, value: snapshot }], (error) => {
      if (group.state === 'Dead') return;
      const before = group.state;
      this.#carryOut(groupId, group, group.persisted(token, error, this.#now()));
      if (before === 'CompletingRebalance' && group.state === 'Stable') this.#context.counters.rebalances++;
    });
  }

  #answer<T extends JoinAnswer | SyncAnswer>(
    waiting: Map<number, (answer: T) => void>,
    ticket: number,
    answer: T,
    refused: (error: ErrorCode, memberId: string) => T,
  ): void {
    const resolve = waiting.get(ticket);
    assert(resolve !== undefined, 'a ticket is answered once', { ticket });
    waiting.delete(ticket);
    // Another broker may lead by now: what is decided here is not to be acted upon.
    const isStale = answer.error === undefined && !this.#log.serves;
    resolve(isStale ? refused('NOT_COORDINATOR', 'memberId' in answer ? answer.memberId : '') : answer);
  }

  #now(): GroupNow {
    const { clock } = this.#context;
    return { ms: clock.nowMs(), wallMs: clock.wallMs() };
  }
}

/** As in Kafka: a group that is in use keeps what it reads; one that is empty keeps all until it was empty for so long. */
function expiryRule(group: Group): ExpiryRule {
  if (group.protocolType === null) return { kind: 'since-commit' };
  if (group.state === 'Empty') return { kind: 'since', wallMs: group.stateWallMs };
  const topics = group.state === 'Stable' ? group.subscribedTopics() : undefined;
  return topics === undefined ? { kind: 'never' } : { kind: 'unread', topics };
}

/** It is tried again at the next look. */
function ignored(): void {
  return;
}
