import { groupEvents } from '../ghost/group-history.ts';
import { complain, type Invariant } from './checker.ts';

interface Holder {
  readonly memberId: string;
  readonly isStatic: boolean;
}

/**
 * An owner that is not in the new generation was expelled: it lost what it had, and learns that later. A static one that does
 * not come in time is kept in the generation by Kafka's rules without having let go of anything, and is not judged.
 */
export const handedOver: Invariant = {
  name: '35-handed-over',
  sentence: 'A partition is told to another member only when its owner has let go of it, or is not in that generation.',
  create() {
    const check = complain(handedOver.name);
    const events = groupEvents();
    /** `group partition` -> who reads it, by its own belief. */
    const holders = new Map<string, Map<string, Holder>>();
    /** `group generation` -> its members. */
    const members = new Map<string, ReadonlySet<string>>();
    return ({ ghost }) => {
      for (const [, event] of events(ghost.groups)) {
        if (event.kind === 'began') members.set(`${event.group} ${event.generation}`, new Set(event.memberIds));
        if (event.kind === 'let-go') {
          for (const partition of event.partitions) holders.get(`${event.group} ${partition}`)?.delete(event.memberId);
        }
        if (event.kind !== 'assigned') continue;
        const { group, generation, memberId, instanceId, partitions } = event;
        const inGeneration = members.get(`${group} ${generation}`);
        for (const partition of partitions) {
          const known = holders.get(`${group} ${partition}`) ?? new Map<string, Holder>();
          holders.set(`${group} ${partition}`, known);
          for (const other of known.values()) {
            const keeps = other.memberId !== memberId && !other.isStatic && inGeneration?.has(other.memberId) === true;
            check(
              !keeps,
              () =>
                `${group} generation ${generation}: ${memberId} is told ${partition}, ${other.memberId} still reads it`,
            );
          }
          known.set(memberId, { memberId, isStatic: instanceId !== null });
        }
      }
    };
  },
};
