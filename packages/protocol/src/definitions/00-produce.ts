import { defineApi } from '../definition/api.ts';
import { ZERO_UUID } from '../definition/field.ts';

/**
 * Appends record batches to partitions. A request with acks 0 gets no response at all.
 *
 * Versions 0 to 2 carry an older format of messages and are refused, yet must be advertised: older librdkafka takes a
 * broker without them for one that cannot compress (KAFKA-18659).
 */
export const produce = defineApi({
  key: 0,
  name: 'Produce',
  versions: '3-13',
  flexibleFrom: 9,
  advertisedFrom: 0,
  request: {
    /** The transaction that the batches belong to; null outside of one. */
    transactionalId: { type: 'string', nullable: '3+', default: null },
    /** Who must have the batches before the answer: -1 all in-sync replicas, 1 the leader, 0 nobody, and no answer. */
    acks: { type: 'int16' },
    /** How long to wait for them. */
    timeoutMs: { type: 'int32' },
    /** Batches by topic. */
    topicData: {
      type: 'array',
      of: {
        /** Name of the topic, up to version 12. */
        name: { type: 'string', versions: '3-12', ignorable: true, default: '' },
        /** Id of the topic, from version 13 on. */
        topicId: { type: 'uuid', versions: '13+', ignorable: true, default: ZERO_UUID },
        /** Batches by partition. */
        partitionData: {
          type: 'array',
          of: {
            /** Number of the partition. */
            index: { type: 'int32' },
            /** Record batches, one after the other. */
            records: { type: 'records', nullable: '3+' },
          },
        },
      },
    },
  },
  response: {
    /** Outcomes by topic. */
    responses: {
      type: 'array',
      of: {
        /** Name of the topic, up to version 12. */
        name: { type: 'string', versions: '3-12', ignorable: true },
        /** Id of the topic, from version 13 on. */
        topicId: { type: 'uuid', versions: '13+', ignorable: true },
        /** Outcomes by partition. */
        partitionResponses: {
          type: 'array',
          of: {
            /** Number of the partition. */
            index: { type: 'int32' },
            /** Why the batches were not appended, or 0. */
            errorCode: { type: 'int16' },
            /** Offset of the first record; -1 when nothing was appended. */
            baseOffset: { type: 'int64' },
            /** The broker's time of appending, where the topic keeps that; otherwise -1. */
            logAppendTimeMs: { type: 'int64', default: -1 },
            /** Where the partition begins. */
            logStartOffset: { type: 'int64', versions: '5+', ignorable: true, default: -1 },
            /** Which records were at fault. */
            recordErrors: {
              type: 'array',
              versions: '8+',
              ignorable: true,
              default: [],
              of: {
                /** Place of the record in its batch. */
                batchIndex: { type: 'int32' },
                /** What is wrong with it. */
                batchIndexErrorMessage: { type: 'prose', nullable: '8+', default: null },
              },
            },
            /** What is wrong with the batches. */
            errorMessage: { type: 'prose', versions: '8+', nullable: '8+', ignorable: true, default: null },
            /** Who leads instead, with NOT_LEADER_OR_FOLLOWER (KIP-951). */
            currentLeader: {
              type: 'struct',
              versions: '10+',
              tag: 0,
              ignorable: true,
              fields: {
                /** The leader; -1 when there is none, or none is known. */
                leaderId: { type: 'int32', default: -1 },
                /** Number of its election. */
                leaderEpoch: { type: 'int32', default: -1 },
              },
            },
          },
        },
      },
    },
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Where to find the leaders that the partitions name. */
    nodeEndpoints: {
      type: 'array',
      versions: '10+',
      tag: 0,
      ignorable: true,
      of: {
        /** Number of the broker. */
        nodeId: { type: 'int32' },
        /** Where to connect. */
        host: { type: 'string' },
        /** Where to connect. */
        port: { type: 'int32' },
        /** Where it stands; null when that is not said. */
        rack: { type: 'string', nullable: '10+', default: null },
      },
    },
  },
});
