import { defineApi } from '../definition/api.ts';

/** Elects leaders of partitions. */
export const electLeaders = defineApi({
  key: 43,
  name: 'ElectLeaders',
  versions: '0-2',
  flexibleFrom: 2,
  request: {
    /** 0 the preferred replica, 1 any that lives, even if it lacks acknowledged records. */
    electionType: { type: 'int8', versions: '1+', default: 0 },
    /** Whose leaders; null for all partitions. */
    topicPartitions: {
      type: 'array',
      nullable: '0+',
      of: {
        /** Name of the topic. */
        topic: { type: 'string' },
        /** Numbers of the partitions. */
        partitions: { type: 'array', of: 'int32' },
      },
    },
    /** How long to wait until they lead. */
    timeoutMs: { type: 'int32', default: 60_000 },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Why nothing was done, or 0. */
    errorCode: { type: 'int16', versions: '1+', default: 0 },
    /** Outcomes by topic. */
    replicaElectionResults: {
      type: 'array',
      of: {
        /** Name of the topic. */
        topic: { type: 'string' },
        /** Outcomes by partition. */
        partitionResult: {
          type: 'array',
          of: {
            /** Number of the partition. */
            partitionId: { type: 'int32' },
            /** Why nobody was elected, or 0. */
            errorCode: { type: 'int16' },
            /** The same in words. */
            errorMessage: { type: 'prose', nullable: '0+', default: null },
          },
        },
      },
    },
  },
});
