import { assert } from '@moldau/base';
import type { RaftCore } from '../core.ts';
import { ANY_DIRECTORY, type Replica } from '../membership/replica.ts';
import type { Envelope, VoteRequest, VoteResponse } from '../messages.ts';
import { Votes } from '../quorum/votes.ts';
import { becomeLeader, onObserve } from './leader.ts';

/** The election timeout of a follower, or of an election that came to nothing. */
export function onElectionTimeout(core: RaftCore): void {
  assert(core.role.kind !== 'leader', 'a leader has no election timeout');
  // A voter, too, may know only replicas that are gone: its set is from before a long absence.
  if (!core.isVoter || core.leader === undefined) lookForLeader(core);
  if (core.mayCampaign) becomeProspective(core);
  else core.becomeFollower(core.term);
}

/** The leader asked this voter to take over: it need not be asked whether it may. */
export function onTimeoutNow(core: RaftCore): void {
  if (core.role.kind === 'follower' && core.mayCampaign) {
    becomeCandidate(core, { transfer: true });
  }
}

/** Asks all nodes it knows of, whatever their directories are now: its own voter set may be long out of date. */
function lookForLeader(core: RaftCore): void {
  const known = new Map([...core.config.contacts, ...core.voters.current].map((node) => [node.nodeId, node]));
  known.delete(core.config.self.nodeId);
  for (const node of known.values()) core.send({ ...node, directoryId: ANY_DIRECTORY }, { kind: 'observe' });
}

export function onLeaderHint(core: RaftCore, leader: Replica): void {
  if (core.leader === undefined && !core.isSelf(leader)) core.send(leader, { kind: 'observe' });
}

/**
 * Asks whether an election could be won before it disturbs anybody: a node that was cut off would otherwise come back
 * with a higher term and depose a leader that works (thesis, 9.6).
 */
function becomeProspective(core: RaftCore): void {
  const votes = new Votes();
  core.role = { kind: 'prospective', votes, electionDeadlineMs: core.randomElectionDeadlineMs() };
  requestVotes(core, { preVote: true, transfer: false });
  votes.record(core.keyOf(core.config.self), true);
  decide(core);
}

function becomeCandidate(core: RaftCore, options: { readonly transfer: boolean }): void {
  assert(core.mayCampaign, 'only voters campaign');
  core.incoming = undefined;
  core.setHardState({ term: core.term + 1, votedFor: core.config.self });
  core.role = { kind: 'candidate', votes: new Votes(), electionDeadlineMs: core.randomElectionDeadlineMs() };
  // These wait, as all messages do, until the term and the own vote are on stable media; so does the own vote's count.
  requestVotes(core, { preVote: false, transfer: options.transfer });
}

/** The own vote counts once a crash cannot take it back. */
export function countOwnVote(core: RaftCore): void {
  if (core.role.kind !== 'candidate' || !core.durability.hardStatePersisted) return;
  core.role.votes.record(core.keyOf(core.config.self), true);
  decide(core);
}

function requestVotes(core: RaftCore, kind: { readonly preVote: boolean; readonly transfer: boolean }): void {
  const { index: lastIndex, term: lastTerm } = core.log.last;
  const term = kind.preVote ? core.term + 1 : core.term;
  for (const voter of core.voters.current) {
    if (!core.isSelf(voter)) core.send(voter, { kind: 'voteRequest', ...kind, lastIndex, lastTerm }, term);
  }
}

/** Whether a leader is working, as far as this node can tell: then there is no reason to vote for another. */
function hasLiveLeader(core: RaftCore): boolean {
  if (core.role.kind === 'leader') return true;
  if (core.role.kind !== 'follower' || core.role.leader === undefined) return false;
  return core.nowMs - core.role.leaderContactMs < core.config.limits.electionTimeoutMsMin;
}

/**
 * A vote is also given by a node that is no voter in its own log: the candidate's log may know better. Which votes count
 * is decided by the candidate.
 */
export function onVoteRequest(core: RaftCore, { from, term }: Envelope, request: VoteRequest): void {
  const { preVote } = request;
  if (!request.transfer && hasLiveLeader(core)) {
    // A request of a newer term is not even answered: its term must not depose the leader (thesis, 4.2.3).
    if (preVote || term <= core.term) core.send(from, { kind: 'voteResponse', preVote, granted: false });
    // It does not know that it was removed, and learns it as an observer.
    if (preVote && !core.voterKeys.includes(core.keyOf(from))) onObserve(core, from);
    return;
  }
  if (!preVote && term > core.term) core.becomeFollower(term);
  const { votedFor } = core;
  const free = preVote
    ? term > core.term
    : term === core.term && (votedFor === undefined || core.keyOf(votedFor) === core.keyOf(from));
  const last = core.log.last;
  const complete = request.lastTerm > last.term || (request.lastTerm === last.term && request.lastIndex >= last.index);
  const granted = free && complete && core.incoming?.state !== 'installing';
  if (granted && !preVote) {
    // It has not asked for votes in this term yet, and stops asking whether it might.
    if (core.role.kind === 'prospective') core.becomeFollower(core.term);
    assert(core.role.kind === 'follower' || core.isSelf(from), 'only followers give their vote to others');
    core.setHardState({ term, votedFor: { nodeId: from.nodeId, directoryId: from.directoryId } });
    if (core.role.kind === 'follower') core.role.electionDeadlineMs = core.randomElectionDeadlineMs();
  }
  // A pre-vote is granted for the term asked about, and denied in the own one, which the asker may not know yet.
  core.send(from, { kind: 'voteResponse', preVote, granted }, granted ? term : core.term);
}

export function onVoteResponse(core: RaftCore, { from, term }: Envelope, response: VoteResponse): void {
  if (core.role.kind !== (response.preVote ? 'prospective' : 'candidate')) return;
  // A pre-vote for a term that has passed meanwhile is worth nothing.
  if (response.preVote && response.granted && term !== core.term + 1) return;
  core.role.votes.record(core.keyOf(from), response.granted);
  decide(core);
}

function decide(core: RaftCore): void {
  if (core.role.kind !== 'prospective' && core.role.kind !== 'candidate') return;
  const outcome = core.role.votes.outcome(core.voterKeys);
  if (outcome === 'lost') core.becomeFollower(core.term);
  if (outcome !== 'won') return;
  if (core.role.kind === 'prospective') becomeCandidate(core, { transfer: false });
  else becomeLeader(core);
}
