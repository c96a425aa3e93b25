import { errorNumber, utf8Encode } from '@moldau/base';
import { ApiService, DescribeScramCredentialsRequest } from '@moldau/proto';
import {
  alterClientQuotas,
  alterUserScramCredentials,
  describeClientQuotas,
  describeUserScramCredentials,
  type RequestInput,
} from '@moldau/protocol';
import { expect, test } from 'vitest';
import { BrokerWorld } from './support/broker-world.ts';
import type { KafkaTestClient } from './support/kafka-test-client.ts';

const [NAME, DEFAULT, ANY] = [0, 1, 2];

async function broker(): Promise<[BrokerWorld, KafkaTestClient]> {
  const world = new BrokerWorld('stored for later', [], {}, {});
  await world.open(1);
  return [world, world.kafka(1)];
}

type Entity = Readonly<Record<string, string | null>>;

function quota(entity: Entity, key: string, value: number | undefined) {
  return {
    entity: Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName })),
    ops: [{ key, value: value ?? 0, remove: value === undefined }],
  };
}

async function shown(
  client: KafkaTestClient,
  components: RequestInput<typeof describeClientQuotas>['components'],
  strict = false,
): Promise<unknown> {
  const { errorCode, entries } = await client.ask(describeClientQuotas, 1, { components, strict });
  expect(errorCode).toBe(0);
  return entries?.map(({ entity }) =>
    entity.map(({ entityType, entityName }) => `${entityType}=${entityName}`).join(' '),
  );
}

test('quotas are set at the Kafka door, and shown by what their entities have', async () => {
  const [, client] = await broker();
  const entries = [
    quota({ user: 'a' }, 'producer_byte_rate', 1.5),
    quota({ user: null }, 'producer_byte_rate', 2),
    quota({ user: 'a', 'client-id': 'x' }, 'producer_byte_rate', 3),
    quota({ ip: '10.0.0.1' }, 'connection_creation_rate', 4),
  ];
  for (const version of [0, 1]) {
    const altered = await client.ask(alterClientQuotas, version, { entries, validateOnly: false });
    // sarama takes any message for a failure.
    expect(altered.entries.map(({ errorCode, errorMessage }) => [errorCode, errorMessage])).toEqual(
      entries.map(() => [0, null]),
    );
    expect(altered.entries.map(({ entity }) => entity)).toEqual(entries.map(({ entity }) => entity));
  }
  const user = { entityType: 'user', match: null };
  expect(await shown(client, [])).toHaveLength(4);
  expect(await shown(client, [{ ...user, matchType: ANY }])).toEqual(['user=a', 'user=null', 'client-id=x user=a']);
  expect(await shown(client, [{ ...user, matchType: ANY }], true)).toEqual(['user=a', 'user=null']);
  expect(await shown(client, [{ ...user, matchType: DEFAULT }])).toEqual(['user=null']);
  expect(await shown(client, [{ ...user, matchType: NAME, match: 'a' }])).toEqual(['user=a', 'client-id=x user=a']);
  expect(await shown(client, [{ entityType: 'ip', matchType: ANY, match: null }])).toEqual(['ip=10.0.0.1']);
  const exact = [
    { ...user, matchType: NAME, match: 'a' },
    { entityType: 'client-id', matchType: NAME, match: 'x' },
  ];
  const found = await client.ask(describeClientQuotas, 0, { components: exact, strict: true });
  expect(found.entries?.map(({ values }) => values)).toEqual([[{ key: 'producer_byte_rate', value: 3 }]]);
  const removed = await client.ask(alterClientQuotas, 1, {
    entries: [quota({ user: 'a' }, 'producer_byte_rate', undefined)],
    validateOnly: false,
  });
  expect(removed.entries[0]?.errorCode).toBe(0);
  expect(await shown(client, [{ ...user, matchType: NAME, match: 'a' }])).toEqual(['client-id=x user=a']);
});

test.each<[string, RequestInput<typeof describeClientQuotas>['components'], 'INVALID_REQUEST' | 'UNSUPPORTED_VERSION']>(
  [
    [
      'a type that stands twice',
      [0, 1].map(() => ({ entityType: 'user', matchType: ANY, match: null })),
      'INVALID_REQUEST',
    ],
    ['an empty type', [{ entityType: '', matchType: ANY, match: null }], 'INVALID_REQUEST'],
    ['an unknown type', [{ entityType: 'group', matchType: ANY, match: null }], 'UNSUPPORTED_VERSION'],
    ['an unknown match', [{ entityType: 'user', matchType: 3, match: null }], 'INVALID_REQUEST'],
    ['a name that is missing', [{ entityType: 'user', matchType: NAME, match: null }], 'INVALID_REQUEST'],
    ['a name too many', [{ entityType: 'user', matchType: DEFAULT, match: 'a' }], 'INVALID_REQUEST'],
    [
      'an ip and a user',
      [
        { entityType: 'ip', matchType: ANY, match: null },
        { entityType: 'user', matchType: ANY, match: null },
      ],
      'INVALID_REQUEST',
    ],
  ],
)('a filter with %s is refused', async (_name, components, code) => {
  const [, client] = await broker();
  const answer = await client.ask(describeClientQuotas, 1, { components, strict: false });
  expect(answer).toMatchObject({ errorCode: errorNumber(code), entries: null });
  expect(answer.errorMessage).not.toBe(null);
});

test('SCRAM users are stored, shown without what they log in with, and the answer says that nobody uses them', async () => {
  const [world, client] = await broker();
  const secret = 'NOBODY-MAY-SEE-THIS';
  const upsertion = { iterations: 4096, salt: utf8Encode('salt'), saltedPassword: utf8Encode(secret) };
  const set = await client.ask(alterUserScramCredentials, 0, {
    deletions: [],
    upsertions: [
      { name: 'a', mechanism: 1, ...upsertion },
      { name: 'a', mechanism: 2, ...upsertion, iterations: 8192 },
      { name: 'b', mechanism: 1, ...upsertion },
    ],
  });
  expect(set.results.map(({ user, errorCode }) => [user, errorCode])).toEqual([
    ['a', 0],
    ['b', 0],
  ]);
  expect(set.results[0]?.errorMessage).toMatch(/stored/);
  const before = client.receivedBytes;
  const all = await client.ask(describeUserScramCredentials, 0, { users: null });
  expect(all.results).toMatchObject([
    {
      user: 'a',
      errorCode: 0,
      errorMessage: null,
      credentialInfos: [
        { mechanism: 1, iterations: 4096 },
        { mechanism: 2, iterations: 8192 },
      ],
    },
    { user: 'b', errorCode: 0, credentialInfos: [{ mechanism: 1, iterations: 4096 }] },
  ]);
  // Nothing but names, mechanisms and iterations.
  expect(client.receivedBytes - before).toBeLessThan(60);
  const users = ['b', 'c', 'd', 'd'].map((name) => ({ name }));
  const some = await client.ask(describeUserScramCredentials, 0, { users });
  expect(some.results.map(({ user, errorCode }) => [user, errorCode])).toEqual([
    ['b', 0],
    ['c', errorNumber('RESOURCE_NOT_FOUND')],
    ['d', errorNumber('DUPLICATE_RESOURCE')],
  ]);
  const channel = world.client.rpc.connect('broker-1:19100', { purpose: 'client', clientId: 'test' });
  const request = DescribeScramCredentialsRequest.create({ users: ['a'] });
  const described = await world.settle(channel.call(ApiService.describeScramCredentials, request, { timeoutMs: 5000 }));
  expect(described.users[0]?.credentials).toHaveLength(2);
  expect(world.ring.lines().join('\n')).not.toContain(secret);
});
