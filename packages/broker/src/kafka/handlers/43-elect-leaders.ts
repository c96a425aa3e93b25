import { errorNumber, NO_ERROR, NO_LEADER, RequestError } from '@moldau/base';
import type { ClusterImage, PartitionState } from '@moldau/metadata';
import { ControllerService, type PartitionName } from '@moldau/proto';
import { electLeaders, type ResponseInput } from '@moldau/protocol';
import { checkCurrent } from '../../requests/request-context.ts';
import { changeCluster, outcomeAt, told } from '../administration.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

type TopicResult = ResponseInput<typeof electLeaders>['replicaElectionResults'][number];
type PartitionResult = TopicResult['partitionResult'][number];

const PREFERRED = 0;
const UNCLEAN = 1;

/** Of all partitions, those whose leader is the right one already are not in the answer. */
export function electLeadersHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(electLeaders, async ({ electionType, topicPartitions, timeoutMs }) => {
    if (electionType !== PREFERRED && electionType !== UNCLEAN)
      return { errorCode: errorNumber('INVALID_REQUEST'), replicaElectionResults: [] };
    const unclean = electionType === UNCLEAN;
    let partitions: PartitionName[];
    try {
      partitions = topicPartitions === null ? electable(context, unclean) : topicPartitions.flatMap(namesOf);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      return { errorCode: errorNumber(error.code), replicaElectionResults: [] };
    }
    // To the controllers, none is all.
    if (partitions.length === 0) return { errorCode: NO_ERROR, replicaElectionResults: [] };
    const answer = await changeCluster(context, ControllerService.electLeaders, { partitions, unclean }, timeoutMs);
    const results = new Map<string, PartitionResult[]>();
    for (const [index, { topic, partition: partitionId }] of partitions.entries()) {
      const outcome = told(answer instanceof RequestError ? answer : outcomeAt(answer.outcomes, index));
      if (topicPartitions === null && outcome.errorCode === errorNumber('ELECTION_NOT_NEEDED')) continue;
      const result = { partitionId, ...outcome };
      const others = results.get(topic);
      if (others === undefined) results.set(topic, [result]);
      else others.push(result);
    }
    return {
      errorCode: answer instanceof RequestError ? errorNumber(answer.code) : NO_ERROR,
      replicaElectionResults: [...results].map(([topic, partitionResult]) => ({ topic, partitionResult })),
    };
  });
}

function namesOf(of: { readonly topic: string; readonly partitions: readonly number[] }): PartitionName[] {
  return of.partitions.map((partition) => ({ topic: of.topic, partition }));
}

/** @throws RequestError */
function electable({ requests }: KafkaContext, unclean: boolean): PartitionName[] {
  checkCurrent(requests.isCurrent);
  const needsLeader = ({ leader, replicas }: PartitionState): boolean =>
    unclean ? leader === NO_LEADER : leader !== replicas[0]?.brokerId;
  return partitionsWhere(requests.image(), needsLeader);
}

function partitionsWhere(image: ClusterImage, holds: (partition: PartitionState) => boolean): PartitionName[] {
  return [...image.topics.values()].flatMap(({ name: topic, partitions }) =>
    partitions.filter(holds).map(({ partition }) => ({ topic, partition })),
  );
}
