import { assert, bytesEqual, type ErrorCode } from '@moldau/base';
import type { GroupBody, GroupLimits } from './group-body.ts';
import type { GroupRebalance } from './group-rebalance.ts';
import type { Member } from './group-roster.ts';
import { type GroupNow, type GroupProtocol, type JoinRequest, refusedJoin, refusedSync } from './group-types.ts';

/** A new member cannot send heartbeats while it waits; one whose client has gone must not wait for ever. */
const NEW_MEMBER_JOIN_MS = 5 * 60_000;
/** Each is looked at in every vote. Clients know three or four. */
const PROTOCOLS_PER_MEMBER_MAX = 64;

/** Who comes in: for the first time, again, or as the next run of a static member. */
export class GroupJoining {
  readonly #body: GroupBody;
  readonly #limits: GroupLimits;
  readonly #rebalance: GroupRebalance;

  constructor(body: GroupBody, limits: GroupLimits, rebalance: GroupRebalance) {
    this.#body = body;
    this.#limits = limits;
    this.#rebalance = rebalance;
  }

  join(request: JoinRequest, now: GroupNow): void {
    const join = { ...request, protocols: withoutRepetition(request.protocols) };
    const error = this.#fault(join);
    if (error !== undefined) this.#refuse(join, error);
    else if (join.memberId === '') this.#first(join, now);
    else if (this.#body.pending.has(join.memberId)) this.#add(join.memberId, join, now);
    else this.#again(join, now);
  }

  #fault(join: JoinRequest): ErrorCode | undefined {
    const { state, roster, pending } = this.#body;
    if (state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
    if (join.protocols.length > PROTOCOLS_PER_MEMBER_MAX) return 'INCONSISTENT_GROUP_PROTOCOL';
    const before = roster.get(join.memberId);
    const bytes = bytesOf(join.protocols);
    const { memberMetadataBytesMax, groupMetadataBytesMax } = this.#limits;
    const totalBytes = roster.metadataBytes - bytesOf(before?.protocols ?? []) + bytes;
    if (bytes > memberMetadataBytesMax || totalBytes > groupMetadataBytesMax) return 'GROUP_MAX_SIZE_REACHED';
    if (!this.#hasRoomFor(join)) {
      // The group was larger when it was formed: the last to come again are out.
      if (before !== undefined) this.#body.remove(before);
      return 'GROUP_MAX_SIZE_REACHED';
    }
    if (!this.#fits(join)) return 'INCONSISTENT_GROUP_PROTOCOL';
    if (join.memberId === '' || pending.has(join.memberId)) return undefined;
    return this.#body.identityFault(join);
  }

  #hasRoomFor({ memberId, instanceId }: JoinRequest): boolean {
    const { state, roster, pending } = this.#body;
    const { groupSizeMax } = this.#limits;
    if (memberId === '' && pending.size >= groupSizeMax) return false;
    const member = memberId === '' && instanceId !== null ? roster.staticMember(instanceId) : roster.get(memberId);
    if (state !== 'PreparingRebalance') return member !== undefined || roster.size < groupSizeMax;
    return member?.joinTicket !== undefined || roster.joining < groupSizeMax;
  }

  #fits({ protocolType, protocols }: JoinRequest): boolean {
    const { roster } = this.#body;
    if (roster.size === 0) return protocolType !== '' && protocols.length > 0;
    return this.#body.protocolType === protocolType && roster.knowOneOf(protocols);
  }

  #first(join: JoinRequest, now: GroupNow): void {
    const { instanceId, newMemberId } = join;
    const before = instanceId === null ? undefined : this.#body.roster.staticMember(instanceId);
    if (before !== undefined) {
      this.#replace(before, join, now);
    } else if (instanceId === null && join.canRetryWithId) {
      const deadlineMs = now.ms + join.sessionTimeoutMs;
      this.#body.pending.set(newMemberId, deadlineMs);
      this.#body.due(deadlineMs);
      this.#refuse({ ...join, memberId: newMemberId }, 'MEMBER_ID_REQUIRED');
    } else {
      this.#add(newMemberId, join, now);
    }
  }

  #add(memberId: string, join: JoinRequest, now: GroupNow): void {
    const body = this.#body;
    body.pending.delete(memberId);
    if (body.roster.size === 0) body.protocolType = join.protocolType;
    const member = body.roster.add(memberId, join);
    body.roster.setJoin(member, join.ticket);
    member.sessionDeadlineMs = now.ms + NEW_MEMBER_JOIN_MS;
    body.due(member.sessionDeadlineMs);
    this.#rebalance.newcomer();
    this.#rebalance.prepare(now);
  }

  #again(join: JoinRequest, now: GroupNow): void {
    const body = this.#body;
    const member = body.roster.get(join.memberId);
    assert(member !== undefined, 'who comes again is a member', { memberId: join.memberId });
    const isSame = sameProtocols(member.protocols, join.protocols);
    const isLeader = body.roster.leader === member.memberId;
    // Its answer was lost, or a follower has nothing new to say: it is told of the generation that it is in. A leader of a
    // stable group that comes again wants a rebalance: topics may have changed, and nothing that it tells shows it.
    if (isSame && (body.state === 'CompletingRebalance' || (body.state === 'Stable' && !isLeader))) {
      body.touch(member, now);
      body.joined(join.ticket, body.currentGeneration(member.memberId, { withMembers: isLeader }));
      return;
    }
    this.#update(member, join);
    this.#rebalance.prepare(now);
  }

  #update(member: Member, join: JoinRequest): void {
    const { roster } = this.#body;
    roster.setProtocols(member, join.protocols);
    member.clientId = join.clientId;
    member.clientHost = join.clientHost;
    member.sessionTimeoutMs = join.sessionTimeoutMs;
    member.rebalanceTimeoutMs = join.rebalanceTimeoutMs;
    // The request before was given up by its client, or its connection is gone; it is not left without an answer.
    this.#body.answerJoin(member, refusedJoin('REBALANCE_IN_PROGRESS', member.memberId));
    roster.setJoin(member, join.ticket);
  }

  /** A static member has been started again. While it says the same, nobody else has to move. */
  #replace(member: Member, join: JoinRequest, now: GroupNow): void {
    const body = this.#body;
    const leaderBefore = body.roster.leader ?? '';
    const { memberId: before } = member;
    body.answerJoin(member, refusedJoin('FENCED_INSTANCE_ID', before));
    body.answerSync(member, refusedSync('FENCED_INSTANCE_ID'));
    body.roster.rename(member, join.newMemberId);
    if (body.unsynced.delete(before)) body.unsynced.add(join.newMemberId);
    this.#update(member, join);
    body.touch(member, now);
    if (body.state !== 'Stable' || body.roster.selectProtocol() !== body.protocol) {
      // The id before may be in the leader's hands already: what it assigns would be for nobody.
      this.#rebalance.prepare(now);
      return;
    }
    body.persist(
      body.snapshot(({ assignment }) => assignment),
      (error, then) => this.#replaced(member, { join, leaderBefore, error }, then),
    );
  }

  #replaced(
    member: Member,
    of: { readonly join: JoinRequest; readonly leaderBefore: string; readonly error: ErrorCode | undefined },
    now: GroupNow,
  ): void {
    const body = this.#body;
    const { join, leaderBefore, error } = of;
    // A rebalance has begun meanwhile, and answers this join with the others; or the member is gone, and was answered.
    if (member.joinTicket !== join.ticket || body.state !== 'Stable') return;
    body.roster.setJoin(member, undefined);
    body.touch(member, now);
    if (error !== undefined) {
      body.joined(join.ticket, refusedJoin(error, ''));
      return;
    }
    const isLeader = body.roster.leader === member.memberId;
    const answer = body.currentGeneration(member.memberId, { withMembers: isLeader && join.canSkipAssignment });
    // A stable group takes no new assignment. A client that cannot be told so is told of a leader that it is not.
    if (join.canSkipAssignment) body.joined(join.ticket, { ...answer, skipAssignment: isLeader });
    else body.joined(join.ticket, { ...answer, leader: leaderBefore });
  }

  #refuse({ ticket, memberId }: JoinRequest, error: ErrorCode): void {
    this.#body.joined(ticket, refusedJoin(error, memberId));
  }
}

function sameProtocols(left: readonly GroupProtocol[], right: readonly GroupProtocol[]): boolean {
  if (left.length !== right.length) return false;
  return left.every(({ name, metadata }, index) => {
    const other = right[index];
    return other !== undefined && other.name === name && bytesEqual(other.metadata, metadata);
  });
}

function withoutRepetition(protocols: readonly GroupProtocol[]): GroupProtocol[] {
  const names = new Set<string>();
  return protocols.filter(({ name }) => !names.has(name) && names.add(name));
}

function bytesOf(protocols: readonly GroupProtocol[]): number {
  return protocols.reduce((sum, { metadata }) => sum + metadata.length, 0);
}
