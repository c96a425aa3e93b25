import { assert, type MetadataOffset, randomInteger } from '@moldau/base';
import type { FollowerRole, RaftCore } from '../core.ts';
import type { Entry } from '../entry.ts';
import type { Replica } from '../membership/replica.ts';
import type { Append, Envelope } from '../messages.ts';

/** Follows whoever leads this term; to be called for each message that only the term's leader sends. */
export function follow(core: RaftCore, leader: Replica): FollowerRole {
  assert(core.role.kind !== 'leader', 'a term has one leader', { term: core.term, other: leader.nodeId });
  if (core.role.kind !== 'follower') core.becomeFollower(core.term);
  const { role } = core;
  assert(role.kind === 'follower', 'it follows now');
  assert(role.leader === undefined || core.keyOf(role.leader) === core.keyOf(leader), 'a term has one leader', {
    term: core.term,
    one: role.leader?.nodeId,
    other: leader.nodeId,
  });
  role.leader = leader;
  role.leaderContactMs = core.nowMs;
  role.electionDeadlineMs = core.randomElectionDeadlineMs();
  return role;
}

export function onAppend(core: RaftCore, { from }: Envelope, append: Append): void {
  const role = follow(core, from);
  if (core.incoming?.state === 'installing') {
    const { snapshot } = core.incoming;
    core.send(from, { kind: 'snapshotProgress', snapshot, positionBytes: snapshot.sizeBytes, busy: true });
    return;
  }
  // What is committed agrees with every later leader, and may be compacted here: begin after it.
  const skipped = Math.min(Math.max(core.commitIndex - append.prevIndex, 0), append.entries.length);
  const prevIndex = append.prevIndex + skipped;
  const entries = append.entries.slice(skipped);
  const prevTerm = append.entries[skipped - 1]?.term ?? append.prevTerm;
  if (prevIndex > core.commitIndex && core.log.termAt(prevIndex) !== prevTerm) {
    rejectAppend(core, from, append);
    return;
  }
  writeEntries(core, prevIndex, entries);
  role.matchedIndex = Math.max(role.matchedIndex, prevIndex + entries.length);
  core.commitTo(Math.min(append.commitIndex, role.matchedIndex));
  // Entries are answered when they are on stable media; a heartbeat at once, with what is there so far.
  if (append.entries.length === 0 || core.durability.persistedIndex >= role.matchedIndex) acknowledge(core);
}

/** Entries that are there already stay: an old message must not cut what a newer one appended. */
function writeEntries(core: RaftCore, prevIndex: MetadataOffset, entries: readonly Entry[]): void {
  assert(
    entries.every((entry, position) => entry.index === prevIndex + 1 + position && entry.term <= core.term),
    'a leader sends a piece of its log',
    { prevIndex },
  );
  const firstNew = entries.findIndex((entry) => core.log.termAt(entry.index) !== entry.term);
  if (firstNew < 0) return;
  const from = prevIndex + 1 + firstNew;
  if (from <= core.log.lastIndex) core.truncateFrom(from);
  for (const entry of entries.slice(firstNew)) core.append(entry);
}

/** Also the answer to a leader of an earlier term, which learns from it that its term is over. */
export function rejectAppend(core: RaftCore, leader: Replica, { prevIndex, prevTerm }: Append): void {
  const hint = core.log.lastPositionWithin(prevIndex, prevTerm);
  const hintIndex = Math.max(hint.index, core.commitIndex);
  const hintTerm = core.log.termAt(hintIndex) ?? hint.term;
  core.send(leader, { kind: 'appendRejected', prevIndex, hintIndex, hintTerm });
}

/** Tells the leader how far the log agrees and is on stable media. */
export function acknowledge(core: RaftCore): void {
  if (core.role.kind !== 'follower' || core.role.leader === undefined) return;
  const agreed = Math.max(core.role.matchedIndex, core.commitIndex);
  core.send(core.role.leader, { kind: 'appendAccepted', matchIndex: Math.min(agreed, core.durability.persistedIndex) });
}

/** The leader's process is known to be gone: campaign soon, at a random moment so that votes do not split. */
export function onLeaderGone(core: RaftCore, role: FollowerRole): void {
  role.leader = undefined;
  const soonMs = core.nowMs + randomInteger(core.random, 1, core.config.limits.heartbeatMs);
  role.electionDeadlineMs = Math.min(role.electionDeadlineMs, soonMs);
}
