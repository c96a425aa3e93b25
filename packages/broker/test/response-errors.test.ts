import { APIS, type Api, fetch, metadata, produce } from '@moldau/protocol';
import { expect, test } from 'vitest';
import { errorsIn } from '../src/kafka/response-errors.ts';

function found(api: Api, response: Readonly<Record<string, unknown>>): number[] {
  const codes: number[] = [];
  errorsIn(api)(response, (code) => codes.push(code));
  return codes;
}

test('codes are found wherever an answer has them, and 0 is none', () => {
  const partitions = [{ errorCode: 0 }, { errorCode: 6 }];
  expect(found(fetch, { errorCode: 70, responses: [{ partitions }, { partitions: [] }] })).toEqual([70, 6]);
  expect(found(produce, { responses: [{ partitionResponses: [{ errorCode: 6 }, { errorCode: 19 }] }] })).toEqual([
    6, 19,
  ]);
  expect(found(metadata, { topics: [{ errorCode: 3, partitions: [{ errorCode: 5 }] }] })).toEqual([3, 5]);
});

test('what an answer leaves out, or has as null, is no error', () => {
  for (const api of APIS) {
    expect(found(api, {})).toEqual([]);
    const empty = Object.fromEntries(Object.keys(api.response).map((name) => [name, null]));
    expect(found(api, empty)).toEqual([]);
  }
});
