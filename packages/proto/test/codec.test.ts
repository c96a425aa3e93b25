import { MalformedBytesError } from '@moldau/base';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  CommittedBatch,
  FollowerMessage,
  LeaderMessage,
  MetadataBatch,
  NewTopic,
  ProduceItem,
  ProduceRequest,
  Push,
  RegisterBrokerRecord,
} from '../src/index.ts';

test('a message comes back as it was sent', () => {
  const message = LeaderMessage.create({
    push: [
      Push.create({ subscription: 3, leaderEpoch: -1, highWatermark: 2 ** 52 + 1, records: Uint8Array.of(1, 2, 3) }),
    ],
    diverging: [{ subscription: 1, epoch: 5, endOffset: 77 }],
  });
  const decoded = LeaderMessage.decode(LeaderMessage.encode(message));
  expect({ ...decoded, push: [{ ...decoded.push[0], records: [...(decoded.push[0]?.records ?? [])] }] }).toEqual({
    ...message,
    push: [{ ...message.push[0], records: [1, 2, 3] }],
  });
});

test('every safe integer survives a 64-bit field', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (offset) => {
      const batch = CommittedBatch.create({ offset });
      expect(CommittedBatch.decode(CommittedBatch.encode(batch)).offset).toBe(offset);
    }),
  );
});

test('a 64-bit number beyond 53 bits is refused, not rounded', () => {
  // Field 1, varint 2^53 + 1.
  const bytes = Uint8Array.of(8, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10);
  expect(() => CommittedBatch.decode(bytes)).toThrow(MalformedBytesError);
});

test('a number that is no safe integer is not written', () => {
  expect(() => CommittedBatch.encode(CommittedBatch.create({ offset: 2 ** 53 }))).toThrow('safe integer');
  expect(() => CommittedBatch.encode(CommittedBatch.create({ offset: 7n as unknown as number }))).toThrow(
    'safe integer',
  );
});

test('an optional field that is absent differs from one that is 0 or empty', () => {
  const without = MetadataBatch.create({
    records: [
      {
        record: {
          kind: 'partitionChange',
          value: {
            topicId: 't',
            partition: 0,
            isr: undefined,
            elr: { brokerIds: [] },
            leader: 0,
            replicas: undefined,
            bumpLeaderEpoch: false,
            moved: undefined,
            addingReplicas: undefined,
            removingReplicas: undefined,
          },
        },
      },
    ],
  });
  expect(MetadataBatch.decode(MetadataBatch.encode(without))).toEqual(without);
});

test('maps, packed numbers and enums come back', () => {
  const topic = NewTopic.create({
    name: 'a',
    replicationFactor: -1,
    assignments: [{ partition: 0, brokerIds: [1, 2, 300] }],
    configs: new Map([
      ['retention.ms', '5'],
      ['__proto__', 'x'],
    ]),
  });
  expect(NewTopic.decode(NewTopic.encode(topic))).toEqual(topic);
  const registration = RegisterBrokerRecord.create({ directories: [{ directoryId: 'd', verdict: 'crashed-intact' }] });
  expect(RegisterBrokerRecord.decode(RegisterBrokerRecord.encode(registration))).toEqual(registration);
});

test('cut or random bytes are a MalformedBytesError or a message, never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        FollowerMessage.decode(bytes);
        MetadataBatch.decode(bytes);
      } catch (error) {
        if (!(error instanceof MalformedBytesError)) throw error;
      }
    }),
    { numRuns: 2000 },
  );
});

test('fields that this version does not know are skipped', () => {
  const known = Push.encode(Push.create({ subscription: 9 }));
  const extended = Uint8Array.of(...known, 0xf8, 0x01, 5); // field 31, varint 5
  expect(Push.decode(extended).subscription).toBe(9);
});

/** `count` times the field with this tag, each of these bytes. */
function repeated(tag: number, bytes: Uint8Array, count: number): Uint8Array {
  const one = Uint8Array.of(tag, bytes.length, ...bytes);
  const all = new Uint8Array(one.length * count);
  for (let index = 0; index < count; index++) all.set(one, index * one.length);
  return all;
}

test('a message of empty items is refused before it fills the memory', () => {
  const empty = new Uint8Array(0);
  expect(ProduceRequest.decode(repeated(10, empty, 100_000)).items).toHaveLength(100_000);
  expect(() => ProduceRequest.decode(repeated(10, empty, 100_001))).toThrow(MalformedBytesError);
  const config = Uint8Array.of(10, 1, 97);
  expect(() => NewTopic.decode(repeated(42, config, 100_001))).toThrow(MalformedBytesError);
});

test('a large message may hold many items, as long as they are no smaller than items are', () => {
  const item = ProduceItem.encode(ProduceItem.create({ topicId: 'a'.repeat(22), correlation: 7 }));
  expect(ProduceRequest.decode(repeated(10, item, 200_000)).items).toHaveLength(200_000);
});
