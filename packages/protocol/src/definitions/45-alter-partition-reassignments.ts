import { defineApi } from '../definition/api.ts';

/** Moves replicas of partitions to other brokers, or calls such a move off. */
export const alterPartitionReassignments = defineApi({
  key: 45,
  name: 'AlterPartitionReassignments',
  versions: '0-1',
  flexibleFrom: 0,
  request: {
    /** How long to wait until the moves have begun. */
    timeoutMs: { type: 'int32', default: 60_000 },
    /** Whether a partition may get more or fewer replicas by it. */
    allowReplicationFactorChange: { type: 'bool', versions: '1+', default: true },
    /** The moves, by topic. */
    topics: {
      type: 'array',
      of: {
        /** Name of the topic. */
        name: { type: 'string' },
        /** The moves, by partition. */
        partitions: {
          type: 'array',
          of: {
            /** Number of the partition. */
            partitionIndex: { type: 'int32' },
            /** The brokers that shall have it, the preferred leader first; null calls the move off. */
            replicas: { type: 'array', of: 'int32', nullable: '0+', default: null },
          },
        },
      },
    },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** As in the request. */
    allowReplicationFactorChange: { type: 'bool', versions: '1+', ignorable: true, default: true },
    /** Why nothing was done, or 0. */
    errorCode: { type: 'int16' },
    /** The same in words. */
    errorMessage: { type: 'prose', nullable: '0+', default: null },
    /** Outcomes by topic. */
    responses: {
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
            /** Why the move has not begun, or 0. */
            errorCode: { type: 'int16' },
            /** The same in words. */
            errorMessage: { type: 'prose', nullable: '0+', default: null },
          },
        },
      },
    },
  },
});
