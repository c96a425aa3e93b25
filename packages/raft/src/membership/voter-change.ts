import type { LeaderRole, RaftCore } from '../core.ts';
import { appendOwn, refuse, trackVoters } from '../roles/leader.ts';
import type { Replica, ReplicaKey } from './replica.ts';
import { encodeVoters, VOTERS_MAX } from './voter-set-codec.ts';

/**
 * An observer that has caught up becomes a voter; a voter gets a new address. Only the address that the node itself goes by:
 * one with a typing error would be dialled by all, and be what the next leader knows of its majority.
 */
export function addVoter(core: RaftCore, voter: Replica): void {
  const role = leaderReadyForChange(core);
  if (role === undefined) return;
  const { current } = core.voters;
  const sameNode = core.voterWithId(voter.nodeId);
  if (sameNode === undefined) {
    const { catchUpEntriesMax, checkQuorumMs } = core.config.limits;
    const progress = role.progress.get(core.keyOf(voter));
    const follows = progress !== undefined && core.nowMs - progress.contactMs < checkQuorumMs;
    const behind = core.log.lastIndex - (progress?.match ?? 0);
    if (!follows) {
      refuse(core, 'not-caught-up', `node ${voter.nodeId} does not follow this leader: start it first`);
      return;
    }
    if (behind > catchUpEntriesMax) {
      refuse(core, 'not-caught-up', `node ${voter.nodeId} is ${behind} entries behind: try again later`);
      return;
    }
    if (current.length >= VOTERS_MAX) {
      refuse(core, 'duplicate-voter', `there are ${VOTERS_MAX} voters, which is the limit`);
      return;
    }
    if (hasAddress(core, role, voter)) changeTo(core, role, [...current, voter]);
    return;
  }
  if (core.keyOf(sameNode) !== core.keyOf(voter)) {
    const message = `node ${voter.nodeId} is a voter with directory ${sameNode.directoryId}: remove that voter first`;
    refuse(core, 'duplicate-voter', message);
    return;
  }
  if (sameNode.address === voter.address) {
    refuse(core, 'duplicate-voter', `node ${voter.nodeId} is a voter at ${voter.address} already`);
    return;
  }
  if (!hasAddress(core, role, voter)) return;
  changeTo(
    core,
    role,
    current.map((each) => (each === sameNode ? voter : each)),
  );
}

function hasAddress(core: RaftCore, role: LeaderRole, voter: Replica): boolean {
  const known = core.isSelf(voter) ? core.config.self : role.progress.get(core.keyOf(voter))?.replica;
  if (known?.address === voter.address) return true;
  refuse(
    core,
    'wrong-address',
    `node ${voter.nodeId} says that it is at ${known?.address ?? 'no address'}, not at ${voter.address}: name that address, or correct its advertised listener`,
  );
  return false;
}

/** The leader may remove itself; it leads until that is committed, without counting itself (thesis, 4.2.2). */
export function removeVoter(core: RaftCore, voter: ReplicaKey): void {
  const role = leaderReadyForChange(core);
  if (role === undefined) return;
  const { current } = core.voters;
  const rest = current.filter((each) => core.keyOf(each) !== core.keyOf(voter));
  if (rest.length === current.length) {
    refuse(core, 'voter-not-found', `node ${voter.nodeId} with directory ${voter.directoryId} is no voter`);
    return;
  }
  if (rest.length === 0) {
    refuse(core, 'last-voter', 'the only voter cannot be removed');
    return;
  }
  changeTo(core, role, rest);
}

/**
 * One change at a time, and only after an entry of the own term: two leaders that each change the set they inherited
 * could otherwise count disjoint majorities (Ongaro's correction to the thesis, raft-dev, 2015).
 */
function leaderReadyForChange(core: RaftCore): LeaderRole | undefined {
  const { role } = core;
  if (role.kind !== 'leader') refuse(core, 'not-leader', 'this node does not lead the quorum');
  else if (role.handover !== undefined) refuse(core, 'transferring', 'leadership is being handed over');
  else if (core.commitIndex < role.termStartIndex && !core.hasBug('config-change-before-own-term-commit')) {
    refuse(core, 'not-ready', 'this leader has just been elected: try again in a moment');
  } else if (core.commitIndex < core.voters.currentIndex) {
    refuse(core, 'change-pending', 'another voter change is not committed yet: try again in a moment');
  } else return role;
  return undefined;
}

function changeTo(core: RaftCore, role: LeaderRole, voters: readonly Replica[]): void {
  const { index, term } = appendOwn(core, role, 'voters', encodeVoters(voters));
  trackVoters(core, role, index);
  core.outputs.push({ kind: 'proposed', index, term });
}
