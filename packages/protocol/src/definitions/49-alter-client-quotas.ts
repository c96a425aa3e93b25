import { defineApi } from '../definition/api.ts';

/** Sets and removes quotas of clients. */
export const alterClientQuotas = defineApi({
  key: 49,
  name: 'AlterClientQuotas',
  versions: '0-1',
  flexibleFrom: 1,
  request: {
    /** Changes by entity. */
    entries: {
      type: 'array',
      of: {
        /** Whom the quotas are for. */
        entity: {
          type: 'array',
          of: {
            /** "user", "client-id" or "ip". */
            entityType: { type: 'string' },
            /** Its name; null for the default. */
            entityName: { type: 'string', nullable: '0+' },
          },
        },
        /** What to change. */
        ops: {
          type: 'array',
          of: {
            /** Name of the quota. */
            key: { type: 'string' },
            /** Its value, unless it is removed. */
            value: { type: 'float64' },
            /** Whether it is removed. */
            remove: { type: 'bool' },
          },
        },
      },
    },
    /** Whether only to check that it could be done. */
    validateOnly: { type: 'bool' },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Outcomes by entity. */
    entries: {
      type: 'array',
      of: {
        /** Why its quotas were not changed, or 0. */
        errorCode: { type: 'int16' },
        /** The same in words. */
        errorMessage: { type: 'prose', nullable: '0+', default: null },
        /** As in the request. */
        entity: {
          type: 'array',
          of: {
            /** "user", "client-id" or "ip". */
            entityType: { type: 'string' },
            /** Its name; null for the default. */
            entityName: { type: 'string', nullable: '0+' },
          },
        },
      },
    },
  },
});
