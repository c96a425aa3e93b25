/**
 * Where a value can be set while the cluster runs. A topic's config can have its default set for the cluster, and where listed for
 * one broker. A config of a node has no scope: it stands in the node's own configuration and is read when that starts.
 */
export type ConfigScope = 'topic' | 'broker' | 'cluster';

export type ConfigType =
  /** `bits`: what Kafka's clients take it for, a short, an int or a long. */
  | { readonly kind: 'integer'; readonly bits: 16 | 32 | 64; readonly min: number; readonly max: number }
  | { readonly kind: 'decimal'; readonly min: number; readonly max: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'text' }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  /** Comma-separated. With `values`: at least one, and of these. */
  | { readonly kind: 'list'; readonly values?: readonly string[] }
  /** Comma-separated, each as partition:broker; "*" for all; empty for none. */
  | { readonly kind: 'list'; readonly values?: never; readonly of: 'replicas' };

export interface ConfigDefinition {
  /** Kafka's name where the meaning is Kafka's. On topics; for configs without topics, anywhere. */
  readonly name: string;
  /** The name of the default of all topics, set on the cluster or a broker: Kafka's synonym. */
  readonly defaultName: string;
  readonly type: ConfigType;
  /** Undefined: there is no value unless one is given. */
  readonly defaultValue: string | undefined;
  readonly scopes: readonly ConfigScope[];
  /** One or two sentences with the unit, for docs and DescribeConfigs. */
  readonly doc: string;
  /** No value but the default is taken: why, and what to do instead. */
  readonly fixed?: string;
  /** Other names of `defaultName` in a node's configuration, where it is said in greater units: the factor to that of the default. */
  readonly greaterUnits?: ReadonlyMap<string, number>;
}

const INT32_MAX = 2 ** 31 - 1;
/** Kafka's way to say "without end". */
export const INT64_MAX = '9223372036854775807';

export function short(min: number, max: number): ConfigType {
  return { kind: 'integer', bits: 16, min, max };
}

export function int(min: number, max: number = INT32_MAX): ConfigType {
  return { kind: 'integer', bits: 32, min, max };
}

export function long(min: number, max: number = Number.MAX_SAFE_INTEGER): ConfigType {
  return { kind: 'integer', bits: 64, min, max };
}
