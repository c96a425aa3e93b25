import { assert, type MetadataOffset } from '@moldau/base';
import type { LeaderRole, RaftCore } from '../core.ts';
import { type Entry, type EntryKind, entryBytes } from '../entry.ts';
import type { Replica } from '../membership/replica.ts';
import type { AppendRejected } from '../messages.ts';
import type { Refusal } from '../output.ts';
import { Progress } from '../progress/progress.ts';
import { majorityIndex, reachedByMajority } from '../quorum/majority.ts';
import { beginTransfer, sendTransferHeartbeat } from '../snapshot/outgoing.ts';

const NO_BYTES = new Uint8Array(0);

export function becomeLeader(core: RaftCore): void {
  const termStartIndex = core.log.lastIndex + 1;
  const uncommitted = core.log.slice(core.commitIndex + 1, termStartIndex, Number.MAX_SAFE_INTEGER);
  const role: LeaderRole = {
    kind: 'leader',
    termStartIndex,
    progress: new Map(),
    heartbeatDeadlineMs: core.nowMs + core.config.limits.heartbeatMs,
    uncommittedBytes: uncommitted.reduce((sum, entry) => sum + entryBytes(entry), 0),
    handover: undefined,
  };
  core.role = role;
  appendOwn(core, role, 'noop', NO_BYTES);
  trackVoters(core, role, termStartIndex);
}

/** Entries a leader adds to its own log; they leave with the next flush. */
export function appendOwn(core: RaftCore, role: LeaderRole, kind: EntryKind, payload: Uint8Array): Entry {
  const entry: Entry = { index: core.log.lastIndex + 1, term: core.term, kind, payload };
  core.append(entry);
  role.uncommittedBytes += entryBytes(entry);
  return entry;
}

export function propose(core: RaftCore, payload: Uint8Array): void {
  const { role } = core;
  const { entryBytesMax, uncommittedBytesMax } = core.config.limits;
  if (role.kind !== 'leader') {
    refuse(core, 'not-leader', 'this node does not lead the quorum');
    return;
  }
  if (role.handover !== undefined) {
    refuse(core, 'transferring', 'leadership is being handed over');
    return;
  }
  if (payload.length > entryBytesMax) {
    refuse(core, 'too-large', `an entry has ${payload.length} bytes, at most ${entryBytesMax} are allowed`);
    return;
  }
  if (role.uncommittedBytes + payload.length > uncommittedBytesMax) {
    refuse(core, 'overloaded', `${role.uncommittedBytes} bytes wait to be committed; try again later`);
    return;
  }
  const { index, term } = appendOwn(core, role, 'data', payload);
  core.outputs.push({ kind: 'proposed', index, term });
}

export function refuse(core: RaftCore, reason: Refusal, message: string): void {
  core.outputs.push({ kind: 'refused', reason, message });
}

/** Followers for all voters of the set in force; a removed one is followed on as an observer until it is silent. */
export function trackVoters(core: RaftCore, role: LeaderRole, next: MetadataOffset): void {
  for (const voter of core.voters.current) {
    const key = core.keyOf(voter);
    if (core.isSelf(voter) || role.progress.has(key)) continue;
    role.progress.set(key, new Progress(voter, next, core.nowMs));
  }
}

/** Sends each follower what it lacks and has room for. */
export function replicate(core: RaftCore, role: LeaderRole, options: { readonly heartbeat: boolean }): void {
  for (const progress of role.progress.values()) {
    if (progress.mode !== 'snapshot' && progress.next <= core.log.base.index) beginTransfer(core, progress);
    else if (progress.mode === 'snapshot') {
      if (options.heartbeat) sendTransferHeartbeat(core, progress);
    } else if (progress.mode === 'probe') {
      if (!progress.probing) sendAppend(core, progress, { withEntries: true });
      else if (options.heartbeat) sendAppend(core, progress, { withEntries: false });
    } else streamAppends(core, progress, options);
  }
}

function streamAppends(core: RaftCore, progress: Progress, options: { readonly heartbeat: boolean }): void {
  let sent = false;
  while (progress.next <= core.log.lastIndex && progress.hasRoom(core.config.limits)) {
    sendAppend(core, progress, { withEntries: true });
    sent = true;
  }
  // The empty one tells of a commit, and its rejection tells of an append that was lost.
  if (!sent && (options.heartbeat || progress.toldCommitIndex < core.commitIndex)) {
    sendAppend(core, progress, { withEntries: false });
  }
}

function sendAppend(core: RaftCore, progress: Progress, options: { readonly withEntries: boolean }): void {
  const { log, commitIndex } = core;
  const prevIndex = progress.next - 1;
  const prevTerm = log.termAt(prevIndex);
  assert(prevTerm !== undefined, 'the entry before what is sent is known', { prevIndex, base: log.base.index });
  const end = options.withEntries ? log.lastIndex + 1 : progress.next;
  const entries = log.slice(progress.next, end, core.config.limits.appendBytesMax);
  core.send(progress.replica, { kind: 'append', prevIndex, prevTerm, entries, commitIndex });
  progress.toldCommitIndex = commitIndex;
  if (progress.mode === 'probe') progress.probing = true;
  else if (entries.length > 0) {
    const bytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
    progress.sent(prevIndex + entries.length, bytes);
  }
}

export function onAppendAccepted(
  core: RaftCore,
  role: LeaderRole,
  progress: Progress,
  matchIndex: MetadataOffset,
): void {
  assert(matchIndex <= core.log.lastIndex, 'followers agree with what the leader has', { matchIndex });
  const isNews = progress.accepted(matchIndex);
  progress.compare(core.log.lastIndex, core.nowMs);
  if (isNews) advanceCommit(core, role);
}

export function onAppendRejected(core: RaftCore, progress: Progress, rejected: AppendRejected): void {
  const { prevIndex, hintIndex, hintTerm } = rejected;
  // Answers to what was sent before the last correction say nothing new.
  if (progress.mode === 'snapshot' || prevIndex <= progress.match || prevIndex >= progress.next) return;
  if (progress.mode === 'probe' && prevIndex !== progress.next - 1) return;
  const hinted = Math.min(hintIndex, prevIndex - 1);
  // Before the log's base nothing can be compared: that follower gets the snapshot.
  const agreed = hinted < core.log.base.index ? hinted : core.log.lastPositionWithin(hinted, hintTerm).index;
  progress.rejected(agreed + 1);
}

/**
 * Commits what a majority has on stable media. Only an entry of the own term may be committed by counting; what lies
 * before it is committed with it. An older entry on a majority can still be overwritten (paper, 5.4.2 and figure 8).
 */
export function advanceCommit(core: RaftCore, role: LeaderRole): void {
  const { persistedIndex } = core.durability;
  const index = majorityIndex(
    core.voters.current.map((voter) =>
      core.isSelf(voter) ? persistedIndex : (role.progress.get(core.keyOf(voter))?.match ?? 0),
    ),
  );
  if (index <= core.commitIndex) return;
  if (core.log.termAt(index) !== core.term && !core.hasBug('commit-old-term')) return;
  for (const entry of core.log.slice(core.commitIndex + 1, index + 1, Number.MAX_SAFE_INTEGER)) {
    role.uncommittedBytes -= entryBytes(entry);
  }
  core.commitTo(index);
}

/** When a majority of the voters, this node among them, was last heard. */
function majorityContactMs(core: RaftCore, role: LeaderRole): number {
  return reachedByMajority(
    core.voters.current.map((voter) =>
      core.isSelf(voter) ? core.nowMs : (role.progress.get(core.keyOf(voter))?.contactMs ?? Number.NEGATIVE_INFINITY),
    ),
    Number.NEGATIVE_INFINITY,
  );
}

/** Heartbeats, and all that is judged by time: at heartbeats is often enough. */
export function onHeartbeatTimeout(core: RaftCore, role: LeaderRole): void {
  const { limits } = core.config;
  role.heartbeatDeadlineMs = core.nowMs + limits.heartbeatMs;
  const silentMs = core.nowMs - majorityContactMs(core, role);
  if (silentMs >= limits.checkQuorumMs && !core.hasBug('unheard-leader-keeps-leading')) {
    core.becomeFollower(core.term);
    return;
  }
  if (role.handover !== undefined && core.nowMs >= role.handover.deadlineMs) {
    role.handover = undefined;
    if (core.resigned) {
      core.becomeFollower(core.term);
      return;
    }
  }
  const voters = core.voterKeys;
  for (const [key, progress] of role.progress) {
    if (!voters.includes(key) && core.nowMs - progress.contactMs >= limits.observerTimeoutMs) role.progress.delete(key);
  }
  replicate(core, role, { heartbeat: true });
}

/** A replica that no leader sends the log to asks for it. */
export function onObserve(core: RaftCore, observer: Replica): void {
  const { role, leader } = core;
  const key = core.keyOf(observer);
  if (role.kind !== 'leader') {
    if (leader !== undefined && core.keyOf(leader) !== key) core.send(observer, { kind: 'leaderHint', leader });
    return;
  }
  if (core.isSelf(observer) || role.progress.has(key)) return;
  const voters = core.voters.current.length;
  if (role.progress.size >= voters + core.config.limits.observersMax) return;
  role.progress.set(key, new Progress(observer, core.log.lastIndex + 1, core.nowMs));
}
