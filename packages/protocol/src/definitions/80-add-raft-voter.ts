import { defineApi } from '../definition/api.ts';

/** Lets a controller vote that has followed so far. */
export const addRaftVoter = defineApi({
  key: 80,
  name: 'AddRaftVoter',
  versions: '0-1',
  flexibleFrom: 0,
  request: {
    /** The cluster that the client believes to reach; null when it does not say. */
    clusterId: { type: 'string', nullable: '0+' },
    /** How long to wait until it votes. */
    timeoutMs: { type: 'int32' },
    /** Number of the controller. */
    voterId: { type: 'int32' },
    /** Its directory: a controller with a new disk is another voter. */
    voterDirectoryId: { type: 'uuid' },
    /** Where the others reach it. */
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
    /** Whether to answer when the new quorum is committed, rather than when it is written at the leader. */
    ackWhenCommitted: { type: 'bool', versions: '1+', default: true },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Why it does not vote, or 0. */
    errorCode: { type: 'int16' },
    /** The same in words. */
    errorMessage: { type: 'prose', nullable: '0+', default: null },
  },
});
