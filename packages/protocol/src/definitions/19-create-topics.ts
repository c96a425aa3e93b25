import { defineApi } from '../definition/api.ts';

/** Creates topics, or tells whether they could be created. */
export const createTopics = defineApi({
  key: 19,
  name: 'CreateTopics',
  versions: '2-7',
  flexibleFrom: 5,
  request: {
    /** The topics. */
    topics: {
      type: 'array',
      of: {
        /** Name of the topic. */
        name: { type: 'string' },
        /** How many partitions; -1 for as many as the broker finds right, or as are assigned. */
        numPartitions: { type: 'int32' },
        /** How many replicas of each; -1 for as many as the broker finds right, or as are assigned. */
        replicationFactor: { type: 'int16' },
        /** Where to put the partitions; empty to leave it to the cluster. */
        assignments: {
          type: 'array',
          default: [],
          of: {
            /** Number of the partition. */
            partitionIndex: { type: 'int32' },
            /** Its brokers, the preferred leader first. */
            brokerIds: { type: 'array', of: 'int32' },
          },
        },
        /** Configs that differ from the defaults. */
        configs: {
          type: 'array',
          default: [],
          of: {
            /** Name of the config. */
            name: { type: 'string' },
            /** Its value. */
            value: { type: 'string', nullable: '2+' },
          },
        },
      },
    },
    /** How long to wait until the topics exist. */
    timeoutMs: { type: 'int32', default: 60_000 },
    /** Whether only to check that they could. */
    validateOnly: { type: 'bool', default: false },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Outcomes by topic. */
    topics: {
      type: 'array',
      of: {
        /** Name of the topic. */
        name: { type: 'string' },
        /** Its id. */
        topicId: { type: 'uuid', versions: '7+', ignorable: true },
        /** Why it was not created, or 0. */
        errorCode: { type: 'int16' },
        /** The same in words. */
        errorMessage: { type: 'prose', nullable: '2+', default: null },
        /** Why the configs are not shown, or 0. */
        topicConfigErrorCode: { type: 'int16', versions: '5+', tag: 0, ignorable: true },
        /** How many partitions it has; -1 when it is not to be known. */
        numPartitions: { type: 'int32', versions: '5+', ignorable: true, default: -1 },
        /** How many replicas of each; -1 when it is not to be known. */
        replicationFactor: { type: 'int16', versions: '5+', ignorable: true, default: -1 },
        /** All its configs; null when they are not to be known. */
        configs: {
          type: 'array',
          versions: '5+',
          nullable: '5+',
          ignorable: true,
          of: {
            /** Name of the config. */
            name: { type: 'string' },
            /** Its value; null when that is secret. */
            value: { type: 'string', nullable: '5+' },
            /** Whether it cannot be changed. */
            readOnly: { type: 'bool' },
            /** Where the value comes from, as in DescribeConfigs. */
            configSource: { type: 'int8', default: -1 },
            /** Whether it is secret. */
            isSensitive: { type: 'bool' },
          },
        },
      },
    },
  },
});
