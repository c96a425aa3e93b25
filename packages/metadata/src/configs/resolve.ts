import { assert, type NodeId, present } from '@moldau/base';
import { type ClusterImage, type ConfigResource, configResourceKey } from '../image/cluster-image.ts';
import { BROKER_CONFIGS } from './broker-configs.ts';
import type { ConfigDefinition } from './config-definition.ts';
import { configDefinition } from './config-value.ts';
import { NODE_CONFIGS } from './node-configs.ts';
import { TOPIC_CONFIGS } from './topic-configs.ts';

/**
 * Where a value comes from; `static`: from a node's configuration, that of the node itself or, for what all nodes must agree on, of
 * the one that founded the cluster.
 */
export type ConfigSource = 'topic' | 'broker' | 'cluster' | 'static' | 'default';

/** A value that one place has, under its name there. */
export interface ConfigSynonym {
  readonly name: string;
  readonly value: string;
  readonly source: ConfigSource;
}

export interface ResolvedConfig {
  readonly definition: ConfigDefinition;
  /** Its name on the resource. */
  readonly name: string;
  /** Undefined: there is none, as long as none is given. */
  readonly value: string | undefined;
  readonly source: ConfigSource;
  /** All places that have a value, the one in force first. */
  readonly synonyms: readonly ConfigSynonym[];
  /** It cannot be changed while the cluster runs. */
  readonly isReadOnly: boolean;
}

const CLUSTER: ConfigResource = { type: 'cluster', name: '' };
const CLUSTER_KEY = configResourceKey(CLUSTER);
const FOUNDING_KEY = configResourceKey({ type: 'founding', name: '' });

/** All values that a resource has for a config: topic or broker, then cluster, then what that was founded with, then the default. */
function synonymsOf(image: ClusterImage, resource: ConfigResource, definition: ConfigDefinition): ConfigSynonym[] {
  assert(resource.type !== 'unspecified' && resource.type !== 'founding', 'a resource is of a type that has configs');
  const { defaultName, defaultValue } = definition;
  const synonyms: ConfigSynonym[] = [];
  const ownName = resource.type === 'topic' ? definition.name : defaultName;
  const own = image.configs.get(configResourceKey(resource))?.values.get(ownName);
  if (own !== undefined) synonyms.push({ name: ownName, value: own, source: resource.type });
  const cluster = image.configs.get(CLUSTER_KEY)?.values.get(defaultName);
  if (cluster !== undefined && resource.type !== 'cluster')
    synonyms.push({ name: defaultName, value: cluster, source: 'cluster' });
  const founding = image.configs.get(FOUNDING_KEY)?.values.get(defaultName);
  if (founding !== undefined) synonyms.push({ name: defaultName, value: founding, source: 'static' });
  if (defaultValue !== undefined) synonyms.push({ name: defaultName, value: defaultValue, source: 'default' });
  return synonyms;
}

/** Every config of a resource that can be changed, with the value in force. */
export function describeConfigs(image: ClusterImage, resource: ConfigResource): ResolvedConfig[] {
  const { type } = resource;
  assert(type !== 'unspecified' && type !== 'founding', 'a resource is of a type that has configs');
  // A broker shows what is set for all brokers as well: that is where its values come from.
  const shows = ({ scopes }: ConfigDefinition): boolean =>
    scopes.includes(type) || (type === 'broker' && scopes.includes('cluster'));
  return (type === 'topic' ? TOPIC_CONFIGS : [...TOPIC_CONFIGS, ...BROKER_CONFIGS]).filter(shows).map((definition) =>
    resolved(definition, type === 'topic' ? definition.name : definition.defaultName, {
      synonyms: synonymsOf(image, resource, definition),
      isReadOnly: false,
    }),
  );
}

/** The configs that a node was started with: `given` is what its configuration names. */
export function describeNodeConfigs(given: ReadonlyMap<string, string>): ResolvedConfig[] {
  return NODE_CONFIGS.map((definition) => {
    const { name, defaultValue } = definition;
    const synonyms: ConfigSynonym[] = [];
    const value = given.get(name);
    if (value !== undefined) synonyms.push({ name, value, source: 'static' });
    if (defaultValue !== undefined) synonyms.push({ name, value: defaultValue, source: 'default' });
    return resolved(definition, name, { synonyms, isReadOnly: true });
  });
}

function resolved(
  definition: ConfigDefinition,
  name: string,
  rest: Pick<ResolvedConfig, 'synonyms' | 'isReadOnly'>,
): ResolvedConfig {
  const [inForce] = rest.synonyms;
  return { definition, name, value: inForce?.value, source: inForce?.source ?? 'default', ...rest };
}

/** The value in force of a config that has a default. Asked for each partition that changes: it makes no list. */
function valueInForce(image: ClusterImage, resource: ConfigResource, definition: ConfigDefinition): string {
  const { name, defaultName, defaultValue } = definition;
  const own = image.configs.get(configResourceKey(resource))?.values;
  const value = own?.get(resource.type === 'topic' ? name : defaultName);
  const ofAll = (key: string): string | undefined => image.configs.get(key)?.values.get(defaultName);
  return present(value ?? ofAll(CLUSTER_KEY) ?? ofAll(FOUNDING_KEY) ?? defaultValue, name);
}

/** The value in force of one config of a topic. */
export function topicConfigValue(image: ClusterImage, topic: string, name: string): string {
  return valueInForce(image, { type: 'topic', name: topic }, present(configDefinition('topic', name), name));
}

/** The value in force of one config of the cluster. */
export function clusterConfigValue(image: ClusterImage, name: string): string {
  return valueInForce(image, CLUSTER, present(configDefinition('cluster', name), name));
}

/** The value in force of one config of a broker. */
export function brokerConfigValue(image: ClusterImage, brokerId: NodeId, name: string): string {
  return valueInForce(
    image,
    { type: 'broker', name: String(brokerId) },
    present(configDefinition('broker', name), name),
  );
}
