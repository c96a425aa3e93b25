import { assert, type NodeId, present } from '@moldau/base';
import { type ClusterImage, type ConfigResource, configResourceKey } from '../image/cluster-image.ts';
import type { ConfigDefinition } from './config-definition.ts';
import { configDefinition } from './config-value.ts';
import { BROKER_CONFIGS, TOPIC_CONFIGS } from './definitions.ts';

/** Where the value in force comes from. */
export type ConfigSource = 'topic' | 'broker' | 'cluster' | 'default';

export interface ResolvedConfig {
  readonly definition: ConfigDefinition;
  readonly value: string;
  readonly source: ConfigSource;
}

const CLUSTER: ConfigResource = { type: 'cluster', name: '' };

/** The value in force on the resource: topic or broker, then cluster, then the default. */
export function resolveConfig(
  image: ClusterImage,
  resource: ConfigResource,
  definition: ConfigDefinition,
): ResolvedConfig {
  assert(resource.type !== 'unspecified', 'a resource has a type');
  const ownName = resource.type === 'topic' ? definition.name : definition.defaultName;
  const own = image.configs.get(configResourceKey(resource))?.values.get(ownName);
  if (own !== undefined) return { definition, value: own, source: resource.type };
  const cluster = image.configs.get(configResourceKey(CLUSTER))?.values.get(definition.defaultName);
  if (cluster !== undefined) return { definition, value: cluster, source: 'cluster' };
  return { definition, value: definition.defaultValue, source: 'default' };
}

/** Every config of a resource with the value in force, for DescribeConfigs. */
export function describeConfigs(image: ClusterImage, resource: ConfigResource): ResolvedConfig[] {
  const definitions = resource.type === 'topic' ? TOPIC_CONFIGS : [...TOPIC_CONFIGS, ...BROKER_CONFIGS];
  return definitions
    .filter(({ scopes }) => resource.type !== 'unspecified' && scopes.includes(resource.type))
    .map((definition) => resolveConfig(image, resource, definition));
}

/** The value in force of one config of a topic. */
export function topicConfigValue(image: ClusterImage, topic: string, name: string): string {
  return resolveConfig(image, { type: 'topic', name: topic }, present(configDefinition('topic', name), name)).value;
}

/** The value in force of one config of the cluster. */
export function clusterConfigValue(image: ClusterImage, name: string): string {
  return resolveConfig(image, CLUSTER, present(configDefinition('cluster', name), name)).value;
}

/** The value in force of one config of a broker. */
export function brokerConfigValue(image: ClusterImage, brokerId: NodeId, name: string): string {
  return resolveConfig(
    image,
    { type: 'broker', name: String(brokerId) },
    present(configDefinition('broker', name), name),
  ).value;
}
