import type { MetadataOffset } from '@moldau/base';
import type { Observation, QuorumView } from '../observation.ts';
import { complain, type Invariant } from './checker.ts';
import { entryHash } from './log-tracker.ts';

/** Also fills the ghost's record of what is committed, which other checkers use. */
export const stateMachineSafety: Invariant = {
  name: '05-state-machine-safety',
  sentence: 'No two nodes commit different entries at one index, and what a broker has applied is a prefix of that.',
  create() {
    const seen = new Map<string, MetadataOffset>();
    const check = complain(stateMachineSafety.name);
    const commit = (node: QuorumView, ghost: Observation['ghost']): void => {
      const life = `${node.nodeId}/${node.directoryId}/${node.life}`;
      const from = Math.max(seen.get(life) ?? 0, node.baseIndex) + 1;
      for (let index = from; index <= node.commitIndex; index++) {
        const entry = node.entryAt(index);
        if (entry === undefined) continue;
        const hash = entryHash(entry);
        const known = ghost.committed.get(index);
        check(
          known === undefined || (known.term === entry.term && known.hash === hash),
          () => `node ${node.nodeId} commits term ${entry.term} at ${index}, term ${known?.term} was committed there`,
        );
        ghost.committed.set(index, { term: entry.term, hash });
        ghost.committedEnd = Math.max(ghost.committedEnd, index);
      }
      seen.set(life, node.commitIndex);
    };
    return ({ quorum, brokers, ghost }) => {
      for (const node of quorum) commit(node, ghost);
      for (const broker of brokers) {
        const { offset, epoch } = broker.image;
        const known = ghost.committed.get(offset);
        check(
          known === undefined || known.term === epoch,
          () => `broker ${broker.brokerId} applied term ${epoch} at ${offset}, committed is term ${known?.term}`,
        );
      }
    };
  },
};
