import { allPartitions, type PartitionState, partitionOf } from '@moldau/metadata';
import { complain, type Invariant } from './checker.ts';
import { ImageTracker } from './image-tracker.ts';

export const epochsGrow: Invariant = {
  name: '14-epochs-grow',
  sentence:
    'Leader and partition epochs never decrease, every change of a partition raises its epoch by one, and a change of leader the leader epoch.',
  create() {
    const check = complain(epochsGrow.name);
    const tracker = new ImageTracker();
    return (observation) => {
      for (const { before: earlier, after, isSingle } of tracker.next(observation)) {
        if (earlier === undefined) continue;
        for (const state of allPartitions(after)) {
          const before = partitionOf(earlier, state.topicId, state.partition);
          if (before === undefined || before === state) continue;
          const name = `${state.topicId}:${state.partition}`;
          const [from, to] = [before.partitionEpoch, state.partitionEpoch];
          check(
            state.leaderEpoch >= before.leaderEpoch,
            () => `${name}: leader epoch ${before.leaderEpoch} to ${state.leaderEpoch}`,
          );
          check(to >= from, () => `${name}: partition epoch ${from} to ${to}`);
          check(isSame(before, state) || to > from, () => `${name}: changed within partition epoch ${to}`);
          check(!isSingle || to <= from + 1, () => `${name}: one change from partition epoch ${from} to ${to}`);
          check(
            before.leader === state.leader || state.leaderEpoch > before.leaderEpoch,
            () => `${name}: leader changed within epoch ${state.leaderEpoch}`,
          );
        }
      }
    };
  },
};

function isSame(left: PartitionState, right: PartitionState): boolean {
  return (
    left.leader === right.leader &&
    left.leaderEpoch === right.leaderEpoch &&
    String(left.isr) === String(right.isr) &&
    String(left.elr) === String(right.elr) &&
    String(left.addingReplicas) === String(right.addingReplicas) &&
    String(left.removingReplicas) === String(right.removingReplicas) &&
    left.replicas.map(replicaName).join() === right.replicas.map(replicaName).join()
  );
}

function replicaName({ brokerId, directoryId, incarnationId }: PartitionState['replicas'][number]): string {
  return `${brokerId}/${directoryId}/${incarnationId}`;
}
