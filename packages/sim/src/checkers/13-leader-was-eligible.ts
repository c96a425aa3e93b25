import { NO_LEADER } from '@moldau/base';
import { allPartitions, isReassigning, partitionOf } from '@moldau/metadata';
import { complain, type Invariant } from './checker.ts';
import { ImageTracker } from './image-tracker.ts';

/** KAFKA-19522: a fenced last known leader was elected. */
export const leaderWasEligible: Invariant = {
  name: '13-leader-was-eligible',
  sentence:
    'A leader is a member of the ISR, and was elected from ISR or ELR, or from whom the leader before took in to end a reassignment, while it was not fenced.',
  create() {
    const check = complain(leaderWasEligible.name);
    const tracker = new ImageTracker();
    return (observation) => {
      for (const { before: earlier, after, isSingle } of tracker.next(observation)) {
        for (const state of allPartitions(after)) {
          if (state.leader === NO_LEADER) continue;
          const name = `${state.topicId}:${state.partition}`;
          check(state.isr.includes(state.leader), () => `${name}: leader ${state.leader} is not in isr ${state.isr}`);
          const before = earlier && partitionOf(earlier, state.topicId, state.partition);
          if (before === undefined || before.leaderEpoch === state.leaderEpoch) continue;
          check(
            after.brokers.get(state.leader)?.fenced === false,
            () => `${name}: broker ${state.leader} was elected while fenced`,
          );
          if (!isSingle) continue;
          // The entry that brings the last one into the ISR ends a reassignment, and may give it to a member that has just joined.
          const hasJoined = isReassigning(before) && !isReassigning(state) && state.isr.includes(state.leader);
          check(
            before.isr.includes(state.leader) || before.elr.includes(state.leader) || hasJoined,
            () => `${name}: leader ${state.leader} came from outside isr ${before.isr} and elr ${before.elr}`,
          );
        }
      }
    };
  },
};
