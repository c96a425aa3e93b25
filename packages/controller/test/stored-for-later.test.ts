import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { errorCodeFromNumber, NO_ERROR } from '@moldau/base';
import { type ClusterImage, quotaEntityKey, scramKey } from '@moldau/metadata';
import {
  type AlterScramCredentialsRequest,
  type Outcome,
  type QuotaAlteration,
  type QuotaEntityPart,
  type ScramMechanism,
  ScramUpsertion,
} from '@moldau/proto';
import { describe, expect, test } from 'vitest';
import { alterClientQuotas } from '../src/managers/client-quotas.ts';
import { alterScramCredentials } from '../src/managers/scram-credentials.ts';
import { apply, cluster, refused } from './images.ts';

function code(outcome: Outcome | undefined): string {
  return outcome?.errorCode === NO_ERROR ? 'ok' : errorCodeFromNumber(outcome?.errorCode ?? -1);
}

describe('client quotas', () => {
  const alter = (image: ClusterImage, alterations: readonly QuotaAlteration[], validateOnly = false) => {
    const { records, respond } = alterClientQuotas(image, { alterations, validateOnly });
    const { outcomes, notice } = respond(7);
    return { image: apply(image, records), records, codes: outcomes.map(code), outcomes, notice };
  };
  const alteration = (
    entity: Readonly<Record<string, string | null>>,
    changes: Readonly<Record<string, number | undefined>>,
  ): QuotaAlteration => ({
    entity: Object.entries(entity).map(([type, name]) => ({ type, name: name ?? undefined })),
    changes: Object.entries(changes).map(([key, value]) => ({ key, value })),
  });

  test.each<[Readonly<Record<string, string | null>>, Readonly<Record<string, number | undefined>>, RegExp | 'ok']>([
    [{ user: 'a' }, { producer_byte_rate: 1024 }, 'ok'],
    [{ user: null }, { consumer_byte_rate: 1 }, 'ok'],
    [{ 'client-id': null, user: 'a' }, { request_percentage: 0.5, controller_mutation_rate: 1.5 }, 'ok'],
    [{ ip: '10.0.0.1' }, { connection_creation_rate: 10 }, 'ok'],
    [{ ip: null }, { connection_creation_rate: 10 }, 'ok'],
    [{ user: 'a' }, { producer_byte_rate: undefined }, 'ok'],
    [{}, { producer_byte_rate: 1 }, /Name one/],
    [{ group: 'a' }, { producer_byte_rate: 1 }, /no entity of type "group"/],
    [{ user: '' }, { producer_byte_rate: 1 }, /is empty/],
    [{ user: 'u'.repeat(300) }, { producer_byte_rate: 1 }, /longer than/],
    [{ ip: '10.0.0.1', user: 'a' }, { connection_creation_rate: 1 }, /not combined/],
    [{ ip: 'localhost' }, { connection_creation_rate: 1 }, /no IP address/],
    [{ ip: '10.0.0.1' }, { producer_byte_rate: 1 }, /no quota "producer_byte_rate"/],
    [{ user: 'a' }, { connection_creation_rate: 1 }, /no quota "connection_creation_rate"/],
    [{ user: 'a' }, { producer_byte_rate: 0 }, /greater than 0/],
    [{ user: 'a' }, { producer_byte_rate: -1 }, /greater than 0/],
    [{ user: 'a' }, { producer_byte_rate: Number.NaN }, /greater than 0/],
    [{ user: 'a' }, { producer_byte_rate: Number.POSITIVE_INFINITY }, /greater than 0/],
    [{ user: 'a' }, { producer_byte_rate: 1.5 }, /whole number/],
    [{ ip: null }, { connection_creation_rate: 2 ** 31 }, /at most/],
  ])('of %j, %j', (entity, changes, expected) => {
    const { codes, outcomes, records } = alter(cluster(), [alteration(entity, changes)]);
    if (expected === 'ok') expect(codes).toEqual(['ok']);
    else {
      expect(codes).toEqual(['INVALID_REQUEST']);
      expect(outcomes[0]?.message).toMatch(expected);
      expect(records).toEqual([]);
    }
  });

  test('are set, changed and removed by entity, whatever the order of its parts', () => {
    const both: readonly QuotaEntityPart[] = [
      { type: 'user', name: 'a' },
      { type: 'client-id', name: undefined },
    ];
    const set = alter(cluster(), [alteration({ user: 'a', 'client-id': null }, { producer_byte_rate: 1 })]);
    expect(set.image.quotas.get(quotaEntityKey(both))?.values).toEqual(new Map([['producer_byte_rate', 1]]));
    expect(set.notice).toMatch(/does not enforce/);
    const changed = alter(set.image, [
      alteration({ 'client-id': null, user: 'a' }, { producer_byte_rate: 2, consumer_byte_rate: 3 }),
    ]);
    expect(changed.image.quotas.get(quotaEntityKey(both))?.values.size).toBe(2);
    expect(
      alter(changed.image, [alteration({ user: 'a', 'client-id': null }, { producer_byte_rate: 2 })]).records,
    ).toEqual([]);
    const removed = alter(changed.image, [
      alteration({ user: 'a', 'client-id': null }, { producer_byte_rate: undefined, consumer_byte_rate: undefined }),
    ]);
    expect(removed.image.quotas.size).toBe(0);
  });

  test('of one entity are taken together, of others by themselves, of one that is named twice not at all', () => {
    const { codes, image } = alter(cluster(), [
      alteration({ user: 'a' }, { producer_byte_rate: 1, consumer_byte_rate: -1 }),
      alteration({ user: 'b' }, { producer_byte_rate: 1 }),
      alteration({ user: 'c' }, { producer_byte_rate: 1 }),
      alteration({ user: 'c' }, { producer_byte_rate: 2 }),
    ]);
    expect(codes).toEqual(['INVALID_REQUEST', 'ok', 'INVALID_REQUEST', 'INVALID_REQUEST']);
    expect([...image.quotas.values()].map(({ entity }) => entity[0]?.name)).toEqual(['b']);
  });

  test('are only judged when that is asked, and have bounds', () => {
    expect(alter(cluster(), [alteration({ user: 'a' }, { producer_byte_rate: 1 })], true)).toMatchObject({
      records: [],
      codes: ['ok'],
    });
    const many = Array.from({ length: 1001 }, (_, index) =>
      alteration({ user: `${index}` }, { producer_byte_rate: 1 }),
    );
    expect(refused(() => alter(cluster(), many)).code).toBe('INVALID_REQUEST');
    let image = cluster();
    for (let round = 0; round < 10; round++) {
      const users = Array.from({ length: 1000 }, (_, index) => `${round}-${index}`);
      image = alter(
        image,
        users.map((user) => alteration({ user }, { producer_byte_rate: 1 })),
      ).image;
    }
    const over = alter(image, [
      alteration({ user: 'new' }, { producer_byte_rate: 1 }),
      alteration({ user: '0-0' }, { producer_byte_rate: 2 }),
    ]);
    expect(over.codes).toEqual(['INVALID_REQUEST', 'ok']);
  });
});

describe('SCRAM credentials', () => {
  const upsertion = (user: string, fields: Partial<ScramUpsertion> = {}): ScramUpsertion =>
    ScramUpsertion.create({
      user,
      mechanism: 'sha-256',
      iterations: 4096,
      salt: Uint8Array.of(1),
      saltedPassword: Uint8Array.of(2),
      ...fields,
    });
  const alter = (image: ClusterImage, request: Partial<AlterScramCredentialsRequest>) => {
    const { records, respond } = alterScramCredentials(image, { deletions: [], upsertions: [], ...request });
    const { outcomes, notice } = respond(7);
    const codes = Object.fromEntries(outcomes.map(({ user, outcome }) => [user, code(outcome)]));
    return { image: apply(image, records), codes, notice };
  };
  const stored = (user: string, mechanism: ScramMechanism = 'sha-256'): ClusterImage =>
    alter(cluster(), { upsertions: [upsertion(user, { mechanism })] }).image;

  test.each<[string, Partial<AlterScramCredentialsRequest>, Readonly<Record<string, string>>]>([
    ['one', { upsertions: [upsertion('a')] }, { a: 'ok' }],
    ['both mechanisms', { upsertions: [upsertion('a'), upsertion('a', { mechanism: 'sha-512' })] }, { a: 'ok' }],
    ['no user', { upsertions: [upsertion('')] }, { '': 'UNACCEPTABLE_CREDENTIAL' }],
    ['too few iterations', { upsertions: [upsertion('a', { iterations: 4095 })] }, { a: 'UNACCEPTABLE_CREDENTIAL' }],
    ['too many iterations', { upsertions: [upsertion('a', { iterations: 16_385 })] }, { a: 'UNACCEPTABLE_CREDENTIAL' }],
    ['the most iterations', { upsertions: [upsertion('a', { iterations: 16_384 })] }, { a: 'ok' }],
    ['no salt', { upsertions: [upsertion('a', { salt: new Uint8Array(0) })] }, { a: 'UNACCEPTABLE_CREDENTIAL' }],
    [
      'no mechanism',
      { upsertions: [upsertion('a', { mechanism: 'unspecified' })] },
      { a: 'UNSUPPORTED_SASL_MECHANISM' },
    ],
    ['one twice', { upsertions: [upsertion('a'), upsertion('a')] }, { a: 'DUPLICATE_RESOURCE' }],
    [
      'set and deleted',
      { deletions: [{ user: 'known', mechanism: 'sha-256' }], upsertions: [upsertion('known')] },
      { known: 'DUPLICATE_RESOURCE' },
    ],
    ['a deletion', { deletions: [{ user: 'known', mechanism: 'sha-256' }] }, { known: 'ok' }],
    ['a deletion of none', { deletions: [{ user: 'known', mechanism: 'sha-512' }] }, { known: 'RESOURCE_NOT_FOUND' }],
    [
      'one user’s fault is not another’s',
      { upsertions: [upsertion('a', { iterations: 1 }), upsertion('a', { mechanism: 'sha-512' }), upsertion('b')] },
      { a: 'UNACCEPTABLE_CREDENTIAL', b: 'ok' },
    ],
  ])('%s', (_name, request, codes) => {
    const altered = alter(stored('known'), request);
    expect(altered.codes).toEqual(codes);
    expect(altered.notice).toMatch(/authenticates nobody/);
    for (const { user, mechanism } of request.upsertions ?? []) {
      const isStored = altered.image.credentials.has(scramKey({ user, mechanism }));
      expect(isStored).toBe(codes[user] === 'ok' || user === 'known');
    }
  });

  test('are altered in bounded numbers', () => {
    const upsertions = Array.from({ length: 101 }, (_, index) => upsertion(`${index}`));
    expect(refused(() => alter(cluster(), { upsertions })).code).toBe('INVALID_REQUEST');
  });

  test('are kept as what a login is checked against, and go when they are deleted', () => {
    // The example of RFC 7677: user "user", password "pencil".
    const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
    const salt = bytes('W22ZaJ0SNY7soEsUEjb6gQ==');
    for (const [mechanism, name, length] of [
      ['sha-256', 'sha256', 32],
      ['sha-512', 'sha512', 64],
    ] as const) {
      const saltedPassword = new Uint8Array(pbkdf2Sync('pencil', salt, 4096, length, name));
      const { image } = alter(cluster(), { upsertions: [upsertion('user', { mechanism, salt, saltedPassword })] });
      const mac = (text: string): Buffer => createHmac(name, saltedPassword).update(text).digest();
      expect(image.credentials.get(`${mechanism}/user`)).toEqual({
        user: 'user',
        mechanism,
        iterations: 4096,
        salt,
        storedKey: new Uint8Array(createHash(name).update(mac('Client Key')).digest()),
        serverKey: new Uint8Array(mac('Server Key')),
      });
      expect(alter(image, { deletions: [{ user: 'user', mechanism }] }).image.credentials.size).toBe(0);
    }
    const saltedPassword = new Uint8Array(pbkdf2Sync('pencil', salt, 4096, 32, 'sha256'));
    const { image } = alter(cluster(), { upsertions: [upsertion('user', { salt, saltedPassword })] });
    expect(image.credentials.get('sha-256/user')).toMatchObject({
      storedKey: bytes('WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY='),
      serverKey: bytes('wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU='),
    });
  });
});
