import { assert, type ErrorCode } from '@moldau/base';
import { GroupRoster, type Member, metadataIn } from './group-roster.ts';
import type { GroupSettings } from './group-settings.ts';
import {
  type GroupEffect,
  type GroupNow,
  type GroupSnapshot,
  type GroupState,
  type JoinAnswer,
  type MemberIdentity,
  refusedJoin,
  refusedSync,
  type SyncAnswer,
} from './group-types.ts';

const NEVER = Number.POSITIVE_INFINITY;

export type GroupLimits = Pick<
  GroupSettings,
  'initialRebalanceDelayMs' | 'groupSizeMax' | 'memberMetadataBytesMax' | 'groupMetadataBytesMax'
>;

/** What follows when a snapshot is replicated, or was refused before it was written. */
export type Stored = (error: ErrorCode | undefined, now: GroupNow) => void;

/**
 * What a group is and what it owes: state, members, deadlines, and the effects of the event that is being looked at. Its
 * rules are in `group.ts` and the files that it names; they alone change it.
 */
export class GroupBody {
  readonly roster: GroupRoster = new GroupRoster();
  /** Ids that were given out, and when they are forgotten unless somebody comes with them. */
  readonly pending: Map<string, number> = new Map();
  /** Members of this generation that have not fetched their assignment. */
  readonly unsynced: Set<string> = new Set();
  state: GroupState = 'Empty';
  stateWallMs = -1;
  generation = 0;
  protocolType: string | null = null;
  protocol: string | null = null;
  joinDeadlineMs: number = NEVER;
  syncDeadlineMs: number = NEVER;
  /** Nothing is due before: a heartbeat only moves a deadline away, so this is looked at, and not kept exact. */
  dueMs: number = NEVER;
  readonly #storing = new Map<number, Stored>();
  #token = 0;
  #effects: GroupEffect[] = [];

  enter(state: GroupState, now: GroupNow): void {
    this.state = state;
    this.stateWallMs = now.wallMs;
  }

  /** As it would be kept now, with these assignments. */
  snapshot(assignmentOf: (member: Member) => Uint8Array): GroupSnapshot {
    const { protocolType, generation, protocol, stateWallMs, roster } = this;
    const members = [...roster.members()].map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      sessionTimeoutMs: member.sessionTimeoutMs,
      subscription: metadataIn(member, protocol),
      assignment: assignmentOf(member),
    }));
    const leader = members.length === 0 ? null : roster.leader;
    return { protocolType: protocolType ?? '', generation, protocol, leader, stateWallMs, members };
  }

  persist(snapshot: GroupSnapshot, stored: Stored): void {
    const token = ++this.#token;
    this.#storing.set(token, stored);
    this.#effects.push({ kind: 'persist', token, snapshot });
  }

  persisted(token: number, error: ErrorCode | undefined, now: GroupNow): void {
    const stored = this.#storing.get(token);
    assert(stored !== undefined, 'a snapshot comes to something once', { token });
    this.#storing.delete(token);
    stored(error, now);
  }

  /** Why a request is not from a member of this generation; undefined when it is. */
  memberFault(from: MemberIdentity, generation: number): ErrorCode | undefined {
    if (this.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
    const error = this.identityFault(from);
    if (error !== undefined) return error;
    return generation === this.generation ? undefined : 'ILLEGAL_GENERATION';
  }

  identityFault({ memberId, instanceId }: MemberIdentity): ErrorCode | undefined {
    if (instanceId === null) return this.roster.has(memberId) ? undefined : 'UNKNOWN_MEMBER_ID';
    const current = this.roster.staticMember(instanceId);
    if (current === undefined) return 'UNKNOWN_MEMBER_ID';
    return current.memberId === memberId ? undefined : 'FENCED_INSTANCE_ID';
  }

  /** The member has been heard of: its session begins anew. */
  touch(member: Member, now: GroupNow): void {
    member.sessionDeadlineMs = now.ms + member.sessionTimeoutMs;
    this.due(member.sessionDeadlineMs);
  }

  remove(member: Member): void {
    this.answerJoin(member, refusedJoin('UNKNOWN_MEMBER_ID', ''));
    this.answerSync(member, refusedSync('UNKNOWN_MEMBER_ID'));
    this.unsynced.delete(member.memberId);
    this.roster.remove(member);
  }

  currentGeneration(memberId: string, { withMembers }: { readonly withMembers: boolean }): JoinAnswer {
    return {
      error: undefined,
      generation: this.generation,
      protocolType: this.protocolType,
      protocol: this.protocol,
      leader: this.roster.leader ?? '',
      memberId,
      skipAssignment: false,
      members: withMembers ? this.roster.joined(this.protocol ?? '') : [],
    };
  }

  answerJoin(member: Member, answer: JoinAnswer): void {
    if (member.joinTicket !== undefined) this.joined(member.joinTicket, answer);
    this.roster.setJoin(member, undefined);
  }

  answerSync(member: Member, answer: SyncAnswer): void {
    if (member.syncTicket !== undefined) this.synced(member.syncTicket, answer);
    member.syncTicket = undefined;
  }

  joined(ticket: number, answer: JoinAnswer): void {
    this.#effects.push({ kind: 'joined', ticket, answer });
  }

  synced(ticket: number, answer: SyncAnswer): void {
    this.#effects.push({ kind: 'synced', ticket, answer });
  }

  due(atMs: number): void {
    this.dueMs = Math.min(this.dueMs, atMs);
  }

  /** After everything that was due has been done. */
  findDue(): void {
    this.dueMs = Math.min(this.joinDeadlineMs, this.syncDeadlineMs);
    for (const deadlineMs of this.pending.values()) this.due(deadlineMs);
    for (const member of this.roster.members()) if (isJudged(member)) this.due(member.sessionDeadlineMs);
  }

  /** The effects of the event. */
  take(): readonly GroupEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}

/** Who waits for the others cannot send heartbeats; a new one, who may have gone, is given a limit all the same. */
export function isJudged(member: Member): boolean {
  return member.isNew || (member.joinTicket === undefined && member.syncTicket === undefined);
}
