import { defineApi } from '../definition/api.ts';

/** Takes away the rules (ACLs) that match any of the filters. */
export const deleteAcls = defineApi({
  key: 31,
  name: 'DeleteAcls',
  versions: '1-3',
  flexibleFrom: 2,
  request: {
    /** Which rules. */
    filters: {
      type: 'array',
      of: {
        /** What kind of resource: 1 any, 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user (from version 3). */
        resourceTypeFilter: { type: 'int8' },
        /** Which resource; null for all. */
        resourceNameFilter: { type: 'string', nullable: '1+' },
        /** How the name is meant: 1 any, 2 all that match it, 3 literal, 4 prefixed. */
        patternTypeFilter: { type: 'int8', default: 3 },
        /** Who; null for everybody. */
        principalFilter: { type: 'string', nullable: '1+' },
        /** From which host; null for all. */
        hostFilter: { type: 'string', nullable: '1+' },
        /** What is done: 1 any, 2 all, 3 read, 4 write, 5 create and so on. */
        operation: { type: 'int8' },
        /** 1 any, 2 denied, 3 allowed. */
        permissionType: { type: 'int8' },
      },
    },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Of each filter, in the order of the request. */
    filterResults: {
      type: 'array',
      of: {
        /** Why the filter was not used, or 0. */
        errorCode: { type: 'int16' },
        /** The same in words. */
        errorMessage: { type: 'prose', nullable: '1+', default: null },
        /** The rules that it matched. */
        matchingAcls: {
          type: 'array',
          of: {
            /** Why the rule was not taken away, or 0. */
            errorCode: { type: 'int16' },
            /** The same in words. */
            errorMessage: { type: 'prose', nullable: '1+', default: null },
            /** What kind of resource. */
            resourceType: { type: 'int8' },
            /** Its name, or what its name begins with. */
            resourceName: { type: 'string' },
            /** 3 literal, 4 prefixed. */
            patternType: { type: 'int8', default: 3 },
            /** Who. */
            principal: { type: 'string' },
            /** From which host; * for all. */
            host: { type: 'string' },
            /** What is done. */
            operation: { type: 'int8' },
            /** 2 denied, 3 allowed. */
            permissionType: { type: 'int8' },
          },
        },
      },
    },
  },
});
