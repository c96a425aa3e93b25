import { NO_LEADER, type NodeId } from '@moldau/base';
import { hasReplica, type PartitionState, type ReplicaState } from './partition-state.ts';
import { isReassigning, originReplicas, settledWith, targetReplicas } from './reassignment.ts';

/** What one state of a partition must fulfil, whatever happened; the broken rule, or undefined. `minIsr` is the effective one. */
export function partitionViolation(partition: PartitionState, minIsr: number): string | undefined {
  const { replicas, isr, elr, leader } = partition;
  if (new Set(replicas.map(({ brokerId }) => brokerId)).size !== replicas.length)
    return 'a broker has one replica of a partition';
  if (new Set(isr).size !== isr.length || new Set(elr).size !== elr.length) return 'ISR and ELR name a broker once';
  if (!isr.every((id) => hasReplica(partition, id))) return 'the ISR is part of the replicas';
  if (!elr.every((id) => hasReplica(partition, id))) return 'the ELR is part of the replicas';
  if (elr.some((id) => isr.includes(id))) return 'ISR and ELR are disjoint';
  if (isr.length >= minIsr && elr.length > 0) return 'the ELR is empty while the ISR has min.insync.replicas';
  if (leader !== NO_LEADER && !isr.includes(leader)) return 'the leader is in the ISR';
  return reassignmentViolation(partition);
}

function reassignmentViolation(partition: PartitionState): string | undefined {
  if (!isReassigning(partition)) return undefined;
  const moving = [...partition.addingReplicas, ...partition.removingReplicas];
  if (new Set(moving).size !== moving.length) return 'a replica is added or removed, and once';
  if (!moving.every((id) => hasReplica(partition, id))) return 'what is added or removed is part of the replicas';
  if (originReplicas(partition).length === 0) return 'a reassignment begins with replicas';
  if (targetReplicas(partition).length === 0) return 'a reassignment ends with replicas';
  if (settledWith(partition, partition.isr) !== partition) return 'a reassignment ends as soon as it can';
  return undefined;
}

/** What one change of a partition must fulfil; the broken rule, or undefined. */
export function transitionViolation(before: PartitionState, after: PartitionState): string | undefined {
  if (after.partitionEpoch !== before.partitionEpoch + 1) return 'each change raises the partition epoch by one';
  if (after.leaderEpoch < before.leaderEpoch) return 'the leader epoch never falls';
  if (after.leader !== before.leader && after.leaderEpoch === before.leaderEpoch)
    return 'another leader has another leader epoch';
  return removalViolation(before, after);
}

/** What was there before a reassignment goes last of all; what it had added may go before, when it is called off. */
function removalViolation(before: PartitionState, after: PartitionState): string | undefined {
  const removed = originReplicas(before).filter((replica) => !hasSame(after, replica));
  if (removed.length === 0) return undefined;
  return isReassigning(after) || !after.replicas.every(({ brokerId }) => after.isr.includes(brokerId))
    ? 'replicas are removed when all that stay are in sync'
    : undefined;
}

function hasSame({ replicas }: PartitionState, { brokerId, incarnationId }: ReplicaState): boolean {
  return replicas.some((replica) => replica.brokerId === brokerId && replica.incarnationId === incarnationId);
}

/** Members of the ISR that may not be there: fenced, unregistered or shutting down. */
export function inactiveIsrMembers(partition: PartitionState, isActive: (brokerId: NodeId) => boolean): NodeId[] {
  return partition.isr.filter((id) => !isActive(id));
}
