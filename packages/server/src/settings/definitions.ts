import { BROKER_CONFIGS, type ConfigDefinition, NODE_CONFIGS, TOPIC_CONFIGS } from '@moldau/metadata';
import type { SettingDefinition } from './setting.ts';

const INT_MAX = 2_147_483_647;

/** Read by this node alone. */
const OF_NODE: readonly SettingDefinition[] = NODE_CONFIGS.map(({ name, type, defaultValue, doc }) => ({
  name,
  type,
  doc,
  ...(defaultValue !== undefined && { default: defaultValue }),
}));

/**
 * Defaults of topics and figures of the whole cluster are metadata, so that all nodes agree. In a node's configuration
 * they are first values: the quorum takes them when it is born, and from then on they are changed in the cluster.
 */
const OF_CLUSTER: readonly ConfigDefinition[] = [...TOPIC_CONFIGS, ...BROKER_CONFIGS].filter(({ scopes }) =>
  scopes.includes('cluster'),
);

const CLUSTER_DEFAULTS: readonly SettingDefinition[] = OF_CLUSTER.map(({ defaultName, type, defaultValue, doc }) => ({
  name: defaultName,
  type,
  doc: `${doc} Default ${defaultValue}.`,
}));

/** Names of the settings that a new quorum takes as the first values of its configs. */
export const CLUSTER_DEFAULT_NAMES: readonly string[] = CLUSTER_DEFAULTS.map(({ name }) => name);

/** A setting that says one of {@link CLUSTER_DEFAULT_NAMES} in a greater unit. */
interface GreaterUnit {
  readonly name: string;
  readonly of: string;
  readonly factor: number;
}

export const GREATER_UNITS: readonly GreaterUnit[] = OF_CLUSTER.flatMap(({ defaultName, greaterUnits }) =>
  [...(greaterUnits ?? [])].map(([name, factor]) => ({ name, of: defaultName, factor })),
);

const UNITS: readonly SettingDefinition[] = GREATER_UNITS.map(({ name, of }) => ({
  name,
  type: { kind: 'integer', bits: 32, min: 1, max: INT_MAX },
  doc: `${of} in ${name.slice(name.lastIndexOf('.') + 1)}. Give only one of them.`,
}));

/** Every setting of a node, in the order in which the guide lists them. */
export const SETTING_DEFINITIONS: readonly SettingDefinition[] = [...OF_NODE, ...CLUSTER_DEFAULTS, ...UNITS];
