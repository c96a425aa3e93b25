/** Replicas of partitions move to other brokers. What follows, up to the end of a move, is part of the changes of ISRs. */
import { type NodeId, RequestError, randomUuid, topicPartitionKey } from '@moldau/base';
import {
  type ClusterImage,
  cancelReassignment,
  changePartition,
  directoryForReplica,
  isActive,
  type PartitionChangeRequest,
  type PartitionState,
  partitionContext,
  type ReassignmentVerdict,
  type ReplicaAssignmentState,
  type ReplicaState,
  reassign,
  targetReplicas,
  topicByName,
} from '@moldau/metadata';
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
  Outcome,
  PartitionChangeRecord,
  PartitionReassignment,
} from '@moldau/proto';
import { type Decision, type DecisionContext, electable, OK, partitionChanges, refusal } from './decision.ts';
import { REPLICATION_FACTOR_MAX } from './topics.ts';

/** Each takes some 50 bytes of the batch, which must fit one entry of the log (8 MiB). */
const REPLICAS_PER_REQUEST_MAX = 100_000;

/** @throws RequestError when it asks for more than one batch can hold */
export function alterPartitionReassignments(
  image: ClusterImage,
  request: AlterPartitionReassignmentsRequest,
  context: DecisionContext,
): Decision<AlterPartitionReassignmentsResponse> {
  const changes = new Map<string, PartitionChangeRecord>();
  let replicas = 0;
  const outcomes = request.reassignments.map((each): Outcome => {
    const partition = topicByName(image, each.topic)?.partitions[each.partition];
    if (partition === undefined) {
      const message = `There is no partition ${each.partition} of a topic "${each.topic}". Check the name.`;
      return refusal('UNKNOWN_TOPIC_OR_PARTITION', message);
    }
    const key = topicPartitionKey(partition.topicId, partition.partition);
    if (changes.has(key)) {
      return refusal('INVALID_REQUEST', `The request moves ${each.topic}-${each.partition} twice. Name it once.`);
    }
    const problem = assignmentRefusal(image, partition, each, request.allowReplicationFactorChange);
    if (problem !== undefined) return problem;
    const verdict = judge(image, partition, each, context);
    if (!verdict.ok) return refusal(verdict.error, `${each.topic}-${each.partition}: ${verdict.message}`);
    const change = changePartition(
      partition,
      requestFor(image, partition, verdict.assignment, context),
      partitionContext(image, each.topic, electable(image, context)),
    );
    // It is as it should be already.
    if (change === undefined) return OK;
    changes.set(key, change);
    replicas += verdict.assignment.replicas.length;
    return OK;
  });
  if (replicas > REPLICAS_PER_REQUEST_MAX) {
    throw new RequestError(
      'INVALID_REQUEST',
      `One request moves at most ${REPLICAS_PER_REQUEST_MAX} replicas, old and new; this one has ${replicas}. Use several.`,
    );
  }
  return {
    records: partitionChanges([...changes.values()]),
    respond: (metadataOffset) => ({ metadataOffset, outcomes }),
  };
}

/** What is wrong with the brokers that were asked for, whatever the state of the partition's replicas. */
function assignmentRefusal(
  image: ClusterImage,
  partition: PartitionState,
  { topic, partition: number, replicas }: PartitionReassignment,
  allowReplicationFactorChange: boolean,
): Outcome | undefined {
  if (replicas === undefined) return undefined;
  const { brokerIds } = replicas;
  const name = `${topic}-${number}`;
  if (brokerIds.length === 0) {
    return refusal('INVALID_REPLICA_ASSIGNMENT', `${name} is assigned to no broker. Name at least one.`);
  }
  if (new Set(brokerIds).size !== brokerIds.length) {
    return refusal('INVALID_REPLICA_ASSIGNMENT', `${name} is assigned to a broker twice. Name each broker once.`);
  }
  const unknown = brokerIds.find((id) => !image.brokers.has(id));
  if (unknown !== undefined) {
    const message = `${name} is assigned to broker ${unknown}, which is not registered. Name brokers of this cluster.`;
    return refusal('INVALID_REPLICA_ASSIGNMENT', message);
  }
  if (brokerIds.length > REPLICATION_FACTOR_MAX) {
    const message = `A partition has at most ${REPLICATION_FACTOR_MAX} replicas, not ${brokerIds.length}. Ask for fewer.`;
    return refusal('INVALID_REPLICATION_FACTOR', message);
  }
  // During a move the number is that of its target: calling it off or turning it elsewhere is no change of it.
  const today = targetReplicas(partition).length;
  if (allowReplicationFactorChange || brokerIds.length === today) return undefined;
  const message = `${name} would have ${brokerIds.length} replicas instead of ${today}. Keep their number, or allow the change.`;
  return refusal('INVALID_REPLICATION_FACTOR', message);
}

function judge(
  image: ClusterImage,
  partition: PartitionState,
  { topic, replicas }: PartitionReassignment,
  context: DecisionContext,
): ReassignmentVerdict {
  const { minInsyncReplicas } = partitionContext(image, topic, electable(image, context));
  if (replicas === undefined) return cancelReassignment(partition, minInsyncReplicas);
  return reassign(partition, replicas.brokerIds, minInsyncReplicas, (id) => newReplica(image, id, context));
}

function newReplica(image: ClusterImage, brokerId: NodeId, { random }: DecisionContext): ReplicaState {
  return {
    brokerId,
    directoryId: directoryForReplica(image.brokers.get(brokerId)?.directories ?? []),
    incarnationId: randomUuid(random),
  };
}

function requestFor(
  image: ClusterImage,
  partition: PartitionState,
  assignment: ReplicaAssignmentState,
  { plantedBugs }: DecisionContext,
): PartitionChangeRequest {
  const election = 'when-needed';
  if (plantedBugs.has('reassignment-completes-before-isr')) {
    return { election, assignment: { replicas: targetReplicas(assignment), addingReplicas: [], removingReplicas: [] } };
  }
  if (plantedBugs.has('reassigned-replica-starts-in-isr')) {
    const added = assignment.addingReplicas.filter((id) => isActive(image.brokers.get(id)));
    return { election, assignment, isr: [...new Set([...partition.isr, ...added])] };
  }
  return { election, assignment };
}
