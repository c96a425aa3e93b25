import { isChanged } from '../observation.ts';
import { complain, type Invariant } from './checker.ts';

/**
 * The log of a broker that is down counts as it was last known; when it starts again, what it recovered counts. Faults are
 * drawn within the budget under which nothing may be lost, so a loss is a bug. Where a log may begin is the ghost's to say:
 * logs that all dropped their heads would excuse one another.
 */
export const nothingAcknowledgedIsLost: Invariant = {
  name: '22-nothing-acknowledged-is-lost',
  sentence:
    'Every record that was acknowledged, shown or replicated is in the log of some replica, unless retention or a request has deleted it.',
  create() {
    const check = complain(nothingAcknowledgedIsLost.name);
    const looked = new Map<string, { readonly rewrites: number; readonly count: number }>();
    return (observation) => {
      const { ghost } = observation;
      for (const [key, partition] of ghost.partitions) {
        if (partition.exempt !== undefined || !isChanged(observation, key)) continue;
        const logs = [...ghost.logsOf(key).values()];
        const rewrites = logs.reduce((sum, log) => sum + log.rewrites, 0);
        const { witnessed, legalStart } = partition;
        const before = looked.get(key);
        for (let at = before?.rewrites === rewrites ? before.count : 0; at < witnessed.length; at++) {
          const offset = witnessed[at] ?? 0;
          if (offset < legalStart) continue;
          const value = partition.valueAt(offset);
          check(
            logs.some((log) => log.at(offset)?.value === value),
            () => `${key} offset ${offset}, known as ${value}, is in no log`,
          );
        }
        looked.set(key, { rewrites, count: witnessed.length });
      }
    };
  },
};
