import { concatBytes, errorCodeFromNumber, errorNumber, present, utf8Decode, utf8Encode } from '@moldau/base';
import {
  type Api,
  ApiTable,
  decodeRequest,
  decodeResponse,
  deleteGroups,
  describeGroups,
  encodeRequest,
  encodeResponse,
  findCoordinator,
  heartbeat,
  joinGroup,
  leaveGroup,
  listGroups,
  offsetCommit,
  offsetDelete,
  offsetFetch,
  openRequest,
  type RequestInput,
  type ResponseInput,
  type ResponseOf,
  syncGroup,
  ZERO_UUID,
} from '@moldau/protocol';
import { expect, test } from 'vitest';
import { groupHandlers } from '../src/kafka/handlers/group-handlers.ts';
import { GroupWorld } from './support/group-world.ts';

const SIZE_BYTES = 4;

/** Asks one broker through the handlers and the codec: bytes in, bytes out. */
class Door {
  readonly #world: GroupWorld;
  readonly #handlers;
  readonly #table;

  constructor(world: GroupWorld) {
    this.#world = world;
    this.#handlers = groupHandlers(world.broker(1).groups);
    this.#table = new ApiTable(this.#handlers.map(({ api }) => api));
  }

  async ask<A extends Api>(api: A, apiVersion: number, request: RequestInput<A>): Promise<ResponseOf<A>> {
    const frame = concatBytes(encodeRequest(api, { apiVersion, correlationId: 7, clientId: 'app' }, request));
    const opened = openRequest(frame.subarray(SIZE_BYTES), this.#table);
    if (opened.kind !== 'request') throw new Error(opened.kind);
    const handler = present(
      this.#handlers.find((each) => each.api.key === api.key),
      'a handler',
    );
    const who = { clientId: 'app', peer: '10.0.0.9:1234', listener: 'kafka', principal: 'anonymous' };
    const fail = (reason: string): never => {
      throw new Error(reason);
    };
    const call = { apiVersion, ...who, hold: () => undefined, onClose: () => undefined, disconnect: fail };
    const decoded = decodeRequest(api, apiVersion, opened.body);
    const response = await this.#world.settle(Promise.resolve(handler.serve(decoded, call)));
    const parts = encodeResponse(api, { apiVersion, correlationId: 7 }, response as ResponseInput<A>);
    return decodeResponse(api, apiVersion, concatBytes(parts).subarray(SIZE_BYTES));
  }
}

async function opened(): Promise<{ door: Door; world: GroupWorld }> {
  const world = new GroupWorld('door');
  await world.openWith(1);
  return { door: new Door(world), world };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

const JOIN = {
  groupId: 'g',
  sessionTimeoutMs: 10_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: utf8Encode('told') }],
};

async function joined(door: Door, version: number, more: { readonly groupId?: string } = {}) {
  const request = { ...JOIN, ...more };
  const first = await door.ask(joinGroup, version, { ...request, memberId: '' });
  if (version < 4) return first;
  expect(errorCodeFromNumber(first.errorCode)).toBe('MEMBER_ID_REQUIRED');
  return door.ask(joinGroup, version, { ...request, memberId: first.memberId });
}

test.each(range(0, 9))('a member joins, syncs, beats and leaves: JoinGroup v%i', async (version) => {
  const { door } = await opened();
  const join = await joined(door, version);
  const { memberId, generationId } = join;
  expect(join).toMatchObject({ errorCode: 0, generationId: 1, protocolName: 'range', leader: memberId });
  expect(memberId).toMatch(/^app-[0-9a-f]{8}-[0-9a-f]{4}-/);
  expect(join.members.map((each) => utf8Decode(each.metadata))).toEqual(['told']);
  const member = { groupId: 'g', memberId, generationId };
  const assignments = [{ memberId, assignment: utf8Encode('work') }];
  const sync = await door.ask(syncGroup, Math.min(version, 5), { ...member, assignments });
  expect([sync.errorCode, utf8Decode(sync.assignment)]).toEqual([0, 'work']);
  const beat = await door.ask(heartbeat, Math.min(version, 4), member);
  expect(beat.errorCode).toBe(0);
  const leaveVersion = Math.min(version, 5);
  const leaving = leaveVersion < 3 ? { groupId: 'g', memberId } : { groupId: 'g', members: [{ memberId }] };
  const left = await door.ask(leaveGroup, leaveVersion, leaving);
  expect(left.errorCode).toBe(0);
  expect(left.members.map((each) => each.errorCode)).toEqual(leaveVersion < 3 ? [] : [0]);
  const again = await door.ask(leaveGroup, leaveVersion, leaving);
  const outcome = leaveVersion < 3 ? again.errorCode : again.members[0]?.errorCode;
  expect(errorCodeFromNumber(outcome ?? 0)).toBe('UNKNOWN_MEMBER_ID');
});

test.each(range(2, 10))('an offset is committed and fetched, metadata and all: OffsetCommit v%i', async (version) => {
  const { door, world } = await opened();
  const partitions = [
    { partitionIndex: 1, committedOffset: 42, committedLeaderEpoch: 5, committedMetadata: 'note' },
    { partitionIndex: 2, committedOffset: 1, committedMetadata: 'x'.repeat(4097) },
    { partitionIndex: 99, committedOffset: 1, committedMetadata: null },
  ];
  const topics = [version < 10 ? { name: 't', partitions } : { topicId: world.topicId, partitions }];
  const answer = await door.ask(offsetCommit, version, { groupId: 'g', topics });
  expect(answer.topics[0]?.partitions.map(({ errorCode }) => errorCode)).toEqual([
    0,
    errorNumber('OFFSET_METADATA_TOO_LARGE'),
    errorNumber('UNKNOWN_TOPIC_OR_PARTITION'),
  ]);
  for (const fetchVersion of range(1, 10)) {
    const wanted = { name: fetchVersion < 10 ? 't' : '', topicId: fetchVersion < 10 ? ZERO_UUID : world.topicId };
    const asked = [{ ...wanted, partitionIndexes: [1, 2] }];
    const one = fetchVersion < 8 ? { groupId: 'g', topics: asked } : { groups: [{ groupId: 'g', topics: asked }] };
    const fetched = await door.ask(offsetFetch, fetchVersion, one);
    const found = (fetched.groups[0]?.topics ?? fetched.topics)[0]?.partitions;
    const epoch = version >= 6 && fetchVersion >= 5 ? 5 : -1;
    expect(found).toMatchObject([
      { partitionIndex: 1, committedOffset: 42, committedLeaderEpoch: epoch, metadata: 'note', errorCode: 0 },
      { partitionIndex: 2, committedOffset: -1, metadata: '', errorCode: 0 },
    ]);
    if (fetchVersion < 2) continue;
    const all = fetchVersion < 8 ? { groupId: 'g', topics: null } : { groups: [{ groupId: 'g', topics: null }] };
    const everything = await door.ask(offsetFetch, fetchVersion, all);
    const listed = everything.groups[0]?.topics ?? everything.topics;
    expect(listed.map((each) => each.partitions.map(({ partitionIndex }) => partitionIndex))).toEqual([[1]]);
  }
});

test('a topic that no id names is refused, offset by offset', async () => {
  const { door } = await opened();
  const topicId = 'AAAAAAAAAAAAAAAAAAAAAg';
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }];
  const answer = await door.ask(offsetCommit, 10, { groupId: 'g', topics: [{ topicId, partitions }] });
  expect(errorCodeFromNumber(answer.topics[0]?.partitions[0]?.errorCode ?? 0)).toBe('UNKNOWN_TOPIC_ID');
  const groups = [{ groupId: 'g', topics: [{ topicId, partitionIndexes: [0] }] }];
  const fetched = await door.ask(offsetFetch, 10, { groups });
  expect(fetched.groups[0]?.topics[0]?.topicId).toBe(topicId);
  expect(errorCodeFromNumber(fetched.groups[0]?.topics[0]?.partitions[0]?.errorCode ?? 0)).toBe('UNKNOWN_TOPIC_ID');
});

test('a commit of a generation that is over is refused for every partition', async () => {
  const { door } = await opened();
  const { memberId } = await joined(door, 9);
  const topics = [
    {
      name: 't',
      partitions: range(0, 1).map((partitionIndex) => ({ partitionIndex, committedOffset: 1, committedMetadata: '' })),
    },
  ];
  const stale = await door.ask(offsetCommit, 9, { groupId: 'g', memberId, generationIdOrMemberEpoch: 0, topics });
  const codes = stale.topics[0]?.partitions.map((each) => errorCodeFromNumber(each.errorCode));
  expect(codes).toEqual(['ILLEGAL_GENERATION', 'ILLEGAL_GENERATION']);
});

test.each(range(0, 6))(
  'the coordinator is found, and one of transactions is refused: FindCoordinator v%i',
  async (version) => {
    const { door } = await opened();
    const ask = (keyType: number) => {
      const key = version < 4 ? { key: 'g' } : { coordinatorKeys: ['g'] };
      return door.ask(findCoordinator, version, version === 0 ? key : { ...key, keyType });
    };
    const found = await ask(0);
    expect(found.coordinators[0] ?? found).toMatchObject({ errorCode: 0, nodeId: 1, host: 'broker-1', port: 9092 });
    if (version === 0) return;
    for (const keyType of [1, 2, 3]) {
      const refused = await ask(keyType);
      const { errorCode, nodeId } = refused.coordinators[0] ?? refused;
      expect([errorCodeFromNumber(errorCode), nodeId]).toEqual(['INVALID_REQUEST', -1]);
    }
  },
);

test.each(range(0, 6))('groups are described: DescribeGroups v%i', async (version) => {
  const { door } = await opened();
  const { memberId, generationId } = await joined(door, 9);
  const assignments = [{ memberId, assignment: utf8Encode('work') }];
  const before = await door.ask(describeGroups, version, { groups: ['g'] });
  expect(before.groups[0]).toMatchObject({ groupState: 'CompletingRebalance', protocolData: '' });
  await door.ask(syncGroup, 5, { groupId: 'g', memberId, generationId, assignments });
  const includeAuthorizedOperations = version >= 3;
  const { groups } = await door.ask(describeGroups, version, { groups: ['g', 'none'], includeAuthorizedOperations });
  const member = { memberId, clientId: 'app', clientHost: '/10.0.0.9' };
  expect(groups[0]).toMatchObject({
    errorCode: 0,
    groupState: 'Stable',
    protocolType: 'consumer',
    protocolData: 'range',
  });
  expect(groups[0]?.members).toMatchObject([member]);
  expect(utf8Decode(present(groups[0]?.members[0], 'a member').memberAssignment)).toBe('work');
  expect(groups[1]?.groupState).toBe('Dead');
  if (version >= 6) expect(errorCodeFromNumber(groups[1]?.errorCode ?? 0)).toBe('GROUP_ID_NOT_FOUND');
  else expect(groups[1]?.errorCode).toBe(0);
  // Operations belong to what was found.
  if (version >= 3) expect(groups[0]?.authorizedOperations).toBe((1 << 3) | (1 << 6) | (1 << 8));
  if (version >= 6) expect(groups[1]?.authorizedOperations).toBe(-2_147_483_648);
});

test.each(range(0, 5))('groups are listed, and filtered where that can be asked: ListGroups v%i', async (version) => {
  const { door, world } = await opened();
  await joined(door, 9);
  await world.settle(world.commit(world.broker(1).groups, 'plain', 1));
  const ids = async (filter: { readonly statesFilter?: string[]; readonly typesFilter?: string[] }) => {
    const { groups, errorCode } = await door.ask(listGroups, version, filter);
    expect(errorCode).toBe(0);
    return groups.map(({ groupId }) => groupId).sort();
  };
  expect(await ids({})).toEqual(['g', 'plain']);
  if (version >= 4) expect(await ids({ statesFilter: ['empty'] })).toEqual(['plain']);
  if (version < 5) return;
  expect(await ids({ typesFilter: ['Classic'] })).toEqual(['g', 'plain']);
  expect(await ids({ typesFilter: ['consumer'] })).toEqual([]);
});

test.each(range(0, 3))('groups are deleted: DeleteGroups v%i', async (version) => {
  const { door, world } = await opened();
  await joined(door, 9);
  await world.settle(world.commit(world.broker(1).groups, 'plain', 1));
  const { results } = await door.ask(deleteGroups, version, { groupsNames: ['g', 'plain', 'none'] });
  expect(results.map(({ errorCode }) => (errorCode === 0 ? 0 : errorCodeFromNumber(errorCode)))).toEqual([
    'NON_EMPTY_GROUP',
    0,
    'GROUP_ID_NOT_FOUND',
  ]);
});

test('offsets are deleted', async () => {
  const { door, world } = await opened();
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0 }, { partitionIndex: 77 }] }];
  const none = await door.ask(offsetDelete, 0, { groupId: 'g', topics });
  expect(errorCodeFromNumber(none.errorCode)).toBe('GROUP_ID_NOT_FOUND');
  await world.settle(world.commit(world.broker(1).groups, 'g', 1));
  const done = await door.ask(offsetDelete, 0, { groupId: 'g', topics });
  expect(done.topics[0]?.partitions.map(({ errorCode }) => errorCode)).toEqual([0, 3]);
  expect(world.committed(world.broker(1).groups, 'g')).toBeUndefined();
});

test.each([
  { name: 'too short', request: { ...JOIN, sessionTimeoutMs: 5999 }, code: 'INVALID_SESSION_TIMEOUT' },
  { name: 'too long', request: { ...JOIN, sessionTimeoutMs: 30 * 60_000 + 1 }, code: 'INVALID_SESSION_TIMEOUT' },
  { name: 'no name', request: { ...JOIN, groupId: '' }, code: 'INVALID_GROUP_ID' },
  { name: 'an id of nobody', request: { ...JOIN, memberId: 'x' }, code: 'UNKNOWN_MEMBER_ID' },
])('a join is refused: $name', async ({ request, code }) => {
  const { door, world } = await opened();
  const answer = await door.ask(joinGroup, 3, { memberId: '', ...request });
  expect(errorCodeFromNumber(answer.errorCode)).toBe(code);
  // Nothing is remembered of a group that nobody is in.
  expect(world.broker(1).groups.list().groups).toEqual([]);
});
