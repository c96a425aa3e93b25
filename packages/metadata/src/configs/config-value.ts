import type { ConfigResourceType } from '@moldau/proto';
import type { ConfigDefinition, ConfigScope } from './config-definition.ts';
import { BROKER_CONFIGS, NOT_SERVED, TOPIC_CONFIGS } from './definitions.ts';

/** Far above any value that is valid. */
const VALUE_LENGTH_MAX = 1024;
const INT64_MAX = 2n ** 63n - 1n;

const TOPIC_BY_NAME = new Map(TOPIC_CONFIGS.map((definition) => [definition.name, definition]));
const DEFAULT_BY_NAME = new Map(
  [...TOPIC_CONFIGS, ...BROKER_CONFIGS].map((definition) => [definition.defaultName, definition]),
);

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
  if (type === 'topic' && NOT_SERVED.has(name))
    return `The config ${name} is not served by this version. Leave it out.`;
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

function valueProblem({ type }: ConfigDefinition, name: string, value: string): string | undefined {
  if (value.length > VALUE_LENGTH_MAX)
    return `The value of ${name} has ${value.length} characters. Give at most ${VALUE_LENGTH_MAX}.`;
  const shown = JSON.stringify(value);
  switch (type.kind) {
    case 'integer': {
      const max = type.max === Number.MAX_SAFE_INTEGER ? INT64_MAX : BigInt(type.max);
      const valid =
        /^[+-]?\d{1,19}$/.test(value) &&
        BigInt(value.replace(/^\+/, '')) >= BigInt(type.min) &&
        BigInt(value.replace(/^\+/, '')) <= max;
      return valid ? undefined : `${name}=${shown} is not valid. Give a whole number from ${type.min} to ${max}.`;
    }
    case 'boolean':
      return value === 'true' || value === 'false'
        ? undefined
        : `${name}=${shown} is not valid. Give "true" or "false".`;
    case 'choice':
      if (type.values.includes(value)) return undefined;
      return `${name}=${shown} is not valid. ${type.refused?.[value] ?? `Give one of: ${type.values.join(', ')}.`}`;
  }
}

/** The number in a valid value; what lies beyond 2^53 stands for "without end" and is cut to it. */
export function integerValue(value: string): number {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : Number.MAX_SAFE_INTEGER;
}

function scopeOf(type: ConfigResourceType): ConfigScope | undefined {
  return type === 'unspecified' ? undefined : type;
}
