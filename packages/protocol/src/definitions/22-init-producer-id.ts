import { defineApi } from '../definition/api.ts';

/** Gets an idempotent producer its id and epoch. */
export const initProducerId = defineApi({
  key: 22,
  name: 'InitProducerId',
  versions: '0-5',
  flexibleFrom: 2,
  request: {
    /** Name under which transactions go on after a restart; null for a producer without any. */
    transactionalId: { type: 'string', nullable: '0+' },
    /** After how long an idle transaction is aborted. */
    transactionTimeoutMs: { type: 'int32' },
    /** The id that the producer has; -1 for none. */
    producerId: { type: 'int64', versions: '3+', default: -1 },
    /** The epoch that goes with it. */
    producerEpoch: { type: 'int16', versions: '3+', default: -1 },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Why there is no id, or 0. */
    errorCode: { type: 'int16' },
    /** The id; -1 with an error. */
    producerId: { type: 'int64' },
    /** Its epoch; -1 with an error. */
    producerEpoch: { type: 'int16' },
  },
});
