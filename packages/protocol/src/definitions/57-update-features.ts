import { defineApi } from '../definition/api.ts';

/** Raises or lowers the levels of features that the whole cluster works with. */
export const updateFeatures = defineApi({
  key: 57,
  name: 'UpdateFeatures',
  versions: '0-2',
  flexibleFrom: 0,
  request: {
    /** How long to wait until the levels are in force. */
    timeoutMs: { type: 'int32', default: 60_000 },
    /** The features. */
    featureUpdates: {
      type: 'array',
      of: {
        /** Name of the feature. */
        feature: { type: 'string' },
        /** Its new level; below 1 it is switched off. */
        maxVersionLevel: { type: 'int16' },
        /** Whether the level may sink. From version 1 on upgradeType says so. */
        allowDowngrade: { type: 'bool', versions: '0', default: false },
        /** 1 the level may only rise, 2 it may sink if nothing is lost by it, 3 it may sink. */
        upgradeType: { type: 'int8', versions: '1+', default: 1 },
      },
    },
    /** Whether only to check that it could be done. */
    validateOnly: { type: 'bool', versions: '1+', default: false },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Why nothing was done, or 0. */
    errorCode: { type: 'int16' },
    /** The same in words. */
    errorMessage: { type: 'prose', nullable: '0+', default: null },
    /** Outcomes by feature; from version 2 on all succeed or none does. */
    results: {
      type: 'array',
      versions: '0-1',
      ignorable: true,
      default: [],
      of: {
        /** Name of the feature. */
        feature: { type: 'string' },
        /** Why its level is as before, or 0. */
        errorCode: { type: 'int16' },
        /** The same in words. */
        errorMessage: { type: 'prose', nullable: '0+', default: null },
      },
    },
  },
});
