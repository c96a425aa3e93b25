import { NO_ERROR, present, RequestError } from '@moldau/base';
import { describeConfigs, type ResolvedConfig } from '@moldau/metadata';
import { ControllerService, type CreatedTopic, CreateTopicsRequest, NewTopic } from '@moldau/proto';
import { createTopics, type RequestOf, type ResponseInput, ZERO_UUID } from '@moldau/protocol';
import { changeCluster, repeated, told } from '../administration.ts';
import { CONFIG_SOURCES } from '../config-resources.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaCall, type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';
import { awaitServed } from '../served-topics.ts';

type Topic = RequestOf<typeof createTopics>['topics'][number];
type Result = ResponseInput<typeof createTopics>['topics'][number];
type Config = NonNullable<Result['configs']>[number];

/** Takes the place of a count where an assignment is given, or to leave it to the cluster. */
const UNSPECIFIED = -1;
/** The log of the controllers. Kafka's answer to who asks for it is that nobody may create it. */
const METADATA_TOPIC = '__cluster_metadata';
const CONFIGS_FROM_VERSION = 5;
/** What all configs of one topic take in the answer. */
const CONFIGS_BYTES = 4 * 1024;

export function createTopicsHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(createTopics, async ({ topics, timeoutMs, validateOnly }, call) => {
    const twice = repeated(topics.map(({ name }) => name));
    const results: Result[] = [...twice].map((name) =>
      refused(name, new RequestError('INVALID_REQUEST', 'The request names this topic twice.')),
    );
    const asked: { readonly topic: Topic; readonly request: NewTopic }[] = [];
    for (const topic of topics) {
      if (twice.has(topic.name)) continue;
      const problem = problemOf(topic);
      if (problem === undefined) asked.push({ topic, request: newTopic(topic) });
      else results.push(refused(topic.name, problem));
    }
    if (asked.length === 0) return { topics: results };
    const request = CreateTopicsRequest.create({ topics: asked.map((each) => each.request), validateOnly });
    const answer = await changeCluster(context, ControllerService.createTopics, request, timeoutMs);
    if (!validateOnly)
      await awaitServed(
        context,
        asked.map((each) => each.topic.name),
      );
    const configsOf = topicConfigs(context, call, asked.length);
    for (const [index, { topic }] of asked.entries()) {
      const created = answer instanceof RequestError ? answer : present(answer.topics[index], topic.name);
      results.push(resultOf(topic, created, configsOf));
    }
    return { topics: results };
  });
}

function resultOf(
  topic: Topic,
  created: CreatedTopic | RequestError,
  configsOf: (topic: Topic) => readonly Config[],
): Result {
  const { name } = topic;
  if (created instanceof RequestError) return refused(name, created);
  const { outcome, topicId, partitions: numPartitions, replicationFactor } = created;
  if (outcome !== undefined && outcome.errorCode !== NO_ERROR) return refused(name, outcome);
  return { ...told(outcome), name, topicId, numPartitions, replicationFactor, configs: configsOf(topic) };
}

function refused(name: string, outcome: Parameters<typeof told>[0]): Result {
  return { ...told(outcome), name, topicId: ZERO_UUID, configs: [] };
}

/** What the controllers would not see, or could not tell from something else: to them 0 is "unspecified". */
function problemOf({ name, numPartitions, replicationFactor, assignments, configs }: Topic): RequestError | undefined {
  if (name === METADATA_TOPIC) {
    const message = `${name} is the log of the controllers. Choose another name.`;
    return new RequestError('TOPIC_AUTHORIZATION_FAILED', message);
  }
  const without = configs.find(({ value }) => value === null);
  if (without !== undefined) {
    const message = `Config ${without.name} has no value: give one, or leave it out.`;
    return new RequestError('INVALID_CONFIG', message);
  }
  if (assignments.length > 0) {
    if (numPartitions === UNSPECIFIED && replicationFactor === UNSPECIFIED) return undefined;
    const message = 'The numbers of partitions and replicas follow from the assignment: give -1 for both.';
    return new RequestError('INVALID_REQUEST', message);
  }
  if (replicationFactor === 0 || replicationFactor < UNSPECIFIED) {
    const message = `A partition cannot have ${replicationFactor} replicas. Give at least 1, or -1 for the default.`;
    return new RequestError('INVALID_REPLICATION_FACTOR', message);
  }
  if (numPartitions === 0 || numPartitions < UNSPECIFIED) {
    const message = `A topic cannot have ${numPartitions} partitions. Give at least 1, or -1 for the default.`;
    return new RequestError('INVALID_PARTITIONS', message);
  }
  return undefined;
}

function newTopic({ name, numPartitions, replicationFactor, assignments, configs }: Topic): NewTopic {
  const isAssigned = assignments.length > 0;
  return NewTopic.create({
    name,
    partitions: isAssigned ? 0 : numPartitions,
    replicationFactor: isAssigned ? 0 : replicationFactor,
    assignments: assignments.map(({ partitionIndex: partition, brokerIds }) => ({ partition, brokerIds })),
    configs: new Map(configs.map((config) => [config.name, config.value ?? ''])),
  });
}

/** All configs of a new topic: its own before those that all topics have. */
function topicConfigs({ requests }: KafkaContext, call: KafkaCall, topicCount: number): (topic: Topic) => Config[] {
  if (call.apiVersion < CONFIGS_FROM_VERSION) return () => [];
  call.hold(topicCount * CONFIGS_BYTES);
  // Of no topic that there is: what has been set for all, and what nobody set.
  const common = describeConfigs(requests.image(), { type: 'topic', name: '' }).map(entryOf);
  return ({ configs }) => {
    if (configs.length === 0) return common;
    const own = new Map(configs.map(({ name, value }) => [name, value]));
    return common.map((entry) => {
      const value = own.get(entry.name);
      return value == null ? entry : { ...entry, value, configSource: CONFIG_SOURCES.topic };
    });
  };
}

function entryOf({ name, value, source, isReadOnly }: ResolvedConfig): Config {
  const configSource = CONFIG_SOURCES[source];
  return { name, value: value ?? null, readOnly: isReadOnly, configSource, isSensitive: false };
}
