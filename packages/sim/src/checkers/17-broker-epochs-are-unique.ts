import type { BrokerEpoch, NodeId } from '@moldau/base';
import { complain, type Invariant } from './checker.ts';
import { ImageTracker } from './image-tracker.ts';

export const brokerEpochsAreUnique: Invariant = {
  name: '17-broker-epochs-are-unique',
  sentence: "A broker's epoch only grows, belongs to one incarnation, and is nobody else's.",
  create() {
    const check = complain(brokerEpochsAreUnique.name);
    const tracker = new ImageTracker();
    const owners = new Map<BrokerEpoch, string>();
    const newest = new Map<NodeId, BrokerEpoch>();
    return (observation) => {
      const step = tracker.next(observation);
      if (step === undefined) return;
      for (const { brokerId, brokerEpoch, incarnationId } of step.after.brokers.values()) {
        const owner = `${brokerId}/${incarnationId}`;
        const known = owners.get(brokerEpoch);
        check(known === undefined || known === owner, () => `epoch ${brokerEpoch} is ${known}'s and ${owner}'s`);
        owners.set(brokerEpoch, owner);
        check(brokerEpoch >= (newest.get(brokerId) ?? 0), () => `broker ${brokerId} went back to epoch ${brokerEpoch}`);
        newest.set(brokerId, brokerEpoch);
      }
    };
  },
};
