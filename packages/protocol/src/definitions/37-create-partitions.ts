import { defineApi } from '../definition/api.ts';

/** Adds partitions to topics. */
export const createPartitions = defineApi({
  key: 37,
  name: 'CreatePartitions',
  versions: '0-3',
  flexibleFrom: 2,
  request: {
    /** The topics. */
    topics: {
      type: 'array',
      of: {
        /** Name of the topic. */
        name: { type: 'string' },
        /** How many partitions it shall have, those it has included. */
        count: { type: 'int32' },
        /** Where to put the new ones; null to leave it to the cluster. */
        assignments: {
          type: 'array',
          nullable: '0+',
          of: {
            /** Brokers of the partition, the preferred leader first. */
            brokerIds: { type: 'array', of: 'int32' },
          },
        },
      },
    },
    /** How long to wait until they exist. */
    timeoutMs: { type: 'int32' },
    /** Whether only to check that they could. */
    validateOnly: { type: 'bool' },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Outcomes by topic: each is listed, or librdkafka takes it for a failure. */
    results: {
      type: 'array',
      of: {
        /** Name of the topic. */
        name: { type: 'string' },
        /** Why nothing was added, or 0. */
        errorCode: { type: 'int16' },
        /** The same in words. */
        errorMessage: { type: 'prose', nullable: '0+', default: null },
      },
    },
  },
});
