import { defineApi } from '../definition/api.ts';
import { ZERO_UUID } from '../definition/field.ts';

/** Who is in the cluster, and where the partitions of which topics are. */
export const metadata = defineApi({
  key: 3,
  name: 'Metadata',
  versions: '0-13',
  flexibleFrom: 9,
  request: {
    /** The topics asked for. Null asks for all of them, which in version 0 an empty list did; from then on that asks for none. */
    topics: {
      type: 'array',
      nullable: '1+',
      of: {
        /** Id of the topic, from version 12 on instead of its name. */
        topicId: { type: 'uuid', versions: '10+', ignorable: true, default: ZERO_UUID },
        /** Name of the topic; null when the id is given. */
        name: { type: 'string', nullable: '10+' },
      },
    },
    /** Whether a topic that does not exist may be created, if the broker is set to create topics by itself. */
    allowAutoTopicCreation: { type: 'bool', versions: '4+', default: true },
    /** Whether to say what the client may do with the cluster. */
    includeClusterAuthorizedOperations: { type: 'bool', versions: '8-10', default: false },
    /** Whether to say what the client may do with each topic. */
    includeTopicAuthorizedOperations: { type: 'bool', versions: '8+', default: false },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', versions: '3+', ignorable: true, default: 0 },
    /** Brokers that can be connected to. */
    brokers: {
      type: 'array',
      of: {
        /** Number of the broker. */
        nodeId: { type: 'int32' },
        /** Where to connect. */
        host: { type: 'string' },
        /** Where to connect. */
        port: { type: 'int32' },
        /** Where it stands; null when that is not said. */
        rack: { type: 'string', versions: '1+', nullable: '1+', ignorable: true, default: null },
      },
    },
    /** Id of the cluster. */
    clusterId: { type: 'string', versions: '2+', nullable: '2+', ignorable: true, default: null },
    /** The broker to send to what only a controller does; any broker will do here. */
    controllerId: { type: 'int32', versions: '1+', ignorable: true, default: -1 },
    /** The topics asked for, each once. */
    topics: {
      type: 'array',
      of: {
        /** Why nothing is known of the topic, or 0. */
        errorCode: { type: 'int16' },
        /** Name of the topic; null when it was asked for by an id that no topic has. */
        name: { type: 'string', nullable: '12+' },
        /** Id of the topic; zero when it was asked for by a name that no topic has. */
        topicId: { type: 'uuid', versions: '10+', ignorable: true },
        /** Whether it is one of those in which the brokers keep their own state. */
        isInternal: { type: 'bool', versions: '1+', ignorable: true, default: false },
        /** Its partitions, in any order. */
        partitions: {
          type: 'array',
          of: {
            /** LEADER_NOT_AVAILABLE, REPLICA_NOT_AVAILABLE, or 0. */
            errorCode: { type: 'int16' },
            /** Number of the partition. */
            partitionIndex: { type: 'int32' },
            /** The leader; -1 when there is none. */
            leaderId: { type: 'int32' },
            /** Number of the leader's election. */
            leaderEpoch: { type: 'int32', versions: '7+', ignorable: true, default: -1 },
            /** Brokers that have a replica, the preferred leader first. */
            replicaNodes: { type: 'array', of: 'int32' },
            /** Those of them that are in sync. */
            isrNodes: { type: 'array', of: 'int32' },
            /** Those of them that cannot be reached, or lost the disk of the replica. */
            offlineReplicas: { type: 'array', of: 'int32', versions: '5+', ignorable: true, default: [] },
          },
        },
        /** Bits of the operations allowed on the topic; the lowest number when they were not asked for. */
        topicAuthorizedOperations: { type: 'int32', versions: '8+', default: -2_147_483_648 },
      },
    },
    /** Bits of the operations allowed on the cluster; the lowest number when they were not asked for. */
    clusterAuthorizedOperations: { type: 'int32', versions: '8-10', default: -2_147_483_648 },
    /** REBOOTSTRAP_REQUIRED when the client should forget all it knows of the cluster, or 0. */
    errorCode: { type: 'int16', versions: '13+', ignorable: true, default: 0 },
  },
});
