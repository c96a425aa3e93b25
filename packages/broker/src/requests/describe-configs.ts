import { errorNumber, RequestError, type RpcHandler, unaryHandler } from '@moldau/base';
import {
  type ConfigResource,
  describeConfigs,
  describeNodeConfigs,
  type ResolvedConfig,
  topicByName,
} from '@moldau/metadata';
import { ApiService, ConfigEntry, DescribedResource } from '@moldau/proto';
import { type RequestContext, unknownTopic } from './request-context.ts';

/** Any broker answers, but what a broker was started with is known to that one alone: the answers of the others lack it. */
export function describeConfigsHandler(context: RequestContext): RpcHandler {
  return unaryHandler(ApiService.describeConfigs, ({ resources }) =>
    Promise.resolve({
      resources: resources.map(({ resourceType: type, resourceName: name }) => described(context, { type, name })),
    }),
  );
}

function described(context: RequestContext, resource: ConfigResource): DescribedResource {
  try {
    const entries = describeResource(context, resource).map(entryOf);
    return DescribedResource.create({ outcome: { errorCode: 0, message: '' }, entries });
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return DescribedResource.create({ outcome: { errorCode: errorNumber(error.code), message: error.message } });
  }
}

function entryOf({ definition, name, value = '', source, isReadOnly }: ResolvedConfig): ConfigEntry {
  const { type, doc: documentation } = definition;
  return ConfigEntry.create({ name, value, source, type: type.kind, documentation, readOnly: isReadOnly });
}

/** Every config of a topic, a broker or the cluster. @throws RequestError */
export function describeResource(context: RequestContext, resource: ConfigResource): ResolvedConfig[] {
  const { image, nodeId, givenConfigs } = context;
  const { type, name } = resource;
  if (type === 'unspecified' || type === 'founding')
    throw new RequestError('INVALID_REQUEST', 'name the type of the resource: topic, broker or cluster');
  if (type === 'topic' && topicByName(image(), name) === undefined) {
    const { code, message } = unknownTopic(context, 'name');
    const isMissing = code === 'UNKNOWN_TOPIC_OR_PARTITION';
    throw new RequestError(code, isMissing ? `There is no topic "${name}". Check the name.` : message);
  }
  const dynamic = describeConfigs(image(), resource);
  if (type !== 'broker' || name !== String(nodeId)) return dynamic;
  return [...dynamic, ...describeNodeConfigs(givenConfigs)];
}
