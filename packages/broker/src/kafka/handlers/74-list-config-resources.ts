import { errorNumber, NO_ERROR } from '@moldau/base';
import type { ClusterImage } from '@moldau/metadata';
import { listConfigResources } from '@moldau/protocol';
import {
  BROKER,
  BROKER_LOGGER,
  CLIENT_METRICS,
  type KafkaResource,
  RESOURCE_TYPES,
  TOPIC,
} from '../config-resources.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

/** The first version knows no other kind. */
const ALL_KINDS_FROM_VERSION = 1;

export function listConfigResourcesHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(listConfigResources, ({ resourceTypes }, { apiVersion }) => {
    const all = apiVersion < ALL_KINDS_FROM_VERSION ? [CLIENT_METRICS] : RESOURCE_TYPES;
    const wanted = new Set(resourceTypes.length === 0 ? all : resourceTypes);
    if ([...wanted].some((type) => !RESOURCE_TYPES.includes(type)))
      return { errorCode: errorNumber('UNSUPPORTED_VERSION'), configResources: [] };
    // What is missing in a list does not exist, and this broker may not have heard of it yet.
    if (wanted.has(TOPIC) && !context.requests.isCurrent())
      return { errorCode: errorNumber('REQUEST_TIMED_OUT'), configResources: [] };
    const image = context.requests.image();
    const configResources = [...wanted].flatMap((resourceType) =>
      namesOf(image, resourceType).map((resourceName): KafkaResource => ({ resourceType, resourceName })),
    );
    return { errorCode: NO_ERROR, configResources };
  });
}

/** Groups and metrics of clients have no configs yet. */
function namesOf(image: ClusterImage, resourceType: number): string[] {
  if (resourceType === TOPIC) return [...image.topics.values()].map(({ name }) => name);
  if (resourceType === BROKER || resourceType === BROKER_LOGGER) return [...image.brokers.keys()].map(String);
  return [];
}
