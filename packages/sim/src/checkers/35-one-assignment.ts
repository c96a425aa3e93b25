import { groupEvents } from '../ghost/group-history.ts';
import { complain, type Invariant } from './checker.ts';

/**
 * Told means replicated, so this holds over failovers as well. The simulated leaders give each partition to one member; the
 * two runs of a static member count as one.
 */
export const oneAssignment: Invariant = {
  name: '35-one-assignment',
  sentence: 'In a generation of a group a member is told one assignment, and no partition is told to two members.',
  create() {
    const check = complain(oneAssignment.name);
    const events = groupEvents();
    const told = new Map<string, string>();
    const owners = new Map<string, string>();
    return ({ ghost }) => {
      for (const [, event] of events(ghost.groups)) {
        if (event.kind !== 'assigned') continue;
        const { group, generation, memberId, instanceId, partitions } = event;
        const member = instanceId ?? memberId;
        const name = `${group} generation ${generation}`;
        const text = [...partitions].sort().join(' ');
        const before = told.get(`${name} ${member}`);
        check(before === undefined || before === text, () => `${name}: ${member} was told ${before}, and then ${text}`);
        told.set(`${name} ${member}`, text);
        for (const partition of partitions) {
          const owner = owners.get(`${name} ${partition}`);
          check(owner === undefined || owner === member, () => `${name}: ${partition} is ${owner}'s and ${member}'s`);
          owners.set(`${name} ${partition}`, member);
        }
      }
    };
  },
};
