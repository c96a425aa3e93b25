import { byteLength, concatBytes, errorNumber, InvariantError, RequestError } from '@moldau/base';
import { describe, expect, test } from 'vitest';
import {
  APIS,
  ApiTable,
  apiVersions,
  createTopics,
  decodeRequest,
  decodeResponse,
  encodeApiVersionsFallback,
  encodeRequest,
  encodeResponse,
  fetch,
  findCoordinator,
  heartbeat,
  listOffsets,
  metadata,
  openRequest,
  produce,
  type ResponseInput,
  responseCorrelationId,
  ZERO_UUID,
} from '../src/index.ts';
import { bytesToHex, EVERYTHING, hexToBytes } from './support/messages.ts';

const HEADER = { apiVersion: 11, correlationId: 9, clientId: null };

/** What follows the size. */
function frameOf(parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes(parts).subarray(4);
}

function fetched(records: Uint8Array | readonly Uint8Array[]): ResponseInput<typeof fetch> {
  const partition = { partitionIndex: 0, errorCode: 0, highWatermark: 5, records };
  return {
    errorCode: 0,
    responses: [{ topic: 't', topicId: ZERO_UUID, partitions: [partition, partition] }],
  };
}

describe('records', () => {
  test('that are large are parts of their own, and not copied', () => {
    const records = new Uint8Array(16_384).fill(7);
    const parts = encodeResponse(fetch, HEADER, fetched(records));
    expect(parts.map((part) => part === records)).toEqual([false, true, false, true]);
    expect(new DataView(concatBytes(parts).buffer).getInt32(0)).toBe(byteLength(parts) - 4);
  });

  test('that are small are copied to the rest', () => {
    expect(encodeResponse(fetch, HEADER, fetched(new Uint8Array(100)))).toHaveLength(1);
  });

  test('may come in parts, as a read of the log returns them', () => {
    const first = new Uint8Array(10_000).fill(1);
    const second = new Uint8Array(10).fill(2);
    const inParts = encodeResponse(fetch, HEADER, fetched([first, second]));
    expect(inParts.filter((part) => part === first)).toHaveLength(2);
    const whole = encodeResponse(fetch, HEADER, fetched(concatBytes([first, second])));
    expect(bytesToHex(concatBytes(inParts))).toBe(bytesToHex(concatBytes(whole)));
  });

  test('are decoded as views of the frame', () => {
    const frame = frameOf(encodeResponse(fetch, HEADER, fetched(new Uint8Array(16_384).fill(7))));
    const [topic] = decodeResponse(fetch, 11, frame).responses;
    expect(topic?.partitions[0]?.records?.buffer).toBe(frame.buffer);
  });
});

describe('a field that the version has no place for', () => {
  const request = { groupId: 'g', generationId: 1, memberId: 'm' };

  test('is left out when it may be ignored', () => {
    const response = { topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode: 0, leaderEpoch: 4 }] }] };
    const frame = frameOf(encodeResponse(listOffsets, { ...HEADER, apiVersion: 1 }, response));
    expect(decodeResponse(listOffsets, 1, frame).topics[0]?.partitions[0]?.leaderEpoch).toBe(-1);
  });

  test('keeps the message from being sent when it may not', () => {
    const encode = (): unknown =>
      encodeRequest(heartbeat, { ...HEADER, apiVersion: 2 }, { ...request, groupInstanceId: 'static' });
    expect(encode).toThrow(RequestError);
    expect(encode).toThrow('Version 2 has no place for Heartbeat request.groupInstanceId.');
  });

  test('nor can null be sent in a version that has no null there', () => {
    const topic = { errorCode: 3, name: null, topicId: ZERO_UUID, partitions: [] };
    const encode = (apiVersion: number): unknown =>
      encodeResponse(metadata, { ...HEADER, apiVersion }, { brokers: [], topics: [topic] });
    expect(encode(12)).toHaveLength(1);
    expect(() => encode(11)).toThrow(RequestError);
    expect(() => encode(11)).toThrow('In version 11 Metadata response.topics.name cannot be null.');
  });

  test('does no harm while it has its default', () => {
    expect(encodeRequest(heartbeat, { ...HEADER, apiVersion: 2 }, { ...request, groupInstanceId: null })).toHaveLength(
      1,
    );
    expect(
      encodeResponse(findCoordinator, { ...HEADER, apiVersion: 4 }, { coordinators: [], nodeId: 0, host: '' }),
    ).toHaveLength(1);
  });
});

describe('what our own code gets wrong', () => {
  const topic = { name: 't', numPartitions: 1, replicationFactor: 1 };

  test.each([
    ['a number that is too large', { ...topic, numPartitions: 2 ** 31 }, 'topics.numPartitions is a whole number'],
    ['a fraction', { ...topic, replicationFactor: 1.5 }, 'topics.replicationFactor is a whole number'],
    ['a name that is null', { ...topic, name: null as unknown as string }, 'topics.name is a string'],
    ['a name that is missing', { numPartitions: 1, replicationFactor: 1 } as typeof topic, 'topics.name is a string'],
  ])('%s stops the process', (_, wrong, message) => {
    const encode = (): unknown => encodeRequest(createTopics, { ...HEADER, apiVersion: 7 }, { topics: [wrong] });
    expect(encode).toThrow(InvariantError);
    expect(encode).toThrow(message);
  });

  test('a version that is not served stops the process', () => {
    expect(() => encodeRequest(produce, { ...HEADER, apiVersion: 2 }, {} as never)).toThrow(InvariantError);
  });
});

test('a string that is too long is refused, since it may be the other side that made it so', () => {
  const encode = (): unknown =>
    encodeRequest(
      createTopics,
      { ...HEADER, apiVersion: 7 },
      {
        topics: [{ name: 'x'.repeat(32_768), numPartitions: 1, replicationFactor: 1 }],
      },
    );
  expect(encode).toThrow(RequestError);
  expect(encode).toThrow('topics.name has 32768 bytes, 32767 may be.');
});

describe('values at the edge', () => {
  test('words for people are cut between two characters rather than refused', () => {
    const errorMessage = `${'x'.repeat(32_766)}é, and so on`;
    const response = { topics: [{ name: 't', topicId: ZERO_UUID, errorCode: 1, errorMessage, configs: null }] };
    const frame = frameOf(encodeResponse(createTopics, { ...HEADER, apiVersion: 7 }, response));
    expect(decodeResponse(createTopics, 7, frame).topics[0]?.errorMessage).toBe('x'.repeat(32_766));
  });

  test.each([
    ['7fffffffffffffff', Number.MAX_SAFE_INTEGER],
    ['8000000000000000', Number.MIN_SAFE_INTEGER],
    ['fffffffffffffffe', -2],
    ['0020000000000000', Number.MAX_SAFE_INTEGER],
  ])('a time of %s that a user chose is read as %d', (hex, timestamp) => {
    const body = hexToBytes(`ffffffff 00000001 0000 00000001 00000000 ${hex}`);
    expect(decodeRequest(listOffsets, 1, body).topics[0]?.partitions[0]?.timestamp).toBe(timestamp);
  });

  test.each([
    [Number.MAX_SAFE_INTEGER, '7fffffffffffffff'],
    [Number.MIN_SAFE_INTEGER, '8000000000000000'],
    [-1, 'ffffffffffffffff'],
  ])('a time of %d is written as %s', (timestamp, hex) => {
    const topics = [{ name: '', partitions: [{ partitionIndex: 0, timestamp }] }];
    const frame = frameOf(encodeRequest(listOffsets, { ...HEADER, apiVersion: 1 }, { topics }));
    expect(bytesToHex(frame.subarray(-8))).toBe(hex);
  });
});

describe('ApiVersions', () => {
  test('has a response header without tagged fields, though other flexible responses have one', () => {
    const own = encodeResponse(apiVersions, { ...HEADER, apiVersion: 3 }, { errorCode: 0, apiKeys: [] });
    expect(bytesToHex(frameOf(own))).toBe('00000009 0000 01 00000000 00'.replaceAll(' ', ''));
    const other = encodeResponse(heartbeat, { ...HEADER, apiVersion: 4 }, { errorCode: 0 });
    expect(bytesToHex(frameOf(other))).toBe('00000009 00 00000000 0000 00'.replaceAll(' ', ''));
    expect(responseCorrelationId(frameOf(own))).toBe(9);
  });

  test('in a version that is not served is answered in version 0, which a newer client understands', () => {
    const opened = openRequest(hexToBytes('0012 0063 00000009 0001 61 00 aabbcc'), EVERYTHING);
    expect(opened).toEqual({
      kind: 'unserved-api-versions',
      header: { apiKey: 18, apiVersion: 99, correlationId: 9, clientId: 'a' },
    });
    const frame = frameOf(encodeApiVersionsFallback(9));
    expect(bytesToHex(frame)).toBe('00000009 0023 00000001 0012 0000 0005'.replaceAll(' ', ''));
    expect(decodeResponse(apiVersions, 4, frame).errorCode).toBe(errorNumber('UNSUPPORTED_VERSION'));
  });

  test('lists what has a handler, by key, and version 0 of Produce, which is not served', () => {
    expect(new ApiTable([metadata, produce]).advertised).toEqual([
      { apiKey: 0, minVersion: 0, maxVersion: 13 },
      { apiKey: 3, minVersion: 0, maxVersion: 13 },
    ]);
    expect(openRequest(hexToBytes('0000 0002 00000009 ffff'), EVERYTHING).kind).toBe('unserved');
  });
});

describe('an API', () => {
  test('without a handler, or in a version without one, is told apart before its body is read', () => {
    const header = { apiVersion: 0, correlationId: 9, clientId: null };
    expect(openRequest(hexToBytes('0003 0000 00000009 ffff'), new ApiTable([produce]))).toEqual({
      kind: 'unserved',
      header: { ...header, apiKey: 3 },
    });
    expect(openRequest(hexToBytes('7fff 0000 00000009 ffff'), EVERYTHING)).toEqual({
      kind: 'unserved',
      header: { ...header, apiKey: 32_767 },
    });
    expect(openRequest(hexToBytes('0003 ffff 00000009 ffff'), EVERYTHING).kind).toBe('unserved');
  });

  test('cannot be served twice', () => {
    expect(() => new ApiTable([...APIS, metadata])).toThrow(InvariantError);
  });
});
