import { groupEvents } from '../ghost/group-history.ts';
import { complain, type Invariant } from './checker.ts';
import { ToldGenerations } from './told-generations.ts';

/** One that began and was not told to anybody may begin anew after a failover: it was never replicated. */
export const generationsGrow: Invariant = {
  name: '35-generations-grow',
  sentence:
    'Who asks for its assignment after one of a newer generation was told is not told one of an older generation.',
  create() {
    const check = complain(generationsGrow.name);
    const events = groupEvents();
    const generations = new ToldGenerations();
    return ({ ghost }) => {
      for (const [index, event] of events(ghost.groups)) {
        if (event.kind === 'assigned') {
          const { group, memberId, generation, asked } = event;
          const known = generations.before(group, asked);
          check(
            generation >= known,
            () => `${group}: ${memberId} is told of generation ${generation}, and asked after ${known} was told`,
          );
        }
        generations.note(index, event);
      }
    };
  },
};
