/**
 * How leader, ISR and ELR of a partition change: KIP-966's rules, with Moldau's reading of them. The only place that
 * decides an election; the controller writes what comes out, the simulator's checkers ask it what should have.
 *
 * Election order: the current leader if it may go on, then the ISR, then the ELR, each in the order of the replicas.
 * Nothing else without being asked by name: there is no automatic election of a last known leader, since it may lack
 * acknowledged records and nobody has said that this is acceptable.
 *
 * A reassignment ends here as well, with the change that brings all replicas that stay into the ISR.
 *
 * ELR: while the ISR is below the effective min.insync.replicas the high watermark stands still, so whoever leaves the
 * ISR then still holds all that was ever acknowledged, and may lead. Once the ISR is at the minimum again the high
 * watermark moves on without them, and the ELR is emptied.
 */
import { assert, NO_LEADER, type NodeId } from '@moldau/base';
import type { PartitionChangeRecord, ReplicaDirectory } from '@moldau/proto';
import { partitionViolation } from './partition-invariants.ts';
import { effectiveMinIsr, type PartitionState } from './partition-state.ts';
import { type ReplicaAssignmentState, settledWith } from './reassignment.ts';

/** What the rules must know of the rest of the cluster. */
export interface PartitionContext {
  /** The topic's min.insync.replicas, as configured. */
  readonly minInsyncReplicas: number;
  /** Registered, unfenced, not shutting down, as the cluster is after the change. */
  readonly isActive: (brokerId: NodeId) => boolean;
}

/**
 * `when-needed`: only when the current leader cannot go on. `preferred`: also to the first replica, if it is in the ISR.
 * `unclean`: also, as the last resort, to a replica that is known to be behind: acknowledged records can be lost.
 */
export type ElectionKind = 'when-needed' | 'preferred' | 'unclean';

export interface PartitionChangeRequest {
  readonly election: ElectionKind;
  /** The ISR after the change. Absent: as it is. */
  readonly isr?: readonly NodeId[];
  /** Replicas that may lack what they once had: in neither ISR nor ELR afterwards. */
  readonly ineligible?: readonly NodeId[];
  /** The replica of that broker lies in that directory now. */
  readonly moved?: ReplicaDirectory;
  /** A reassignment begins, turns or is called off. Replicas that are not in it are gone. */
  readonly assignment?: ReplicaAssignmentState;
}

/** The record that makes the change; undefined when nothing would be different. */
export function changePartition(
  partition: PartitionState,
  request: PartitionChangeRequest,
  context: PartitionContext,
): PartitionChangeRecord | undefined {
  const assignment = request.assignment ?? partition;
  const wanted = request.isr ?? partition.isr;
  let after = decide(partition, { ...request, assignment, isr: wanted }, context);
  // With this ISR a reassignment may be at its end: the removed replicas leave in the same change.
  const settled = settledWith(assignment, after.isr);
  if (settled !== assignment) after = decide(partition, { ...request, assignment: settled, isr: after.isr }, context);
  const violation = partitionViolation(after, effectiveMinIsr(context.minInsyncReplicas, after));
  assert(violation === undefined, 'a change keeps the rules of partitions', { violation, ...after });
  return toRecord(partition, after, request.moved);
}

/** Leader, ISR and ELR among the replicas of that assignment. */
function decide(
  partition: PartitionState,
  request: PartitionChangeRequest & { readonly assignment: ReplicaAssignmentState; readonly isr: readonly NodeId[] },
  context: PartitionContext,
): PartitionState {
  const { replicas, addingReplicas, removingReplicas } = request.assignment;
  const order = replicas.map(({ brokerId }) => brokerId);
  const minIsr = effectiveMinIsr(context.minInsyncReplicas, request.assignment);
  const ineligible = new Set(request.ineligible);
  const mayCount = (id: NodeId): boolean => order.includes(id) && !ineligible.has(id);
  const target = new Set(request.isr.filter(mayCount));
  const known = new Set([...partition.isr, ...partition.elr, ...target].filter(mayCount));

  const lastResort = [...order.filter((id) => !addingReplicas.includes(id)), ...addingReplicas];
  const { isActive } = context;
  const elected = elect(partition, request.election, { order, isr: target, known, lastResort, isActive });
  // Elected from outside the ISR: it is the ISR, alone.
  const isr =
    elected.leader !== NO_LEADER && !target.has(elected.leader)
      ? [elected.leader]
      : inOrder(partition.isr, order, target);
  const elr = elected.unclean || isr.length >= minIsr ? [] : order.filter((id) => known.has(id) && !isr.includes(id));
  return { ...partition, replicas, addingReplicas, removingReplicas, isr, elr, leader: elected.leader };
}

interface Candidates {
  readonly order: readonly NodeId[];
  readonly isr: ReadonlySet<NodeId>;
  /** ISR, and whoever holds everything below the high watermark besides it. */
  readonly known: ReadonlySet<NodeId>;
  /** In what order an unclean election takes them: those that a reassignment adds may have next to nothing. */
  readonly lastResort: readonly NodeId[];
  readonly isActive: (brokerId: NodeId) => boolean;
}

function elect(
  partition: PartitionState,
  election: ElectionKind,
  { order, isr, known, lastResort, isActive }: Candidates,
): { readonly leader: NodeId; readonly unclean: boolean } {
  const inSync = order.filter((id) => isr.has(id) && isActive(id));
  const preferred = order[0];
  if (election === 'preferred' && preferred !== undefined && inSync.includes(preferred)) {
    return { leader: preferred, unclean: false };
  }
  if (inSync.includes(partition.leader)) return { leader: partition.leader, unclean: false };
  const leader = inSync[0] ?? order.find((id) => known.has(id) && isActive(id));
  if (leader !== undefined) return { leader, unclean: false };
  const last = election === 'unclean' ? lastResort.find(isActive) : undefined;
  return last === undefined ? { leader: NO_LEADER, unclean: false } : { leader: last, unclean: true };
}

/** The members of `target`: those that stay keep their place, so that an unchanged ISR makes no record. */
function inOrder(before: readonly NodeId[], order: readonly NodeId[], target: ReadonlySet<NodeId>): NodeId[] {
  const staying = before.filter((id) => target.has(id));
  return [...staying, ...order.filter((id) => target.has(id) && !staying.includes(id))];
}

function toRecord(
  before: PartitionState,
  after: PartitionState,
  moved: ReplicaDirectory | undefined,
): PartitionChangeRecord | undefined {
  const isrChanged = !sameIds(before.isr, after.isr);
  const elrChanged = !sameIds(before.elr, after.elr);
  const leaderChanged = before.leader !== after.leader;
  const replicasChanged = !sameReplicas(before, after);
  const addingChanged = !sameIds(before.addingReplicas, after.addingReplicas);
  const removingChanged = !sameIds(before.removingReplicas, after.removingReplicas);
  const assignmentChanged = replicasChanged || addingChanged || removingChanged;
  if (!isrChanged && !elrChanged && !leaderChanged && !assignmentChanged && moved === undefined) return undefined;
  return {
    topicId: before.topicId,
    partition: before.partition,
    isr: isrChanged ? { brokerIds: after.isr } : undefined,
    elr: elrChanged ? { brokerIds: after.elr } : undefined,
    leader: leaderChanged ? after.leader : undefined,
    replicas: replicasChanged ? { replicas: after.replicas } : undefined,
    bumpLeaderEpoch: false,
    moved,
    addingReplicas: addingChanged ? { brokerIds: after.addingReplicas } : undefined,
    removingReplicas: removingChanged ? { brokerIds: after.removingReplicas } : undefined,
  };
}

function sameReplicas({ replicas: left }: PartitionState, { replicas: right }: PartitionState): boolean {
  return left.length === right.length && left.every((replica, index) => replica === right[index]);
}

function sameIds(left: readonly NodeId[], right: readonly NodeId[]): boolean {
  return left.length === right.length && left.every((id, index) => id === right[index]);
}
