import { decodeConsumerSubscription, encodeConsumerSubscription } from '@moldau/protocol';
import { LogRing, Scheduler, SimLogger, SimRandom } from '@moldau/sim';
import { describe, expect, test } from 'vitest';
import { groupSettings } from '../../src/group/group-settings.ts';
import { assignedIn, assignmentsOf, joinRequest, viewsOf } from '../../src/group/member-messages.ts';

const ring = new LogRing(new Scheduler(new SimRandom(1)));
const logger = new SimLogger(ring, 'test');
const OWNED = [
  { topic: 't', partition: 1 },
  { topic: 't', partition: 0 },
  { topic: 'u', partition: 2 },
];

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

describe("what a member tells is in the bytes of Kafka's consumer protocol", () => {
  test('a subscription, version 3', () => {
    const settings = groupSettings({ group: 'g', topics: ['t'], maxPollIntervalMs: 7_000 });
    const member = { memberId: 'm', generation: 5, owned: OWNED.slice(0, 2) };
    const request = joinRequest(settings, ['t'], member);
    expect(request).toMatchObject({
      groupId: 'g',
      memberId: 'm',
      instanceId: '',
      sessionTimeoutMs: 45_000,
      rebalanceTimeoutMs: 7_000,
      protocolType: 'consumer',
    });
    const [protocol] = request.protocols;
    expect(protocol?.name).toBe('cooperative-sticky');
    expect(hex(protocol?.metadata ?? new Uint8Array())).toBe(
      [
        '00 03', // version
        '00 00 00 01 00 01 74', // topics
        '00 00 00 04 00 00 00 05', // user data: the generation
        '00 00 00 01 00 01 74 00 00 00 02 00 00 00 01 00 00 00 00', // owned partitions
        '00 00 00 05', // generation
        'ff ff', // no rack
      ].join(' '),
    );
  });

  test('an assignment, version 0', () => {
    const [one] = assignmentsOf(new Map([['m', OWNED]]));
    expect(one?.memberId).toBe('m');
    expect(hex(one?.assignment ?? new Uint8Array())).toBe(
      [
        '00 00',
        '00 00 00 02 00 01 74 00 00 00 02 00 00 00 01 00 00 00 00',
        '00 01 75 00 00 00 01 00 00 00 02',
        'ff ff ff ff',
      ].join(' '),
    );
    expect(assignedIn(one?.assignment ?? new Uint8Array())).toEqual(OWNED);
    expect(assignedIn(new Uint8Array())).toEqual([]);
  });
});

describe('what others tell', () => {
  const base = { memberId: 'm', instanceId: 'i' };

  test.each([
    ['a Java client, version 3', { version: 3, generationId: 4, userData: null }, 4],
    [
      'one of version 1, whose generation is in the user data',
      { version: 1, generationId: -1, userData: new Uint8Array([0, 0, 0, 9]) },
      9,
    ],
    ['one with user data of its own', { version: 1, generationId: -1, userData: new Uint8Array(11) }, -1],
  ])('%s', (_, { version, generationId, userData }, generation) => {
    const ownedPartitions = [{ topic: 't', partitions: [0] }];
    const metadata = encodeConsumerSubscription(version, {
      topics: ['t'],
      userData,
      ownedPartitions,
      generationId,
      rackId: null,
    });
    expect(decodeConsumerSubscription(metadata).topics).toEqual(['t']);
    expect(viewsOf([{ ...base, metadata }], logger)).toEqual([
      { ...base, topics: ['t'], owned: [{ topic: 't', partition: 0 }], generation },
    ]);
  });

  test('who cannot be understood gets nothing, and the others are not to wait', () => {
    const [view] = viewsOf([{ ...base, metadata: new Uint8Array([0, 3, 9]) }], logger);
    expect(view).toEqual({ ...base, topics: [], owned: [], generation: -1 });
    expect(ring.lines().join()).toContain('consumer.member_unreadable');
  });
});
