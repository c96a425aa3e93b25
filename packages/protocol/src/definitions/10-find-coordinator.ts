import { defineApi } from '../definition/api.ts';

/** Which broker looks after a group or a transaction: one key up to version 3, several from version 4 on. */
export const findCoordinator = defineApi({
  key: 10,
  name: 'FindCoordinator',
  versions: '0-6',
  flexibleFrom: 3,
  request: {
    /** Name of the group, or the transactional id. */
    key: { type: 'string', versions: '0-3', default: '' },
    /** What the keys are: 0 groups, 1 transactions, 2 share groups. */
    keyType: { type: 'int8', versions: '1+', default: 0 },
    /** Names of groups, or transactional ids. */
    coordinatorKeys: { type: 'array', of: 'string', versions: '4+', default: [] },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', versions: '1+', ignorable: true, default: 0 },
    /** Why no coordinator is named, or 0. */
    errorCode: { type: 'int16', versions: '0-3', default: 0 },
    /** The same in words. */
    errorMessage: { type: 'prose', versions: '1-3', nullable: '1-3', ignorable: true, default: null },
    /** The broker; -1 with an error. */
    nodeId: { type: 'int32', versions: '0-3', default: 0 },
    /** Where to connect. */
    host: { type: 'string', versions: '0-3', default: '' },
    /** Where to connect. */
    port: { type: 'int32', versions: '0-3', default: 0 },
    /** Coordinators by key. */
    coordinators: {
      type: 'array',
      versions: '4+',
      default: [],
      of: {
        /** The key that was asked for. */
        key: { type: 'string' },
        /** The broker; -1 with an error. */
        nodeId: { type: 'int32' },
        /** Where to connect. */
        host: { type: 'string' },
        /** Where to connect. */
        port: { type: 'int32' },
        /** Why no coordinator is named, or 0. */
        errorCode: { type: 'int16' },
        /** The same in words. */
        errorMessage: { type: 'prose', nullable: '4+', default: null },
      },
    },
  },
});
