import { defineApi } from '../definition/api.ts';
import { ZERO_UUID } from '../definition/field.ts';

/** Deletes topics: by name, and from version 6 on by id too. */
export const deleteTopics = defineApi({
  key: 20,
  name: 'DeleteTopics',
  versions: '1-6',
  flexibleFrom: 4,
  request: {
    /** The topics, each by name or by id. */
    topics: {
      type: 'array',
      versions: '6+',
      default: [],
      of: {
        /** Name of the topic; null when its id is given. */
        name: { type: 'string', nullable: '6+', default: null },
        /** Id of the topic; zero when its name is given. */
        topicId: { type: 'uuid', default: ZERO_UUID },
      },
    },
    /** Names of the topics. */
    topicNames: { type: 'array', of: 'string', versions: '1-5', ignorable: true, default: [] },
    /** How long to wait until they are gone. */
    timeoutMs: { type: 'int32' },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Outcomes by topic. */
    responses: {
      type: 'array',
      of: {
        /** Name of the topic; null when it was given by an id that may not be resolved. */
        name: { type: 'string', nullable: '6+' },
        /** Id of the topic. */
        topicId: { type: 'uuid', versions: '6+', ignorable: true },
        /** Why it was not deleted, or 0. */
        errorCode: { type: 'int16' },
        /** The same in words. */
        errorMessage: { type: 'prose', versions: '5+', nullable: '5+', ignorable: true, default: null },
      },
    },
  },
});
