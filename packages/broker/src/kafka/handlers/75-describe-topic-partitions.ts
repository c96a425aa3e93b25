import { errorNumber } from '@moldau/base';
import { type ClusterImage, isInternalTopic, type TopicImage, topicByName, topicNameProblem } from '@moldau/metadata';
import { describeTopicPartitions, type RequestOf, type ResponseInput, ZERO_UUID } from '@moldau/protocol';
import { checkCurrent, type RequestContext, unknownTopic } from '../../requests/request-context.ts';
import { type KafkaContext, TOPIC_OPERATIONS_ALLOWED } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';
import { partitionFacts } from '../partition-facts.ts';

type Request = RequestOf<typeof describeTopicPartitions>;
type Response = ResponseInput<typeof describeTopicPartitions>;
type Topic = Response['topics'][number];

/** Of one page (Kafka's `max.request.partition.size.limit`). */
const PARTITIONS_MAX = 2000;

export function describeTopicPartitionsHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(describeTopicPartitions, (request) => page(context.requests, request));
}

function page(requests: RequestContext, { topics, responsePartitionLimit, cursor }: Request): Response {
  if (topics.length === 0) checkCurrent(requests.isCurrent);
  const image = requests.image();
  const names =
    topics.length === 0 ? [...image.topics.values()].map(({ name }) => name) : topics.map(({ name }) => name);
  const from = cursor?.topicName ?? '';
  const wanted = [...new Set(names)].filter((name) => name >= from).sort(byBytes);
  const described: Topic[] = [];
  let room = Math.max(1, Math.min(responsePartitionLimit, PARTITIONS_MAX));
  for (const name of wanted) {
    const topic = topicByName(image, name);
    if (topic === undefined) {
      described.push(unknown(requests, name));
      continue;
    }
    const start = name === cursor?.topicName ? Math.max(0, cursor.partitionIndex) : 0;
    if (room === 0) return { topics: described, nextCursor: { topicName: name, partitionIndex: start } };
    const end = Math.min(topic.partitions.length, start + room);
    described.push(describe(image, topic, { start, end }));
    room -= Math.max(0, end - start);
    if (end < topic.partitions.length) {
      return { topics: described, nextCursor: { topicName: name, partitionIndex: end } };
    }
  }
  return { topics: described };
}

function describe(image: ClusterImage, topic: TopicImage, of: { readonly start: number; readonly end: number }): Topic {
  return {
    errorCode: 0,
    name: topic.name,
    topicId: topic.topicId,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.slice(of.start, of.end).map((state) => ({
      ...partitionFacts(image, state),
      eligibleLeaderReplicas: state.elr,
      lastKnownElr: [],
    })),
    topicAuthorizedOperations: TOPIC_OPERATIONS_ALLOWED,
  };
}

function unknown(requests: RequestContext, name: string): Topic {
  const isValid = topicNameProblem(name) === undefined;
  const errorCode = errorNumber(isValid ? unknownTopic(requests, 'name').code : 'INVALID_TOPIC_EXCEPTION');
  return { errorCode, name, topicId: ZERO_UUID, partitions: [] };
}

/** As the cursor is compared, wherever the next page is asked for. */
function byBytes(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
