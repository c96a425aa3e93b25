import { errorNumber, NO_ERROR, type NodeId, RequestError } from '@moldau/base';
import { type ConfigResource, type ConfigSource, topicNameProblem } from '@moldau/metadata';

/** Kinds of resources that have configs, by Kafka's numbers. */
export const TOPIC = 2;
export const BROKER = 4;
export const BROKER_LOGGER = 8;
export const CLIENT_METRICS = 16;
const GROUP = 32;

/** Kafka's numbers of where a value comes from. */
export const CONFIG_SOURCES: Readonly<Record<ConfigSource, number>> = {
  topic: 1,
  broker: 2,
  cluster: 3,
  static: 4,
  default: 5,
};

export const RESOURCE_TYPES: readonly number[] = [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP];

/** A resource as requests and answers of several APIs name it. */
export interface KafkaResource {
  readonly resourceType: number;
  readonly resourceName: string;
}

/** In answers: why not, of one resource. */
export interface ResourceOutcome extends KafkaResource {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

export function succeeded({ resourceType, resourceName }: KafkaResource): ResourceOutcome {
  return { resourceType, resourceName, errorCode: NO_ERROR, errorMessage: null };
}

export function refused({ resourceType, resourceName }: KafkaResource, error: RequestError): ResourceOutcome {
  return { resourceType, resourceName, errorCode: errorNumber(error.code), errorMessage: error.message };
}

/**
 * The resource as the room behind the doors knows it: a broker without a name is the cluster. Undefined: of a kind that
 * has no configs here, though Kafka's may have.
 *
 * Broker resources come to the broker that they name, since clients send them there: it alone knows what it was started with.
 * @throws RequestError INVALID_REQUEST
 */
export function configResourceOf(
  { resourceType, resourceName }: KafkaResource,
  nodeId: NodeId,
): ConfigResource | undefined {
  switch (resourceType) {
    case TOPIC:
      checkTopicName(resourceName);
      return { type: 'topic', name: resourceName };
    case BROKER:
      if (resourceName === '') return { type: 'cluster', name: '' };
      checkBroker(resourceName, nodeId);
      return { type: 'broker', name: resourceName };
    case BROKER_LOGGER:
      checkBroker(resourceName, nodeId);
      return undefined;
    case CLIENT_METRICS:
    case GROUP:
      if (resourceName === '') throw new RequestError('INVALID_REQUEST', 'The name of the resource is missing.');
      return undefined;
    default:
      throw new RequestError('INVALID_REQUEST', `There is no resource type ${resourceType}.`);
  }
}

function checkTopicName(name: string): void {
  if (name === '')
    throw new RequestError('INVALID_REQUEST', 'Name the topic: the default of all is set on the brokers.');
  const problem = topicNameProblem(name);
  if (problem !== undefined) throw new RequestError('INVALID_TOPIC_EXCEPTION', problem);
}

function checkBroker(name: string, nodeId: NodeId): void {
  if (name === String(nodeId)) return;
  if (!/^\d{1,10}$/.test(name)) throw new RequestError('INVALID_REQUEST', `"${name}" is not a broker id.`);
  throw new RequestError('INVALID_REQUEST', `This is broker ${nodeId}: ask broker ${name} itself.`);
}
