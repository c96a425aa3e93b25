import { defineApi } from '../definition/api.ts';
import { ZERO_UUID } from '../definition/field.ts';

/** Asks how far groups have read: one group up to version 7, several from version 8 on. */
export const offsetFetch = defineApi({
  key: 9,
  name: 'OffsetFetch',
  versions: '1-10',
  flexibleFrom: 6,
  request: {
    /** Name of the group. */
    groupId: { type: 'string', versions: '1-7', default: '' },
    /** What to look up; null for everything. */
    topics: {
      type: 'array',
      versions: '1-7',
      nullable: '2-7',
      default: [],
      of: {
        /** Name of the topic. */
        name: { type: 'string' },
        /** Numbers of the partitions. */
        partitionIndexes: { type: 'array', of: 'int32' },
      },
    },
    /** What to look up, by group. */
    groups: {
      type: 'array',
      versions: '8+',
      default: [],
      of: {
        /** Name of the group. */
        groupId: { type: 'string' },
        /** Id of the member that asks; null from outside. */
        memberId: { type: 'string', versions: '9+', nullable: '9+', ignorable: true, default: null },
        /** Epoch of the member (KIP-848); -1 from outside. */
        memberEpoch: { type: 'int32', versions: '9+', ignorable: true, default: -1 },
        /** What to look up; null for everything. */
        topics: {
          type: 'array',
          nullable: '8+',
          of: {
            /** Name of the topic, up to version 9. */
            name: { type: 'string', versions: '8-9', ignorable: true, default: '' },
            /** Id of the topic, from version 10 on. */
            topicId: { type: 'uuid', versions: '10+', ignorable: true, default: ZERO_UUID },
            /** Numbers of the partitions. */
            partitionIndexes: { type: 'array', of: 'int32' },
          },
        },
      },
    },
    /** Whether offsets that an open transaction may still change are an error (UNSTABLE_OFFSET_COMMIT). */
    requireStable: { type: 'bool', versions: '7+', default: false },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', versions: '3+', ignorable: true, default: 0 },
    /** Offsets by topic. */
    topics: {
      type: 'array',
      versions: '1-7',
      default: [],
      of: {
        /** Name of the topic. */
        name: { type: 'string' },
        /** Offsets by partition. */
        partitions: {
          type: 'array',
          of: {
            /** Number of the partition. */
            partitionIndex: { type: 'int32' },
            /** Where to go on reading; -1 when nothing was committed. */
            committedOffset: { type: 'int64Clamped' },
            /** Leader epoch of the last record that was read. */
            committedLeaderEpoch: { type: 'int32', versions: '5+', ignorable: true, default: -1 },
            /** What was committed with it. */
            metadata: { type: 'string', nullable: '1+' },
            /** Why nothing can be told, or 0. */
            errorCode: { type: 'int16' },
          },
        },
      },
    },
    /** What is wrong with the group, or 0. */
    errorCode: { type: 'int16', versions: '2-7', ignorable: true, default: 0 },
    /** Offsets by group. */
    groups: {
      type: 'array',
      versions: '8+',
      default: [],
      of: {
        /** Name of the group. */
        groupId: { type: 'string' },
        /** Offsets by topic. */
        topics: {
          type: 'array',
          of: {
            /** Name of the topic, up to version 9. */
            name: { type: 'string', versions: '8-9', ignorable: true },
            /** Id of the topic, from version 10 on. */
            topicId: { type: 'uuid', versions: '10+', ignorable: true },
            /** Offsets by partition. */
            partitions: {
              type: 'array',
              of: {
                /** Number of the partition. */
                partitionIndex: { type: 'int32' },
                /** Where to go on reading; -1 when nothing was committed. */
                committedOffset: { type: 'int64Clamped' },
                /** Leader epoch of the last record that was read. */
                committedLeaderEpoch: { type: 'int32', default: -1 },
                /** What was committed with it. */
                metadata: { type: 'string', nullable: '8+' },
                /** Why nothing can be told, or 0. */
                errorCode: { type: 'int16' },
              },
            },
          },
        },
        /** What is wrong with the group, or 0. */
        errorCode: { type: 'int16', default: 0 },
      },
    },
  },
});
