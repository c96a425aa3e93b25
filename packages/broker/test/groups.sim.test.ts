import { errorNumber, utf8Decode } from '@moldau/base';
import { topicByName } from '@moldau/metadata';
import { expect, test } from 'vitest';
import { OFFSETS_TOPIC } from '../src/groups/offsets-topic.ts';
import { GroupWorld } from './support/group-world.ts';

test('the first question for a coordinator creates the topic, and all brokers name the same', async () => {
  const world = new GroupWorld('find');
  await world.open(3);
  const found = await world.settle(world.broker(2).groups.find('g'));
  await world.run(500);
  for (const id of [1, 2, 3]) {
    const again = await world.settle(world.broker(id).groups.find('g'));
    expect(again.brokerId).toBe(found.brokerId);
    expect(again.kafkaAddress).toBe(`broker-${found.brokerId}:9092`);
  }
  const topic = topicByName(world.controller.image, OFFSETS_TOPIC);
  expect(topic?.partitions.map(({ replicas }) => replicas.length)).toEqual([3, 3]);
});

test('who does not coordinate a group says so', async () => {
  const world = new GroupWorld('elsewhere');
  await world.openWith(3);
  const id = await world.coordinatorId('g');
  const other = world.broker((id % 3) + 1).groups;
  expect((await world.settle(world.join(other, 'g'))).error).toBe('NOT_COORDINATOR');
  expect(await world.settle(world.commit(other, 'g', 1))).toBe('NOT_COORDINATOR');
  expect(world.committed(other, 'g')).toBe('NOT_COORDINATOR');
  expect(other.heartbeat('g', { memberId: 'x', generation: 1, instanceId: null })).toBe('NOT_COORDINATOR');
});

test('members, generation, assignment and offsets outlive their coordinator', async () => {
  const world = new GroupWorld('failover');
  await world.openWith(3);
  const id = await world.coordinatorId('g');
  const groups = world.broker(id).groups;
  const { memberId, generation } = await world.stable(groups, 'g');
  expect(await world.settle(world.commit(groups, 'g', 7, { memberId, generation }))).toBeUndefined();
  expect(world.committed(groups, 'g')).toBe(7);
  const before = world.state(id, world.partitionOf('g'));
  world.kill(id);
  const nextId = await world.coordinatorId('g');
  expect(nextId).not.toBe(id);
  const next = world.broker(nextId).groups;
  expect(world.state(nextId, world.partitionOf('g'))).toEqual(before);
  expect(world.committed(next, 'g')).toBe(7);
  expect(next.heartbeat('g', { memberId, generation, instanceId: null })).toBeUndefined();
  const said = { memberId, generation, instanceId: null, protocolType: null, protocol: null, assignments: new Map() };
  expect(utf8Decode((await world.settle(next.sync('g', said))).assignment)).toBe(memberId);
  expect(await world.settle(world.commit(next, 'g', 8, { memberId, generation }))).toBeUndefined();
  expect(await world.settle(world.commit(next, 'g', 9, { memberId, generation: generation - 1 }))).toBe(
    'ILLEGAL_GENERATION',
  );
  expect(world.committed(next, 'g')).toBe(8);
});

test('whoever waits for a coordinator that is deposed is sent to the next', async () => {
  const world = new GroupWorld('deposed');
  await world.openWith(3);
  const id = await world.coordinatorId('g');
  const groups = world.broker(id).groups;
  await world.stable(groups, 'g');
  const waiting = world.join(groups, 'g');
  const topicId = world.controller.image.topicIds.get(OFFSETS_TOPIC) ?? '';
  world.controller.moveLeader(topicId, world.partitionOf('g'), (id % 3) + 1);
  expect((await world.settle(waiting)).error).toBe('NOT_COORDINATOR');
  const next = await world.coordinator('g');
  expect(next.describe('g')).toMatchObject({ error: undefined, group: { state: 'Stable', generation: 1 } });
});

test('a commit is answered only when it is replicated, and is not told before', async () => {
  const world = new GroupWorld('unreplicated', { commitTimeoutMs: 2000 });
  await world.openWith(3);
  const id = await world.coordinatorId('g');
  const groups = world.broker(id).groups;
  expect(await world.settle(world.commit(groups, 'g', 1))).toBeUndefined();
  for (const other of [1, 2, 3]) if (other !== id) world.network.partition(`broker-${id}`, `broker-${other}`);
  const answer = world.commit(groups, 'g', 2);
  await world.run(1000);
  expect(world.committed(groups, 'g')).toBe(1);
  expect(await world.settle(answer)).toBe('COORDINATOR_NOT_AVAILABLE');
  world.network.healAll();
  await world.run(10_000);
  // It was written, and came through in the end: late is not never.
  expect(world.committed(await world.coordinator('g'), 'g')).toBe(2);
});

test('a group that nobody is in is deleted with its offsets, and stays deleted', async () => {
  const world = new GroupWorld('delete');
  await world.openWith(3);
  const id = await world.coordinatorId('g');
  const groups = world.broker(id).groups;
  const { memberId, generation } = await world.stable(groups, 'g');
  await world.settle(world.commit(groups, 'g', 7, { memberId, generation }));
  expect(await world.settle(groups.deleteGroup('g'))).toBe('NON_EMPTY_GROUP');
  groups.leave('g', [{ memberId, instanceId: null }]);
  await world.run(500);
  expect(await world.settle(groups.deleteGroup('g'))).toBeUndefined();
  expect(await world.settle(groups.deleteGroup('g'))).toBe('GROUP_ID_NOT_FOUND');
  expect(groups.list().groups).toEqual([]);
  world.kill(id);
  const next = await world.coordinator('g');
  expect(next.describe('g').error).toBe('GROUP_ID_NOT_FOUND');
  expect(world.committed(next, 'g')).toBeUndefined();
});

test('offsets are forgotten one by one, but not of what is read', async () => {
  const world = new GroupWorld('offset-delete');
  await world.openWith(1);
  const groups = await world.coordinator('g');
  for (const partition of [0, 1]) await world.settle(world.commit(groups, 'g', 5, { partition }));
  const wanted = [
    { topic: 't', partition: 0 },
    { topic: 't', partition: 9 },
  ];
  expect(await world.settle(groups.deleteOffsets('g', wanted))).toEqual({
    error: undefined,
    outcomes: [undefined, 'UNKNOWN_TOPIC_OR_PARTITION'],
  });
  expect(world.committed(groups, 'g', 0)).toBeUndefined();
  expect(world.committed(groups, 'g', 1)).toBe(5);
  await world.stable(groups, 'g');
  expect(await world.settle(groups.deleteOffsets('g', [{ topic: 't', partition: 1 }]))).toMatchObject({
    outcomes: ['GROUP_SUBSCRIBED_TO_TOPIC'],
  });
});

test('offsets expire when nobody has used them for so long, and the group with them', async () => {
  const world = new GroupWorld('expiry', { offsetsRetentionMs: 60_000, offsetsRetentionCheckMs: 5000 });
  await world.openWith(1);
  const groups = await world.coordinator('g');
  const { memberId, generation } = await world.stable(groups, 'g');
  await world.settle(world.commit(groups, 'g', 7, { memberId, generation }));
  for (let ms = 0; ms < 90_000; ms += 5000) {
    await world.run(5000);
    groups.heartbeat('g', { memberId, generation, instanceId: null });
  }
  expect(world.committed(groups, 'g')).toBe(7);
  groups.leave('g', [{ memberId, instanceId: null }]);
  await world.run(50_000);
  expect(world.committed(groups, 'g')).toBe(7);
  await world.run(20_000);
  expect(world.committed(groups, 'g')).toBeUndefined();
  expect(groups.list().groups).toEqual([]);
});

test('a topic of the same name is another topic: nobody goes on in it', async () => {
  const world = new GroupWorld('recreated');
  await world.openWith(3);
  await world.settle(world.commit(await world.coordinator('g'), 'g', 7));
  world.controller.commit([{ record: { kind: 'removeTopic', value: { topicId: world.topicId } } }]);
  world.controller.createTopic('t', [[1, 2, 3]]);
  await world.run(1000);
  expect(world.committed(await world.coordinator('g'), 'g')).toBeUndefined();
  world.kill(await world.coordinatorId('g'));
  expect(world.committed(await world.coordinator('g'), 'g')).toBeUndefined();
});

test('the log of groups is trimmed, and a replay of what is left gives the same', async () => {
  const world = new GroupWorld('trim', { trimBytesMin: 20_000, topicPartitions: 1 });
  await world.openWith(3);
  const id = await world.coordinatorId('g');
  const groups = world.broker(id).groups;
  const { memberId, generation } = await world.stable(groups, 'g');
  await world.settle(world.commit(groups, 'old', 99));
  for (let offset = 0; offset < 400; offset++) {
    const from = { memberId, generation, partition: offset % 4 };
    const error = await world.settle(world.commit(groups, 'g', offset, from));
    expect(error).toBeUndefined();
    groups.heartbeat('g', { memberId, generation, instanceId: null });
  }
  await world.run(1000);
  const topicId = world.controller.image.topicIds.get(OFFSETS_TOPIC) ?? '';
  expect(world.replica(id, topicId)?.startOffset).toBeGreaterThan(100);
  const before = world.state(id, 0);
  world.kill(id);
  const nextId = await world.coordinatorId('g');
  expect(world.state(nextId, 0)).toEqual(before);
  expect(world.committed(world.broker(nextId).groups, 'old')).toBe(99);
});

test('nobody but brokers writes into the topic of groups', async () => {
  const world = new GroupWorld('foreign', { topicPartitions: 1 });
  await world.openWith(3);
  const id = await world.coordinatorId('g');
  expect(await world.settle(world.commit(world.broker(id).groups, 'g', 7))).toBeUndefined();
  const topicId = world.controller.image.topicIds.get(OFFSETS_TOPIC) ?? '';
  const endOffset = world.replica(id, topicId)?.endOffset;
  const answer = await world.producer(id).produce(topicId, ['x']);
  expect(answer).toMatchObject({ errorCode: errorNumber('INVALID_TOPIC_EXCEPTION'), baseOffset: -1 });
  expect(world.replica(id, topicId)?.endOffset).toBe(endOffset);
});
