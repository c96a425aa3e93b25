import { defineApi } from '../definition/api.ts';

/** Deletes groups without members, and what they have committed. */
export const deleteGroups = defineApi({
  key: 42,
  name: 'DeleteGroups',
  versions: '0-3',
  flexibleFrom: 2,
  request: {
    /** Names of the groups. */
    groupsNames: { type: 'array', of: 'string' },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Outcomes by group. */
    results: {
      type: 'array',
      of: {
        /** Name of the group. */
        groupId: { type: 'string' },
        /** Why it was not deleted, or 0. */
        errorCode: { type: 'int16' },
        /** The same in words. */
        errorMessage: { type: 'prose', versions: '3+', nullable: '3+', ignorable: true, default: null },
      },
    },
  },
});
