import { defineApi } from '../definition/api.ts';

/** Which APIs a broker serves, and in which versions: the first request of every connection. */
export const apiVersions = defineApi({
  key: 18,
  name: 'ApiVersions',
  versions: '0-5',
  flexibleFrom: 3,
  request: {
    /** Name of the client library. */
    clientSoftwareName: { type: 'string', versions: '3+', ignorable: true, default: '' },
    /** Version of the client library. */
    clientSoftwareVersion: { type: 'string', versions: '3+', ignorable: true, default: '' },
    /** The cluster that the client believes to reach; null when it knows none. */
    clusterId: { type: 'string', versions: '5+', nullable: '5+', ignorable: true, default: null },
    /** The node that the client believes to reach; -1 when it knows none. */
    nodeId: { type: 'int32', versions: '5+', ignorable: true, default: -1 },
  },
  response: {
    /** 0, or UNSUPPORTED_VERSION when the client is to ask again in a version that is listed here. */
    errorCode: { type: 'int16' },
    /** What is served. */
    apiKeys: {
      type: 'array',
      of: {
        /** Number of the API. */
        apiKey: { type: 'int16' },
        /** Lowest version served. */
        minVersion: { type: 'int16' },
        /** Highest version served. */
        maxVersion: { type: 'int16' },
      },
    },
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', versions: '1+', ignorable: true, default: 0 },
    /** Feature levels that this broker could work with; before version 4 only those that begin above 0. */
    supportedFeatures: {
      type: 'array',
      versions: '3+',
      tag: 0,
      ignorable: true,
      of: {
        /** Name of the feature. */
        name: { type: 'string' },
        /** Lowest level supported. */
        minVersion: { type: 'int16' },
        /** Highest level supported. */
        maxVersion: { type: 'int16' },
      },
    },
    /** Grows with each change of the finalized features; -1 when it is not known. */
    finalizedFeaturesEpoch: { type: 'int64', versions: '3+', tag: 1, ignorable: true, default: -1 },
    /** Feature levels in force in the whole cluster. */
    finalizedFeatures: {
      type: 'array',
      versions: '3+',
      tag: 2,
      ignorable: true,
      of: {
        /** Name of the feature. */
        name: { type: 'string' },
        /** Highest level that may be in use. */
        maxVersionLevel: { type: 'int16' },
        /** Lowest level that may be in use. */
        minVersionLevel: { type: 'int16' },
      },
    },
    /** Left from the migration away from ZooKeeper; never true here. */
    zkMigrationReady: { type: 'bool', versions: '3+', tag: 3, ignorable: true },
  },
});
