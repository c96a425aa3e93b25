import type { BrokerEpoch, ErrorCode, NodeId } from '@moldau/base';
import type { AlterPartitionItem } from '@moldau/proto';
import { type ClusterImage, isActive, partitionOf, topicById } from '../image/cluster-image.ts';
import { hasReplica, type PartitionState } from './partition-state.ts';

/** A leader's proposal of an in-sync set: taken, or refused with the code that makes the leader do the right thing. */
export type AlterPartitionVerdict =
  | { readonly ok: true; readonly partition: PartitionState; readonly isr: readonly NodeId[] }
  | { readonly ok: false; readonly error: ErrorCode };

/**
 * Judges one proposal. The order of the checks matters: a leader that is behind must learn that first, and must not be
 * told that its members are ineligible on the strength of a state it does not know.
 *
 * `memberCheck` is what `no-broker-epoch-check` plants a bug in; production passes {@link isEligibleMember}.
 */
export function judgeAlterPartition(
  image: ClusterImage,
  sender: NodeId,
  item: AlterPartitionItem,
  memberCheck: (image: ClusterImage, brokerId: NodeId, brokerEpoch: BrokerEpoch) => boolean = isEligibleMember,
): AlterPartitionVerdict {
  if (topicById(image, item.topicId) === undefined) return refused('UNKNOWN_TOPIC_ID');
  const partition = partitionOf(image, item.topicId, item.partition);
  if (partition === undefined) return refused('UNKNOWN_TOPIC_OR_PARTITION');
  // Only a newer controller can have told it so.
  if (item.leaderEpoch > partition.leaderEpoch || item.partitionEpoch > partition.partitionEpoch)
    return refused('NOT_CONTROLLER');
  if (item.leaderEpoch < partition.leaderEpoch) return refused('FENCED_LEADER_EPOCH');
  if (partition.leader !== sender) return refused('INVALID_REQUEST');
  if (item.partitionEpoch < partition.partitionEpoch) return refused('INVALID_UPDATE_VERSION');
  const isr = item.isr.map(({ brokerId }) => brokerId);
  if (!isr.includes(sender) || new Set(isr).size !== isr.length) return refused('INVALID_REQUEST');
  if (!isr.every((id) => hasReplica(partition, id))) return refused('INVALID_REQUEST');
  if (!item.isr.every(({ brokerId, brokerEpoch }) => memberCheck(image, brokerId, brokerEpoch)))
    return refused('INELIGIBLE_REPLICA');
  return { ok: true, partition, isr };
}

/** In its present uptime, and neither fenced nor shutting down: a replica of an earlier uptime may have lost what it reported. */
export function isEligibleMember(image: ClusterImage, brokerId: NodeId, brokerEpoch: BrokerEpoch): boolean {
  const broker = image.brokers.get(brokerId);
  return broker?.brokerEpoch === brokerEpoch && isActive(broker);
}

function refused(error: ErrorCode): AlterPartitionVerdict {
  return { ok: false, error };
}
