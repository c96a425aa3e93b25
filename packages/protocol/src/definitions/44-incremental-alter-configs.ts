import { defineApi } from '../definition/api.ts';

/** Changes single configs of a resource. */
export const incrementalAlterConfigs = defineApi({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: '0-1',
  flexibleFrom: 1,
  request: {
    /** Whose configs. */
    resources: {
      type: 'array',
      of: {
        /** Kind of the resource, as in DescribeConfigs. */
        resourceType: { type: 'int8' },
        /** Name of the resource, as in DescribeConfigs. */
        resourceName: { type: 'string' },
        /** What to change. */
        configs: {
          type: 'array',
          of: {
            /** Name of the config. */
            name: { type: 'string' },
            /** 0 set, 1 back to the default, 2 append to a list, 3 take out of a list. */
            configOperation: { type: 'int8' },
            /** The value; null when it goes back to the default. */
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
