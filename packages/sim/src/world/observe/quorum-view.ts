import type { NodeId } from '@moldau/base';
import type { Controller } from '@moldau/controller';
import type { QuorumView } from '../../observation.ts';

/** What a running controller shows; undefined until it has joined a quorum. */
export function quorumView(nodeId: NodeId, life: number, controller: Controller): QuorumView | undefined {
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
    snapshotIndex: snapshot?.index ?? 0,
    voters,
    votersIndex,
    entryAt: (index) => machine.entryAt(index),
    termAt: (index) => machine.termAt(index),
    image,
  };
}
