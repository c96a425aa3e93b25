import { type ErrorCode, errorNumber, RequestError } from '@moldau/base';
import { topicByName } from '@moldau/metadata';
import { listOffsets, type RequestOf, type ResponseInput } from '@moldau/protocol';
import { findOffset } from '../../requests/list-offsets.ts';
import { unknownTopicHere } from '../../requests/request-context.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

type Topic = RequestOf<typeof listOffsets>['topics'][number];
type TopicResult = ResponseInput<typeof listOffsets>['topics'][number];
type PartitionResult = TopicResult['partitions'][number];

/** Without transactions the last stable offset is the high watermark, so both levels of isolation are answered alike. */
export function listOffsetsHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(listOffsets, async ({ topics }) => {
    const answered: TopicResult[] = [];
    // One after the other: each may read the disk.
    for (const { name, partitions } of topics) {
      const results: PartitionResult[] = [];
      for (const asked of partitions) results.push(await listOffset(context, name, asked));
      answered.push({ name, partitions: results });
    }
    return { topics: answered };
  });
}

async function listOffset(
  { requests }: KafkaContext,
  name: string,
  { partitionIndex, currentLeaderEpoch, timestamp }: Topic['partitions'][number],
): Promise<PartitionResult> {
  const refused = (code: ErrorCode): PartitionResult => ({ partitionIndex, errorCode: errorNumber(code) });
  const topicId = topicByName(requests.image(), name)?.topicId;
  if (topicId === undefined) return refused(unknownTopicHere(requests, 'name').code);
  try {
    const item = { topicId, partition: partitionIndex, leaderEpoch: currentLeaderEpoch, timestamp };
    return { partitionIndex, errorCode: 0, ...(await findOffset(requests, item)) };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return refused(error.code);
  }
}
