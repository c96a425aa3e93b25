import { dirname } from 'node:path';
import { errorCodeFromNumber, errorNumber } from '@moldau/base';
import { isReassigning, type PartitionState, partitionOf } from '@moldau/metadata';
import { PartitionChangeRecord } from '@moldau/proto';
import { alterPartitionReassignments, listPartitionReassignments, metadata } from '@moldau/protocol';
import { expect, test } from 'vitest';
import { BrokerWorld, batchOf } from './support/broker-world.ts';

const NEW = 'NNNNNNNNNNNNNNNNNNNNNA';

async function cluster(
  seed: string,
  replicas: readonly number[] = [1, 2],
  brokers = 4,
): Promise<[BrokerWorld, string]> {
  const world = new BrokerWorld(seed, [], {}, {});
  await world.open(brokers);
  const topicId = world.controller.createTopic('t', [replicas], { 'min.insync.replicas': '2' });
  await world.until(() => world.replica(replicas[0] ?? 1, topicId)?.serves === true);
  return [world, topicId];
}

function stateOf(world: BrokerWorld, topicId: string): PartitionState {
  const state = partitionOf(world.controller.image, topicId, 0);
  if (state === undefined) throw new Error('no such partition');
  return state;
}

function settled(world: BrokerWorld, topicId: string): boolean {
  return !isReassigning(stateOf(world, topicId));
}

function filesOf(world: BrokerWorld, id: number, topicId: string): string[] {
  return world
    .node(id)
    .disk.files()
    .map(({ path }) => path)
    .filter((path) => path.includes(topicId));
}

/** What the broker's disk holds of the topic, in the place for live replicas and beside it. */
function files(world: BrokerWorld, id: number, topicId: string): { live: number; stray: number; names: number } {
  const paths = filesOf(world, id, topicId);
  const stray = paths.filter((path) => path.includes('/stray/')).length;
  return { live: paths.length - stray, stray, names: new Set(paths.map((path) => dirname(path))).size };
}

test('a partition moves to other brokers while it takes records; the old ones delete it', async () => {
  const [world, topicId] = await cluster('moves');
  const producer = world.producer(1);
  for (let batch = 0; batch < 50; batch++) await producer.produce(topicId, [`${batch}`]);
  // Checkpoints have brought it to files of its own.
  await world.until(() => [1, 2].every((id) => files(world, id, topicId).live > 0));
  expect(world.controller.reassign('t', 0, [3, 4])).toBe(0);
  let sent = 50;
  for (; !settled(world, topicId); sent++) {
    const { errorCode } = await producer.produce(topicId, [`${sent}`]);
    // The last of them may find that another broker leads: nothing is lost by it, and it is sent again.
    if (errorCode !== 0) expect(errorCodeFromNumber(errorCode)).toBe('NOT_LEADER_OR_FOLLOWER');
  }
  const { leader, isr } = stateOf(world, topicId);
  expect([leader, [...isr].sort()]).toEqual([3, [3, 4]]);
  await world.until(() => world.replica(leader, topicId)?.serves === true);
  const { baseOffset, errorCode } = await world.producer(leader).produce(topicId, ['after']);
  expect([errorCode, baseOffset >= sent - 1]).toEqual([0, true]);
  const ends = [3, 4].map((id) => world.replica(id, topicId)?.flushedEnd);
  expect(ends).toEqual([baseOffset + 1, baseOffset + 1]);
  await world.until(() => [1, 2].every((id) => files(world, id, topicId).live === 0));
  expect(world.replica(1, topicId)).toBeUndefined();
});

test('nothing waits for a replica that is still empty', async () => {
  const [world, topicId] = await cluster('dead target');
  world.kill(4);
  await world.until(() => world.controller.image.brokers.get(4)?.fenced === true);
  world.controller.reassign('t', 0, [3, 4]);
  const producer = world.producer(1);
  for (let batch = 0; batch < 20; batch++) {
    expect(await producer.produce(topicId, [`${batch}`])).toMatchObject({ errorCode: 0, acknowledged: 'flushed' });
  }
  await world.run(5_000);
  expect(stateOf(world, topicId)).toMatchObject({ addingReplicas: [3, 4], removingReplicas: [1, 2], leader: 1 });
  await world.startBroker(4);
  await world.until(() => settled(world, topicId));
  expect(stateOf(world, topicId)).toMatchObject({ leader: 3, addingReplicas: [] });
});

test('the only replica moves, and takes acks=all all the time', async () => {
  const [world, topicId] = await cluster('only one', [1], 2);
  const producer = world.producer(1);
  await producer.produce(topicId, ['before']);
  world.network.partition('broker-1', 'broker-2');
  world.controller.reassign('t', 0, [2]);
  await world.run(1_000);
  expect(await producer.produce(topicId, ['during'])).toMatchObject({ errorCode: 0, baseOffset: 1 });
  world.network.healAll();
  await world.until(() => settled(world, topicId) && world.replica(2, topicId)?.serves === true);
  expect(await world.producer(2).produce(topicId, ['after'])).toMatchObject({ errorCode: 0, baseOffset: 2 });
});

test('called off, what was added is deleted, and the old ones go on', async () => {
  const [world, topicId] = await cluster('called off');
  const producer = world.producer(1);
  await producer.produce(topicId, ['a']);
  world.kill(4);
  world.controller.reassign('t', 0, [3, 4]);
  await world.until(() => stateOf(world, topicId).isr.includes(3));
  expect(world.controller.reassign('t', 0)).toBe(0);
  await world.until(() => world.replica(3, topicId) === undefined && files(world, 3, topicId).live === 0);
  expect(await producer.produce(topicId, ['b'])).toMatchObject({ errorCode: 0, baseOffset: 1 });
  expect(stateOf(world, topicId)).toMatchObject({ isr: [1, 2], leader: 1, addingReplicas: [], removingReplicas: [] });
});

test('a replica that goes and comes back is another one: what it had is not taken for what it has', async () => {
  const [world, topicId] = await cluster('back again', [1, 2, 3], 3);
  await world.producer(1).produce(topicId, ['a', 'b']);
  const before = world.incarnation(topicId, 3);
  // Broker 3 hears of both at once.
  world.network.partition('broker-3', 'controller');
  await world.run(10);
  expect(world.controller.reassign('t', 0, [1, 2])).toBe(0);
  expect(world.controller.reassign('t', 0, [1, 2, 3])).toBe(0);
  expect(stateOf(world, topicId)).toMatchObject({ addingReplicas: [3], isr: [1, 2] });
  await world.producer(1).produce(topicId, ['c']);
  expect(stateOf(world, topicId).isr).toEqual([1, 2]);
  world.network.healAll();
  await world.until(() => settled(world, topicId));
  expect(world.incarnation(topicId, 3)).not.toBe(before);
  await world.until(() => world.replica(3, topicId)?.flushedEnd === 3);
});

test('gone and back within one step of metadata, it is another one too', async () => {
  const [world, topicId] = await cluster('in one step', [1, 2, 3], 3);
  await world.producer(1).produce(topicId, ['a', 'b']);
  world.network.partition('broker-3', 'controller');
  await world.run(10);
  const { replicas } = stateOf(world, topicId);
  world.controller.commit([
    {
      record: {
        kind: 'partitionChange',
        value: PartitionChangeRecord.create({
          topicId,
          isr: { brokerIds: [1, 2] },
          replicas: {
            replicas: replicas.map((each) => (each.brokerId === 3 ? { ...each, incarnationId: NEW } : each)),
          },
          addingReplicas: { brokerIds: [3] },
        }),
      },
    },
  ]);
  // Broker 3 has not heard of it and follows on: what it reports is not the new replica's.
  await world.producer(1).produce(topicId, ['c']);
  await world.run(100);
  expect(stateOf(world, topicId).isr).toEqual([1, 2]);
  world.network.healAll();
  await world.until(() => settled(world, topicId));
  expect(stateOf(world, topicId).isr).toEqual([1, 2, 3]);
  await world.until(() => world.replica(3, topicId)?.flushedEnd === 3);
  await world.until(() => files(world, 3, topicId).live > 0);
  expect(files(world, 3, topicId).names).toBe(1);
});

test('a broker that was down when its replica went puts it aside, and deletes nothing', async () => {
  const [world, topicId] = await cluster('down', [1, 2, 3], 3);
  await world.producer(1).produce(topicId, ['a']);
  world.kill(3);
  await world.until(() => stateOf(world, topicId).isr.length === 2);
  world.controller.reassign('t', 0, [1, 2]);
  await world.startBroker(3);
  await world.until(() => files(world, 3, topicId).stray > 0);
  expect(files(world, 3, topicId).live).toBe(0);
  expect(world.replica(3, topicId)).toBeUndefined();
});

test('at the Kafka door a move is begun, listed, seen in the metadata, turned and called off', async () => {
  const [world, topicId] = await cluster('kafka');
  world.kill(4);
  const client = world.kafka(2);
  const ask = async (partitionIndex: number, replicas: number[] | null, name = 't') => {
    const topics = [{ name, partitions: [{ partitionIndex, replicas }] }];
    const answer = await client.ask(alterPartitionReassignments, 1, { topics });
    expect([answer.errorCode, answer.allowReplicationFactorChange]).toEqual([0, true]);
    return answer.responses[0]?.partitions[0];
  };
  const list = async (topics: { name: string; partitionIndexes: number[] }[] | null) =>
    (await client.ask(listPartitionReassignments, 0, { topics })).topics;

  expect(await list(null)).toEqual([]);
  expect(await ask(0, [3, 4])).toMatchObject({ partitionIndex: 0, errorCode: 0, errorMessage: null });
  const moving = { partitionIndex: 0, replicas: [3, 4, 1, 2], addingReplicas: [3, 4], removingReplicas: [1, 2] };
  expect(await list(null)).toMatchObject([{ name: 't', partitions: [moving] }]);
  expect(await list([{ name: 't', partitionIndexes: [0, 7] }])).toMatchObject([{ name: 't', partitions: [moving] }]);
  expect(
    await list([
      { name: 't', partitionIndexes: [1] },
      { name: 'no', partitionIndexes: [0] },
    ]),
  ).toEqual([]);
  const described = await client.ask(metadata, 9, { topics: [{ name: 't' }] });
  expect(described.topics[0]?.partitions[0]?.replicaNodes).toEqual([3, 4, 1, 2]);

  expect(await ask(0, [1, 4])).toMatchObject({ errorCode: 0 });
  expect((await list(null))[0]?.partitions[0]).toMatchObject({ addingReplicas: [4], removingReplicas: [2] });
  expect(await ask(0, null)).toMatchObject({ errorCode: 0 });
  expect(stateOf(world, topicId).replicas.map(({ brokerId }) => brokerId)).toEqual([1, 2]);
  expect(await ask(0, null)).toMatchObject({ errorCode: errorNumber('NO_REASSIGNMENT_IN_PROGRESS') });
  expect(await ask(5, [1])).toMatchObject({ errorCode: errorNumber('UNKNOWN_TOPIC_OR_PARTITION') });
});

test('many partitions move at once, with what is appended meanwhile', async () => {
  const world = new BrokerWorld('many');
  await world.open(4);
  const topicId = world.controller.createTopic(
    'many',
    Array.from({ length: 20 }, () => [1, 2]),
  );
  await world.until(() => Array.from({ length: 20 }).every((_, number) => world.replica(1, topicId, number)?.serves));
  const producer = world.producer(1);
  for (let number = 0; number < 20; number++) world.controller.reassign('many', number, [3, 4]);
  const sent: number[] = [];
  for (let number = 0; number < 20; number++) sent.push(producer.send(topicId, batchOf(['x']), { partition: number }));
  const isDone = (number: number): boolean => {
    const state = partitionOf(world.controller.image, topicId, number);
    return state !== undefined && !isReassigning(state);
  };
  await world.until(() => Array.from({ length: 20 }).every((_, number) => isDone(number)));
  for (const [number, correlation] of sent.entries()) {
    const { errorCode, baseOffset } = await producer.answer(correlation);
    if (errorCode !== 0) continue;
    const leader = partitionOf(world.controller.image, topicId, number)?.leader ?? -1;
    expect(world.replica(leader, topicId, number)?.flushedEnd).toBeGreaterThan(baseOffset);
  }
});
