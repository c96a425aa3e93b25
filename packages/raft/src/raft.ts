import { assert, type ControllerEpoch, type MetadataOffset, type Random, unreachable } from '@moldau/base';
import type { RaftConfig } from './config.ts';
import { RaftCore } from './core.ts';
import type { Entry } from './entry.ts';
import type { Input, RecoveredState } from './input.ts';
import type { Replica, ReplicaKey } from './membership/replica.ts';
import { addVoter, removeVoter } from './membership/voter-change.ts';
import { type Message, RAFT_PROTOCOL_VERSIONS } from './messages.ts';
import type { MessageRejection, Output, RoleName } from './output.ts';
import { isPlausible } from './plausibility.ts';
import {
  countOwnVote,
  onElectionTimeout,
  onLeaderHint,
  onTimeoutNow,
  onVoteRequest,
  onVoteResponse,
} from './roles/election.ts';
import { acknowledge, onAppend, onLeaderGone, rejectAppend } from './roles/follower.ts';
import { beginHandover, continueHandover, resign, stepDownWhenRemoved } from './roles/handover.ts';
import {
  advanceCommit,
  onAppendAccepted,
  onAppendRejected,
  onHeartbeatTimeout,
  onObserve,
  propose,
  replicate,
} from './roles/leader.ts';
import { onSnapshotChunk, onSnapshotInstalled, onSnapshotWritten } from './snapshot/incoming.ts';
import { onSnapshotProgress, onSnapshotRead } from './snapshot/outgoing.ts';
import type { SnapshotMeta } from './snapshot/snapshot-meta.ts';

/** A view of a replica, for its owner and for tests. */
export interface RaftStatus {
  readonly role: RoleName;
  readonly term: ControllerEpoch;
  readonly votedFor: ReplicaKey | undefined;
  readonly leader: Replica | undefined;
  readonly commitIndex: MetadataOffset;
  /** The entry before the first that is held; what it was is known by its term alone. */
  readonly baseIndex: MetadataOffset;
  /** On stable media. */
  readonly persistedIndex: MetadataOffset;
  readonly lastIndex: MetadataOffset;
  /** The newest voter set in the log, and where it stands. */
  readonly voters: readonly Replica[];
  readonly votersIndex: MetadataOffset;
  readonly snapshot: SnapshotMeta | undefined;
}

/** What a leader knows about another replica. */
export interface FollowerStatus {
  readonly replica: Replica;
  readonly voter: boolean;
  readonly mode: 'probe' | 'replicate' | 'snapshot';
  readonly matchIndex: MetadataOffset;
  readonly silentMs: number;
  /** For how long it has not been known to have everything; undefined when it never had in this term. */
  readonly behindMs: number | undefined;
}

/**
 * One replica of a Raft log: Ongaro's algorithm with pre-vote, check-quorum, handover, single-server membership changes,
 * observers and snapshots. A pure machine: it reads no clock, does no I/O and throws only when an invariant is broken.
 * Feed it inputs, perform its outputs by the two rules of {@link Output}.
 */
export class Raft {
  readonly #core: RaftCore;
  #announced: { readonly role: RoleName; readonly term: ControllerEpoch; readonly leader: Replica | undefined };

  constructor(config: RaftConfig, random: Random, recovered: RecoveredState, nowMs: number) {
    this.#core = new RaftCore(config, random, recovered, nowMs);
    this.#announced = { role: this.#core.roleName, term: this.#core.term, leader: undefined };
  }

  /** @param nowMs monotonic; never less than in an earlier step */
  step(input: Input, nowMs: number): Output[] {
    const core = this.#core;
    assert(nowMs >= core.nowMs, 'time does not run backwards', { from: core.nowMs, to: nowMs });
    core.nowMs = nowMs;
    this.#dispatch(input);
    if (input.kind !== 'propose') {
      const { role } = core;
      if (role.kind === 'leader') {
        stepDownWhenRemoved(core, role);
        if (core.role.kind === 'leader') replicate(core, role, { heartbeat: false });
      }
      core.flush();
      this.#announce();
    }
    return core.outputs.splice(0);
  }

  /** When the next `tick` is wanted; earlier ones do nothing. */
  get nextDeadlineMs(): number {
    const { role } = this.#core;
    return role.kind === 'leader' ? role.heartbeatDeadlineMs : role.electionDeadlineMs;
  }

  get status(): RaftStatus {
    const { roleName: role, term, votedFor, leader, commitIndex, durability, log, voters, snapshot } = this.#core;
    return {
      role,
      term,
      votedFor,
      leader,
      commitIndex,
      baseIndex: log.base.index,
      persistedIndex: durability.persistedIndex,
      lastIndex: log.lastIndex,
      voters: voters.current,
      votersIndex: voters.currentIndex,
      snapshot,
    };
  }

  /** Undefined before the first entry held and after the last. */
  entryAt(index: MetadataOffset): Entry | undefined {
    return this.#core.log.entryAt(index);
  }

  /** As {@link entryAt}, and known for `baseIndex` too. */
  termAt(index: MetadataOffset): ControllerEpoch | undefined {
    return this.#core.log.termAt(index);
  }

  /** Empty unless this replica leads. */
  followers(): FollowerStatus[] {
    const core = this.#core;
    if (core.role.kind !== 'leader') return [];
    const voters = core.voterKeys;
    return [...core.role.progress].map(([key, { replica, mode, match, contactMs, caughtUpMs }]) => ({
      replica,
      voter: voters.includes(key),
      mode,
      matchIndex: match,
      silentMs: core.nowMs - contactMs,
      behindMs: caughtUpMs === undefined ? undefined : core.nowMs - caughtUpMs,
    }));
  }

  /** What the header of a snapshot at `index` says. The index must have been delivered, and not be compacted. */
  snapshotPoint(index: MetadataOffset): { readonly term: ControllerEpoch; readonly voters: readonly Replica[] } {
    const { log, voters, commitIndex } = this.#core;
    const term = log.termAt(index);
    assert(term !== undefined && index <= commitIndex, 'a snapshot is taken of committed state', {
      index,
      commitIndex,
    });
    return { term, voters: voters.at(index) };
  }

  #dispatch(input: Input): void {
    const core = this.#core;
    switch (input.kind) {
      case 'tick':
        this.#tick();
        return;
      case 'stalled':
        this.#postpone(input.durationMs);
        return;
      case 'message':
        this.#receive(input.message);
        return;
      case 'peerGone':
        if (core.role.kind === 'follower' && core.role.leader?.nodeId === input.nodeId) onLeaderGone(core, core.role);
        return;
      case 'propose':
        propose(core, input.payload);
        return;
      case 'flush':
        return;
      case 'addVoter':
        addVoter(core, input.voter);
        return;
      case 'removeVoter':
        removeVoter(core, input.voter);
        return;
      case 'transferLeadership':
        beginHandover(core, input.to);
        return;
      case 'resign':
        resign(core);
        return;
      case 'persisted':
        this.#persisted(input.persistId);
        return;
      case 'snapshotTaken':
        this.#compact(input.snapshot);
        return;
      case 'snapshotRead':
        if (core.role.kind === 'leader') onSnapshotRead(core, core.role, input);
        return;
      case 'snapshotWritten':
        onSnapshotWritten(core, input.snapshot, input.endBytes);
        return;
      case 'snapshotInstalled':
      case 'snapshotDamaged':
        onSnapshotInstalled(core, input.snapshot, input.kind === 'snapshotDamaged');
        return;
      default:
        unreachable(input);
        return;
    }
  }

  #tick(): void {
    const core = this.#core;
    if (core.nowMs < this.nextDeadlineMs) return;
    if (core.role.kind === 'leader') onHeartbeatTimeout(core, core.role);
    else onElectionTimeout(core);
  }

  #postpone(durationMs: number): void {
    const core = this.#core;
    const { role } = core;
    if (role.kind === 'leader') {
      for (const progress of role.progress.values()) {
        progress.contactMs = Math.min(core.nowMs, progress.contactMs + durationMs);
      }
      return;
    }
    // A leader that was heard since has moved the deadline already.
    const latestMs = core.nowMs + core.config.limits.electionTimeoutMsMax;
    role.electionDeadlineMs = Math.min(role.electionDeadlineMs + durationMs, latestMs);
    if (role.kind === 'follower') role.leaderContactMs = Math.min(core.nowMs, role.leaderContactMs + durationMs);
  }

  #persisted(persistId: number): void {
    const core = this.#core;
    const before = core.durability.persistedIndex;
    core.persisted(persistId);
    const moved = core.durability.persistedIndex > before;
    if (core.role.kind === 'leader') advanceCommit(core, core.role);
    else if (core.role.kind === 'candidate') countOwnVote(core);
    else if (moved) acknowledge(core);
  }

  #compact(snapshot: SnapshotMeta): void {
    const { log, voters, config, commitIndex } = this.#core;
    assert(snapshot.index <= commitIndex && snapshot.sizeBytes > 0, 'a snapshot is of committed state', {
      index: snapshot.index,
    });
    // One that the leader sent was installed meanwhile.
    if (snapshot.index <= (this.#core.snapshot?.index ?? 0)) return;
    this.#core.snapshot = snapshot;
    const { trailingEntries: entriesMax, trailingBytes: bytesMax } = config.limits;
    const startIndex = log.baseFor(snapshot.index, { entriesMax, bytesMax });
    if (startIndex <= log.base.index) return;
    log.compactTo(startIndex);
    voters.onCompacted(startIndex);
    this.#core.outputs.push({ kind: 'trimLog', startIndex });
  }

  #receive(message: Message): void {
    const core = this.#core;
    const reason = this.#rejection(message);
    if (reason !== undefined) {
      core.outputs.push({ kind: 'messageRejected', reason, from: message.from });
      return;
    }
    const { body, term, from } = message;
    // Requests for votes decide for themselves what their term means.
    if (body.kind === 'voteRequest') {
      onVoteRequest(core, message, body);
      return;
    }
    const preVoteGrant = body.kind === 'voteResponse' && body.preVote && body.granted;
    if (term > core.term && !preVoteGrant) core.becomeFollower(term);
    if (term < core.term) {
      this.#receiveStale(message);
      return;
    }
    if (core.role.kind === 'leader') {
      const progress = core.role.progress.get(core.keyOf(from));
      if (progress !== undefined) {
        progress.contactMs = core.nowMs;
        progress.replica = from;
      }
    }
    this.#receiveCurrent(message);
  }

  #rejection(message: Message): MessageRejection | undefined {
    const core = this.#core;
    const { clusterId, protocolVersion, to } = message;
    const { min, max } = RAFT_PROTOCOL_VERSIONS;
    if (protocolVersion < min || protocolVersion > max) return 'wrong-version';
    if (clusterId !== core.config.clusterId) return 'wrong-cluster';
    if (!core.isAddressedToSelf(to)) return 'wrong-directory';
    return isPlausible(core, message) ? undefined : 'impossible';
  }

  /** A deposed leader must learn that it is; a new observer knows no term yet. The rest is old news. */
  #receiveStale({ body, from }: Message): void {
    const core = this.#core;
    if (body.kind === 'append') rejectAppend(core, from, body);
    else if (body.kind === 'snapshotChunk') {
      core.send(from, { kind: 'snapshotProgress', snapshot: body.snapshot, positionBytes: 0, busy: true });
    } else if (body.kind === 'observe') onObserve(core, from);
    else if (body.kind === 'leaderHint') onLeaderHint(core, body.leader);
  }

  #receiveCurrent(message: Message): void {
    const core = this.#core;
    const { body, from } = message;
    switch (body.kind) {
      case 'voteRequest':
        return;
      case 'voteResponse':
        onVoteResponse(core, message, body);
        return;
      case 'append':
        onAppend(core, message, body);
        return;
      case 'snapshotChunk':
        onSnapshotChunk(core, message, body);
        return;
      case 'timeoutNow':
        onTimeoutNow(core);
        return;
      case 'observe':
        onObserve(core, from);
        return;
      case 'leaderHint':
        onLeaderHint(core, body.leader);
        return;
      case 'appendAccepted':
      case 'appendRejected':
      case 'snapshotProgress':
        this.#receiveFollower(message);
        return;
      default:
        unreachable(body);
        return;
    }
  }

  #receiveFollower({ body, from }: Message): void {
    const core = this.#core;
    const { role } = core;
    const progress = role.kind === 'leader' ? role.progress.get(core.keyOf(from)) : undefined;
    if (role.kind !== 'leader' || progress === undefined) return;
    if (body.kind === 'appendAccepted') onAppendAccepted(core, role, progress, body.matchIndex);
    else if (body.kind === 'appendRejected') onAppendRejected(core, progress, body);
    else if (body.kind === 'snapshotProgress') onSnapshotProgress(core, progress, body);
    continueHandover(core, role);
  }

  #announce(): void {
    const { roleName: role, term, leader } = this.#core;
    const last = this.#announced;
    if (role === last.role && term === last.term && leader?.nodeId === last.leader?.nodeId) return;
    this.#announced = { role, term, leader };
    this.#core.outputs.push({ kind: 'leadership', role, term, leader });
  }
}
