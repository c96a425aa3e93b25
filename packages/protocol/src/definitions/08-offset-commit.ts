import { defineApi } from '../definition/api.ts';
import { ZERO_UUID } from '../definition/field.ts';

/** Keeps how far a group has read. */
export const offsetCommit = defineApi({
  key: 8,
  name: 'OffsetCommit',
  versions: '2-10',
  flexibleFrom: 8,
  request: {
    /** Name of the group. */
    groupId: { type: 'string' },
    /** The generation in which the member was assigned the partitions; -1 from outside of any. */
    generationIdOrMemberEpoch: { type: 'int32', default: -1 },
    /** Id of the member; empty from outside. */
    memberId: { type: 'string', default: '' },
    /** Lasting name of a static member; null for others. */
    groupInstanceId: { type: 'string', versions: '7+', nullable: '7+', default: null },
    /** How long to keep the offsets; -1 for as long as the broker does. */
    retentionTimeMs: { type: 'int64Clamped', versions: '2-4', ignorable: true, default: -1 },
    /** Offsets by topic. */
    topics: {
      type: 'array',
      of: {
        /** Name of the topic, up to version 9. */
        name: { type: 'string', versions: '2-9', ignorable: true, default: '' },
        /** Id of the topic, from version 10 on. */
        topicId: { type: 'uuid', versions: '10+', ignorable: true, default: ZERO_UUID },
        /** Offsets by partition. */
        partitions: {
          type: 'array',
          of: {
            /** Number of the partition. */
            partitionIndex: { type: 'int32' },
            /** Where to go on reading. */
            committedOffset: { type: 'int64Clamped' },
            /** Leader epoch of the last record that was read. */
            committedLeaderEpoch: { type: 'int32', versions: '6+', ignorable: true, default: -1 },
            /** Whatever the member wants to find again. */
            committedMetadata: { type: 'string', nullable: '2+' },
          },
        },
      },
    },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', versions: '3+', ignorable: true, default: 0 },
    /** Outcomes by topic. */
    topics: {
      type: 'array',
      of: {
        /** Name of the topic, up to version 9. */
        name: { type: 'string', versions: '2-9', ignorable: true },
        /** Id of the topic, from version 10 on. */
        topicId: { type: 'uuid', versions: '10+', ignorable: true },
        /** Outcomes by partition. */
        partitions: {
          type: 'array',
          of: {
            /** Number of the partition. */
            partitionIndex: { type: 'int32' },
            /** Why the offset was not kept, or 0. */
            errorCode: { type: 'int16' },
          },
        },
      },
    },
  },
});
