import { defineApi } from '../definition/api.ts';
import { ZERO_UUID } from '../definition/field.ts';

/**
 * Reads record batches from partitions. In a fetch session (KIP-227) a request names only what changed since the one
 * before, and a response only the partitions that have something to tell.
 */
export const fetch = defineApi({
  key: 1,
  name: 'Fetch',
  versions: '4-18',
  flexibleFrom: 12,
  request: {
    /** The cluster that the reader believes to reach; null when it does not say. */
    clusterId: { type: 'string', versions: '12+', nullable: '12+', tag: 0, ignorable: true, default: null },
    /** -1, since consumers are no replicas. Followers do not come through this door. */
    replicaId: { type: 'int32', versions: '4-14', default: -1 },
    /** What replicaId was before version 15. */
    replicaState: {
      type: 'struct',
      versions: '15+',
      tag: 1,
      fields: {
        /** Number of the follower; -1 for consumers. */
        replicaId: { type: 'int32', default: -1 },
        /** Its broker epoch; -1 when it is not known. */
        replicaEpoch: { type: 'int64', default: -1 },
      },
    },
    /** How long to wait until there is as much as minBytes. */
    maxWaitMs: { type: 'int32' },
    /** As much as makes a response worth its while. */
    minBytes: { type: 'int32' },
    /** Bound of the response, except that one batch is always returned, however large. */
    maxBytes: { type: 'int32', default: 0x7fff_ffff },
    /** 0 reads up to the high watermark, 1 up to the last stable offset, and tells which transactions were aborted. */
    isolationLevel: { type: 'int8', default: 0 },
    /** The session to go on with; 0 for none. */
    sessionId: { type: 'int32', versions: '7+', ignorable: true, default: 0 },
    /** Number of the request in its session; 0 begins one, -1 has none or ends one. */
    sessionEpoch: { type: 'int32', versions: '7+', ignorable: true, default: -1 },
    /** What to read; in a session what to read from now on. */
    topics: {
      type: 'array',
      of: {
        /** Name of the topic, up to version 12. */
        topic: { type: 'string', versions: '4-12', ignorable: true, default: '' },
        /** Id of the topic, from version 13 on. */
        topicId: { type: 'uuid', versions: '13+', ignorable: true, default: ZERO_UUID },
        /** Where to read. */
        partitions: {
          type: 'array',
          of: {
            /** Number of the partition. */
            partition: { type: 'int32' },
            /** The election that the reader knows of; -1 when it knows of none. */
            currentLeaderEpoch: { type: 'int32', versions: '9+', ignorable: true, default: -1 },
            /** Where to begin. */
            fetchOffset: { type: 'int64Clamped' },
            /** Leader epoch of the last batch that was read, to find out whether the logs have parted; -1 without one. */
            lastFetchedEpoch: { type: 'int32', versions: '12+', default: -1 },
            /** Where the follower's log begins; -1 for consumers. */
            logStartOffset: { type: 'int64', versions: '5+', ignorable: true, default: -1 },
            /** Bound of what to return of this partition. */
            partitionMaxBytes: { type: 'int32' },
            /** The follower's directory. */
            replicaDirectoryId: { type: 'uuid', versions: '17+', tag: 0, ignorable: true },
            /** The high watermark that the follower knows; the largest number when it does not say. */
            highWatermark: {
              type: 'int64Clamped',
              versions: '18+',
              tag: 1,
              ignorable: true,
              default: Number.MAX_SAFE_INTEGER,
            },
          },
        },
      },
    },
    /** What to drop from the session. */
    forgottenTopicsData: {
      type: 'array',
      versions: '7+',
      default: [],
      of: {
        /** Name of the topic, up to version 12. */
        topic: { type: 'string', versions: '7-12', ignorable: true, default: '' },
        /** Id of the topic, from version 13 on. */
        topicId: { type: 'uuid', versions: '13+', ignorable: true, default: ZERO_UUID },
        /** Numbers of the partitions. */
        partitions: { type: 'array', of: 'int32' },
      },
    },
    /** Where the consumer stands: it may be sent to a replica nearby. */
    rackId: { type: 'string', versions: '11+', ignorable: true, default: '' },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** What is wrong with the request or its session, or 0. */
    errorCode: { type: 'int16', versions: '7+', ignorable: true },
    /** The session that was begun or gone on with; 0 for none. */
    sessionId: { type: 'int32', versions: '7+', default: 0 },
    /** What was read, by topic. */
    responses: {
      type: 'array',
      of: {
        /** Name of the topic, up to version 12. */
        topic: { type: 'string', versions: '4-12', ignorable: true },
        /** Id of the topic, from version 13 on. */
        topicId: { type: 'uuid', versions: '13+', ignorable: true },
        /** What was read, by partition. */
        partitions: {
          type: 'array',
          of: {
            /** Number of the partition. */
            partitionIndex: { type: 'int32' },
            /** Why nothing could be read, or 0. */
            errorCode: { type: 'int16' },
            /** Everything below is on all in-sync replicas. */
            highWatermark: { type: 'int64' },
            /** Everything below belongs to no open transaction. */
            lastStableOffset: { type: 'int64', default: -1 },
            /** Where the partition begins. */
            logStartOffset: { type: 'int64', versions: '5+', ignorable: true, default: -1 },
            /** Where the reader's log and this one part, when they do. */
            divergingEpoch: {
              type: 'struct',
              versions: '12+',
              tag: 0,
              ignorable: true,
              fields: {
                /** The largest epoch that both may have. */
                epoch: { type: 'int32', default: -1 },
                /** Where it ends here. */
                endOffset: { type: 'int64', default: -1 },
              },
            },
            /** Who leads instead, with NOT_LEADER_OR_FOLLOWER and FENCED_LEADER_EPOCH (KIP-951). */
            currentLeader: {
              type: 'struct',
              versions: '12+',
              tag: 1,
              ignorable: true,
              fields: {
                /** The leader; -1 when there is none, or none is known. */
                leaderId: { type: 'int32', default: -1 },
                /** Number of its election. */
                leaderEpoch: { type: 'int32', default: -1 },
              },
            },
            /** The snapshot to begin with, in the log of a quorum. */
            snapshotId: {
              type: 'struct',
              versions: '12+',
              tag: 2,
              ignorable: true,
              fields: {
                /** What the snapshot holds ends here. */
                endOffset: { type: 'int64', default: -1 },
                /** Epoch of the last record in it. */
                epoch: { type: 'int32', default: -1 },
              },
            },
            /** Transactions whose records are to be skipped; null unless isolationLevel is 1. */
            abortedTransactions: {
              type: 'array',
              nullable: '4+',
              default: null,
              of: {
                /** Whose records. */
                producerId: { type: 'int64' },
                /** From where on. */
                firstOffset: { type: 'int64' },
              },
            },
            /** The broker to read from instead; -1 for this one. */
            preferredReadReplica: { type: 'int32', versions: '11+', default: -1 },
            /** Whole batches; the first may begin below the offset that was asked for. */
            records: { type: 'records', nullable: '4+' },
          },
        },
      },
    },
    /** Where to find the leaders that the partitions name. */
    nodeEndpoints: {
      type: 'array',
      versions: '16+',
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
        rack: { type: 'string', nullable: '16+', default: null },
      },
    },
  },
});
