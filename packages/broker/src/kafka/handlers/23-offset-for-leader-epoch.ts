import { type ErrorCode, errorNumber } from '@moldau/base';
import { topicByName } from '@moldau/metadata';
import { offsetForLeaderEpoch, type RequestOf, type ResponseInput } from '@moldau/protocol';
import { epochFault, notLedHere, unknownTopicHere } from '../../requests/request-context.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

type Topic = RequestOf<typeof offsetForLeaderEpoch>['topics'][number];
type EpochEnd = ResponseInput<typeof offsetForLeaderEpoch>['topics'][number]['partitions'][number];

export function offsetForLeaderEpochHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(offsetForLeaderEpoch, ({ topics }) => ({
    topics: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((asked) => epochEnd(context, topic, asked)),
    })),
  }));
}

function epochEnd(
  { requests }: KafkaContext,
  topic: string,
  { partition: number, currentLeaderEpoch, leaderEpoch }: Topic['partitions'][number],
): EpochEnd {
  const refused = (code: ErrorCode): EpochEnd => ({ errorCode: errorNumber(code), partition: number });
  const topicId = topicByName(requests.image(), topic)?.topicId;
  if (topicId === undefined) return refused(unknownTopicHere(requests, 'name').code);
  const partition = requests.partition(topicId, number);
  const leader = partition?.leader;
  if (partition === undefined || leader === undefined || !partition.servesAsLeader()) {
    return refused(notLedHere(requests, topicId, number).code);
  }
  const fault = epochFault(currentLeaderEpoch, leader.leaderEpoch);
  if (fault !== undefined) return refused(fault.code);
  const end = partition.log.epochs.endOffsetFor(leaderEpoch);
  return {
    errorCode: 0,
    partition: number,
    leaderEpoch: end?.epoch ?? -1,
    endOffset: end?.endOffset ?? -1,
  };
}
