import { allPartitions } from '@moldau/metadata';
import { complain, type Invariant } from './checker.ts';
import { ImageTracker } from './image-tracker.ts';

/** KIP-966; Kafka's specification has it as ValidControllerIsrAndElr. */
export const isrAndElrSets: Invariant = {
  name: '11-isr-and-elr-sets',
  sentence: 'ISR and ELR are parts of the replicas without a common member, and a leader is a replica.',
  create() {
    const check = complain(isrAndElrSets.name);
    const tracker = new ImageTracker();
    return (observation) => {
      const step = tracker.next(observation);
      if (step === undefined) return;
      for (const state of allPartitions(step.after)) {
        const replicas = state.replicas.map((replica) => replica.brokerId);
        const name = `${state.topicId}:${state.partition}`;
        check(new Set(state.isr).size === state.isr.length, () => `${name}: isr ${state.isr} names one twice`);
        check(
          state.isr.every((member) => replicas.includes(member)),
          () => `${name}: isr ${state.isr} of replicas ${replicas}`,
        );
        check(
          state.elr.every((member) => replicas.includes(member)),
          () => `${name}: elr ${state.elr} of replicas ${replicas}`,
        );
        check(
          !state.elr.some((member) => state.isr.includes(member)),
          () => `${name}: isr ${state.isr} and elr ${state.elr}`,
        );
      }
    };
  },
};
