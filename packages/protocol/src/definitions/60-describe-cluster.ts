import { defineApi } from '../definition/api.ts';

/** Who is in the cluster. */
export const describeCluster = defineApi({
  key: 60,
  name: 'DescribeCluster',
  versions: '0-2',
  flexibleFrom: 0,
  request: {
    /** Whether to say what the client may do with the cluster. */
    includeClusterAuthorizedOperations: { type: 'bool' },
    /** Whom to list: 1 brokers, 2 controllers. */
    endpointType: { type: 'int8', versions: '1+', default: 1 },
    /** Whether to list brokers that are fenced. */
    includeFencedBrokers: { type: 'bool', versions: '2+', default: false },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Why nothing is shown, or 0. */
    errorCode: { type: 'int16' },
    /** The same in words. */
    errorMessage: { type: 'prose', nullable: '0+', default: null },
    /** Who is listed: 1 brokers, 2 controllers. */
    endpointType: { type: 'int8', versions: '1+', default: 1 },
    /** Id of the cluster. */
    clusterId: { type: 'string' },
    /** The broker to send to what only a controller does; any broker will do here. */
    controllerId: { type: 'int32', default: -1 },
    /** The nodes. */
    brokers: {
      type: 'array',
      of: {
        /** Number of the node. */
        brokerId: { type: 'int32' },
        /** Where to connect. */
        host: { type: 'string' },
        /** Where to connect. */
        port: { type: 'int32' },
        /** Where it stands; null when that is not said. */
        rack: { type: 'string', nullable: '0+', default: null },
        /** Whether it is fenced. */
        isFenced: { type: 'bool', versions: '2+', default: false },
      },
    },
    /** Bits of the operations allowed on the cluster; the lowest number when they were not asked for. */
    clusterAuthorizedOperations: { type: 'int32', default: -2_147_483_648 },
  },
});
