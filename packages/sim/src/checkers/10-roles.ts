import { complain, type Invariant } from './checker.ts';

export const roles: Invariant = {
  name: '10-roles',
  sentence: 'Only a voter campaigns or leads, an observer is no voter, and nobody has committed what it does not hold.',
  create() {
    const check = complain(roles.name);
    return ({ quorum }) => {
      for (const node of quorum) {
        const voter = node.voters.some((each) => each.nodeId === node.nodeId && each.directoryId === node.directoryId);
        // A leader that removes itself leads until the change is committed (thesis, 4.2.2).
        const removingItself = node.role === 'leader' && node.votersIndex > node.commitIndex;
        if (node.role === 'leader' || node.role === 'candidate' || node.role === 'prospective') {
          check(voter || removingItself, () => `node ${node.nodeId} is ${node.role} and no voter`);
        }
        if (node.role === 'observer') check(!voter, () => `voter ${node.nodeId} is an observer`);
        check(
          node.commitIndex <= node.lastIndex,
          () => `node ${node.nodeId} committed ${node.commitIndex} and holds ${node.lastIndex}`,
        );
      }
    };
  },
};
