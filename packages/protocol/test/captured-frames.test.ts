import { concatBytes } from '@moldau/base';
import { expect, test } from 'vitest';
import {
  decodeConsumerAssignment,
  decodeConsumerSubscription,
  decodeRequest,
  encodeRequest,
  openRequest,
} from '../src/index.ts';
import { CAPTURED_FRAMES } from './support/captured-frames.ts';
import { bytesToHex, EVERYTHING, hexToBytes, plain } from './support/messages.ts';

/** What librdkafka 2.16 sends behind AlterUserScramCredentials, and nobody reads. */
const LEFT_OVER = '00';

for (const { client, api, apiVersion, correlationId, clientId, frame, request } of CAPTURED_FRAMES) {
  test(`${api} version ${apiVersion} of ${client} is read as it was meant, and written as it came`, () => {
    const opened = openRequest(hexToBytes(frame), EVERYTHING);
    if (opened.kind !== 'request') throw new Error(`the request is ${opened.kind}`);
    expect(opened.api.name).toBe(api);
    expect(opened.header).toEqual({ apiKey: opened.api.key, apiVersion, correlationId, clientId });
    const decoded = decodeRequest(opened.api, apiVersion, opened.body);
    expect(plain(decoded)).toMatchObject(request);
    const again = bytesToHex(concatBytes(encodeRequest(opened.api, opened.header, decoded)).subarray(4));
    expect(api === 'AlterUserScramCredentials' ? again + LEFT_OVER : again).toBe(frame);
  });
}

test('what members of a group told one another is read as it was meant', () => {
  const java = '0003000000010006676f6c64656e00000004ffffffff00000000ffffffff00027231';
  expect(plain(decodeConsumerSubscription(hexToBytes(java)))).toEqual({
    topics: ['golden'],
    userData: 'ffffffff',
    ownedPartitions: [],
    generationId: -1,
    rackId: 'r1',
  });
  const kafkajs = '0000000000010006676f6c64656e000000010000000000000000';
  expect(plain(decodeConsumerAssignment(hexToBytes(kafkajs)))).toEqual({
    assignedPartitions: [{ topic: 'golden', partitions: [0] }],
    userData: '',
  });
});
