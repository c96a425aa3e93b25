import { errorNumber, NO_ERROR, RequestError } from '@moldau/base';
import { clusterConfig, topicNameProblem } from '@moldau/metadata';
import { ControllerService, CreateTopicsRequest, NewTopic } from '@moldau/proto';
import { APPLY_WAIT_MS, askController } from '../requests/forwarded-requests.ts';
import type { KafkaContext } from './kafka-context.ts';

/** Of one request; its sender asks for the rest again. */
const TOPICS_MAX = 100;
const TOPIC_ALREADY_EXISTS = errorNumber('TOPIC_ALREADY_EXISTS');

/** Creates topics that a client asks for and that are missing, where the cluster is set to (`auto.create.topics.enable`). */
export async function createMissing(context: KafkaContext, names: readonly string[]): Promise<void> {
  const wanted = names.filter((name) => topicNameProblem(name) === undefined).slice(0, TOPICS_MAX);
  if (wanted.length === 0 || !clusterConfig(context.requests.image()).autoCreateTopics) return;
  const topics = wanted.map((name) => NewTopic.create({ name, partitions: -1, replicationFactor: -1 }));
  try {
    const request = CreateTopicsRequest.create({ topics });
    const created = await askController(context.link, ControllerService.createTopics, request);
    await context.observer.awaitOffset(created.metadataOffset, APPLY_WAIT_MS);
    for (const [index, { outcome }] of created.topics.entries()) {
      const fields = { topic: wanted[index], message: outcome?.message };
      if (outcome?.errorCode === NO_ERROR) context.requests.logger.info('a topic was created for a client', fields);
      // Several clients asked for it at once, or several brokers did.
      else if (outcome?.errorCode === TOPIC_ALREADY_EXISTS) continue;
      else context.requests.logger.warn('a topic could not be created for a client', fields);
    }
  } catch (error) {
    // The topic stays unknown, and its client asks again.
    if (!(error instanceof RequestError)) throw error;
    context.requests.logger.warn('topics could not be created for a client', { topics: wanted, err: error });
  }
}
