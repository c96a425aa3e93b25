import { complain, type Invariant } from './checker.ts';

/** Raft thesis, 4.1, with the correction that a change needs a committed entry of the leader's own term before it. */
export const oneVoterChange: Invariant = {
  name: '08-one-voter-change',
  sentence:
    'Voter sets that follow one another differ by one voter at most, and a leader begins a change only with an own entry committed and no other change open.',
  create() {
    const check = complain(oneVoterChange.name);
    const last = new Map<string, { readonly index: number; readonly names: ReadonlySet<string> }>();
    return ({ quorum }) => {
      for (const node of quorum) {
        const life = `${node.nodeId}/${node.directoryId}/${node.life}`;
        const before = last.get(life);
        if (before?.index === node.votersIndex) continue;
        const names = new Set(node.voters.map((voter) => `${voter.nodeId}/${voter.directoryId}`));
        last.set(life, { index: node.votersIndex, names });
        if (before === undefined || node.role !== 'leader' || node.termAt(node.votersIndex) !== node.term) continue;
        const differing =
          [...names].filter((name) => !before.names.has(name)).length +
          [...before.names].filter((name) => !names.has(name)).length;
        check(differing <= 1, () => `node ${node.nodeId} changes ${differing} voters at once at ${node.votersIndex}`);
        check(
          before.index <= node.commitIndex,
          () => `node ${node.nodeId} begins a change at ${node.votersIndex} while that of ${before.index} is open`,
        );
        check(
          node.termAt(node.commitIndex) === node.term,
          () => `node ${node.nodeId} changes voters in term ${node.term} before an entry of it is committed`,
        );
      }
    };
  },
};
