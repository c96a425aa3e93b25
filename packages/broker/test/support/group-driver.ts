import { utf8Encode } from '@moldau/base';
import { Group } from '../../src/groups/group.ts';
import type { GroupLimits } from '../../src/groups/group-body.ts';
import {
  type GroupEffect,
  type GroupNow,
  type GroupSnapshot,
  type JoinAnswer,
  type JoinRequest,
  NO_BYTES,
  type SyncAnswer,
} from '../../src/groups/group-types.ts';

const LIMITS: GroupLimits = {
  initialRebalanceDelayMs: 3000,
  groupSizeMax: 100,
  memberMetadataBytesMax: 1000,
  groupMetadataBytesMax: 10_000,
};

export interface Member {
  readonly memberId?: string;
  readonly instanceId?: string | null;
  readonly protocols?: readonly string[];
  /** What it tells, in each protocol. */
  readonly tells?: string;
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
  readonly protocolType?: string;
  readonly canRetryWithId?: boolean;
  readonly canSkipAssignment?: boolean;
}

/** Drives one group by hand: time stands still until it is moved, and snapshots are replicated when it is said. */
export class GroupDriver {
  readonly group: Group;
  readonly joins = new Map<number, JoinAnswer>();
  readonly syncs = new Map<number, SyncAnswer>();
  /** Snapshots that are being replicated. */
  readonly writing: { readonly token: number; readonly snapshot: GroupSnapshot }[] = [];
  /** All tickets that were handed in. */
  readonly tickets = new Set<number>();
  /** Snapshots that were replicated, oldest first: what a failover would find. */
  readonly log: GroupSnapshot[] = [];
  nowMs = 1000;
  /** Ids are made of it: no two of one group may be the same, failovers included. */
  nextTicket = 0;

  constructor(limits: Partial<GroupLimits> = {}, snapshot?: GroupSnapshot) {
    const all = { ...LIMITS, ...limits };
    this.group = snapshot === undefined ? new Group(all) : Group.restore(all, snapshot, this.now);
  }

  get now(): GroupNow {
    return { ms: this.nowMs, wallMs: 1_700_000_000_000 + this.nowMs };
  }

  /** Hands in a join; gives its ticket. */
  join(member: Member = {}): number {
    const ticket = ++this.nextTicket;
    const { protocols = ['range'], tells = '', instanceId = null, memberId = '' } = member;
    const request: JoinRequest = {
      ticket,
      memberId,
      instanceId,
      newMemberId: `${instanceId ?? 'm'}-${ticket}`,
      clientId: 'client',
      clientHost: '/127.0.0.1',
      sessionTimeoutMs: member.sessionTimeoutMs ?? 10_000,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs ?? 60_000,
      protocolType: member.protocolType ?? 'consumer',
      protocols: protocols.map((name) => ({ name, metadata: utf8Encode(tells) })),
      canRetryWithId: member.canRetryWithId ?? false,
      canSkipAssignment: member.canSkipAssignment ?? false,
    };
    this.tickets.add(ticket);
    this.#carryOut(this.group.join(request, this.now));
    return ticket;
  }

  sync(
    memberId: string,
    generation: number,
    assignments: Readonly<Record<string, string>> = {},
    more: { readonly instanceId?: string; readonly protocolType?: string; readonly protocol?: string } = {},
  ): number {
    const ticket = ++this.nextTicket;
    const { instanceId = null, protocolType = null, protocol = null } = more;
    const given = new Map(
      Object.entries(assignments).map(([id, text]) => [id, text === '' ? NO_BYTES : utf8Encode(text)]),
    );
    this.tickets.add(ticket);
    const sync = { ticket, memberId, generation, instanceId, protocolType, protocol, assignments: given };
    this.#carryOut(this.group.sync(sync, this.now));
    return ticket;
  }

  heartbeat(memberId: string, generation: number, instanceId: string | null = null): string | undefined {
    return this.group.heartbeat({ memberId, generation, instanceId }, this.now);
  }

  commit(memberId: string, generation: number, instanceId: string | null = null): string | undefined {
    return this.group.checkCommit({ memberId, generation, instanceId }, this.now);
  }

  leave(...members: { readonly memberId?: string; readonly instanceId?: string }[]): (string | undefined)[] {
    const leaving = members.map(({ memberId = '', instanceId = null }) => ({ memberId, instanceId }));
    const { outcomes, effects } = this.group.leave(leaving, this.now);
    this.#carryOut(effects);
    return [...outcomes];
  }

  pass(ms: number, stalledMs = 0): void {
    this.nowMs += ms;
    this.#carryOut(this.group.tick(this.now, stalledMs));
  }

  end(): void {
    this.#carryOut(this.group.end('NOT_COORDINATOR'));
  }

  /** The oldest snapshot that is being replicated is, or has failed. */
  replicate(error?: 'COORDINATOR_NOT_AVAILABLE'): void {
    const written = this.writing.shift();
    if (written === undefined) throw new Error('nothing is being replicated');
    if (error === undefined) this.log.push(written.snapshot);
    this.#carryOut(this.group.persisted(written.token, error, this.now));
  }

  replicateAll(): void {
    while (this.writing.length > 0) this.replicate();
  }

  joined(ticket: number): JoinAnswer {
    const answer = this.joins.get(ticket);
    if (answer === undefined) throw new Error(`join ${ticket} is not answered`);
    return answer;
  }

  synced(ticket: number): SyncAnswer {
    const answer = this.syncs.get(ticket);
    if (answer === undefined) throw new Error(`sync ${ticket} is not answered`);
    return answer;
  }

  /** These come in together; the delay passes, the leader assigns each `work of <id>`, and the group is stable. */
  stable(...members: Member[]): JoinAnswer[] {
    const tickets = members.map((member) => this.join(member));
    for (let turn = 0; turn < 30 && !this.joins.has(tickets[0] ?? 0); turn++) this.pass(3000);
    const answers = tickets.map((ticket) => this.joined(ticket));
    this.assign(answers);
    return answers;
  }

  /** The leader of these assigns, and all fetch. */
  assign(answers: readonly JoinAnswer[]): void {
    const work = Object.fromEntries(answers.map(({ memberId }) => [memberId, `work of ${memberId}`]));
    for (const { memberId, leader, generation } of answers) {
      this.sync(memberId, generation, memberId === leader ? work : {});
    }
    this.replicateAll();
  }

  #carryOut(effects: readonly GroupEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'persist') {
        this.writing.push(effect);
        continue;
      }
      if (this.joins.has(effect.ticket) || this.syncs.has(effect.ticket)) {
        throw new Error(`ticket ${effect.ticket} is answered twice`);
      }
      if (!this.tickets.has(effect.ticket)) throw new Error(`ticket ${effect.ticket} is nobody's`);
      if (effect.kind === 'joined') this.joins.set(effect.ticket, effect.answer);
      else this.syncs.set(effect.ticket, effect.answer);
    }
  }
}
