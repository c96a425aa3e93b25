import type { ControllerEpoch } from '@moldau/base';
import { complain, type Invariant } from './checker.ts';

/** Votes are taken from the network, where they count: a vote that never left its node may be forgotten in a crash. */
export const oneVotePerTerm: Invariant = {
  name: '02-one-vote-per-term',
  sentence: 'A replica votes once in a term, also across crashes, and its term never decreases within a life.',
  create() {
    const terms = new Map<string, ControllerEpoch>();
    const check = complain(oneVotePerTerm.name);
    return ({ quorum, ghost }) => {
      check(ghost.doubleVotes.length === 0, () => ghost.doubleVotes.join('; '));
      for (const node of quorum) {
        const life = `${node.nodeId}/${node.directoryId}/${node.life}`;
        const known = terms.get(life) ?? 0;
        check(node.term >= known, () => `node ${node.nodeId} went from term ${known} back to ${node.term}`);
        terms.set(life, node.term);
      }
    };
  },
};
