import { allPartitions, isActive } from '@moldau/metadata';
import { complain, type Invariant } from './checker.ts';
import { ImageTracker } from './image-tracker.ts';

/** KIP-841; Kafka's specification has it as ValidControllerState. A last member that is lost leaves an empty ISR behind. */
export const isrIsActive: Invariant = {
  name: '12-isr-is-active',
  sentence: 'No broker that is fenced, unknown or shutting down is in an ISR.',
  create() {
    const check = complain(isrIsActive.name);
    const tracker = new ImageTracker();
    return (observation) => {
      for (const { after } of tracker.next(observation)) {
        for (const state of allPartitions(after)) {
          for (const member of state.isr) {
            const broker = after.brokers.get(member);
            check(
              isActive(broker),
              () =>
                `${state.topicId}:${state.partition}: broker ${member} of isr ${state.isr} is ${broker ? (broker.fenced ? 'fenced' : 'shutting down') : 'unknown'}`,
            );
          }
        }
      }
    };
  },
};
