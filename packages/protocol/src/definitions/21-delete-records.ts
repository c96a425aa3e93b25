import { defineApi } from '../definition/api.ts';

/** Lets partitions begin further up: what is below is gone. */
export const deleteRecords = defineApi({
  key: 21,
  name: 'DeleteRecords',
  versions: '0-2',
  flexibleFrom: 2,
  request: {
    /** Where to, by topic. */
    topics: {
      type: 'array',
      of: {
        /** Name of the topic. */
        name: { type: 'string' },
        /** Where to, by partition. */
        partitions: {
          type: 'array',
          of: {
            /** Number of the partition. */
            partitionIndex: { type: 'int32' },
            /** Where it is to begin; -1 for its high watermark. */
            offset: { type: 'int64Clamped' },
          },
        },
      },
    },
    /** How long to wait until all replicas have followed. */
    timeoutMs: { type: 'int32' },
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
        /** Outcomes by partition. */
        partitions: {
          type: 'array',
          of: {
            /** Number of the partition. */
            partitionIndex: { type: 'int32' },
            /** Where it begins now; -1 with an error. */
            lowWatermark: { type: 'int64' },
            /** Why nothing was deleted, or 0. */
            errorCode: { type: 'int16' },
          },
        },
      },
    },
  },
});
