import { NO_LEADER } from '@moldau/base';
import { allPartitions, partitionOf } from '@moldau/metadata';
import { complain, type Invariant } from './checker.ts';
import { ImageTracker } from './image-tracker.ts';

/** KAFKA-19522: a fenced last known leader was elected. */
export const leaderWasEligible: Invariant = {
  name: '13-leader-was-eligible',
  sentence: 'A leader is a member of the ISR, and was elected from ISR or ELR while it was not fenced.',
  create() {
    const check = complain(leaderWasEligible.name);
    const tracker = new ImageTracker();
    return (observation) => {
      const step = tracker.next(observation);
      if (step === undefined) return;
      for (const state of allPartitions(step.after)) {
        if (state.leader === NO_LEADER) continue;
        const name = `${state.topicId}:${state.partition}`;
        check(state.isr.includes(state.leader), () => `${name}: leader ${state.leader} is not in isr ${state.isr}`);
        const before = step.before && partitionOf(step.before, state.topicId, state.partition);
        if (before === undefined || before.leaderEpoch === state.leaderEpoch) continue;
        check(
          step.after.brokers.get(state.leader)?.fenced === false,
          () => `${name}: broker ${state.leader} was elected while fenced`,
        );
        // Several batches may lie between two looks; only a single one shows from where the leader came.
        if (step.after.offset !== (step.before?.offset ?? 0) + 1) continue;
        const eligible = before.isr.includes(state.leader) || before.elr.includes(state.leader);
        check(
          eligible,
          () => `${name}: leader ${state.leader} came from outside isr ${before.isr} and elr ${before.elr}`,
        );
      }
    };
  },
};
