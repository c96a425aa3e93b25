import type { ConfigResourceType } from '@moldau/proto';
import { BROKER_CONFIGS } from './broker-configs.ts';
import type { ConfigDefinition, ConfigScope, ConfigType } from './config-definition.ts';
import { NODE_CONFIGS } from './node-configs.ts';
import { TOPIC_CONFIGS } from './topic-configs.ts';

/** Far above any value that is valid. */
const VALUE_LENGTH_MAX = 1024;
/** Of 10,000 partitions, three replicas each. */
const REPLICAS_LENGTH_MAX = 384 * 1024;
const INT64_MAX = 2n ** 63n - 1n;

const TOPIC_BY_NAME = new Map(TOPIC_CONFIGS.map((definition) => [definition.name, definition]));
const DEFAULT_BY_NAME = new Map(
  [...TOPIC_CONFIGS, ...BROKER_CONFIGS].map((definition) => [definition.defaultName, definition]),
);
const OF_NODE = new Set(NODE_CONFIGS.map(({ name }) => name));

/** The definition behind a name as it is set on such a resource. */
export function configDefinition(type: ConfigResourceType, name: string): ConfigDefinition | undefined {
  const scope = scopeOf(type);
  if (scope === undefined) return undefined;
  const definition = (scope === 'topic' ? TOPIC_BY_NAME : DEFAULT_BY_NAME).get(name);
  return definition?.scopes.includes(scope) ? definition : undefined;
}

/** What is wrong with setting this and what to do; undefined when it is valid. `value` undefined: back to the default. */
export function configProblem(type: ConfigResourceType, name: string, value: string | undefined): string | undefined {
  const definition = configDefinition(type, name);
  if (definition === undefined) return unknownName(type, name);
  return value === undefined ? undefined : valueProblem(definition, name, value);
}

function unknownName(type: ConfigResourceType, name: string): string {
  if (type !== 'topic' && OF_NODE.has(name))
    return `The config ${name} is read when a node starts. Set it in the node's configuration, and start the node again.`;
  const topicConfig = TOPIC_BY_NAME.get(name);
  if (type !== 'topic' && topicConfig?.scopes.includes(type === 'broker' ? 'broker' : 'cluster')) {
    return `The config ${name} belongs to topics. Its default is set here as ${topicConfig.defaultName}.`;
  }
  const elsewhere = topicConfig ?? DEFAULT_BY_NAME.get(name);
  if (elsewhere !== undefined)
    return `The config ${name} cannot be set on a ${type}. Set it on: ${elsewhere.scopes.join(', ')}.`;
  return `There is no config ${JSON.stringify(name.slice(0, VALUE_LENGTH_MAX))} of a ${type}. Known: ${knownNames(type).join(', ')}.`;
}

function knownNames(type: ConfigResourceType): string[] {
  const scope = scopeOf(type);
  const names = scope === 'topic' ? TOPIC_BY_NAME : DEFAULT_BY_NAME;
  return [...names].filter(([, { scopes }]) => scope !== undefined && scopes.includes(scope)).map(([name]) => name);
}

function valueProblem(definition: ConfigDefinition, name: string, value: string): string | undefined {
  const lengthMax = isOfReplicas(definition.type) ? REPLICAS_LENGTH_MAX : VALUE_LENGTH_MAX;
  if (value.length > lengthMax)
    return `The value of ${name} has ${value.length} characters. Give at most ${lengthMax}.`;
  const shown = JSON.stringify(value.slice(0, VALUE_LENGTH_MAX));
  const expected = unlikeType(definition.type, value);
  if (expected !== undefined) return `${name}=${shown} is not valid. Give ${expected}.`;
  if (definition.fixed === undefined || value === definition.defaultValue) return undefined;
  return `${name}=${shown} is not valid. ${definition.fixed}`;
}

/** What is expected instead of the value; undefined when it is of the type. */
function unlikeType(type: ConfigType, value: string): string | undefined {
  switch (type.kind) {
    case 'integer': {
      const max = type.max === Number.MAX_SAFE_INTEGER ? INT64_MAX : BigInt(type.max);
      const valid =
        /^[+-]?\d{1,19}$/.test(value) &&
        BigInt(value.replace(/^\+/, '')) >= BigInt(type.min) &&
        BigInt(value.replace(/^\+/, '')) <= max;
      return valid ? undefined : `a whole number from ${type.min} to ${max}`;
    }
    case 'decimal': {
      const valid = /^\d+(\.\d+)?$/.test(value) && Number(value) >= type.min && Number(value) <= type.max;
      return valid ? undefined : `a number from ${type.min} to ${type.max}`;
    }
    case 'boolean':
      return value === 'true' || value === 'false' ? undefined : '"true" or "false"';
    case 'text':
      return undefined;
    case 'choice':
      return type.values.includes(value) ? undefined : `one of: ${type.values.join(', ')}`;
    case 'list': {
      if (isOfReplicas(type)) return isReplicaList(value) ? undefined : 'a list of partition:broker, or "*" for all';
      const { values } = type;
      if (values === undefined) return undefined;
      const items = listValue(value);
      const valid = items.length > 0 && items.every((item) => values.includes(item));
      return valid ? undefined : `a list of: ${values.join(', ')}`;
    }
  }
}

/** As in Kafka, empty items are nothing (KIP-73). */
function isReplicaList(value: string): boolean {
  return value.trim() === '*' || listValue(value).every((item) => /^\d{1,10}:\d{1,10}$/.test(item));
}

function isOfReplicas(type: ConfigType): boolean {
  return type.kind === 'list' && 'of' in type;
}

/** The items of a list. */
export function listValue(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** The number in a valid value; what lies beyond 2^53 stands for "without end" and is cut to it. */
export function integerValue(value: string): number {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : Number.MAX_SAFE_INTEGER;
}

function scopeOf(type: ConfigResourceType): ConfigScope | undefined {
  return type === 'unspecified' || type === 'founding' ? undefined : type;
}
