import { complain, type Invariant } from './checker.ts';

export const roles: Invariant = {
  name: '10-roles',
  sentence:
    'Only a voter campaigns or leads, or one whose removal it does not know to be committed; a replica follows as a voter or as an observer according to its own disk, and nobody has committed what it does not hold.',
  create() {
    const check = complain(roles.name);
    return ({ quorum }) => {
      for (const node of quorum) {
        const voter = node.voters.some((each) => each.nodeId === node.nodeId && each.directoryId === node.directoryId);
        // Its log may be the only one that can win, and bring its own removal to an end (thesis, 4.2.2).
        const leaving = node.votersIndex > node.commitIndex;
        if (node.role === 'leader' || node.role === 'candidate' || node.role === 'prospective') {
          check(voter || leaving, () => `node ${node.nodeId} is ${node.role} and no voter`);
        }
        if (node.role === 'follower')
          check(voter, () => `node ${node.nodeId} follows as a voter on a disk that is none`);
        if (node.role === 'observer') check(!voter, () => `voter ${node.nodeId} is an observer`);
        check(
          node.commitIndex <= node.lastIndex,
          () => `node ${node.nodeId} committed ${node.commitIndex} and holds ${node.lastIndex}`,
        );
      }
    };
  },
};
