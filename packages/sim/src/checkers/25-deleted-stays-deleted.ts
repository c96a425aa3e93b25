import type { Offset } from '@moldau/base';
import { isChanged } from '../observation.ts';
import { complain, type Invariant } from './checker.ts';
import { newestImage, partitionsOf, registeredBrokers, replicaOf } from './partition-state.ts';

/**
 * A replica whose broker was fenced when the answer was given may be elected with what was deleted, before it has followed
 * again: of that one nothing is said.
 */
export const deletedStaysDeleted: Invariant = {
  name: '25-deleted-stays-deleted',
  sentence:
    'What a request has deleted is gone from every member of the ISR when that is answered, and a replica from which it was gone is never in the ISR with it again.',
  create() {
    const check = complain(deletedStaysDeleted.name);
    const answered = new Map<string, Offset>();
    /** `broker topicId:partition` -> the highest answered start that its log has begun at or behind. */
    const gone = new Map<string, Offset>();
    return (observation) => {
      const image = newestImage(observation);
      if (image === undefined) return;
      const registered = registeredBrokers(observation, image);
      for (const { key, state } of partitionsOf(image)) {
        const deletedStart = observation.ghost.partition(key)?.deletedStart ?? 0;
        if (deletedStart === 0 || !isChanged(observation, key)) continue;
        const isNews = answered.get(key) !== deletedStart;
        answered.set(key, deletedStart);
        for (const broker of registered) {
          const replica = state.isr.includes(broker.brokerId) ? replicaOf(broker, key) : undefined;
          if (replica === undefined) continue;
          const name = `${broker.brokerId} ${key}`;
          const what = `broker ${broker.brokerId}, in the ISR of ${key}, begins at ${replica.startOffset}`;
          check(
            !isNews || replica.startOffset >= deletedStart,
            () => `${what} when what is below ${deletedStart} is said to be deleted`,
          );
          const before = gone.get(name) ?? 0;
          check(replica.startOffset >= before, () => `${what}, and has begun at ${before} before`);
          if (replica.startOffset >= deletedStart) gone.set(name, deletedStart);
        }
      }
    };
  },
};
