import { defineApi } from '../definition/api.ts';

/** Adds rules (ACLs) of who may do what. */
export const createAcls = defineApi({
  key: 30,
  name: 'CreateAcls',
  versions: '1-3',
  flexibleFrom: 2,
  request: {
    /** The rules. */
    creations: {
      type: 'array',
      of: {
        /** What kind of resource: 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user (from version 3). */
        resourceType: { type: 'int8' },
        /** Its name, or what its name begins with. */
        resourceName: { type: 'string' },
        /** 3 literal, 4 prefixed. */
        resourcePatternType: { type: 'int8', default: 3 },
        /** Who. */
        principal: { type: 'string' },
        /** From which host; * for all. */
        host: { type: 'string' },
        /** What is done: 2 all, 3 read, 4 write, 5 create and so on. */
        operation: { type: 'int8' },
        /** 2 denied, 3 allowed. */
        permissionType: { type: 'int8' },
      },
    },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Of each rule, in the order of the request. */
    results: {
      type: 'array',
      of: {
        /** Why the rule was not added, or 0. */
        errorCode: { type: 'int16' },
        /** The same in words. */
        errorMessage: { type: 'prose', nullable: '1+', default: null },
      },
    },
  },
});
