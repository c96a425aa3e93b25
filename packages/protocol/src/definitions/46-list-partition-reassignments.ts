import { defineApi } from '../definition/api.ts';

/** Which replicas are being moved. */
export const listPartitionReassignments = defineApi({
  key: 46,
  name: 'ListPartitionReassignments',
  versions: '0',
  flexibleFrom: 0,
  request: {
    /** How long to wait for the answer. */
    timeoutMs: { type: 'int32', default: 60_000 },
    /** Which partitions to look at; null for all. */
    topics: {
      type: 'array',
      nullable: '0+',
      default: null,
      of: {
        /** Name of the topic. */
        name: { type: 'string' },
        /** Numbers of the partitions. */
        partitionIndexes: { type: 'array', of: 'int32' },
      },
    },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Why nothing is listed, or 0. */
    errorCode: { type: 'int16' },
    /** The same in words. */
    errorMessage: { type: 'prose', nullable: '0+', default: null },
    /** Moves under way, by topic. */
    topics: {
      type: 'array',
      of: {
        /** Name of the topic. */
        name: { type: 'string' },
        /** Moves by partition. */
        partitions: {
          type: 'array',
          of: {
            /** Number of the partition. */
            partitionIndex: { type: 'int32' },
            /** All that have it now. */
            replicas: { type: 'array', of: 'int32' },
            /** Those that are getting it. */
            addingReplicas: { type: 'array', of: 'int32' },
            /** Those that will give it up. */
            removingReplicas: { type: 'array', of: 'int32' },
          },
        },
      },
    },
  },
});
