import { type ErrorCode, errorNumber, type TopicId } from '@moldau/base';
import { isInternalTopic, type TopicImage, topicById, topicByName, topicNameProblem } from '@moldau/metadata';
import { metadata, type RequestOf, type ResponseInput, ZERO_UUID } from '@moldau/protocol';
import { checkCurrent, type RequestContext, unknownTopic } from '../../requests/request-context.ts';
import { createMissing } from '../auto-creation.ts';
import {
  CLUSTER_OPERATIONS_ALLOWED,
  type KafkaContext,
  liveKafkaNodes,
  OPERATIONS_UNTOLD,
  TOPIC_OPERATIONS_ALLOWED,
} from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';
import { partitionFacts } from '../partition-facts.ts';

type MetadataRequest = RequestOf<typeof metadata>;
type MetadataResponse = ResponseInput<typeof metadata>;
type Topic = MetadataResponse['topics'][number];

/** What is asked for, each once. */
type Wanted =
  | { readonly kind: 'all' }
  | { readonly kind: 'some'; readonly names: Set<string>; readonly ids: Set<TopicId> };

export function metadataHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(metadata, (request, { apiVersion }) => {
    const wanted = wantedTopics(request, apiVersion);
    const image = context.requests.image();
    const missing =
      wanted.kind === 'some' && request.allowAutoTopicCreation && context.requests.isCurrent()
        ? [...wanted.names].filter((name) => topicByName(image, name) === undefined)
        : [];
    const answer = (): MetadataResponse => describe(context, request, wanted);
    return missing.length === 0 ? answer() : createMissing(context, missing).then(answer);
  });
}

function wantedTopics({ topics }: MetadataRequest, apiVersion: number): Wanted {
  // In version 0 an empty list asks for all; null did not exist.
  if (topics === null || (apiVersion === 0 && topics.length === 0)) return { kind: 'all' };
  const byId = topics.filter(({ topicId }) => topicId !== ZERO_UUID);
  const byName = topics.filter(({ topicId }) => topicId === ZERO_UUID);
  return {
    kind: 'some',
    ids: new Set(byId.map(({ topicId }) => topicId)),
    names: new Set(byName.map(({ name }) => name ?? '')),
  };
}

function describe(context: KafkaContext, request: MetadataRequest, wanted: Wanted): MetadataResponse {
  const image = context.requests.image();
  const brokers = liveKafkaNodes(image);
  const operations = request.includeTopicAuthorizedOperations ? TOPIC_OPERATIONS_ALLOWED : OPERATIONS_UNTOLD;
  const { nodeId } = context.requests;
  return {
    brokers,
    clusterId: image.clusterId === '' ? null : image.clusterId,
    // Whoever is asked passes it on to the controller: so this one may be, if it is among those listed.
    controllerId: brokers.some((broker) => broker.nodeId === nodeId) ? nodeId : (brokers[0]?.nodeId ?? -1),
    topics: describeTopics(context.requests, wanted, operations),
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? CLUSTER_OPERATIONS_ALLOWED
      : OPERATIONS_UNTOLD,
  };
}

function describeTopics(requests: RequestContext, wanted: Wanted, topicAuthorizedOperations: number): Topic[] {
  const image = requests.image();
  const found = (topic: TopicImage): Topic => ({
    errorCode: 0,
    name: topic.name,
    topicId: topic.topicId,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.map((state) => partitionFacts(image, state)),
    topicAuthorizedOperations,
  });
  if (wanted.kind === 'all') {
    checkCurrent(requests.isCurrent);
    return [...image.topics.values()].map(found);
  }
  const missing = (code: ErrorCode, name: string | null, topicId: TopicId): Topic => ({
    errorCode: errorNumber(code),
    name,
    topicId,
    partitions: [],
  });
  const byName = [...wanted.names].map((name) => {
    const topic = topicByName(image, name);
    if (topic !== undefined) return found(topic);
    const isValid = topicNameProblem(name) === undefined;
    return missing(isValid ? unknownTopic(requests, 'name').code : 'INVALID_TOPIC_EXCEPTION', name, ZERO_UUID);
  });
  const byId = [...wanted.ids].map((topicId) => {
    const topic = topicById(image, topicId);
    return topic === undefined ? missing(unknownTopic(requests, 'id').code, null, topicId) : found(topic);
  });
  return [...byName, ...byId];
}
