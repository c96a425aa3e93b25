import { errorNumber, RequestError, type RpcChannel } from '@moldau/base';
import { ApiService, JoinGroupRequest } from '@moldau/proto';
import { expect, test } from 'vitest';
import { GroupWorld } from './support/group-world.ts';

/** The gRPC door of whoever coordinates `g`, and of another broker. */
async function doors(world: GroupWorld): Promise<{ readonly here: RpcChannel; readonly elsewhere: RpcChannel }> {
  const id = await world.coordinatorId('g');
  const dial = (to: number): RpcChannel =>
    world.client.rpc.connect(`broker-${to}:19100`, { purpose: 'client', clientId: 'test' });
  return { here: dial(id), elsewhere: dial((id % 3) + 1) };
}

const LIMITS = { timeoutMs: 10_000 };

async function open(seed: string): Promise<{ readonly world: GroupWorld } & Awaited<ReturnType<typeof doors>>> {
  const world = new GroupWorld(seed);
  await world.openWith(3);
  return { world, ...(await doors(world)) };
}

test('any broker names the coordinator, by its gRPC address', async () => {
  const { world, elsewhere } = await open('grpc-find');
  const id = await world.coordinatorId('g');
  const found = await world.settle(elsewhere.call(ApiService.findCoordinator, { groupId: 'g' }, LIMITS));
  expect(found).toEqual({ brokerId: id, grpcAddress: `broker-${id}:19100` });
});

test('a member comes in in two steps, is shown with its host, and is the same at the Kafka door', async () => {
  const { world, here, elsewhere } = await open('grpc-join');
  const request = JoinGroupRequest.create({
    groupId: 'g',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: new Uint8Array([1, 2]) }],
  });
  const first = await world.settle(here.call(ApiService.joinGroup, request, LIMITS));
  expect(first.errorCode).toBe(errorNumber('MEMBER_ID_REQUIRED'));
  const joined = await world.settle(here.call(ApiService.joinGroup, { ...request, memberId: first.memberId }, LIMITS));
  expect(joined).toMatchObject({ errorCode: 0, generation: 1, protocol: 'range', leader: first.memberId });
  const { memberId, generation } = joined;
  const member = { groupId: 'g', memberId, instanceId: '', generation };
  const assignments = [{ memberId, assignment: new Uint8Array([7]) }];
  const synced = await world.settle(
    here.call(ApiService.syncGroup, { ...member, protocolType: 'consumer', protocol: 'range', assignments }, LIMITS),
  );
  expect([...synced.assignment]).toEqual([7]);
  expect(await world.settle(here.call(ApiService.groupHeartbeat, member, LIMITS))).toEqual({ errorCode: 0 });
  const late = { ...member, generation: 0 };
  expect(await world.settle(here.call(ApiService.groupHeartbeat, late, LIMITS))).toEqual({
    errorCode: errorNumber('ILLEGAL_GENERATION'),
  });
  expect(await world.settle(elsewhere.call(ApiService.groupHeartbeat, member, LIMITS))).toEqual({
    errorCode: errorNumber('NOT_COORDINATOR'),
  });
  const described = await world.settle(here.call(ApiService.describeGroup, { groupId: 'g' }, LIMITS));
  expect(described).toMatchObject({
    state: 'Stable',
    members: [{ memberId, clientId: 'test', clientHost: '/client' }],
  });
  expect((await world.coordinator('g')).describe('g')).toMatchObject({ group: { members: [{ memberId }] } });
  const left = here.call(ApiService.leaveGroup, { groupId: 'g', members: [{ memberId, instanceId: '' }] }, LIMITS);
  expect(await world.settle(left)).toEqual({ errorCode: 0, memberErrorCodes: [0] });
});

test('offsets are committed by the name or the id of their topic; of a topic that is gone by its id never', async () => {
  const { world, here } = await open('grpc-commit');
  const place = { partition: 0, offset: 5, leaderEpoch: 2, metadata: 'm' };
  const from = { groupId: 'g', memberId: '', instanceId: '', generation: -1 };
  const gone = 'AAAAAAAAAAAAAAAAAAAAAQ';
  const offsets = [
    { topic: '', topicId: world.topicId, ...place },
    { topic: 't', topicId: '', ...place, partition: 1 },
    { topic: '', topicId: gone, ...place },
  ];
  const { errorCodes } = await world.settle(here.call(ApiService.commitOffsets, { ...from, offsets }, LIMITS));
  expect(errorCodes).toEqual([0, 0, errorNumber('UNKNOWN_TOPIC_ID')]);
  const asked = { groupId: 'g', all: false, topics: [{ topic: 't', partitions: [0, 1, 2] }] };
  const found = await world.settle(here.call(ApiService.fetchOffsets, asked, LIMITS));
  expect(found.offsets.map(({ offset }) => offset)).toEqual([5, 5, -1]);
  const all = await world.settle(here.call(ApiService.fetchOffsets, { groupId: 'g', all: true, topics: [] }, LIMITS));
  expect(all.offsets).toMatchObject([{ topic: 't', partition: 0, leaderEpoch: 2, metadata: 'm' }, { partition: 1 }]);
});

test('more than a request may hold is refused before anything is done', async () => {
  const { world, here } = await open('grpc-bounds');
  const topics = [{ topic: 't', partitions: Array.from({ length: 10_001 }, (_, index) => index) }];
  const refused = here.call(ApiService.fetchOffsets, { groupId: 'g', all: false, topics }, LIMITS);
  await expect(world.settle(refused)).rejects.toThrow(RequestError);
  const members = Array.from({ length: 1001 }, () => ({ memberId: 'm', instanceId: '' }));
  await expect(world.settle(here.call(ApiService.leaveGroup, { groupId: 'g', members }, LIMITS))).rejects.toThrow(
    /at most 1000 members/,
  );
});
