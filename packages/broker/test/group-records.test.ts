import { ByteWriter, MalformedBytesError, utf8Encode } from '@moldau/base';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GroupOffsets } from '../src/groups/group-offsets.ts';
import { partitionForGroup } from '../src/groups/offsets-topic.ts';
import { decodeGroupRecord, encodeGroupRecord, type GroupRecord, type OffsetEntry } from '../src/groups/records.ts';

const text = fc.string({ maxLength: 200, unit: 'grapheme' });
const bytes = fc.uint8Array({ maxLength: 50 });
const topicId = fc.constantFrom('', 'AAAAAAAAAAAAAAAAAAAAAQ');
const entry = fc
  .record({
    offset: fc.nat(),
    leaderEpoch: fc.integer({ min: -1, max: 100 }),
    metadata: text,
    committedWallMs: fc.nat(),
    expiresWallMs: fc.option(fc.nat(), { nil: undefined }),
    topicId,
  })
  // Kafka's version for a time of the client's own has no room for the rest; its clients do not send both.
  .map((each) => (each.expiresWallMs === undefined ? each : { ...each, leaderEpoch: -1, topicId: '' }));
const member = fc.record({
  memberId: text,
  instanceId: fc.option(text),
  clientId: text,
  clientHost: text,
  rebalanceTimeoutMs: fc.nat(),
  sessionTimeoutMs: fc.nat(),
  subscription: bytes,
  assignment: bytes,
});
const snapshot = fc.record({
  protocolType: text,
  generation: fc.nat(),
  protocol: fc.option(text),
  leader: fc.option(text),
  stateWallMs: fc.integer({ min: -1, max: 2 ** 40 }),
  members: fc.array(member, { maxLength: 4 }),
});
const record = fc.oneof(
  fc.record({ kind: fc.constant('group'), group: text, value: fc.option(snapshot) }),
  fc.record({ kind: fc.constant('offset'), group: text, topic: text, partition: fc.nat(), value: fc.option(entry) }),
) as fc.Arbitrary<GroupRecord>;

test('a record is read as it was written', () => {
  fc.assert(
    fc.property(record, (each) => {
      const { key, value } = encodeGroupRecord(each);
      expect(decodeGroupRecord(key, value)).toEqual(each);
    }),
  );
});

test('records lie as Kafka lays them', () => {
  const value = { ...PLAIN, offset: 258, leaderEpoch: 3, metadata: 'm', committedWallMs: 1 };
  const plain = encodeGroupRecord({ kind: 'offset', group: 'g', topic: 't', partition: 5, value });
  expect(hex(plain.key)).toBe('0001 0001 67 0001 74 00000005'.replaceAll(' ', ''));
  expect(hex(plain.value)).toBe('0003 0000000000000102 00000003 0001 6d 0000000000000001'.replaceAll(' ', ''));
  const tagged = encodeGroupRecord({
    kind: 'offset',
    group: 'g',
    topic: 't',
    partition: 5,
    value: { ...value, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' },
  });
  const uuid = '00000000000000000000000000000001';
  expect(hex(tagged.value)).toBe(
    `0004 0000000000000102 00000003 02 6d 0000000000000001 01 00 10 ${uuid}`.replaceAll(' ', ''),
  );
  const expiring = encodeGroupRecord({
    kind: 'offset',
    group: 'g',
    topic: 't',
    partition: 5,
    value: { ...value, expiresWallMs: 2 },
  });
  expect(hex(expiring.value)).toBe(
    '0001 0000000000000102 0001 6d 0000000000000001 0000000000000002'.replaceAll(' ', ''),
  );
  expect(hex(encodeGroupRecord({ kind: 'group', group: 'g', value: null }).key)).toBe('0002000167');
});

test('what another version wrote is left alone, and nonsense is named', () => {
  const key = new ByteWriter().int16(21).bytes(utf8Encode('x')).finish();
  expect(decodeGroupRecord(key, new Uint8Array(3))).toBeUndefined();
  const offset = encodeGroupRecord({ kind: 'offset', group: 'g', topic: 't', partition: 0, value: PLAIN });
  expect(() => decodeGroupRecord(offset.key, new Uint8Array([0, 9]))).toThrow(MalformedBytesError);
  expect(() => decodeGroupRecord(offset.key.subarray(0, 4), null)).toThrow(MalformedBytesError);
});

test.each([
  { group: 'abc', partitions: 50, partition: 96_354 % 50 },
  { group: 'hello', partitions: 12, partition: 99_162_322 % 12 },
  { group: 'polygenelubricants', partitions: 50, partition: 0 },
  { group: '', partitions: 50, partition: 0 },
])('group "$group" is in the partition that Kafka says', ({ group, partitions, partition }) => {
  expect(partitionForGroup(group, partitions)).toBe(partition);
});

test('an offset is told when it is replicated, and known from when it is written', () => {
  const offsets = new GroupOffsets();
  const at = { topic: 't', partition: 0 };
  offsets.append(at, { ...PLAIN, offset: 1 });
  offsets.append(at, { ...PLAIN, offset: 2 });
  expect(offsets.committed('t', 0)).toBeUndefined();
  expect([...offsets.latest()].map((each) => each.entry.offset)).toEqual([2]);
  offsets.apply(at, { ...PLAIN, offset: 1 });
  expect(offsets.committed('t', 0)?.offset).toBe(1);
  expect([...offsets.latest()].map((each) => each.entry.offset)).toEqual([2]);
  offsets.apply(at, { ...PLAIN, offset: 2 });
  offsets.append(at, null);
  expect(offsets.committed('t', 0)?.offset).toBe(2);
  expect([...offsets.latest()]).toEqual([]);
  offsets.apply(at, null);
  expect(offsets.size).toBe(0);
});

const OF = { nowWallMs: 1000, retentionMs: 100 };

test.each([
  { name: 'nobody since long', rule: { kind: 'since', wallMs: 900 }, entry: {}, gone: true },
  { name: 'nobody since just now', rule: { kind: 'since', wallMs: 901 }, entry: {}, gone: false },
  {
    name: 'nobody since it is not known when',
    rule: { kind: 'since', wallMs: -1 },
    entry: { committedWallMs: 900 },
    gone: true,
  },
  { name: 'committed long ago', rule: { kind: 'since-commit' }, entry: { committedWallMs: 900 }, gone: true },
  { name: 'committed just now', rule: { kind: 'since-commit' }, entry: { committedWallMs: 950 }, gone: false },
  { name: 'read', rule: { kind: 'unread', topics: new Set(['t']) }, entry: {}, gone: false },
  { name: 'not read any more', rule: { kind: 'unread', topics: new Set(['u']) }, entry: {}, gone: true },
  {
    name: 'with a time of its own, over',
    rule: { kind: 'since', wallMs: 999 },
    entry: { expiresWallMs: 1000 },
    gone: true,
  },
  {
    name: 'with a time of its own, not over',
    rule: { kind: 'since', wallMs: 0 },
    entry: { expiresWallMs: 1001 },
    gone: false,
  },
  { name: 'in a group that is changing', rule: { kind: 'never' }, entry: {}, gone: false },
] as const)('expiry: $name', ({ rule, entry: told, gone }) => {
  const offsets = new GroupOffsets();
  offsets.apply({ topic: 't', partition: 0 }, { ...PLAIN, ...told });
  expect(offsets.expired(rule, OF)).toHaveLength(gone ? 1 : 0);
  offsets.append({ topic: 't', partition: 0 }, PLAIN);
  expect(offsets.expired(rule, OF)).toEqual([]);
});

const PLAIN: OffsetEntry = {
  offset: 0,
  leaderEpoch: -1,
  metadata: '',
  committedWallMs: 0,
  expiresWallMs: undefined,
  topicId: '',
};

function hex(value: Uint8Array | null): string {
  return [...(value ?? [])].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
