import { defineApi } from '../definition/api.ts';

/** Says that a member of a group lives, and asks whether the group goes on as it is. */
export const heartbeat = defineApi({
  key: 12,
  name: 'Heartbeat',
  versions: '0-4',
  flexibleFrom: 4,
  request: {
    /** Name of the group. */
    groupId: { type: 'string' },
    /** The generation that the member is in. */
    generationId: { type: 'int32' },
    /** Id of the member. */
    memberId: { type: 'string' },
    /** Lasting name of a static member; null for others. */
    groupInstanceId: { type: 'string', versions: '3+', nullable: '3+', default: null },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', versions: '1+', ignorable: true, default: 0 },
    /** REBALANCE_IN_PROGRESS when the member is to enter again, other errors when it is out, or 0. */
    errorCode: { type: 'int16' },
  },
});
