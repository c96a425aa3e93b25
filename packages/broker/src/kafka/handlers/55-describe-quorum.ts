import { errorNumber, NO_ERROR, parseAddress, RequestError } from '@moldau/base';
import { ControllerService, type DescribeQuorumResponse, type QuorumReplica } from '@moldau/proto';
import { describeQuorum, type RequestOf, type ResponseInput, ZERO_UUID } from '@moldau/protocol';
import { askCluster, DECISION_WAIT_MS, told } from '../administration.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';
import { CONTROLLER_LISTENER } from '../raft-voters.ts';

type Topics = RequestOf<typeof describeQuorum>['topics'];
type Response = ResponseInput<typeof describeQuorum>;
type Partition = Response['topics'][number]['partitions'][number];
type ReplicaState = Partition['currentVoters'][number];

/** Kafka's name of the log of the controllers: one topic with one partition. */
const TOPIC = '__cluster_metadata';
const UNKNOWN = -1;

export function describeQuorumHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(describeQuorum, async ({ topics }) => {
    if (!isOfQuorum(topics)) return unknownPartitions(topics);
    const answer = await askCluster(context, ControllerService.describeQuorum, {}, DECISION_WAIT_MS);
    if (answer instanceof RequestError) return { ...told(answer), topics: [] };
    const partition = partitionOf(answer, context.requests.clock.wallMs());
    return {
      ...told(undefined),
      topics: [{ topicName: TOPIC, partitions: [partition] }],
      nodes: answer.voters.map(({ nodeId, address }) => ({
        nodeId,
        listeners: [{ name: CONTROLLER_LISTENER, ...parseAddress(address) }],
      })),
    };
  });
}

function isOfQuorum(topics: Topics): boolean {
  const [topic, ...others] = topics;
  const isAlone = others.length === 0 && topic?.partitions.length === 1;
  return isAlone && topic.topicName === TOPIC && topic.partitions[0]?.partitionIndex === 0;
}

function unknownPartitions(topics: Topics): Response {
  const errorCode = errorNumber('UNKNOWN_TOPIC_OR_PARTITION');
  const errorMessage = `the quorum is partition 0 of ${TOPIC}`;
  const nothing = { leaderId: UNKNOWN, leaderEpoch: UNKNOWN, highWatermark: UNKNOWN, currentVoters: [], observers: [] };
  return {
    errorCode: NO_ERROR,
    topics: topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode, errorMessage, ...nothing })),
    })),
  };
}

/** The controllers name last entries, Kafka where the next one goes. */
function partitionOf(
  { leaderId, epoch, commitOffset, voters, observers }: DescribeQuorumResponse,
  wallMs: number,
): Partition {
  const stateOf = (replica: QuorumReplica): ReplicaState => {
    const { nodeId: replicaId, directoryId, logEndOffset, lastContactMs, behindMs } = replica;
    return {
      replicaId,
      replicaDirectoryId: directoryId === '' ? ZERO_UUID : directoryId,
      logEndOffset: logEndOffset < 0 ? UNKNOWN : logEndOffset + 1,
      lastFetchTimestamp: timeOf(lastContactMs, wallMs),
      lastCaughtUpTimestamp: timeOf(behindMs, wallMs),
    };
  };
  return {
    partitionIndex: 0,
    errorCode: NO_ERROR,
    leaderId,
    leaderEpoch: epoch,
    highWatermark: commitOffset + 1,
    currentVoters: voters.map(stateOf),
    observers: observers.map(stateOf),
  };
}

function timeOf(ageMs: number, wallMs: number): number {
  return ageMs < 0 ? UNKNOWN : wallMs - ageMs;
}
