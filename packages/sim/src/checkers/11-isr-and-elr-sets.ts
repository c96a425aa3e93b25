import { NO_LEADER } from '@moldau/base';
import { effectiveMinIsr, topicMinInsyncReplicas } from '@moldau/metadata';
import { complain, type Invariant } from './checker.ts';
import { ImageTracker } from './image-tracker.ts';

/** KIP-966; Kafka's specification has it as ValidControllerIsrAndElr. */
export const isrAndElrSets: Invariant = {
  name: '11-isr-and-elr-sets',
  sentence:
    'ISR and ELR are parts of the replicas without a common member, the ELR is empty while the ISR has min.insync.replicas, and a leader is a replica.',
  create() {
    const check = complain(isrAndElrSets.name);
    const tracker = new ImageTracker();
    return (observation) => {
      for (const { after } of tracker.next(observation)) {
        for (const topic of after.topics.values()) {
          const minIsr = topicMinInsyncReplicas(after, topic.name);
          for (const state of topic.partitions) {
            const { topicId, partition, replicas, isr, elr, leader } = state;
            const members = replicas.map((replica) => replica.brokerId);
            const name = `${topicId}:${partition}`;
            check(new Set(isr).size === isr.length, () => `${name}: isr ${isr} names one twice`);
            check(
              isr.every((member) => members.includes(member)),
              () => `${name}: isr ${isr} of replicas ${members}`,
            );
            check(
              elr.every((member) => members.includes(member)),
              () => `${name}: elr ${elr} of replicas ${members}`,
            );
            check(!elr.some((member) => isr.includes(member)), () => `${name}: isr ${isr} and elr ${elr}`);
            check(
              elr.length === 0 || isr.length < effectiveMinIsr(minIsr, state),
              () => `${name}: elr ${elr} beside isr ${isr}, which is enough`,
            );
            check(
              leader === NO_LEADER || members.includes(leader),
              () => `${name}: leader ${leader} of replicas ${members}`,
            );
          }
        }
      }
    };
  },
};
