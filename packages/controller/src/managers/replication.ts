/** In-sync sets, damaged replicas and elections on request. */
import { type ErrorCode, errorNumber, NO_ERROR, NO_LEADER, topicPartitionKey } from '@moldau/base';
import {
  allPartitions,
  type ClusterImage,
  changePartition,
  isActive,
  isEligibleMember,
  isReassigning,
  judgeAlterPartition,
  type PartitionState,
  partitionContext,
  partitionsToPreferredLeaders,
  partitionsWithoutReplicas,
  replicationFactor,
  topicById,
  topicByName,
} from '@moldau/metadata';
import type {
  AlterPartitionRequest,
  AlterPartitionResponse,
  AlterPartitionResult,
  ElectLeadersRequest,
  ElectLeadersResponse,
  Outcome,
  PartitionChangeRecord,
  PartitionName,
  ReportReplicasRequest,
  ReportReplicasResponse,
} from '@moldau/proto';
import { brokerInEpoch } from './brokers.ts';
import { type Decision, type DecisionContext, electable, OK, partitionChanges, refusal } from './decision.ts';

/** Leaders that move back at one time: each move costs its producers some ms. */
const BALANCED_PER_BATCH_MAX = 1_000;

/** @throws RequestError when the sender's run is over */
export function alterPartition(
  image: ClusterImage,
  request: AlterPartitionRequest,
  context: DecisionContext,
): Decision<AlterPartitionResponse> {
  brokerInEpoch(image, request.brokerId, request.brokerEpoch);
  const memberCheck: typeof isEligibleMember = context.plantedBugs.has('no-broker-epoch-check')
    ? (of, brokerId) => isActive(of.brokers.get(brokerId))
    : isEligibleMember;
  const changes: PartitionChangeRecord[] = [];
  const seen = new Set<string>();
  const partitions = request.partitions.map((item): AlterPartitionResult => {
    const key = topicPartitionKey(item.topicId, item.partition);
    if (seen.has(key)) return refusedItem('INVALID_REQUEST');
    seen.add(key);
    const verdict = judgeAlterPartition(image, request.brokerId, item, memberCheck);
    if (!verdict.ok) return refusedItem(verdict.error);
    const { partition, isr } = verdict;
    const topic = topicById(image, item.topicId)?.name ?? '';
    const change = changePartition(
      partition,
      { election: 'when-needed', isr },
      partitionContext(image, topic, electable(image, context)),
    );
    if (change === undefined)
      return { errorCode: NO_ERROR, partitionEpoch: partition.partitionEpoch, isr: partition.isr };
    changes.push(change);
    // It ends a reassignment, so more has changed than was proposed: the leader hears that from metadata, and asks until then.
    if (change.replicas !== undefined) return refusedItem('NEW_LEADER_ELECTED');
    return {
      errorCode: NO_ERROR,
      partitionEpoch: partition.partitionEpoch + 1,
      isr: change.isr?.brokerIds ?? partition.isr,
    };
  });
  return { records: partitionChanges(changes), respond: (metadataOffset) => ({ metadataOffset, partitions }) };
}

function refusedItem(code: ErrorCode): AlterPartitionResult {
  return { errorCode: errorNumber(code), partitionEpoch: -1, isr: [] };
}

/** @throws RequestError when the sender's run is over */
export function reportReplicas(
  image: ClusterImage,
  request: ReportReplicasRequest,
  context: DecisionContext,
): Decision<ReportReplicasResponse> {
  brokerInEpoch(image, request.brokerId, request.brokerEpoch);
  const reported = new Map(
    request.replicas.map(({ topicId, partition, fault }) => [topicPartitionKey(topicId, partition), fault]),
  );
  const changes = partitionsWithoutReplicas(image, request.brokerId, reported, electable(image, context));
  return { records: partitionChanges(changes), respond: (metadataOffset) => ({ metadataOffset }) };
}

export function electLeaders(
  image: ClusterImage,
  request: ElectLeadersRequest,
  context: DecisionContext,
): Decision<ElectLeadersResponse> {
  const respond =
    (outcomes: readonly Outcome[]) =>
    (metadataOffset: number): ElectLeadersResponse => ({ metadataOffset, outcomes });
  if (request.partitions.length === 0) {
    if (request.unclean) {
      const message = 'An unclean election can lose records, so it is made for named partitions only. Name them.';
      return { records: [], respond: respond([refusal('INVALID_REQUEST', message)]) };
    }
    return {
      records: partitionChanges(partitionsToPreferredLeaders(image, electable(image, context))),
      respond: respond([]),
    };
  }
  const changes = new Map<string, PartitionChangeRecord>();
  const outcomes = request.partitions.map((name) => {
    const elected = request.unclean ? electUnclean(image, name, context) : electPreferred(image, name, context);
    if ('errorCode' in elected) return elected;
    changes.set(topicPartitionKey(elected.topicId, elected.partition), elected);
    return OK;
  });
  return { records: partitionChanges([...changes.values()]), respond: respond(outcomes) };
}

function electPreferred(
  image: ClusterImage,
  name: PartitionName,
  context: DecisionContext,
): PartitionChangeRecord | Outcome {
  const partition = namedPartition(image, name);
  if (partition === undefined) return unknownPartition(name);
  const preferred = partition.replicas[0]?.brokerId;
  if (partition.leader === preferred) return refusal('ELECTION_NOT_NEEDED', `Broker ${preferred} leads already.`);
  const change = changePartition(
    partition,
    { election: 'preferred' },
    partitionContext(image, name.topic, electable(image, context)),
  );
  if (change?.leader === preferred && change !== undefined) return change;
  return refusal(
    'PREFERRED_LEADER_NOT_AVAILABLE',
    `Broker ${preferred} is not in the ISR (${partition.isr.join(', ')}). Wait until it has caught up.`,
  );
}

function electUnclean(
  image: ClusterImage,
  name: PartitionName,
  context: DecisionContext,
): PartitionChangeRecord | Outcome {
  const partition = namedPartition(image, name);
  if (partition === undefined) return unknownPartition(name);
  if (partition.leader !== NO_LEADER) return refusal('ELECTION_NOT_NEEDED', `Broker ${partition.leader} leads it.`);
  const change = changePartition(
    partition,
    { election: 'unclean' },
    partitionContext(image, name.topic, electable(image, context)),
  );
  if (change !== undefined) return change;
  const replicas = partition.replicas.map(({ brokerId }) => brokerId).join(', ');
  return refusal('ELIGIBLE_LEADERS_NOT_AVAILABLE', `None of its brokers (${replicas}) is alive. Start one.`);
}

function namedPartition(image: ClusterImage, { topic, partition }: PartitionName): PartitionState | undefined {
  return topicByName(image, topic)?.partitions[partition];
}

function unknownPartition({ topic, partition }: PartitionName): Outcome {
  return refusal(
    'UNKNOWN_TOPIC_OR_PARTITION',
    `There is no partition ${partition} of a topic "${topic}". Check the name.`,
  );
}

/** Some leaders go back to their first replicas, so that the load is as it was placed. */
export function balanceLeaders(image: ClusterImage, context: DecisionContext): PartitionChangeRecord[] {
  return partitionsToPreferredLeaders(image, electable(image, context)).slice(0, BALANCED_PER_BATCH_MAX);
}

/** Figures over all partitions, for metrics. */
export interface PartitionCounts {
  readonly partitions: number;
  readonly offline: number;
  readonly underReplicated: number;
  readonly notPreferred: number;
  readonly reassigning: number;
}

export function countPartitions(image: ClusterImage): PartitionCounts {
  let partitions = 0;
  let offline = 0;
  let underReplicated = 0;
  let notPreferred = 0;
  let reassigning = 0;
  for (const partition of allPartitions(image)) {
    partitions++;
    if (partition.leader === NO_LEADER) offline++;
    if (partition.isr.length < replicationFactor(partition)) underReplicated++;
    if (isReassigning(partition)) reassigning++;
    if (partition.leader !== partition.replicas[0]?.brokerId) notPreferred++;
  }
  return { partitions, offline, underReplicated, notPreferred, reassigning };
}
