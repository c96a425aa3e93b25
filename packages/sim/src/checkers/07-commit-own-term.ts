import type { MetadataOffset } from '@moldau/base';
import { complain, type Invariant } from './checker.ts';

/** Raft paper, 5.4.2 and figure 8. */
export const commitOwnTerm: Invariant = {
  name: '07-commit-own-term',
  sentence: 'A leader moves its commit index only to an entry of its own term.',
  create() {
    const commits = new Map<string, { readonly term: number; readonly commitIndex: MetadataOffset }>();
    const check = complain(commitOwnTerm.name);
    return ({ quorum }) => {
      for (const node of quorum) {
        if (node.role !== 'leader') continue;
        const life = `${node.nodeId}/${node.directoryId}/${node.life}`;
        const before = commits.get(life);
        if (before?.term === node.term && node.commitIndex > before.commitIndex) {
          const term = node.termAt(node.commitIndex);
          check(
            term === node.term,
            () => `leader ${node.nodeId} of term ${node.term} committed ${node.commitIndex} of term ${term}`,
          );
        }
        commits.set(life, { term: node.term, commitIndex: node.commitIndex });
      }
    };
  },
};
