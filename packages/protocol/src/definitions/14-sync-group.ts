import { defineApi } from '../definition/api.ts';

/** The leader of a group brings the assignment of all, and each member fetches its own. */
export const syncGroup = defineApi({
  key: 14,
  name: 'SyncGroup',
  versions: '0-5',
  flexibleFrom: 4,
  request: {
    /** Name of the group. */
    groupId: { type: 'string' },
    /** The generation that the assignment is for. */
    generationId: { type: 'int32' },
    /** Id of the member. */
    memberId: { type: 'string' },
    /** Lasting name of a static member; null for others. */
    groupInstanceId: { type: 'string', versions: '3+', nullable: '3+', default: null },
    /** What kind of group the member takes it for. */
    protocolType: { type: 'string', versions: '5+', nullable: '5+', ignorable: true, default: null },
    /** The way of assigning that it follows. */
    protocolName: { type: 'string', versions: '5+', nullable: '5+', ignorable: true, default: null },
    /** From the leader the assignments of all members; from others nothing. */
    assignments: {
      type: 'array',
      of: {
        /** Id of the member. */
        memberId: { type: 'string' },
        /** What it is assigned; for consumers a `ConsumerAssignment`. */
        assignment: { type: 'bytes' },
      },
    },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', versions: '1+', ignorable: true, default: 0 },
    /** Why there is no assignment, or 0. */
    errorCode: { type: 'int16' },
    /** What kind of group it is. */
    protocolType: { type: 'string', versions: '5+', nullable: '5+', ignorable: true, default: null },
    /** The way of assigning that was chosen. */
    protocolName: { type: 'string', versions: '5+', nullable: '5+', ignorable: true, default: null },
    /** What the member is assigned. */
    assignment: { type: 'bytes' },
  },
});
