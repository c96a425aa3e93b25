import { type NodeId, topicPartitionKey } from '@moldau/base';
import type { Broker, PartitionInspection } from '@moldau/broker';
import type { BrokerView, ReplicaView } from '../../observation.ts';

/** No epoch yet: it has not been registered in this life. */
const UNREGISTERED = -1;

/** What a running broker shows. */
export function brokerView(brokerId: NodeId, life: number, broker: Broker): BrokerView {
  const { brokerEpoch = UNREGISTERED, image, partitions, fenced, leaseOver } = broker.inspect();
  return {
    brokerId,
    life,
    brokerEpoch,
    image,
    replicas: partitions.map((each) => replicaView(brokerId, each, !fenced && !(leaseOver && each.isrStreamDown))),
  };
}

function replicaView(brokerId: NodeId, partition: PartitionInspection, mayServe: boolean): ReplicaView {
  const { role, serves, hasOpenProposal, highWatermark, subscriptionCount, ...rest } = partition;
  return {
    ...rest,
    brokerId,
    key: topicPartitionKey(partition.topicId, partition.partition),
    role: role === 'idle' ? 'offline' : role,
    serving: serves,
    mayServe,
    proposing: hasOpenProposal,
    highWatermark,
    // Without transactions nothing is unstable below it.
    lastStableOffset: highWatermark,
    fetcherCount: subscriptionCount,
  };
}

/** Partitions whose replicas look otherwise than before; undefined when the broker itself does. */
export function changedReplicas(before: BrokerView | undefined, after: BrokerView | undefined): string[] | undefined {
  if (before === undefined && after === undefined) return [];
  if (before === undefined || after === undefined) return undefined;
  if (before.life !== after.life || before.brokerEpoch !== after.brokerEpoch || before.image !== after.image)
    return undefined;
  if (before.replicas.length !== after.replicas.length) return undefined;
  const changed: string[] = [];
  for (const [index, replica] of after.replicas.entries()) {
    const earlier = before.replicas[index];
    if (earlier?.key !== replica.key) return undefined;
    if (!sameReplica(earlier, replica)) changed.push(replica.key);
  }
  return changed;
}

function sameReplica(left: ReplicaView, right: ReplicaView): boolean {
  return (
    left.endOffset === right.endOffset &&
    left.flushedEnd === right.flushedEnd &&
    left.highWatermark === right.highWatermark &&
    left.startOffset === right.startOffset &&
    left.role === right.role &&
    left.leaderEpoch === right.leaderEpoch &&
    left.serving === right.serving &&
    left.mayServe === right.mayServe &&
    left.proposing === right.proposing &&
    left.fetcherCount === right.fetcherCount &&
    left.epochs.length === right.epochs.length &&
    sameMembers(left.isr, right.isr) &&
    sameMembers(left.maximalIsr, right.maximalIsr)
  );
}

function sameMembers(left: readonly NodeId[], right: readonly NodeId[]): boolean {
  return left.length === right.length && left.every((member, index) => member === right[index]);
}
