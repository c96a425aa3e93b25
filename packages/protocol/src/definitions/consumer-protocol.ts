import { defineStruct } from '../definition/api.ts';

/** What a consumer tells its group when it enters: the metadata of JoinGroup's protocols. Versions 0 to 3. */
export const consumerSubscription = defineStruct({
  /** Names of the topics that it wants to read. */
  topics: { type: 'array', of: 'string' },
  /** Whatever its assignor wants to tell the leader. */
  userData: { type: 'bytes', nullable: '0+', default: null },
  /** What it still reads, so that an assignor can leave it there. */
  ownedPartitions: {
    type: 'array',
    versions: '1+',
    ignorable: true,
    default: [],
    of: {
      /** Name of the topic. */
      topic: { type: 'string' },
      /** Numbers of the partitions. */
      partitions: { type: 'array', of: 'int32' },
    },
  },
  /** The generation in which it was assigned them; -1 for none. */
  generationId: { type: 'int32', versions: '2+', ignorable: true, default: -1 },
  /** Where it stands; null when that is not said. */
  rackId: { type: 'string', versions: '3+', nullable: '3+', ignorable: true, default: null },
});

/** What the leader of a group assigns to a consumer: the assignment of SyncGroup. The same in versions 0 to 3. */
export const consumerAssignment = defineStruct({
  /** What to read, by topic. */
  assignedPartitions: {
    type: 'array',
    of: {
      /** Name of the topic. */
      topic: { type: 'string' },
      /** Numbers of the partitions. */
      partitions: { type: 'array', of: 'int32' },
    },
  },
  /** Whatever the assignor wants to tell the consumer. */
  userData: { type: 'bytes', nullable: '0+', default: null },
});
