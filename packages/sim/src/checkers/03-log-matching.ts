import { complain, type Invariant } from './checker.ts';
import { entryHash, LogTracker } from './log-tracker.ts';

/**
 * Raft paper, figure 3. That equal positions follow equal positions is checked entry by entry; the whole prefix follows by
 * induction.
 */
export const logMatching: Invariant = {
  name: '03-log-matching',
  sentence: 'Two logs that have an entry of the same index and term are the same up to it.',
  create() {
    const known = new Map<string, { readonly hash: number; readonly previousTerm: number | undefined }>();
    const tracker = new LogTracker();
    const check = complain(logMatching.name);
    return ({ quorum }) => {
      for (const node of quorum) {
        const { from, to } = tracker.fresh(node);
        for (let index = from; index <= to; index++) {
          const entry = node.entryAt(index);
          if (entry === undefined) continue;
          const hash = entryHash(entry);
          const previousTerm = node.termAt(index - 1);
          const position = `${index}@${entry.term}`;
          const other = known.get(position);
          if (other === undefined) {
            known.set(position, { hash, previousTerm });
            continue;
          }
          check(other.hash === hash, () => `entry ${position} differs on node ${node.nodeId}`);
          check(
            previousTerm === undefined || other.previousTerm === undefined || previousTerm === other.previousTerm,
            () =>
              `before ${position} stands term ${previousTerm} on node ${node.nodeId}, ${other.previousTerm} elsewhere`,
          );
        }
      }
    };
  },
};
