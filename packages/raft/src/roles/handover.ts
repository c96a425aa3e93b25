import type { NodeId } from '@moldau/base';
import type { LeaderRole, RaftCore } from '../core.ts';
import type { Progress } from '../progress/progress.ts';
import { refuse, replicate } from './leader.ts';

/**
 * Hands leadership to another voter (thesis, 3.10): proposals are refused until the successor has the whole log, then it
 * campaigns at once. When it has not taken over within an election timeout, this node leads on.
 */
export function beginHandover(core: RaftCore, to: NodeId | undefined): void {
  const { role } = core;
  if (role.kind !== 'leader') {
    refuse(core, 'not-leader', 'this node does not lead the quorum');
    return;
  }
  const successor = successors(core, role).find(([, { replica }]) => to === undefined || replica.nodeId === to);
  if (successor === undefined) {
    const which = to === undefined ? 'no other voter is' : `node ${to} is no voter, or not`;
    refuse(core, 'voter-not-found', `${which} in contact with this leader: there is nobody to hand leadership to`);
    return;
  }
  role.handover = { to: successor[0], deadlineMs: core.nowMs + core.config.limits.electionTimeoutMsMin };
  continueHandover(core, role);
}

/** Before a clean stop. */
export function resign(core: RaftCore): void {
  core.resigned = true;
  const { role } = core;
  if (role.kind === 'follower') return;
  if (role.kind === 'leader' && successors(core, role).length > 0) beginHandover(core, undefined);
  else core.becomeFollower(core.term);
}

/** To be called whenever a follower has moved. */
export function continueHandover(core: RaftCore, role: LeaderRole): void {
  const progress = role.handover && role.progress.get(role.handover.to);
  if (progress?.match === core.log.lastIndex) core.send(progress.replica, { kind: 'timeoutNow' });
}

/** A leader whose own removal is committed tells the others so, asks the best of them to take over, and follows. */
export function stepDownWhenRemoved(core: RaftCore, role: LeaderRole): void {
  if (core.isVoter || core.commitIndex < core.voters.currentIndex) return;
  replicate(core, role, { heartbeat: false });
  const best = successors(core, role)[0];
  if (best !== undefined) core.send(best[1].replica, { kind: 'timeoutNow' });
  core.becomeFollower(core.term);
}

/**
 * The other voters that were heard of late, the best first: who has the longest log and, when nothing was written since it
 * died, who spoke last. A dead successor would cost the cluster an election timeout of refused proposals.
 */
function successors(core: RaftCore, role: LeaderRole): [string, Progress][] {
  const voters = core.voterKeys;
  const aliveMs = core.nowMs - core.config.limits.checkQuorumMs;
  const others = [...role.progress].filter(([key, { contactMs }]) => voters.includes(key) && contactMs > aliveMs);
  return others.sort(([, left], [, right]) => right.match - left.match || right.contactMs - left.contactMs);
}
