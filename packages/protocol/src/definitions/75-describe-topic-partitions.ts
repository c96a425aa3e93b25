import { defineApi, defineStruct } from '../definition/api.ts';

/** Where a description that comes in several responses goes on. */
const CURSOR = defineStruct({
  /** Name of the topic. */
  topicName: { type: 'string' },
  /** Number of the first partition that is still to come. */
  partitionIndex: { type: 'int32' },
});

/** Describes topics with their eligible leaders, page by page. */
export const describeTopicPartitions = defineApi({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: '0',
  flexibleFrom: 0,
  request: {
    /** Which topics; none for all. */
    topics: {
      type: 'array',
      of: {
        /** Name of the topic. */
        name: { type: 'string' },
      },
    },
    /** How many partitions a page has at most. */
    responsePartitionLimit: { type: 'int32', default: 2000 },
    /** Where to go on; null begins at the first topic. */
    cursor: { type: 'struct', nullable: '0+', default: null, fields: CURSOR },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** The topics, by name. */
    topics: {
      type: 'array',
      of: {
        /** Why the topic is not described, or 0. */
        errorCode: { type: 'int16' },
        /** Name of the topic. */
        name: { type: 'string', nullable: '0+' },
        /** Its id. */
        topicId: { type: 'uuid' },
        /** Whether it is one of those in which the brokers keep their own state. */
        isInternal: { type: 'bool', default: false },
        /** Its partitions. */
        partitions: {
          type: 'array',
          of: {
            /** LEADER_NOT_AVAILABLE, or 0. */
            errorCode: { type: 'int16' },
            /** Number of the partition. */
            partitionIndex: { type: 'int32' },
            /** The leader; -1 when there is none. */
            leaderId: { type: 'int32' },
            /** Number of the leader's election. */
            leaderEpoch: { type: 'int32', default: -1 },
            /** Brokers that have a replica, the preferred leader first. */
            replicaNodes: { type: 'array', of: 'int32' },
            /** Those of them that are in sync. */
            isrNodes: { type: 'array', of: 'int32' },
            /** Those that are not, but have everything that was acknowledged. */
            eligibleLeaderReplicas: { type: 'array', of: 'int32', nullable: '0+', default: null },
            /** Those that were the last ones known to be eligible. */
            lastKnownElr: { type: 'array', of: 'int32', nullable: '0+', default: null },
            /** Those that cannot be reached, or lost the disk of the replica. */
            offlineReplicas: { type: 'array', of: 'int32' },
          },
        },
        /** Bits of the operations allowed on the topic; the lowest number when they are not told. */
        topicAuthorizedOperations: { type: 'int32', default: -2_147_483_648 },
      },
    },
    /** Where the next page begins; null when this is the last one. */
    nextCursor: { type: 'struct', nullable: '0+', default: null, fields: CURSOR },
  },
});
