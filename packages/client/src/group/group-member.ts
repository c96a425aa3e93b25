import type { ErrorCode } from '@moldau/base';
import { type PartitionName, partitionKey } from '../partition-name.ts';
import type { AssignorName } from './assignor.ts';

// One member of a group, pure: answers and time in, effects out.
//
//          start             the generation begins            assigned                  carried out
//   out ──────────> joining ──────────────────────> syncing ─────────────> changing ──────────────────> stable
//    ^               ^   │  not now                    │ not now             ^  │  ^                        │
//    │               │   v                             v                     │  │  │ eager: all is given up │
//    │            waiting <────────────────────────────┘                     │  │  └────────────────────────┤
//    │ stalled       ^                                                       │  │ carried out               │
//    │               └───────────── cooperative: it keeps what it has ───────┼──┴───────────────────────────┤ rebalance
//    └── from anywhere                                       not a member any more: all is lost ────────────┘
//
// left: closed. failed: nothing that this member can do helps. What is carried out takes its time (the application finishes what
// it is at, offsets are committed): what is heard meanwhile is remembered and looked at afterwards.

type MemberState = 'out' | 'joining' | 'syncing' | 'changing' | 'stable' | 'waiting' | 'left' | 'failed';

/** What is to be done. In this order. */
export type MemberEffect =
  | { readonly kind: 'join'; readonly attempt: number }
  /** With everybody's assignment, if this one is to assign. */
  | { readonly kind: 'sync'; readonly attempt: number }
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'leave'; readonly memberId: string }
  | MemberChange
  /** For good. What it had is lost. */
  | { readonly kind: 'fail'; readonly code: ErrorCode };

/** {@link GroupMember.changed} hears when it is done; another one before that takes its place. */
export interface MemberChange {
  readonly kind: 'change';
  /** All that the member has, whatever has become of the change before: others may have it already, so nothing is committed. */
  readonly losesAll: boolean;
  readonly revoke: readonly PartitionName[];
  readonly assign: readonly PartitionName[];
}

export interface MemberSettings {
  readonly instanceId: string;
  readonly heartbeatIntervalMs: number;
  /** All ways of assigning that the member offers are cooperative. */
  readonly isCooperative: boolean;
}

/** As much of the answer to a join as decides. */
export interface Joined {
  readonly error: ErrorCode | undefined;
  readonly memberId: string;
  readonly generation: number;
  readonly protocol: string;
  readonly leader: string;
}

type After = 'join' | 'stable' | 'out' | 'left';

/** Between attempts that failed, doubled each time. */
const RETRY_MS_FIRST = 50;
const RETRY_MS_MAX = 1_000;
const NOTHING: readonly PartitionName[] = [];

export class GroupMember {
  readonly #settings: MemberSettings;
  #state: MemberState = 'out';
  #memberId = '';
  #generation = -1;
  #protocol: AssignorName | undefined;
  #isLeader = false;
  #owned: readonly PartitionName[] = NOTHING;
  /** Counts up with each join and sync: an answer to an earlier one means nothing. */
  #attempt = 0;
  #failures = 0;
  #retryAtMs = Infinity;
  #heartbeatAtMs = Infinity;
  #isBeating = false;
  /** While it is changing: what it will own, and what comes then. */
  #after: { readonly next: After; readonly owned: readonly PartitionName[] } = { next: 'out', owned: NOTHING };
  /** Heard while it was changing. */
  #mustRejoin = false;
  #mustLose = false;
  #mustClose = false;

  constructor(settings: MemberSettings) {
    this.#settings = settings;
  }

  get state(): MemberState {
    return this.#state;
  }

  /** Empty: none was given yet. */
  get memberId(): string {
    return this.#memberId;
  }

  /** -1: it is in none. */
  get generation(): number {
    return this.#generation;
  }

  /** The way of assigning that the generation has. */
  get protocol(): AssignorName | undefined {
    return this.#protocol;
  }

  /** It assigns, and watches the topics for all. */
  get isLeader(): boolean {
    return this.#isLeader;
  }

  get owned(): readonly PartitionName[] {
    return this.#owned;
  }

  /** When {@link tick} has something to do. */
  get dueMs(): number {
    if (this.#state === 'waiting') return this.#retryAtMs;
    return this.#beats && !this.#isBeating ? this.#heartbeatAtMs : Infinity;
  }

  start(nowMs: number): readonly MemberEffect[] {
    return this.#state === 'out' ? this.#join(nowMs) : [];
  }

  joined(attempt: number, answer: Joined, nowMs: number): readonly MemberEffect[] {
    if (this.#state !== 'joining' || attempt !== this.#attempt) return [];
    const { error } = answer;
    switch (error) {
      case undefined:
        this.#failures = 0;
        this.#memberId = answer.memberId;
        this.#generation = answer.generation;
        this.#protocol = answer.protocol as AssignorName;
        this.#isLeader = answer.leader === answer.memberId;
        this.#state = 'syncing';
        this.#heartbeatAtMs = nowMs + this.#settings.heartbeatIntervalMs;
        return [{ kind: 'sync', attempt: ++this.#attempt }];
      case 'MEMBER_ID_REQUIRED':
        this.#memberId = answer.memberId;
        return this.#join(nowMs);
      default:
        return this.#refused(error, nowMs);
    }
  }

  /** @param assigned what this member is to read, when there was no error */
  synced(
    attempt: number,
    error: ErrorCode | undefined,
    assigned: readonly PartitionName[],
    nowMs: number,
  ): readonly MemberEffect[] {
    if (this.#state !== 'syncing' || attempt !== this.#attempt) return [];
    if (error !== undefined) return this.#refused(error, nowMs);
    const revoke = without(this.#owned, assigned);
    const assign = without(assigned, this.#owned);
    // Who gave something up comes again at once: only then is it given to another.
    const next = revoke.length > 0 ? 'join' : 'stable';
    return this.#change({ losesAll: false, revoke, assign }, { next, owned: assigned }, nowMs);
  }

  /** What the coordinator says of this member in that generation: to a heartbeat, or in refusing a commit. */
  heard(error: ErrorCode | undefined, generation: number, nowMs: number): readonly MemberEffect[] {
    if (!this.#beats || error === undefined || generation !== this.#generation) return [];
    switch (error) {
      case 'REBALANCE_IN_PROGRESS':
        return this.rejoin(nowMs);
      case 'UNKNOWN_MEMBER_ID':
      case 'ILLEGAL_GENERATION':
        return this.#lose(error, nowMs);
      default:
        return this.#fail(error);
    }
  }

  /** A heartbeat brought no answer. */
  heartbeatLost(nowMs: number): void {
    this.#isBeating = false;
    // The session does not wait: the next coordinator is looked for at once.
    this.#heartbeatAtMs = Math.min(this.#heartbeatAtMs, nowMs + RETRY_MS_MAX);
  }

  /** @param generation in which it was sent: of an earlier one it says nothing about this member any more */
  heartbeaten(error: ErrorCode | undefined, generation: number, nowMs: number): readonly MemberEffect[] {
    if (error !== undefined && isElsewhere(error)) {
      this.heartbeatLost(nowMs);
      return [];
    }
    this.#isBeating = false;
    return this.heard(error, generation, nowMs);
  }

  /** A join or a sync brought no answer: the next attempt finds the coordinator anew. */
  unanswered(attempt: number, nowMs: number): readonly MemberEffect[] {
    if (attempt !== this.#attempt || (this.#state !== 'joining' && this.#state !== 'syncing')) return [];
    return this.#retry(nowMs);
  }

  /** What the last change asked for is carried out. */
  changed(nowMs: number): readonly MemberEffect[] {
    if (this.#state !== 'changing') return [];
    const { next, owned } = this.#after;
    this.#owned = owned;
    // A member that goes without a word has said so before.
    if (next === 'left' || next === 'out') return this.#leave(next);
    if (this.#mustClose) return this.#giveUp('left', nowMs);
    this.#state = 'stable';
    if (this.#mustLose) return this.#loseNow(nowMs);
    return next === 'join' || this.#mustRejoin ? this.rejoin(nowMs) : [];
  }

  /** The group is to share anew: topics have changed, or the coordinator says so. */
  rejoin(nowMs: number): readonly MemberEffect[] {
    if (this.#state === 'changing') this.#mustRejoin = true;
    if (this.#state !== 'stable') return [];
    if (this.#settings.isCooperative || this.#owned.length === 0) return this.#join(nowMs);
    return this.#giveUp('join', nowMs);
  }

  /** The application has not asked for records for too long: others are to have them until it does. */
  stall(nowMs: number): readonly MemberEffect[] {
    switch (this.#state) {
      case 'out':
      case 'left':
      case 'failed':
        return [];
      case 'changing':
        // What is being carried out may wait for the application.
        return this.#goWithout(this.#mustClose || this.#after.next === 'left' ? 'left' : 'out', nowMs);
      default:
        return this.#goWithout('out', nowMs);
    }
  }

  /** To be called once; what it has is given up before it goes. */
  close(nowMs: number): readonly MemberEffect[] {
    switch (this.#state) {
      case 'left':
      case 'failed':
        return [];
      case 'changing':
        this.#mustClose = true;
        return [];
      default:
        return this.#giveUp('left', nowMs);
    }
  }

  tick(nowMs: number): readonly MemberEffect[] {
    if (nowMs < this.dueMs) return [];
    if (this.#state === 'waiting') return this.#join(nowMs);
    this.#isBeating = true;
    this.#heartbeatAtMs = nowMs + this.#settings.heartbeatIntervalMs;
    return [{ kind: 'heartbeat' }];
  }

  /** In a generation, so that its coordinator waits for a sign of life. One that waits in a join is known to live. */
  get #beats(): boolean {
    if (this.#generation < 0) return false;
    return this.#state === 'syncing' || this.#state === 'changing' || this.#state === 'stable';
  }

  #join(nowMs: number): readonly MemberEffect[] {
    this.#state = 'joining';
    this.#mustRejoin = false;
    this.#heartbeatAtMs = nowMs + this.#settings.heartbeatIntervalMs;
    return [{ kind: 'join', attempt: ++this.#attempt }];
  }

  /** What a coordinator may say to a join and to a sync. */
  #refused(error: ErrorCode, nowMs: number): readonly MemberEffect[] {
    if (error === 'UNKNOWN_MEMBER_ID' || error === 'ILLEGAL_GENERATION') return this.#lose(error, nowMs);
    return error === 'REBALANCE_IN_PROGRESS' || isElsewhere(error) ? this.#retry(nowMs) : this.#fail(error);
  }

  #retry(nowMs: number): readonly MemberEffect[] {
    this.#state = 'waiting';
    this.#retryAtMs = nowMs + Math.min(RETRY_MS_FIRST * 2 ** Math.min(this.#failures++, 16), RETRY_MS_MAX);
    return [];
  }

  /** It is no member, or of another generation than it believes: what it had may be another's. */
  #lose(error: 'UNKNOWN_MEMBER_ID' | 'ILLEGAL_GENERATION', nowMs: number): readonly MemberEffect[] {
    if (error === 'UNKNOWN_MEMBER_ID') this.#memberId = '';
    this.#generation = -1;
    if (this.#state !== 'changing') return this.#loseNow(nowMs);
    this.#mustLose = true;
    return [];
  }

  #loseNow(nowMs: number): readonly MemberEffect[] {
    this.#mustLose = false;
    if (this.#owned.length === 0) return this.#retry(nowMs);
    return this.#change({ losesAll: true, revoke: NOTHING, assign: NOTHING }, { next: 'join', owned: NOTHING }, nowMs);
  }

  #giveUp(next: After, nowMs: number): readonly MemberEffect[] {
    return this.#change({ losesAll: false, revoke: this.#owned, assign: NOTHING }, { next, owned: NOTHING }, nowMs);
  }

  #goWithout(next: 'out' | 'left', nowMs: number): readonly MemberEffect[] {
    const left = this.#leave(next);
    const change = { losesAll: true, revoke: NOTHING, assign: NOTHING };
    return [...left, ...this.#change(change, { next, owned: NOTHING }, nowMs)];
  }

  #change(
    change: Omit<MemberChange, 'kind'>,
    after: { readonly next: After; readonly owned: readonly PartitionName[] },
    nowMs: number,
  ): readonly MemberEffect[] {
    this.#state = 'changing';
    this.#attempt++;
    this.#after = after;
    this.#mustLose = false;
    const { losesAll, revoke, assign } = change;
    return losesAll || revoke.length + assign.length > 0 ? [{ kind: 'change', ...change }] : this.changed(nowMs);
  }

  /** A static member only falls silent: started again within its session, it goes on where it was. */
  #leave(state: 'left' | 'out'): readonly MemberEffect[] {
    const memberId = this.#memberId;
    this.#state = state;
    this.#attempt++;
    this.#isLeader = false;
    this.#generation = -1;
    this.#memberId = '';
    return memberId !== '' && this.#settings.instanceId === '' ? [{ kind: 'leave', memberId }] : [];
  }

  #fail(code: ErrorCode): readonly MemberEffect[] {
    this.#state = 'failed';
    this.#attempt++;
    this.#generation = -1;
    return [{ kind: 'fail', code }];
  }
}

/** Another broker coordinates the group, or soon this one. */
export function isElsewhere(error: ErrorCode): boolean {
  return (
    error === 'NOT_COORDINATOR' || error === 'COORDINATOR_NOT_AVAILABLE' || error === 'COORDINATOR_LOAD_IN_PROGRESS'
  );
}

function without(partitions: readonly PartitionName[], others: readonly PartitionName[]): readonly PartitionName[] {
  const keys = new Set(others.map(partitionKey));
  return partitions.filter((each) => !keys.has(partitionKey(each)));
}
