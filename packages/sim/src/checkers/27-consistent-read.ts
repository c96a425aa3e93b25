import { isChanged } from '../observation.ts';
import { complain, type Invariant } from './checker.ts';

export const consistentRead: Invariant = {
  name: '27-consistent-read',
  sentence: 'What was acknowledged or shown at an offset is never another record later.',
  create() {
    const check = complain(consistentRead.name);
    return (observation) => {
      for (const [key, partition] of observation.ghost.partitions) {
        if (!isChanged(observation, key)) continue;
        check(partition.conflicts.length === 0, () => `${key}: ${partition.conflicts.join('; ')}`);
      }
    };
  },
};
