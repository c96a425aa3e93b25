import { defineApi, defineStruct } from '../definition/api.ts';
import { ZERO_UUID } from '../definition/field.ts';

/** How far one node has followed the log of the quorum. */
const REPLICA_STATE = defineStruct({
  /** Number of the node. */
  replicaId: { type: 'int32' },
  /** Its directory: with the number it says which voter it is. */
  replicaDirectoryId: { type: 'uuid', versions: '2+', ignorable: true, default: ZERO_UUID },
  /** Where its log ends; -1 when that is not known. */
  logEndOffset: { type: 'int64' },
  /** When it last asked the leader, by the leader's clock; -1 for the leader, or when that is not known. */
  lastFetchTimestamp: { type: 'int64', versions: '1+', ignorable: true, default: -1 },
  /** When it last had everything, by the leader's clock; now for the leader, -1 when that is not known. */
  lastCaughtUpTimestamp: { type: 'int64', versions: '1+', ignorable: true, default: -1 },
});

/** How the controllers' quorum does: who leads, and how far the others are. */
export const describeQuorum = defineApi({
  key: 55,
  name: 'DescribeQuorum',
  versions: '0-2',
  flexibleFrom: 0,
  request: {
    /** Always the one topic "__cluster_metadata". */
    topics: {
      type: 'array',
      of: {
        /** Name of the topic. */
        topicName: { type: 'string' },
        /** Its partitions: always the one partition 0. */
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
    /** Why nothing is shown, or 0. */
    errorCode: { type: 'int16' },
    /** The same in words. */
    errorMessage: { type: 'prose', versions: '2+', nullable: '2+', ignorable: true, default: null },
    /** As in the request. */
    topics: {
      type: 'array',
      of: {
        /** Name of the topic. */
        topicName: { type: 'string' },
        /** Its partitions. */
        partitions: {
          type: 'array',
          of: {
            /** Number of the partition. */
            partitionIndex: { type: 'int32' },
            /** Why the partition is not shown, or 0. */
            errorCode: { type: 'int16' },
            /** The same in words. */
            errorMessage: { type: 'prose', versions: '2+', nullable: '2+', ignorable: true, default: null },
            /** The controller that leads; -1 when none does. */
            leaderId: { type: 'int32' },
            /** Its term. */
            leaderEpoch: { type: 'int32' },
            /** Everything below is committed. */
            highWatermark: { type: 'int64' },
            /** Those who vote. */
            currentVoters: { type: 'array', of: REPLICA_STATE },
            /** Those who only follow. */
            observers: { type: 'array', of: REPLICA_STATE },
          },
        },
      },
    },
    /** Where to reach the voters. */
    nodes: {
      type: 'array',
      versions: '2+',
      ignorable: true,
      default: [],
      of: {
        /** Number of the controller. */
        nodeId: { type: 'int32' },
        /** Its listeners. */
        listeners: {
          type: 'array',
          of: {
            /** Name of the listener. */
            name: { type: 'string' },
            /** Where to connect. */
            host: { type: 'string' },
            /** Where to connect. */
            port: { type: 'uint16' },
          },
        },
      },
    },
  },
});
