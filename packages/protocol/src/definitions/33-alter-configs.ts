import { defineApi } from '../definition/api.ts';

/** Replaces all configs of a resource at once: what is not named falls back to its default. Superseded by key 44. */
export const alterConfigs = defineApi({
  key: 33,
  name: 'AlterConfigs',
  versions: '0-2',
  flexibleFrom: 2,
  request: {
    /** Whose configs. */
    resources: {
      type: 'array',
      of: {
        /** Kind of the resource, as in DescribeConfigs. */
        resourceType: { type: 'int8' },
        /** Name of the resource, as in DescribeConfigs. */
        resourceName: { type: 'string' },
        /** All that is to differ from the defaults. */
        configs: {
          type: 'array',
          of: {
            /** Name of the config. */
            name: { type: 'string' },
            /** Its value. */
            value: { type: 'string', nullable: '0+' },
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
    /** Outcomes by resource. */
    responses: {
      type: 'array',
      of: {
        /** Why its configs were not changed, or 0. */
        errorCode: { type: 'int16' },
        /** The same in words. */
        errorMessage: { type: 'prose', nullable: '0+', default: null },
        /** As in the request. */
        resourceType: { type: 'int8' },
        /** As in the request. */
        resourceName: { type: 'string' },
      },
    },
  },
});
