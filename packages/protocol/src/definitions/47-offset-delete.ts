import { defineApi } from '../definition/api.ts';

/** Forgets what a group has committed for partitions that it does not read any more. */
export const offsetDelete = defineApi({
  key: 47,
  name: 'OffsetDelete',
  versions: '0',
  flexibleFrom: 'never',
  request: {
    /** Name of the group. */
    groupId: { type: 'string' },
    /** What to forget, by topic. */
    topics: {
      type: 'array',
      of: {
        /** Name of the topic. */
        name: { type: 'string' },
        /** The partitions. */
        partitions: {
          type: 'array',
          of: {
            /** Number of the partition. */
            partitionIndex: { type: 'int32' },
          },
        },
      },
    },
  },
  response: {
    /** What is wrong with the group, or 0. */
    errorCode: { type: 'int16' },
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
            /** Why nothing was forgotten, or 0. */
            errorCode: { type: 'int16' },
          },
        },
      },
    },
  },
});
