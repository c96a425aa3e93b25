import { MalformedBytesError } from '@moldau/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  APIS,
  type Api,
  decodeRequest,
  describeTopicPartitions,
  fetch,
  initProducerId,
  metadata,
  offsetCommit,
  offsetFetch,
  openRequest,
  syncGroup,
} from '../src/index.ts';
import { arbitraryMessage, type MessageVersion, messageVersions } from './support/arbitrary-messages.ts';
import { decodeFrame, EVERYTHING, encodeFrame, hexToBytes, nameOf } from './support/messages.ts';

/** A request as one would write it on a board: spaces part the fields. */
interface Hostile {
  readonly what: string;
  readonly api: Api;
  readonly version: number;
  readonly body: string;
  readonly message: string;
}

const TAGS_END = '00';

const BODIES: readonly Hostile[] = [
  {
    what: 'an array that is null where it may not be',
    api: metadata,
    version: 0,
    body: 'ffffffff',
    message: 'Metadata request version 0, at byte 4: Metadata request.topics is null',
  },
  {
    what: 'an array of negative length',
    api: metadata,
    version: 1,
    body: 'fffffffe',
    message: 'topics has length -2',
  },
  {
    what: 'an array of more elements than there are bytes',
    api: metadata,
    version: 1,
    body: '7fffffff 0000',
    message: 'topics has 2147483647 elements, 2 bytes are left',
  },
  {
    what: 'an array of more elements than their smallest size allows',
    api: metadata,
    version: 1,
    body: '00000002 0000 00',
    message: 'topics has 2 elements, 3 bytes are left',
  },
  {
    what: 'a compact array of more elements than there are bytes',
    api: metadata,
    version: 9,
    body: 'ffffffff0f 00 00 00 00',
    message: 'topics has 4294967294 elements, 4 bytes are left',
  },
  {
    what: 'a length that does not fit 32 bits',
    api: metadata,
    version: 9,
    body: 'ffffffff1f',
    message: 'a varint of 32 bits holds',
  },
  {
    what: 'a varint that does not end',
    api: metadata,
    version: 9,
    body: 'ffffffffffff01',
    message: 'longer than 5 bytes',
  },
  {
    what: 'a string that is null where it may not be',
    api: metadata,
    version: 1,
    body: '00000001 ffff',
    message: 'topics.name is null',
  },
  {
    what: 'a string of negative length',
    api: metadata,
    version: 1,
    body: '00000001 8000',
    message: 'topics.name has length -32768',
  },
  {
    what: 'a compact string that is null where it may not be',
    api: metadata,
    version: 9,
    body: `02 00 ${TAGS_END} 010101 00`,
    message: 'topics.name is null',
  },
  {
    what: 'a string that goes on behind the end',
    api: metadata,
    version: 1,
    body: '00000001 0005 61626364',
    message: '5 bytes are wanted at 6, 4 are left',
  },
  {
    what: 'a compact string that is longer than strings are',
    api: metadata,
    version: 9,
    body: `02 818002 ${'61'.repeat(32_768)} ${TAGS_END} 010101 ${TAGS_END}`,
    message: 'a string of 32768 bytes',
  },
  {
    what: 'a string that is not UTF-8',
    api: metadata,
    version: 1,
    body: '00000001 0002 c328',
    message: 'a string is not UTF-8',
  },
  {
    what: 'a string with half of a surrogate pair',
    api: metadata,
    version: 1,
    body: '00000001 0003 eda080',
    message: 'a string is not UTF-8',
  },
  {
    what: 'bytes that are null where they may not be',
    api: syncGroup,
    version: 0,
    body: '0000 00000000 0000 00000001 0000 ffffffff',
    message: 'assignments.assignment is null',
  },
  {
    what: 'a number beyond 53 bits',
    api: initProducerId,
    version: 3,
    body: `00 00000000 7fffffffffffffff 0000 ${TAGS_END}`,
    message: 'does not fit 53 bits',
  },
  {
    what: 'a structure that is neither there nor null',
    api: describeTopicPartitions,
    version: 0,
    body: `01 000007d0 00 ${TAGS_END}`,
    message: 'cursor has 0 where 1 or -1 may be',
  },
  {
    what: 'a flood of tagged fields',
    api: metadata,
    version: 9,
    body: `00 010000 ffff7f ${'0000'.repeat(1000)}`,
    message: '2097151 tagged fields in one structure',
  },
  {
    what: 'tags that go down',
    api: metadata,
    version: 9,
    body: '00 010000 02 0500 0400',
    message: 'tag 4 comes after tag 5',
  },
  {
    what: 'a tag that comes twice',
    api: fetch,
    version: 12,
    body: `ffffffff 00000000 00000000 00000000 00 00000000 00000000 01 01 01 02 00 02 0261 00 02 0261`,
    message: 'tag 0 comes after tag 0',
  },
  {
    what: 'a tagged field that goes on behind the end',
    api: metadata,
    version: 9,
    body: '00 010000 01 05 7f 0102',
    message: 'tag 5 of 127 bytes, 2 are left',
  },
  {
    what: 'a known tagged field of another size than it says',
    api: fetch,
    version: 12,
    body: 'ffffffff 00000000 00000000 00000000 00 00000000 00000000 01 01 01 01 00 03 02 61 00',
    message: 'tag 0 does not have the size it says',
  },
];

describe('a body', () => {
  for (const { what, api, version, body, message } of BODIES) {
    test(`with ${what} is refused`, () => {
      const decode = (): unknown => decodeRequest(api, version, hexToBytes(body));
      expect(decode).toThrow(MalformedBytesError);
      expect(decode).toThrow(message);
    });
  }

  test('with bytes behind it is read without them, since librdkafka sends some', () => {
    expect(decodeRequest(metadata, 1, hexToBytes('ffffffff 00')).topics).toBeNull();
  });

  test('with tagged fields that nobody knows is read as if they were not there', () => {
    const request = decodeRequest(metadata, 9, hexToBytes('00 010000 02 0703aabbcc 9b1100'));
    expect(request).toEqual({
      topics: null,
      allowAutoTopicCreation: true,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    });
  });
});

describe('a header', () => {
  const HEADERS: readonly (readonly [what: string, frame: string, message: string])[] = [
    ['that ends too early', '0003 0001 000000', '4 bytes are wanted at 4, 3 are left'],
    ['of an empty frame', '', '2 bytes are wanted at 0, 0 are left'],
    ['with a client id of negative length', '0003 0001 00000001 fffe', 'a client id of -2 bytes'],
    ['with a client id that is too long', `0003 0001 00000001 0401 ${'61'.repeat(1025)}`, 'a client id of 1025 bytes'],
    ['with a client id that is not UTF-8', '0003 0001 00000001 0001 ff', 'a string is not UTF-8'],
    ['with a flood of tagged fields', `0012 0003 00000001 ffff ffffff7f ${'0000'.repeat(99)}`, 'tagged fields'],
  ];
  for (const [what, frame, message] of HEADERS) {
    test(`${what} is refused`, () => {
      expect(() => openRequest(hexToBytes(frame), EVERYTHING)).toThrow(MalformedBytesError);
      expect(() => openRequest(hexToBytes(frame), EVERYTHING)).toThrow(message);
    });
  }
});

describe('the budget of objects', () => {
  const commit = {
    groupId: 'g',
    topics: [{ name: 't', partitions: Array.from({ length: 100 }, (_, index) => partition(index)) }],
  };

  function partition(index: number): object {
    return { partitionIndex: index, committedOffset: index, committedMetadata: null };
  }

  test('stops a message that has more, before they are made', () => {
    const message = { api: offsetCommit, direction: 'request', version: 2 } as const;
    const frame = encodeFrame(message, commit);
    expect(decodeFrame(message, frame, { objectsMax: 300 })).toBeDefined();
    expect(() => decodeFrame(message, frame, { objectsMax: 200 })).toThrow(MalformedBytesError);
    expect(() => decodeFrame(message, frame, { objectsMax: 200 })).toThrow('more objects than one may have');
  });

  test('counts plain numbers too', () => {
    const body = hexToBytes(`0000 00000001 0000 000003e8 ${'00000000'.repeat(1000)}`);
    expect(decodeRequest(offsetFetch, 1, body, { objectsMax: 1010 }).topics?.[0]?.partitionIndexes.length).toBe(1000);
    expect(() => decodeRequest(offsetFetch, 1, body, { objectsMax: 1000 })).toThrow('more objects');
  });
});

describe('every message', () => {
  const ONE = { numRuns: 1, seed: 20_261_128 };
  /** Where records begin, every byte is like the next. */
  const ENDS_MAX = 600;

  /** What comes of frames that must all be refused, other than that. */
  function accepted(message: MessageVersion, frames: Iterable<Uint8Array>): unknown[] {
    const outcomes: unknown[] = [];
    for (const frame of frames) {
      try {
        outcomes.push(decodeFrame(message, frame));
      } catch (error) {
        if (!(error instanceof MalformedBytesError)) outcomes.push(error);
      }
    }
    return outcomes;
  }

  for (const message of messageVersions(APIS)) {
    const { direction } = message;
    test(`${nameOf(message)} is refused when cut off anywhere${direction === 'response' ? ', or longer than it is' : ''}`, () => {
      for (const value of fc.sample(arbitraryMessage(message), ONE)) {
        const frame = encodeFrame(message, value);
        const ends = Array.from({ length: Math.min(frame.length, ENDS_MAX) }, (_, index) => index);
        const cutOff = [...ends, frame.length - 1].map((end) => frame.subarray(0, end));
        const longer = new Uint8Array(frame.length + 1);
        longer.set(frame);
        expect(accepted(message, direction === 'response' ? [...cutOff, longer] : cutOff)).toEqual([]);
      }
    });
  }
});
