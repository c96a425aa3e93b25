import type { ErrorCode } from '@moldau/base';
import type { PlantedBugs } from '../planted-bugs.ts';
import type { GroupBody, GroupLimits } from './group-body.ts';
import type { Member } from './group-roster.ts';
import { type GroupNow, NO_BYTES, refusedSync, type SyncAnswer, type SyncRequest } from './group-types.ts';
import { emptyAssignment } from './member-bytes.ts';

const GENERATION_MAX = 2 ** 31 - 1;
const NEVER = Number.POSITIVE_INFINITY;

/** From one generation to the next: members are waited for, the generation begins, its assignment is written and told. */
export class GroupRebalance {
  readonly #body: GroupBody;
  readonly #limits: GroupLimits;
  readonly #bugs: PlantedBugs;
  /** Of the first rebalance, which waits for more members: by how much it may still be put off. */
  #initialLeftMs: number | undefined;
  #hasNewcomer = false;
  /** The assignment of this generation is being written. */
  #storingGeneration: number | undefined;

  constructor(body: GroupBody, limits: GroupLimits, bugs: PlantedBugs) {
    this.#body = body;
    this.#limits = limits;
    this.#bugs = bugs;
  }

  /** Somebody came for the first time. */
  newcomer(): void {
    const { state, generation } = this.#body;
    if (state === 'PreparingRebalance' && generation === 0) this.#hasNewcomer = true;
  }

  /** Members came, went or changed: all are to come again. */
  prepare(now: GroupNow): void {
    const body = this.#body;
    if (body.state === 'PreparingRebalance' || body.state === 'Dead') return;
    if (body.state === 'CompletingRebalance') this.#dropAssignment('REBALANCE_IN_PROGRESS', now);
    body.syncDeadlineMs = NEVER;
    const timeoutMs = this.#timeoutMs();
    if (body.state === 'Empty') {
      const delayMs = this.#limits.initialRebalanceDelayMs;
      this.#initialLeftMs = Math.max(0, timeoutMs - delayMs);
      this.#hasNewcomer = false;
      this.#awaitJoins(now.ms + delayMs);
    } else {
      this.#initialLeftMs = undefined;
      this.#awaitJoins(now.ms + timeoutMs);
    }
    body.enter('PreparingRebalance', now);
  }

  completeIfAllJoined(now: GroupNow): void {
    const { state, pending, roster } = this.#body;
    if (state !== 'PreparingRebalance' || this.#initialLeftMs !== undefined) return;
    const haveAllCome = pending.size === 0 && roster.joining === roster.size;
    if (haveAllCome || (roster.joining > 0 && this.#bugs.has('rebalance-awaits-nobody'))) this.#complete(now);
  }

  /** What is due at its time, members' sessions excepted. */
  tick(now: GroupNow): void {
    if (this.#body.syncDeadlineMs <= now.ms) this.#expelUnsynced(now);
    this.completeIfAllJoined(now);
    if (this.#body.joinDeadlineMs <= now.ms) this.#joinTimeIsUp(now);
  }

  /** The leader's assignment: told to all once it is replicated. */
  storeAssignment(sync: SyncRequest, leader: Member, now: GroupNow): void {
    const body = this.#body;
    const { generation } = body;
    // Sent again before the first was answered. Two assignments of one generation must never be written.
    if (this.#storingGeneration === generation) return;
    const assignments = new Map<string, Uint8Array>();
    let bytes = 0;
    for (const { memberId } of body.roster.members()) {
      const given = sync.assignments.get(memberId) ?? NO_BYTES;
      const assignment = given.length > 0 ? given : emptyAssignment(body.protocolType);
      assignments.set(memberId, assignment);
      bytes += assignment.length;
    }
    if (bytes > this.#limits.groupMetadataBytesMax) {
      body.answerSync(leader, refusedSync('INVALID_REQUEST'));
      return;
    }
    this.#storingGeneration = generation;
    const snapshot = body.snapshot(({ memberId }) => assignments.get(memberId) ?? NO_BYTES);
    body.persist({ ...snapshot, stateWallMs: now.wallMs }, (error, then) => {
      if (this.#storingGeneration === generation) this.#storingGeneration = undefined;
      if (body.state === 'CompletingRebalance' && body.generation === generation) {
        this.#assignmentStored(assignments, error, then);
      }
    });
  }

  assignmentOf({ assignment }: Member): SyncAnswer {
    const { protocolType, protocol } = this.#body;
    return { error: undefined, protocolType, protocol, assignment };
  }

  #assignmentStored(assignments: ReadonlyMap<string, Uint8Array>, error: ErrorCode | undefined, now: GroupNow): void {
    const body = this.#body;
    if (error !== undefined) {
      this.#dropAssignment(error, now);
      this.prepare(now);
      this.completeIfAllJoined(now);
      return;
    }
    body.enter('Stable', now);
    for (const member of body.roster.members()) {
      member.assignment = assignments.get(member.memberId) ?? NO_BYTES;
      body.answerSync(member, this.assignmentOf(member));
      // Who waited for this was not judged meanwhile.
      body.touch(member, now);
    }
  }

  #awaitJoins(deadlineMs: number): void {
    this.#body.joinDeadlineMs = deadlineMs;
    this.#body.due(deadlineMs);
  }

  #joinTimeIsUp(now: GroupNow): void {
    const { roster } = this.#body;
    const leftMs = this.#initialLeftMs ?? 0;
    if (this.#hasNewcomer && leftMs > 0) {
      // Somebody came while the first waited: there may be more. Never for longer than a rebalance may take.
      this.#hasNewcomer = false;
      const delayMs = Math.min(this.#limits.initialRebalanceDelayMs, leftMs);
      this.#initialLeftMs = leftMs - delayMs;
      this.#awaitJoins(now.ms + delayMs);
      return;
    }
    for (const member of [...roster.members()]) {
      // A static member that is being restarted keeps its place for as long as its session.
      if (member.joinTicket === undefined && member.instanceId === null) this.#body.remove(member);
    }
    this.#complete(now);
  }

  #complete(now: GroupNow): void {
    const body = this.#body;
    const { roster } = body;
    this.#initialLeftMs = undefined;
    if (roster.size > 0 && !roster.electJoined()) {
      // Only static members are left and none has come: their sessions decide.
      this.#awaitJoins(now.ms + this.#timeoutMs());
      return;
    }
    body.joinDeadlineMs = NEVER;
    body.generation = body.generation === GENERATION_MAX ? 1 : body.generation + 1;
    body.unsynced.clear();
    if (roster.size === 0) {
      body.protocol = null;
      body.enter('Empty', now);
      body.persist(
        body.snapshot(() => NO_BYTES),
        () => undefined,
      );
      return;
    }
    body.protocol = roster.selectProtocol();
    body.enter('CompletingRebalance', now);
    for (const member of roster.members()) {
      const withMembers = member.memberId === roster.leader;
      body.answerJoin(member, body.currentGeneration(member.memberId, { withMembers }));
      member.isNew = false;
      body.touch(member, now);
      body.unsynced.add(member.memberId);
    }
    body.syncDeadlineMs = now.ms + this.#timeoutMs();
    body.due(body.syncDeadlineMs);
  }

  #dropAssignment(error: ErrorCode, now: GroupNow): void {
    const body = this.#body;
    for (const member of body.roster.members()) {
      member.assignment = NO_BYTES;
      if (member.syncTicket !== undefined) body.touch(member, now);
      body.answerSync(member, refusedSync(error));
    }
  }

  /** Members that have not fetched their assignment within the time of a rebalance hold up their share of the work. */
  #expelUnsynced(now: GroupNow): void {
    const body = this.#body;
    body.syncDeadlineMs = NEVER;
    if (body.state !== 'CompletingRebalance' && body.state !== 'Stable') return;
    const late = [...body.roster.members()].filter(({ memberId }) => body.unsynced.has(memberId));
    if (late.length === 0) return;
    for (const member of late) body.remove(member);
    this.prepare(now);
  }

  #timeoutMs(): number {
    let longestMs = 0;
    for (const { rebalanceTimeoutMs } of this.#body.roster.members())
      longestMs = Math.max(longestMs, rebalanceTimeoutMs);
    return longestMs;
  }
}
