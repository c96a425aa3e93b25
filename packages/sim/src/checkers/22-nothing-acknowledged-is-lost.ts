import { isChanged } from '../observation.ts';
import { complain, type Invariant } from './checker.ts';

/**
 * The log of a broker that is down counts as it was last known; when it starts again, what it recovered counts. Faults are
 * drawn within the budget under which nothing may be lost, so a loss is a bug.
 */
export const nothingAcknowledgedIsLost: Invariant = {
  name: '22-nothing-acknowledged-is-lost',
  sentence: 'Every acknowledged record is in the log of some replica.',
  create() {
    const check = complain(nothingAcknowledgedIsLost.name);
    const looked = new Map<string, number>();
    return (observation) => {
      const { ghost } = observation;
      for (const [key, partition] of ghost.partitions) {
        if (partition.exempt !== undefined || !isChanged(observation, key)) continue;
        const logs = [...ghost.logsOf(key)];
        const rewrites = logs.reduce((sum, log) => sum + log.rewrites, 0);
        if (looked.get(key) === rewrites) continue;
        looked.set(key, rewrites);
        for (const [offset, value] of partition.acknowledged) {
          const kept = logs.some((log) => log.at(offset)?.value === value || offset < log.startOffset);
          check(kept, () => `${key} offset ${offset}, acknowledged as ${value}, is in no log`);
        }
      }
    };
  },
};
