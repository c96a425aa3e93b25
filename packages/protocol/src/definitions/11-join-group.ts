import { defineApi } from '../definition/api.ts';

/** Enters a group, or enters it again in its next generation. Answered when all members have come. */
export const joinGroup = defineApi({
  key: 11,
  name: 'JoinGroup',
  versions: '0-9',
  flexibleFrom: 6,
  request: {
    /** Name of the group. */
    groupId: { type: 'string' },
    /** After how long without a heartbeat the member counts as dead. */
    sessionTimeoutMs: { type: 'int32' },
    /** How long the member may take to enter the next generation; -1 for as long as its session. */
    rebalanceTimeoutMs: { type: 'int32', versions: '1+', ignorable: true, default: -1 },
    /** Id of the member, given to it by the coordinator; empty when it comes for the first time. */
    memberId: { type: 'string' },
    /** Lasting name of a static member; null for others. */
    groupInstanceId: { type: 'string', versions: '5+', nullable: '5+', default: null },
    /** What kind of group it is: "consumer", "connect", and so on. */
    protocolType: { type: 'string' },
    /** The ways of assigning that the member knows, the preferred one first. */
    protocols: {
      type: 'array',
      of: {
        /** Name of the way. */
        name: { type: 'string' },
        /** What the member tells the others in it; for consumers a `ConsumerSubscription`. */
        metadata: { type: 'bytes' },
      },
    },
    /** Why it comes, in words. */
    reason: { type: 'prose', versions: '8+', nullable: '8+', ignorable: true, default: null },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', versions: '2+', ignorable: true, default: 0 },
    /** Why the member is not in, or 0. */
    errorCode: { type: 'int16' },
    /** Number of the generation. */
    generationId: { type: 'int32', default: -1 },
    /** What kind of group it is. */
    protocolType: { type: 'string', versions: '7+', nullable: '7+', ignorable: true, default: null },
    /** The way of assigning that all members know. */
    protocolName: { type: 'string', nullable: '7+' },
    /** Id of the member that assigns. */
    leader: { type: 'string' },
    /** Whether the leader is to leave the assignment as it was. */
    skipAssignment: { type: 'bool', versions: '9+', default: false },
    /** Id of the member. */
    memberId: { type: 'string' },
    /** For the leader all members; for others nothing. */
    members: {
      type: 'array',
      of: {
        /** Id of the member. */
        memberId: { type: 'string' },
        /** Lasting name of a static member; null for others. */
        groupInstanceId: { type: 'string', versions: '5+', nullable: '5+', ignorable: true, default: null },
        /** What the member told in the way of assigning that was chosen. */
        metadata: { type: 'bytes' },
      },
    },
  },
});
