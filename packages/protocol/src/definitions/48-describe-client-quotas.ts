import { defineApi } from '../definition/api.ts';

/** Which clients have which quotas. */
export const describeClientQuotas = defineApi({
  key: 48,
  name: 'DescribeClientQuotas',
  versions: '0-1',
  flexibleFrom: 1,
  request: {
    /** What an entity must have to be shown: all of these. */
    components: {
      type: 'array',
      of: {
        /** "user", "client-id" or "ip". */
        entityType: { type: 'string' },
        /** 0 the name that follows, 1 the default, 2 any name. */
        matchType: { type: 'int8' },
        /** The name; null where there is none to compare with. */
        match: { type: 'string', nullable: '0+' },
      },
    },
    /** Whether it must have nothing else. */
    strict: { type: 'bool' },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Why nothing is shown, or 0. */
    errorCode: { type: 'int16' },
    /** The same in words. */
    errorMessage: { type: 'prose', nullable: '0+', default: null },
    /** Entities with quotas; null with an error. */
    entries: {
      type: 'array',
      nullable: '0+',
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
        /** The quotas. */
        values: {
          type: 'array',
          of: {
            /** Name of the quota, such as "producer_byte_rate". */
            key: { type: 'string' },
            /** Its value. */
            value: { type: 'float64' },
          },
        },
      },
    },
  },
});
