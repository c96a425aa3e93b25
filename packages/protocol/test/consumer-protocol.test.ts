import { MalformedBytesError } from '@moldau/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CONSUMER_PROTOCOL_VERSION_MAX,
  decodeConsumerAssignment,
  decodeConsumerSubscription,
  encodeConsumerAssignment,
  encodeConsumerSubscription,
} from '../src/index.ts';
import { bytesToHex, hexToBytes } from './support/messages.ts';

const VERSIONS = Array.from({ length: CONSUMER_PROTOCOL_VERSION_MAX + 1 }, (_, version) => version);

const topicPartitions = fc.array(
  fc.record({ topic: fc.string(), partitions: fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 4 }) }),
  { maxLength: 3 },
);
const userData = fc.option(fc.uint8Array({ maxLength: 20 }));

describe.each(VERSIONS)('version %i', (version) => {
  test('a subscription comes back as far as the version tells', () => {
    const subscriptions = fc.record({
      topics: fc.array(fc.string(), { maxLength: 4 }),
      userData,
      ownedPartitions: topicPartitions,
      generationId: fc.integer({ min: -1, max: 1000 }),
      rackId: fc.option(fc.string()),
    });
    fc.assert(
      fc.property(subscriptions, (subscription) => {
        const decoded = decodeConsumerSubscription(encodeConsumerSubscription(version, subscription));
        expect(decoded).toEqual({
          ...subscription,
          ownedPartitions: version >= 1 ? subscription.ownedPartitions : [],
          generationId: version >= 2 ? subscription.generationId : -1,
          rackId: version >= 3 ? subscription.rackId : null,
        });
      }),
    );
  });

  test('an assignment comes back as it was sent', () => {
    fc.assert(
      fc.property(fc.record({ assignedPartitions: topicPartitions, userData }), (assignment) => {
        expect(decodeConsumerAssignment(encodeConsumerAssignment(version, assignment))).toEqual(assignment);
      }),
    );
  });
});

describe('a subscription', () => {
  const V0 = '00000001 0001 74 ffffffff';

  test('stands as the protocol says', () => {
    expect(bytesToHex(encodeConsumerSubscription(0, { topics: ['t'] }))).toBe(`0000${V0}`.replaceAll(' ', ''));
  });

  test('of a later version is read as the last one known, and the rest of it skipped', () => {
    const decoded = decodeConsumerSubscription(hexToBytes(`0009 ${V0} 00000000 00000005 0001 72 beef`));
    expect(decoded).toEqual({ topics: ['t'], userData: null, ownedPartitions: [], generationId: 5, rackId: 'r' });
  });

  test('that says version 1 and holds version 0 is read as what it is', () => {
    expect(decodeConsumerSubscription(hexToBytes(`0001 ${V0}`)).topics).toEqual(['t']);
  });

  test.each([
    ['of a negative version', `ffff ${V0}`],
    ['that is cut off', '0000 00000001 0001'],
    ['that is empty', ''],
    ['with more topics than bytes', '0000 7fffffff 0001 74'],
  ])('%s is refused', (_, hex) => {
    expect(() => decodeConsumerSubscription(hexToBytes(hex))).toThrow(MalformedBytesError);
  });
});
