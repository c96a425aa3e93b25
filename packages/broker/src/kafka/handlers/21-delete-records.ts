import { errorNumber, NO_ERROR, RequestError } from '@moldau/base';
import { topicByName } from '@moldau/metadata';
import { deleteRecords, type RequestOf, type ResponseInput } from '@moldau/protocol';
import { deleteRecords as deleteBelow } from '../../requests/delete-records.ts';
import { unknownTopicHere } from '../../requests/request-context.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

type Asked = RequestOf<typeof deleteRecords>['topics'][number]['partitions'][number];
type Result = ResponseInput<typeof deleteRecords>['topics'][number]['partitions'][number];

/** All partitions wait side by side. */
export function deleteRecordsHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(deleteRecords, async ({ topics, timeoutMs }) => ({
    topics: await Promise.all(
      topics.map(async ({ name, partitions }) => ({
        name,
        partitions: await Promise.all(partitions.map((asked) => resultOf(context, name, asked, timeoutMs))),
      })),
    ),
  }));
}

async function resultOf(
  { requests }: KafkaContext,
  name: string,
  { partitionIndex, offset: beforeOffset }: Asked,
  timeoutMs: number,
): Promise<Result> {
  try {
    const topicId = topicByName(requests.image(), name)?.topicId;
    if (topicId === undefined) {
      const { code, message } = unknownTopicHere(requests, 'name');
      throw new RequestError(code, message);
    }
    const lowWatermark = await deleteBelow(requests, { topicId, partition: partitionIndex, beforeOffset }, timeoutMs);
    return { partitionIndex, errorCode: NO_ERROR, lowWatermark };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return { partitionIndex, errorCode: errorNumber(error.code), lowWatermark: -1 };
  }
}
