import { allPartitions, partitionOf } from '@moldau/metadata';
import { complain, type Invariant } from './checker.ts';
import { ImageTracker } from './image-tracker.ts';

export const epochsGrow: Invariant = {
  name: '14-epochs-grow',
  sentence:
    'Leader and partition epochs never decrease, every change of a partition raises its epoch, and a change of leader the leader epoch.',
  create() {
    const check = complain(epochsGrow.name);
    const tracker = new ImageTracker();
    return (observation) => {
      const step = tracker.next(observation);
      if (step?.before === undefined) return;
      for (const state of allPartitions(step.after)) {
        const before = partitionOf(step.before, state.topicId, state.partition);
        if (before === undefined || before === state) continue;
        const name = `${state.topicId}:${state.partition}`;
        const same =
          before.leader === state.leader &&
          String(before.isr) === String(state.isr) &&
          String(before.elr) === String(state.elr);
        check(
          state.leaderEpoch >= before.leaderEpoch,
          () => `${name}: leader epoch ${before.leaderEpoch} to ${state.leaderEpoch}`,
        );
        check(
          state.partitionEpoch >= before.partitionEpoch,
          () => `${name}: partition epoch ${before.partitionEpoch} to ${state.partitionEpoch}`,
        );
        check(
          same || state.partitionEpoch > before.partitionEpoch,
          () => `${name}: changed within partition epoch ${state.partitionEpoch}`,
        );
        check(
          before.leader === state.leader || state.leaderEpoch > before.leaderEpoch,
          () => `${name}: leader changed within epoch ${state.leaderEpoch}`,
        );
      }
    };
  },
};
