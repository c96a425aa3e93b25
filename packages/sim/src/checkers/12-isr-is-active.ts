import { allPartitions, isActive } from '@moldau/metadata';
import { complain, type Invariant } from './checker.ts';
import { ImageTracker } from './image-tracker.ts';

/** KIP-841; Kafka's specification has it as ValidControllerState. */
export const isrIsActive: Invariant = {
  name: '12-isr-is-active',
  sentence: 'No broker that is fenced, unknown or shutting down is in an ISR.',
  create() {
    const check = complain(isrIsActive.name);
    const tracker = new ImageTracker();
    return (observation) => {
      const step = tracker.next(observation);
      if (step === undefined) return;
      for (const state of allPartitions(step.after)) {
        for (const member of state.isr) {
          const broker = step.after.brokers.get(member);
          // The last member of an ISR may shut down or be lost with nobody to take over: it then leads nothing.
          check(
            isActive(broker),
            () =>
              `${state.topicId}:${state.partition}: broker ${member} of isr ${state.isr} is ${broker ? (broker.fenced ? 'fenced' : 'shutting down') : 'unknown'}`,
          );
        }
      }
    };
  },
};
