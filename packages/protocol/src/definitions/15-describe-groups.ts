import { defineApi } from '../definition/api.ts';

/** Describes groups of the classic protocol with their members. */
export const describeGroups = defineApi({
  key: 15,
  name: 'DescribeGroups',
  versions: '0-6',
  flexibleFrom: 5,
  request: {
    /** Names of the groups. */
    groups: { type: 'array', of: 'string' },
    /** Whether to say what the client may do with each group. */
    includeAuthorizedOperations: { type: 'bool', versions: '3+', default: false },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', versions: '1+', ignorable: true, default: 0 },
    /** Each group that was asked for. */
    groups: {
      type: 'array',
      of: {
        /** Why it is not described, or 0. */
        errorCode: { type: 'int16' },
        /** The same in words. */
        errorMessage: { type: 'prose', versions: '6+', nullable: '6+', ignorable: true, default: null },
        /** Name of the group. */
        groupId: { type: 'string' },
        /** Empty, PreparingRebalance, CompletingRebalance, Stable or Dead. */
        groupState: { type: 'string' },
        /** What kind of group it is. */
        protocolType: { type: 'string' },
        /** The way of assigning that was chosen. */
        protocolData: { type: 'string' },
        /** Its members. */
        members: {
          type: 'array',
          of: {
            /** Id of the member. */
            memberId: { type: 'string' },
            /** Lasting name of a static member; null for others. */
            groupInstanceId: { type: 'string', versions: '4+', nullable: '4+', ignorable: true, default: null },
            /** Client id of the connection that it came on. */
            clientId: { type: 'string' },
            /** Where it came from, a slash before the address. */
            clientHost: { type: 'string' },
            /** What it told when it entered. */
            memberMetadata: { type: 'bytes' },
            /** What it is assigned. */
            memberAssignment: { type: 'bytes' },
          },
        },
        /** Bits of the operations allowed on the group; the lowest number when they were not asked for. */
        authorizedOperations: { type: 'int32', versions: '3+', default: -2_147_483_648 },
      },
    },
  },
});
