import { type NodeId, topicPartitionKey } from '@moldau/base';
import type { Broker, PartitionInspection } from '@moldau/broker';
import type { BrokerView, ReplicaView } from '../../observation.ts';

/** No epoch yet: it has not been registered in this life. */
const UNREGISTERED = -1;

/** What a running broker shows. */
export function brokerView(brokerId: NodeId, life: number, broker: Broker): BrokerView {
  const { brokerEpoch = UNREGISTERED, image, partitions } = broker.inspect();
  return { brokerId, life, brokerEpoch, image, replicas: partitions.map((each) => replicaView(brokerId, each)) };
}

function replicaView(brokerId: NodeId, partition: PartitionInspection): ReplicaView {
  const { role, serves, hasOpenProposal, highWatermark, subscriptionCount, ...rest } = partition;
  return {
    ...rest,
    brokerId,
    key: topicPartitionKey(partition.topicId, partition.partition),
    role: role === 'idle' ? 'offline' : role,
    serving: serves,
    proposing: hasOpenProposal,
    highWatermark,
    // Without transactions nothing is unstable below it.
    lastStableOffset: highWatermark,
    fetcherCount: subscriptionCount,
  };
}
