/** Where a value can be set. A topic's config can have its default set for the cluster, and where listed for one broker. */
export type ConfigScope = 'topic' | 'broker' | 'cluster';

export type ConfigType =
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'boolean' }
  /** `refused`: values that Kafka knows, with what to do instead. */
  | {
      readonly kind: 'choice';
      readonly values: readonly string[];
      readonly refused?: Readonly<Record<string, string>>;
    };

export interface ConfigDefinition {
  /** Kafka's name where the meaning is Kafka's. On topics; for configs without topics, anywhere. */
  readonly name: string;
  /** The name of the default of all topics, set on the cluster or a broker: Kafka's synonym. */
  readonly defaultName: string;
  readonly type: ConfigType;
  readonly defaultValue: string;
  readonly scopes: readonly ConfigScope[];
  /** One or two sentences with the unit, for docs and DescribeConfigs. */
  readonly doc: string;
}

export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): ConfigType {
  return { kind: 'integer', min, max };
}
