import type { MetadataOffset } from '@moldau/base';
import { complain, type Invariant } from './checker.ts';

/**
 * A node that is down counts as having what it last persisted, so only running majorities are judged: enough running voters
 * without the entry to make a majority with it impossible.
 */
export const commitOnMajority: Invariant = {
  name: '06-commit-on-majority',
  sentence:
    'The commit index never decreases within a life, and a majority of the voters has what is committed on its disk.',
  create() {
    const commits = new Map<string, MetadataOffset>();
    const check = complain(commitOnMajority.name);
    return ({ quorum }) => {
      for (const node of quorum) {
        const life = `${node.nodeId}/${node.directoryId}/${node.life}`;
        const known = commits.get(life) ?? 0;
        if (node.commitIndex === known) continue;
        check(
          node.commitIndex >= known,
          () => `node ${node.nodeId} went from commit ${known} back to ${node.commitIndex}`,
        );
        commits.set(life, node.commitIndex);
        if (node.role !== 'leader' || node.votersIndex > node.commitIndex) continue;
        const lacking = node.voters.filter((voter) => {
          const view = quorum.find((other) => other.nodeId === voter.nodeId && other.directoryId === voter.directoryId);
          return view !== undefined && view.persistedIndex < node.commitIndex && view.baseIndex < node.commitIndex;
        });
        check(
          lacking.length <= Math.floor((node.voters.length - 1) / 2),
          () =>
            `leader ${node.nodeId} commits ${node.commitIndex}, not on the disks of ${lacking.map((voter) => voter.nodeId)}`,
        );
      }
    };
  },
};
