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
      for (const { after } of tracker.next(observation)) {
        for (const { brokerId, brokerEpoch, incarnationId } of after.brokers.values()) {
          const owner = `${brokerId}/${incarnationId}`;
          const known = owners.get(brokerEpoch);
          check(known === undefined || known === owner, () => `epoch ${brokerEpoch} is ${known}'s and ${owner}'s`);
          owners.set(brokerEpoch, owner);
          const before = newest.get(brokerId) ?? 0;
          check(brokerEpoch >= before, () => `broker ${brokerId} went from epoch ${before} back to ${brokerEpoch}`);
          newest.set(brokerId, brokerEpoch);
        }
      }
    };
  },
};
