import type { ControllerEpoch, NodeId } from '@moldau/base';
import { complain, type Invariant } from './checker.ts';

/** Raft paper, figure 3. */
export const electionSafety: Invariant = {
  name: '01-election-safety',
  sentence: 'At most one leader is elected in a term.',
  create() {
    const leaders = new Map<ControllerEpoch, NodeId>();
    const check = complain(electionSafety.name);
    return ({ quorum }) => {
      for (const node of quorum) {
        if (node.role !== 'leader') continue;
        const known = leaders.get(node.term);
        check(
          known === undefined || known === node.nodeId,
          () => `nodes ${known} and ${node.nodeId} lead term ${node.term}`,
        );
        leaders.set(node.term, node.nodeId);
      }
    };
  },
};
