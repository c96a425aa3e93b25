import { defineApi } from '../definition/api.ts';

/** Shows the configs of topics, brokers, groups and so on: every one, with where its value comes from. */
export const describeConfigs = defineApi({
  key: 32,
  name: 'DescribeConfigs',
  versions: '1-4',
  flexibleFrom: 4,
  request: {
    /** Whose configs. */
    resources: {
      type: 'array',
      of: {
        /** 2 topic, 4 broker, 8 logger of a broker, 16 client metrics, 32 group. */
        resourceType: { type: 'int8' },
        /** Name of the topic, number of the broker (empty: of all brokers), and so on. */
        resourceName: { type: 'string' },
        /** Names of the configs; null for all. */
        configurationKeys: { type: 'array', of: 'string', nullable: '1+' },
      },
    },
    /** Whether to show where else the value might come from. */
    includeSynonyms: { type: 'bool', default: false },
    /** Whether to explain each config. */
    includeDocumentation: { type: 'bool', versions: '3+', default: false },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Each resource that was asked for. */
    results: {
      type: 'array',
      of: {
        /** Why its configs are not shown, or 0. */
        errorCode: { type: 'int16' },
        /** The same in words. */
        errorMessage: { type: 'prose', nullable: '1+', default: null },
        /** As in the request. */
        resourceType: { type: 'int8' },
        /** As in the request. */
        resourceName: { type: 'string' },
        /** Its configs. */
        configs: {
          type: 'array',
          of: {
            /** Name of the config. */
            name: { type: 'string' },
            /** Its value; null when that is secret. */
            value: { type: 'string', nullable: '1+' },
            /** Whether it cannot be changed. */
            readOnly: { type: 'bool' },
            /**
             * Where the value comes from: 1 topic, 2 broker, 3 default of all brokers, 4 the broker's own settings, 5 default,
             * 6 logger of a broker, 7 client metrics, 8 group.
             */
            configSource: { type: 'int8', default: -1 },
            /** Whether it is secret. */
            isSensitive: { type: 'bool' },
            /** All places that have a value, the one in force first. */
            synonyms: {
              type: 'array',
              default: [],
              of: {
                /** Name of the config there. */
                name: { type: 'string' },
                /** Its value there; null when that is secret. */
                value: { type: 'string', nullable: '1+' },
                /** Which place, as in configSource. */
                source: { type: 'int8' },
              },
            },
            /** 1 bool, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password; 0 when it is not said. */
            configType: { type: 'int8', versions: '3+', ignorable: true, default: 0 },
            /** What it does. */
            documentation: { type: 'prose', versions: '3+', nullable: '3+', ignorable: true, default: null },
          },
        },
      },
    },
  },
});
