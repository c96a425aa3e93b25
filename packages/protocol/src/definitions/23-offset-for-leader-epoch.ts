import { defineApi } from '../definition/api.ts';

/** Where an epoch ends in the leader's log: a reader finds out whether what it has read was truncated (KIP-320). */
export const offsetForLeaderEpoch = defineApi({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: '2-4',
  flexibleFrom: 4,
  request: {
    /** -1 for consumers; -2 where the version does not say. */
    replicaId: { type: 'int32', versions: '3+', ignorable: true, default: -2 },
    /** What to look up, by topic. */
    topics: {
      type: 'array',
      of: {
        /** Name of the topic. */
        topic: { type: 'string' },
        /** What to look up, by partition. */
        partitions: {
          type: 'array',
          of: {
            /** Number of the partition. */
            partition: { type: 'int32' },
            /** The election that the reader knows of: with an older one it is told to refresh; -1 when it knows of none. */
            currentLeaderEpoch: { type: 'int32', default: -1 },
            /** The epoch to look up. */
            leaderEpoch: { type: 'int32' },
          },
        },
      },
    },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** What was found, by topic. */
    topics: {
      type: 'array',
      of: {
        /** Name of the topic. */
        topic: { type: 'string' },
        /** What was found, by partition. */
        partitions: {
          type: 'array',
          of: {
            /** Why nothing could be looked up, or 0. */
            errorCode: { type: 'int16' },
            /** Number of the partition. */
            partition: { type: 'int32' },
            /** The largest epoch in the log that is not above the one asked for; -1 without one. */
            leaderEpoch: { type: 'int32', default: -1 },
            /** Where that epoch ends; -1 without one. */
            endOffset: { type: 'int64', default: -1 },
          },
        },
      },
    },
  },
});
