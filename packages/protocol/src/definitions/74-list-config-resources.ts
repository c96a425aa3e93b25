import { defineApi } from '../definition/api.ts';

/** What there is that has configs. Version 0 knows client metrics alone. */
export const listConfigResources = defineApi({
  key: 74,
  name: 'ListConfigResources',
  versions: '0-1',
  flexibleFrom: 0,
  request: {
    /** Kinds to list, as in DescribeConfigs; all when empty. */
    resourceTypes: { type: 'array', of: 'int8', versions: '1+', default: [] },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Why nothing is listed, or 0. */
    errorCode: { type: 'int16' },
    /** The resources. */
    configResources: {
      type: 'array',
      of: {
        /** Name of the resource. */
        resourceName: { type: 'string' },
        /** Its kind. */
        resourceType: { type: 'int8', versions: '1+', ignorable: true, default: 16 },
      },
    },
  },
});
