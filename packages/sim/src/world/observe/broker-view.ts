import { type NodeId, topicPartitionKey } from '@moldau/base';
import type { Broker, PartitionInspection } from '@moldau/broker';
import { partitionOf } from '@moldau/metadata';
import type { Ghost } from '../../ghost/ghost.ts';
import type { BrokerView, ReplicaView } from '../../observation.ts';

/** No epoch yet: it has not been registered in this life. */
const UNREGISTERED = -1;

/** As far as a lease may be over before its broker's clock says so: what lies between is rounding. */
const ROUNDING_MS = 0.001;

/** What a running broker shows. */
export function brokerView(
  brokerId: NodeId,
  life: number,
  broker: Broker,
  { ghost, nowMs }: { readonly ghost: Ghost; readonly nowMs: number },
): BrokerView {
  const { brokerEpoch = UNREGISTERED, image, partitions } = broker.inspect();
  const registered = image.brokers.get(brokerId);
  const isUnfenced = registered?.brokerEpoch === brokerEpoch && !registered.fenced;
  const leaseOver = nowMs > ghost.leaseEndMs(brokerId, brokerEpoch) + ROUNDING_MS;
  const replicas = partitions.map((each) => {
    const state = partitionOf(image, each.topicId, each.partition);
    const isNamed = isUnfenced && state?.leader === brokerId && state.leaderEpoch === each.leaderEpoch;
    return replicaView(brokerId, each, isNamed);
  });
  return { brokerId, life, brokerEpoch, image, leaseOver, replicas };
}

function replicaView(brokerId: NodeId, partition: PartitionInspection, isNamed: boolean): ReplicaView {
  const { role, serves, hasOpenProposal, highWatermark, subscriptionCount, ...rest } = partition;
  return {
    ...rest,
    brokerId,
    key: topicPartitionKey(partition.topicId, partition.partition),
    role: role === 'idle' ? 'offline' : role,
    serving: serves,
    isNamed,
    proposing: hasOpenProposal,
    highWatermark,
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
    left.isNamed === right.isNamed &&
    left.isrStreamDown === right.isrStreamDown &&
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
