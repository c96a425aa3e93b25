import { defineApi } from '../definition/api.ts';

/** Lists the groups that a broker coordinates; a client asks them all. */
export const listGroups = defineApi({
  key: 16,
  name: 'ListGroups',
  versions: '0-5',
  flexibleFrom: 3,
  request: {
    /** Only groups in one of these states; all when empty. */
    statesFilter: { type: 'array', of: 'string', versions: '4+', default: [] },
    /** Only groups of one of these types; all when empty. */
    typesFilter: { type: 'array', of: 'string', versions: '5+', default: [] },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', versions: '1+', ignorable: true, default: 0 },
    /** Why nothing is listed, or 0. */
    errorCode: { type: 'int16' },
    /** The groups. */
    groups: {
      type: 'array',
      of: {
        /** Name of the group. */
        groupId: { type: 'string' },
        /** What kind of group it is: "consumer", "connect", and so on. */
        protocolType: { type: 'string' },
        /** Its state. */
        groupState: { type: 'string', versions: '4+', ignorable: true },
        /** By which protocol it works: "classic", "consumer", and so on. */
        groupType: { type: 'string', versions: '5+', ignorable: true },
      },
    },
  },
});
