import { defineApi } from '../definition/api.ts';

/** Strikes a broker that is gone for good from the cluster. */
export const unregisterBroker = defineApi({
  key: 64,
  name: 'UnregisterBroker',
  versions: '0',
  flexibleFrom: 0,
  request: {
    /** Number of the broker. */
    brokerId: { type: 'int32' },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Why it is still in, or 0. */
    errorCode: { type: 'int16' },
    /** The same in words. */
    errorMessage: { type: 'prose', nullable: '0+', default: null },
  },
});
