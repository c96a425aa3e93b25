import {
  effectiveMinIsr,
  type PartitionState,
  partitionOf,
  type ReplicaState,
  topicMinInsyncReplicas,
} from '@moldau/metadata';
import { complain, type Invariant } from './checker.ts';
import { ImageTracker } from './image-tracker.ts';
import { partitionsOf } from './partition-state.ts';

/** Kafka's rule for the end of a reassignment (KIP-455), and KIP-966's of what one may do to an ISR. */
export const reassignmentKeepsCopies: Invariant = {
  name: '16-reassignment-keeps-copies',
  sentence:
    'The replicas that a reassignment began with are there until all that it ends with are in the ISR; a replica that it adds is not in the ISR by that, nor does an ISR shrink below min.insync.replicas by it.',
  create() {
    const check = complain(reassignmentKeepsCopies.name);
    const tracker = new ImageTracker();
    return (observation) => {
      for (const { before: earlier, after, isSingle } of tracker.next(observation)) {
        if (earlier === undefined || !isSingle) continue;
        for (const { key: name, state } of partitionsOf(after)) {
          const before = partitionOf(earlier, state.topicId, state.partition);
          if (before === undefined || before === state) continue;
          const added = state.replicas
            .filter((replica) => !hasReplica(before, replica))
            .map(({ brokerId }) => brokerId);
          check(
            !added.some((brokerId) => state.isr.includes(brokerId) || state.elr.includes(brokerId)),
            () => `${name}: brokers ${added} were added, and are in isr ${state.isr} or elr ${state.elr}`,
          );
          const removed = before.replicas.filter((replica) => !hasReplica(state, replica));
          const given = removed.filter(({ brokerId }) => !before.addingReplicas.includes(brokerId));
          check(
            given.length === 0 || state.replicas.every(({ brokerId }) => state.isr.includes(brokerId)),
            () => `${name}: brokers ${given.map(({ brokerId }) => brokerId)} went with isr ${state.isr} of the others`,
          );
          const lost = removed.filter(({ brokerId }) => before.isr.includes(brokerId) || before.elr.includes(brokerId));
          const minIsr = effectiveMinIsr(
            topicMinInsyncReplicas(after, after.topics.get(state.topicId)?.name ?? ''),
            state,
          );
          check(
            lost.length === 0 || state.isr.length >= minIsr,
            () => `${name}: of isr ${before.isr} and elr ${before.elr} only isr ${state.isr} is left`,
          );
        }
      }
    };
  },
};

function hasReplica({ replicas }: PartitionState, { brokerId, incarnationId }: ReplicaState): boolean {
  return replicas.some((replica) => replica.brokerId === brokerId && replica.incarnationId === incarnationId);
}
