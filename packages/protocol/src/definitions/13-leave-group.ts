import { defineApi } from '../definition/api.ts';

/** Takes members out of a group: one up to version 2, several from version 3 on. */
export const leaveGroup = defineApi({
  key: 13,
  name: 'LeaveGroup',
  versions: '0-5',
  flexibleFrom: 4,
  request: {
    /** Name of the group. */
    groupId: { type: 'string' },
    /** Id of the member. */
    memberId: { type: 'string', versions: '0-2', default: '' },
    /** The members. */
    members: {
      type: 'array',
      versions: '3+',
      default: [],
      of: {
        /** Id of the member; empty when a static one is taken out by its name. */
        memberId: { type: 'string' },
        /** Lasting name of a static member; null for others. */
        groupInstanceId: { type: 'string', nullable: '3+', default: null },
        /** Why it leaves, in words. */
        reason: { type: 'prose', versions: '5+', nullable: '5+', ignorable: true, default: null },
      },
    },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', versions: '1+', ignorable: true, default: 0 },
    /** What is wrong with the request, or 0. */
    errorCode: { type: 'int16' },
    /** Outcomes by member. */
    members: {
      type: 'array',
      versions: '3+',
      default: [],
      of: {
        /** Id of the member. */
        memberId: { type: 'string' },
        /** Lasting name of a static member; null for others. */
        groupInstanceId: { type: 'string', nullable: '3+' },
        /** Why it was not taken out, or 0. */
        errorCode: { type: 'int16' },
      },
    },
  },
});
