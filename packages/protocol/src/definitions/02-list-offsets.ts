import { defineApi } from '../definition/api.ts';

/**
 * Finds offsets by time. Negative times have a meaning of their own: -1 the end, -2 the beginning, -3 the record with
 * the largest timestamp, -4 the beginning on local disks, -5 the end of what is in tiered storage, -6 the beginning of
 * what waits to go there.
 */
export const listOffsets = defineApi({
  key: 2,
  name: 'ListOffsets',
  versions: '1-11',
  flexibleFrom: 6,
  request: {
    /** -1 for clients. */
    replicaId: { type: 'int32', default: -1 },
    /** 0 takes the high watermark for the end, 1 the last stable offset. */
    isolationLevel: { type: 'int8', versions: '2+', default: 0 },
    /** What to find, by topic. */
    topics: {
      type: 'array',
      of: {
        /** Name of the topic. */
        name: { type: 'string' },
        /** What to find, by partition. */
        partitions: {
          type: 'array',
          of: {
            /** Number of the partition. */
            partitionIndex: { type: 'int32' },
            /** The election that the client knows of; -1 when it knows of none. */
            currentLeaderEpoch: { type: 'int32', versions: '4+', ignorable: true, default: -1 },
            /** Finds the first record that is not older; or one of the negative times. */
            timestamp: { type: 'int64Clamped' },
          },
        },
      },
    },
    /** How long tiered storage may take. */
    timeoutMs: { type: 'int32', versions: '10+', ignorable: true, default: 0 },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', versions: '2+', ignorable: true, default: 0 },
    /** What was found, by topic. */
    topics: {
      type: 'array',
      of: {
        /** Name of the topic. */
        name: { type: 'string' },
        /** What was found, by partition. */
        partitions: {
          type: 'array',
          of: {
            /** Number of the partition. */
            partitionIndex: { type: 'int32' },
            /** Why nothing could be looked up, or 0. */
            errorCode: { type: 'int16' },
            /** Of the record found; -1 for an end or a beginning. */
            timestamp: { type: 'int64', default: -1 },
            /** What was found; -1 when no record is young enough. */
            offset: { type: 'int64', default: -1 },
            /** Leader epoch of the record found. */
            leaderEpoch: { type: 'int32', versions: '4+', ignorable: true, default: -1 },
          },
        },
      },
    },
  },
});
