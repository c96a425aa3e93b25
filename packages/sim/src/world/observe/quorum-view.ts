import type { NodeId } from '@moldau/base';
import type { Controller } from '@moldau/controller';
import type { FollowerStatus } from '@moldau/raft';
import type { QuorumView } from '../../observation.ts';

/** With what tells whether its log was rewritten. */
export interface SeenQuorumView extends QuorumView {
  readonly lastTerm: number | undefined;
}

/** What a running controller shows; undefined until it has joined a quorum. */
export function quorumView(nodeId: NodeId, life: number, controller: Controller): SeenQuorumView | undefined {
  const { machine, directoryId, image } = controller.inspect();
  if (machine === undefined) return undefined;
  const { role, term, commitIndex, persistedIndex, baseIndex, lastIndex, snapshot, voters, votersIndex } =
    machine.status;
  return {
    nodeId,
    directoryId,
    life,
    role,
    term,
    commitIndex,
    persistedIndex,
    baseIndex,
    lastIndex,
    lastTerm: machine.termAt(lastIndex),
    snapshotIndex: snapshot?.index ?? 0,
    voters,
    votersIndex,
    majoritySilentMs: role === 'leader' ? majoritySilentMs(machine.followers(), voters.length) : 0,
    entryAt: (index) => machine.entryAt(index),
    termAt: (index) => machine.termAt(index),
    image,
  };
}

/** The silence of the least silent majority, in which the leader itself is never silent. */
function majoritySilentMs(followers: readonly FollowerStatus[], voterCount: number): number {
  const silences = followers.filter(({ voter }) => voter).map(({ silentMs }) => silentMs);
  const needed = Math.floor(voterCount / 2);
  return needed === 0 ? 0 : (silences.sort((left, right) => left - right)[needed - 1] ?? 0);
}

/** Whether nothing that can be seen has changed. A log of the same bounds may still have been rewritten: its last term tells. */
export function sameQuorumView(left: SeenQuorumView, right: SeenQuorumView): boolean {
  return (
    left.life === right.life &&
    left.image === right.image &&
    left.role === right.role &&
    left.term === right.term &&
    left.commitIndex === right.commitIndex &&
    left.persistedIndex === right.persistedIndex &&
    left.baseIndex === right.baseIndex &&
    left.lastIndex === right.lastIndex &&
    left.snapshotIndex === right.snapshotIndex &&
    left.votersIndex === right.votersIndex &&
    left.lastTerm === right.lastTerm
  );
}
