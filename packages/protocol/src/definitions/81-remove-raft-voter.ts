import { defineApi } from '../definition/api.ts';

/** Takes a controller's vote away. */
export const removeRaftVoter = defineApi({
  key: 81,
  name: 'RemoveRaftVoter',
  versions: '0',
  flexibleFrom: 0,
  request: {
    /** The cluster that the client believes to reach; null when it does not say. */
    clusterId: { type: 'string', nullable: '0+' },
    /** Number of the controller. */
    voterId: { type: 'int32' },
    /** Its directory. */
    voterDirectoryId: { type: 'uuid' },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Why it still votes, or 0. */
    errorCode: { type: 'int16' },
    /** The same in words. */
    errorMessage: { type: 'prose', nullable: '0+', default: null },
  },
});
