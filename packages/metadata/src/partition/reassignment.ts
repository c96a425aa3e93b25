/**
 * Replicas of a partition move to other brokers (KIP-455):
 *
 *     settled ──reassign──> adding and removing ──all that stay are in the ISR──> settled, on the brokers asked for
 *                               │      └──reassign──> adding and removing others, from the same origin
 *                               └──cancel──> settled, on the brokers of the origin
 *
 * The origin, the replicas without the adding ones, is never given up before the end: whoever acknowledges does so by the
 * rules of before, and the old replicas serve. The end is part of the change that brings the last of the target into the
 * ISR, so it needs no memory of its own and survives the controller.
 */
import type { ErrorCode, NodeId } from '@moldau/base';
import { effectiveMinIsr, type PartitionState, type ReplicaState } from './partition-state.ts';

/** Who has a replica, and on the way from where to where. */
export type ReplicaAssignmentState = Pick<PartitionState, 'replicas' | 'addingReplicas' | 'removingReplicas'>;

/** The assignment to begin, or why not. */
export type ReassignmentVerdict =
  | { readonly ok: true; readonly assignment: ReplicaAssignmentState }
  | { readonly ok: false; readonly error: ErrorCode; readonly message: string };

export function isReassigning({ addingReplicas, removingReplicas }: ReplicaAssignmentState): boolean {
  return addingReplicas.length > 0 || removingReplicas.length > 0;
}

/** The replicas that it began with. */
export function originReplicas({ replicas, addingReplicas }: ReplicaAssignmentState): readonly ReplicaState[] {
  return replicas.filter(({ brokerId }) => !addingReplicas.includes(brokerId));
}

/** The replicas that it ends with. */
export function targetReplicas({ replicas, removingReplicas }: ReplicaAssignmentState): readonly ReplicaState[] {
  return replicas.filter(({ brokerId }) => !removingReplicas.includes(brokerId));
}

/**
 * Begins a reassignment, or turns one that is under way to another target: what it had added and the new target does not want
 * goes at once, so that a cancellation still leads to where it began.
 *
 * @param target brokers, the preferred leader first; not empty, each once
 * @param create a new replica on that broker, of a new incarnation: what an earlier one holds is not its
 */
export function reassign(
  partition: PartitionState,
  target: readonly NodeId[],
  minInsyncReplicas: number,
  create: (brokerId: NodeId) => ReplicaState,
): ReassignmentVerdict {
  const known = new Map(partition.replicas.map((replica) => [replica.brokerId, replica]));
  const origin = originReplicas(partition);
  const removing = origin.filter(({ brokerId }) => !target.includes(brokerId));
  const assignment: ReplicaAssignmentState = {
    replicas: [...target.map((brokerId) => known.get(brokerId) ?? create(brokerId)), ...removing],
    addingReplicas: target.filter((brokerId) => !origin.some((replica) => replica.brokerId === brokerId)),
    removingReplicas: removing.map(({ brokerId }) => brokerId),
  };
  return ifNothingIsLost(partition, assignment, minInsyncReplicas);
}

/** Back to the replicas that it began with. */
export function cancelReassignment(partition: PartitionState, minInsyncReplicas: number): ReassignmentVerdict {
  if (!isReassigning(partition)) {
    return { ok: false, error: 'NO_REASSIGNMENT_IN_PROGRESS', message: 'No reassignment of it is under way.' };
  }
  const assignment = { replicas: originReplicas(partition), addingReplicas: [], removingReplicas: [] };
  return ifNothingIsLost(partition, assignment, minInsyncReplicas);
}

/**
 * An added replica may have become what the others are not any more: in sync. Without it fewer than min.insync.replicas would
 * have what was acknowledged, or none. Kafka goes as far as it can without an unclean election; here it is refused before.
 */
function ifNothingIsLost(
  partition: PartitionState,
  assignment: ReplicaAssignmentState,
  minInsyncReplicas: number,
): ReassignmentVerdict {
  const stays = (brokerId: NodeId): boolean => assignment.replicas.some((replica) => replica.brokerId === brokerId);
  const isr = partition.isr.filter(stays);
  const losesCopies = isr.length < partition.isr.length || !partition.elr.every(stays);
  if (!losesCopies || isr.length >= effectiveMinIsr(minInsyncReplicas, assignment)) return { ok: true, assignment };
  const message = `Only brokers ${partition.isr.join(', ')} are in sync, and it would take away ${partition.isr.filter((id) => !stays(id)).join(', ')}. Wait until the brokers it began with are in sync, or keep those.`;
  return { ok: false, error: 'INVALID_REPLICA_ASSIGNMENT', message };
}

/** The assignment once this ISR is committed: settled, when all that stay are in it. */
export function settledWith(assignment: ReplicaAssignmentState, isr: readonly NodeId[]): ReplicaAssignmentState {
  if (!isReassigning(assignment)) return assignment;
  const target = targetReplicas(assignment);
  if (!target.every(({ brokerId }) => isr.includes(brokerId))) return assignment;
  return { replicas: target, addingReplicas: [], removingReplicas: [] };
}
