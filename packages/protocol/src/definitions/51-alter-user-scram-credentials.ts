import { defineApi } from '../definition/api.ts';

/** Sets and removes SCRAM credentials of users. */
export const alterUserScramCredentials = defineApi({
  key: 51,
  name: 'AlterUserScramCredentials',
  versions: '0',
  flexibleFrom: 0,
  request: {
    /** What to remove. */
    deletions: {
      type: 'array',
      of: {
        /** Name of the user. */
        name: { type: 'string' },
        /** 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
        mechanism: { type: 'int8' },
      },
    },
    /** What to set. */
    upsertions: {
      type: 'array',
      of: {
        /** Name of the user. */
        name: { type: 'string' },
        /** 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
        mechanism: { type: 'int8' },
        /** How often the password was hashed. */
        iterations: { type: 'int32' },
        /** Random bytes that the client chose. */
        salt: { type: 'bytes' },
        /** The password, salted and hashed by the client. A secret: it never goes into a log. */
        saltedPassword: { type: 'bytes' },
      },
    },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Outcomes by user. */
    results: {
      type: 'array',
      of: {
        /** Name of the user. */
        user: { type: 'string' },
        /** Why nothing was changed, or 0. */
        errorCode: { type: 'int16' },
        /** The same in words. */
        errorMessage: { type: 'prose', nullable: '0+', default: null },
      },
    },
  },
});
