import type { ControllerEpoch } from '@moldau/base';
import { complain, type Invariant } from './checker.ts';

/**
 * Votes and terms are taken from the network, where they count: what never left its node may be forgotten in a crash. So a
 * term may go back from one life to the next, but not behind what the replica has said in any life.
 */
export const oneVotePerTerm: Invariant = {
  name: '02-one-vote-per-term',
  sentence:
    'A replica votes once in a term, also across crashes; its term never decreases within a life, and never falls behind one in which it has spoken.',
  create() {
    const terms = new Map<string, ControllerEpoch>();
    const check = complain(oneVotePerTerm.name);
    return ({ quorum, ghost }) => {
      check(ghost.doubleVotes.length === 0, () => ghost.doubleVotes.join('; '));
      for (const node of quorum) {
        const replica = `${node.nodeId}/${node.directoryId}`;
        const life = `${replica}/${node.life}`;
        const known = terms.get(life) ?? 0;
        check(node.term >= known, () => `node ${node.nodeId} went from term ${known} back to ${node.term}`);
        terms.set(life, node.term);
        const spoken = ghost.terms.get(replica) ?? 0;
        check(node.term >= spoken, () => `node ${node.nodeId} spoke in term ${spoken} and is back in ${node.term}`);
      }
    };
  },
};
