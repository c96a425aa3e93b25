import type { ControllerEpoch } from '@moldau/base';
import { complain, type Invariant } from './checker.ts';

/** Raft paper, figure 3. Looked at once for each leader, when it is first seen. */
export const leaderCompleteness: Invariant = {
  name: '04-leader-completeness',
  sentence: 'The leader of the newest term holds every committed entry.',
  create() {
    const looked = new Set<ControllerEpoch>();
    const check = complain(leaderCompleteness.name);
    return ({ quorum, ghost }) => {
      for (const node of quorum) {
        if (node.role !== 'leader' || looked.has(node.term)) continue;
        looked.add(node.term);
        for (let index = node.baseIndex + 1; index <= ghost.committedEnd; index++) {
          const committed = ghost.committed.get(index);
          if (committed === undefined || committed.term > node.term) continue;
          const term = node.termAt(index);
          check(
            term === committed.term,
            () =>
              `leader ${node.nodeId} of term ${node.term} has term ${term} at ${index}, committed is ${committed.term}`,
          );
        }
      }
    };
  },
};
