import type { ErrorCode } from '@moldau/base';
import { NO_BUGS, type PlantedBugs } from '../planted-bugs.ts';
import { GroupBody, type GroupLimits, isJudged } from './group-body.ts';
import { GroupJoining } from './group-joining.ts';
import { GroupRebalance } from './group-rebalance.ts';
import type { Member } from './group-roster.ts';
import {
  type GroupEffect,
  type GroupNow,
  type GroupSnapshot,
  type GroupState,
  type JoinRequest,
  type MemberIdentity,
  refusedJoin,
  refusedSync,
  type SyncRequest,
} from './group-types.ts';
import { subscribedTopics } from './member-bytes.ts';

// One group of the classic protocol. Pure: what happens and when comes in, what is to be done goes out.
//
//              join                     all have come, or time is up
//   Empty ──────────────> PreparingRebalance ──────────────> CompletingRebalance
//     ^                     ^   │ nobody is left                  │ the leader's assignment is replicated
//     │                     │   v                                 v
//     └─────────────────────┼─ Empty                            Stable
//                           └──────── join, leave, expiry ────────┘        Dead: deleted, or not coordinated here any more
//
// A generation is numbered when its members are known. Nobody is told an assignment before it is replicated: after a
// failover no two members can hold one partition in one generation, since the replay knows every assignment ever told.
// Who comes in is in `group-joining.ts`, how a generation begins in `group-rebalance.ts`.

/** Who sends a request, and the generation in which it believes to be. */
export interface MemberInGeneration extends MemberIdentity {
  readonly generation: number;
}

export class Group {
  readonly #body = new GroupBody();
  readonly #rebalance: GroupRebalance;
  readonly #joining: GroupJoining;

  constructor(limits: GroupLimits, bugs: PlantedBugs = NO_BUGS) {
    this.#rebalance = new GroupRebalance(this.#body, limits, bugs);
    this.#joining = new GroupJoining(this.#body, limits, this.#rebalance);
  }

  /** As a log tells of it. Members get a whole session to show themselves. */
  static restore(limits: GroupLimits, snapshot: GroupSnapshot, now: GroupNow, bugs: PlantedBugs = NO_BUGS): Group {
    const group = new Group(limits, bugs);
    const body = group.#body;
    body.generation = snapshot.generation;
    body.protocolType = snapshot.protocolType === '' ? null : snapshot.protocolType;
    body.stateWallMs = snapshot.stateWallMs;
    if (snapshot.members.length === 0) return group;
    body.protocol = snapshot.protocol;
    body.state = 'Stable';
    for (const each of snapshot.members) body.touch(body.roster.restore(each, snapshot.protocol ?? ''), now);
    body.roster.restoreLeader(snapshot.leader);
    return group;
  }

  get state(): GroupState {
    return this.#body.state;
  }

  /** When the state was entered, Unix time; -1 when it is not known. */
  get stateWallMs(): number {
    return this.#body.stateWallMs;
  }

  get generation(): number {
    return this.#body.generation;
  }

  /** Null: nobody has ever joined. */
  get protocolType(): string | null {
    return this.#body.protocolType;
  }

  get protocol(): string | null {
    return this.#body.protocol;
  }

  get members(): Iterable<Readonly<Member>> {
    return this.#body.roster.members();
  }

  get size(): number {
    return this.#body.roster.size;
  }

  /** Nobody is in it, nobody is on the way, and no record tells of it. */
  get isBlank(): boolean {
    const { state, generation, pending } = this.#body;
    return state === 'Empty' && generation === 0 && pending.size === 0;
  }

  /** {@link tick} is wanted then, or later. */
  get dueMs(): number {
    return this.#body.dueMs;
  }

  /** The topics that its consumers read; undefined where that cannot be told. */
  subscribedTopics(): ReadonlySet<string> | undefined {
    return subscribedTopics(this.#body);
  }

  /** As it would be kept now. */
  snapshot(): GroupSnapshot {
    return this.#body.snapshot(({ assignment }) => assignment);
  }

  /** Answered by a `joined`, now or later. */
  join(request: JoinRequest, now: GroupNow): readonly GroupEffect[] {
    this.#joining.join(request, now);
    this.#rebalance.completeIfAllJoined(now);
    return this.#body.take();
  }

  /** Answered by a `synced`, now or later. */
  sync(sync: SyncRequest, now: GroupNow): readonly GroupEffect[] {
    const body = this.#body;
    const error = this.#syncFault(sync);
    const member = body.roster.get(sync.memberId);
    if (error !== undefined || member === undefined) {
      body.synced(sync.ticket, refusedSync(error ?? 'UNKNOWN_MEMBER_ID'));
      return body.take();
    }
    body.unsynced.delete(member.memberId);
    if (body.state === 'Stable') {
      body.touch(member, now);
      body.synced(sync.ticket, this.#rebalance.assignmentOf(member));
      return body.take();
    }
    body.answerSync(member, refusedSync('REBALANCE_IN_PROGRESS'));
    member.syncTicket = sync.ticket;
    if (body.roster.leader === member.memberId) this.#rebalance.storeAssignment(sync, member, now);
    return body.take();
  }

  /** What the member is told; undefined: all is well. */
  heartbeat(from: MemberInGeneration, now: GroupNow): ErrorCode | undefined {
    const body = this.#body;
    const error = body.memberFault(from, from.generation);
    if (error !== undefined) return error;
    const member = body.roster.get(from.memberId);
    if (member !== undefined) body.touch(member, now);
    return body.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : undefined;
  }

  /** Whether offsets may be committed now; undefined: they may. Shows that the member lives. */
  checkCommit(from: MemberInGeneration, now: GroupNow): ErrorCode | undefined {
    const body = this.#body;
    if (body.state === 'Empty' && from.generation < 0) return undefined;
    // While there are members, nobody else moves their offsets.
    if (from.generation < 0 && from.memberId === '' && from.instanceId === null) return 'UNKNOWN_MEMBER_ID';
    const error = body.memberFault(from, from.generation);
    if (error !== undefined) return error;
    // It knows the new generation and has no assignment in it: what it commits is from the one before.
    if (body.state === 'CompletingRebalance') return 'REBALANCE_IN_PROGRESS';
    const member = body.roster.get(from.memberId);
    if (member !== undefined) body.touch(member, now);
    return undefined;
  }

  /** Takes members out; outcomes in their order. An empty member id: whoever has that lasting name. */
  leave(
    leaving: readonly MemberIdentity[],
    now: GroupNow,
  ): { readonly outcomes: readonly (ErrorCode | undefined)[]; readonly effects: readonly GroupEffect[] } {
    const outcomes = leaving.map((each) => this.#leave(each, now));
    this.#rebalance.completeIfAllJoined(now);
    return { outcomes, effects: this.#body.take() };
  }

  /** What a snapshot came to: replicated, or refused before it was written. */
  persisted(token: number, error: ErrorCode | undefined, now: GroupNow): readonly GroupEffect[] {
    this.#body.persisted(token, error, now);
    return this.#body.take();
  }

  /** Looks at deadlines. `stalledMs`: for so long nobody was listened to, so nobody is blamed for that time. */
  tick(now: GroupNow, stalledMs: number): readonly GroupEffect[] {
    const body = this.#body;
    if (now.ms < body.dueMs) return [];
    const judgedMs = now.ms - stalledMs;
    for (const [memberId, deadlineMs] of body.pending) if (deadlineMs <= judgedMs) body.pending.delete(memberId);
    for (const member of [...body.roster.members()]) {
      if (isJudged(member) && member.sessionDeadlineMs <= judgedMs) this.#expel(member, now);
    }
    this.#rebalance.tick(now);
    body.findDue();
    return body.take();
  }

  /** The coordinator stops, or the group is deleted: whoever waits is told why. */
  end(error: ErrorCode): readonly GroupEffect[] {
    const body = this.#body;
    for (const member of body.roster.members()) {
      body.answerJoin(member, refusedJoin(error, member.memberId));
      body.answerSync(member, refusedSync(error));
    }
    body.state = 'Dead';
    body.dueMs = Number.POSITIVE_INFINITY;
    return body.take();
  }

  #syncFault(sync: SyncRequest): ErrorCode | undefined {
    const body = this.#body;
    const error = body.memberFault(sync, sync.generation);
    if (error !== undefined) return error;
    if (sync.protocolType !== null && sync.protocolType !== body.protocolType) return 'INCONSISTENT_GROUP_PROTOCOL';
    if (sync.protocol !== null && sync.protocol !== body.protocol) return 'INCONSISTENT_GROUP_PROTOCOL';
    return body.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : undefined;
  }

  #leave(leaving: MemberIdentity, now: GroupNow): ErrorCode | undefined {
    const body = this.#body;
    if (body.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
    const { memberId, instanceId } = leaving;
    if (body.pending.delete(memberId)) return undefined;
    const error = memberId === '' ? undefined : body.identityFault(leaving);
    if (error !== undefined) return error;
    const byName = instanceId === null ? undefined : body.roster.staticMember(instanceId);
    const member = memberId === '' ? byName : body.roster.get(memberId);
    if (member === undefined) return 'UNKNOWN_MEMBER_ID';
    this.#expel(member, now);
    return undefined;
  }

  #expel(member: Member, now: GroupNow): void {
    this.#body.remove(member);
    this.#rebalance.prepare(now);
  }
}
