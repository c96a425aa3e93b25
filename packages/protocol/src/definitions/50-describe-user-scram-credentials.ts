import { defineApi } from '../definition/api.ts';

/** Which users can log in with SCRAM. Never what they log in with. */
export const describeUserScramCredentials = defineApi({
  key: 50,
  name: 'DescribeUserScramCredentials',
  versions: '0',
  flexibleFrom: 0,
  request: {
    /** Which users; null or none for all. */
    users: {
      type: 'array',
      nullable: '0+',
      of: {
        /** Name of the user. */
        name: { type: 'string' },
      },
    },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Why nothing is shown, or 0. */
    errorCode: { type: 'int16' },
    /** The same in words. */
    errorMessage: { type: 'prose', nullable: '0+', default: null },
    /** Each user. */
    results: {
      type: 'array',
      of: {
        /** Name of the user. */
        user: { type: 'string' },
        /** Why the user is not described, or 0. */
        errorCode: { type: 'int16' },
        /** The same in words. */
        errorMessage: { type: 'prose', nullable: '0+', default: null },
        /** The user's credentials. */
        credentialInfos: {
          type: 'array',
          of: {
            /** 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
            mechanism: { type: 'int8' },
            /** How often the password is hashed. */
            iterations: { type: 'int32' },
          },
        },
      },
    },
  },
});
