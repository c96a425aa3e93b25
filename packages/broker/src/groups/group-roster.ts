import { assert, present } from '@moldau/base';
import {
  type GroupProtocol,
  type JoinedMember,
  type JoinRequest,
  type MemberSnapshot,
  NO_BYTES,
} from './group-types.ts';

/** A member of a group. Changed by its group and its roster alone. */
export interface Member {
  memberId: string;
  readonly instanceId: string | null;
  clientId: string;
  clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  protocols: readonly GroupProtocol[];
  assignment: Uint8Array;
  /** It waits for the answer to a join. */
  joinTicket: number | undefined;
  syncTicket: number | undefined;
  /** It has not been in a generation yet: until then it cannot send heartbeats. */
  isNew: boolean;
  sessionDeadlineMs: number;
}

/** Who is in a group, in the order of coming: the oldest is the next leader, so that a replay elects the same. */
export class GroupRoster {
  readonly #members = new Map<string, Member>();
  /** Member ids by the lasting names of static members. */
  readonly #static = new Map<string, string>();
  /** How many members know each protocol. */
  readonly #support = new Map<string, number>();
  #leader: string | null = null;
  #joining = 0;
  #metadataBytes = 0;

  get size(): number {
    return this.#members.size;
  }

  /** Members that wait for the answer to a join. */
  get joining(): number {
    return this.#joining;
  }

  /** What all members tell, in all their protocols. */
  get metadataBytes(): number {
    return this.#metadataBytes;
  }

  get leader(): string | null {
    return this.#leader;
  }

  members(): Iterable<Member> {
    return this.#members.values();
  }

  get(memberId: string): Member | undefined {
    return this.#members.get(memberId);
  }

  has(memberId: string): boolean {
    return this.#members.has(memberId);
  }

  staticMember(instanceId: string): Member | undefined {
    const memberId = this.#static.get(instanceId);
    return memberId === undefined ? undefined : this.#members.get(memberId);
  }

  add(memberId: string, join: JoinRequest): Member {
    assert(!this.#members.has(memberId), 'a member is added once', { memberId });
    const { instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols } = join;
    const told = { memberId, instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols };
    const member: Member = {
      ...told,
      assignment: NO_BYTES,
      joinTicket: undefined,
      syncTicket: undefined,
      isNew: true,
      sessionDeadlineMs: Number.POSITIVE_INFINITY,
    };
    this.#enter(member);
    return member;
  }

  /** As a snapshot tells of it: it knows the protocol that was chosen. */
  restore(snapshot: MemberSnapshot, protocol: string): Member {
    const { subscription, ...told } = snapshot;
    const member: Member = {
      ...told,
      protocols: [{ name: protocol, metadata: subscription }],
      joinTicket: undefined,
      syncTicket: undefined,
      isNew: false,
      sessionDeadlineMs: Number.POSITIVE_INFINITY,
    };
    this.#enter(member);
    return member;
  }

  restoreLeader(memberId: string | null): void {
    if (memberId !== null && this.#members.has(memberId)) this.#leader = memberId;
  }

  remove(member: Member): void {
    assert(this.#members.get(member.memberId) === member, 'a member leaves its own group', { id: member.memberId });
    this.setJoin(member, undefined);
    this.#members.delete(member.memberId);
    if (member.instanceId !== null) this.#static.delete(member.instanceId);
    this.#count(member.protocols, -1);
    if (this.#leader === member.memberId) this.#leader = this.#members.keys().next().value ?? null;
  }

  /** The next run of a static member has come: it takes the place of the one before, leadership included. */
  rename(member: Member, memberId: string): void {
    const { instanceId, memberId: before } = member;
    assert(instanceId !== null && !this.#members.has(memberId), 'a static member gets an id of its own', { memberId });
    this.#members.delete(before);
    member.memberId = memberId;
    this.#members.set(memberId, member);
    this.#static.set(instanceId, memberId);
    if (this.#leader === before) this.#leader = memberId;
  }

  setProtocols(member: Member, protocols: readonly GroupProtocol[]): void {
    this.#count(member.protocols, -1);
    member.protocols = protocols;
    this.#count(protocols, 1);
  }

  setJoin(member: Member, ticket: number | undefined): void {
    this.#joining += (ticket === undefined ? 0 : 1) - (member.joinTicket === undefined ? 0 : 1);
    member.joinTicket = ticket;
  }

  /** A leader that did not come again leaves it to the first who did. Whether there is one. */
  electJoined(): boolean {
    if (this.#leader !== null && this.#members.get(this.#leader)?.joinTicket !== undefined) return true;
    for (const member of this.#members.values()) {
      if (member.joinTicket === undefined) continue;
      this.#leader = member.memberId;
      return true;
    }
    return false;
  }

  /** Whether all members know one of these. */
  knowOneOf(protocols: readonly GroupProtocol[]): boolean {
    return protocols.some(({ name }) => this.#support.get(name) === this.#members.size);
  }

  /** Of the protocols that all know, the one that most prefer; among equals, the one voted for first. */
  selectProtocol(): string {
    const votes = new Map<string, number>();
    for (const { protocols } of this.#members.values()) {
      const vote = protocols.find(({ name }) => this.#support.get(name) === this.#members.size);
      const { name } = present(vote, 'a protocol that all members know');
      votes.set(name, (votes.get(name) ?? 0) + 1);
    }
    let best: string | undefined;
    for (const [name, count] of votes) if (best === undefined || count > (votes.get(best) ?? 0)) best = name;
    return present(best, 'a vote');
  }

  /** What the leader is told of all. */
  joined(protocol: string): JoinedMember[] {
    return [...this.#members.values()].map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      metadata: metadataIn(member, protocol),
    }));
  }

  #enter(member: Member): void {
    this.#members.set(member.memberId, member);
    if (member.instanceId !== null) this.#static.set(member.instanceId, member.memberId);
    this.#count(member.protocols, 1);
    this.#leader ??= member.memberId;
  }

  #count(protocols: readonly GroupProtocol[], change: 1 | -1): void {
    for (const { name, metadata } of protocols) {
      const count = (this.#support.get(name) ?? 0) + change;
      if (count === 0) this.#support.delete(name);
      else this.#support.set(name, count);
      this.#metadataBytes += change * metadata.length;
    }
  }
}

export function metadataIn(member: Pick<Member, 'protocols'>, protocol: string | null): Uint8Array {
  return member.protocols.find(({ name }) => name === protocol)?.metadata ?? NO_BYTES;
}
