import { errorNumber, NO_ERROR } from '@moldau/base';
import { ApiService, type DeleteRecordsResult } from '@moldau/proto';
import { deleteRecords } from '@moldau/protocol';
import { describe, expect, test } from 'vitest';
import { BrokerWorld } from './support/broker-world.ts';

const ALL = -1;
const CALL = { timeoutMs: 60_000 };
const TEXTS = ['a', 'b', 'c', 'd', 'e'];

/** Five records, one batch each, replicated to all. */
async function cluster(seed: string, configs: Readonly<Record<string, string>> = {}): Promise<[BrokerWorld, string]> {
  const world = new BrokerWorld(seed, [], {}, {});
  await world.open(3);
  const topicId = world.controller.createTopic('t', [[1, 2, 3]], configs);
  await world.until(() => world.replica(1, topicId)?.serves === true);
  const producer = world.producer(1);
  for (const text of TEXTS) await producer.produce(topicId, [text]);
  return [world, topicId];
}

interface Deletion {
  readonly broker?: number;
  readonly before: number;
  readonly timeoutMs?: number;
  readonly partition?: number;
}

async function remove(world: BrokerWorld, topicId: string, of: Deletion): Promise<DeleteRecordsResult> {
  const { broker = 1, before: beforeOffset, timeoutMs = 5_000, partition = 0 } = of;
  const channel = world.client.rpc.connect(`broker-${broker}:19100`, { purpose: 'client', clientId: 'test' });
  const request = { items: [{ topicId, partition, beforeOffset }], timeoutMs };
  const { results } = await world.settle(channel.call(ApiService.deleteRecords, request, CALL));
  const [result] = results;
  if (result === undefined) throw new Error('one answer for one question');
  return result;
}

function starts(world: BrokerWorld, topicId: string): (number | undefined)[] {
  return [1, 2, 3].map((id) => world.replica(id, topicId)?.startOffset);
}

describe.each(['flushed', 'replicated'])('of a %s topic', (durability) => {
  test('records are gone from every replica when that is answered', async () => {
    const [world, topicId] = await cluster(`gone ${durability}`, { durability });
    expect(await remove(world, topicId, { before: 3 })).toMatchObject({ errorCode: NO_ERROR, logStartOffset: 3 });
    expect(starts(world, topicId)).toEqual([3, 3, 3]);
    expect((await world.listOffset(1, topicId, -2)).offset).toBe(3);
    const consumer = world.consumer(1);
    consumer.subscribe(topicId, { offset: 2 });
    consumer.subscribe(topicId, { offset: 3 });
    await world.until(() => consumer.pushes.length >= 2 && consumer.count() === 2);
    expect(consumer.pushes[0]?.errorCode).toBe(errorNumber('OFFSET_OUT_OF_RANGE'));
  });

  test('it is durable: a loss of power on all brokers at once brings nothing back', async () => {
    const [world, topicId] = await cluster(`durable ${durability}`, { durability });
    await remove(world, topicId, { before: 4 });
    for (const id of [1, 2, 3]) {
      world.kill(id);
      world.node(id).disk.losePower();
    }
    for (const id of [1, 2, 3]) await world.startBroker(id);
    await world.until(() => [1, 2, 3].every((id) => world.replica(id, topicId) !== undefined));
    expect(starts(world, topicId)).toEqual([4, 4, 4]);
  });

  test('the next leader begins there', async () => {
    const [world, topicId] = await cluster(`failover ${durability}`, { durability });
    await remove(world, topicId, { before: 3 });
    world.kill(1);
    await world.until(() => world.replica(2, topicId)?.serves === true);
    expect((await world.listOffset(2, topicId, -2)).offset).toBe(3);
  });
});

test('-1 deletes all that is replicated, and what comes then is kept', async () => {
  const [world, topicId] = await cluster('all');
  expect(await remove(world, topicId, { before: ALL })).toMatchObject({ errorCode: NO_ERROR, logStartOffset: 5 });
  const result = await world.producer(1).produce(topicId, ['next']);
  expect(result).toMatchObject({ errorCode: NO_ERROR, baseOffset: 5, logStartOffset: 5 });
  expect(await remove(world, topicId, { before: 2 })).toMatchObject({ errorCode: NO_ERROR, logStartOffset: 5 });
});

test('a replica that lives and does not follow is waited for, one that is fenced is not', async () => {
  const [world, topicId] = await cluster('waits');
  world.network.partition('broker-1', 'broker-3');
  expect(await remove(world, topicId, { before: 3, timeoutMs: 2_000 })).toMatchObject({
    errorCode: errorNumber('REQUEST_TIMED_OUT'),
    logStartOffset: -1,
  });
  expect(starts(world, topicId)).toEqual([3, 3, 0]);
  world.network.healAll();
  expect(await remove(world, topicId, { before: 3 })).toMatchObject({ errorCode: NO_ERROR });
  expect(starts(world, topicId)).toEqual([3, 3, 3]);
  world.kill(3);
  await world.until(() => world.controller.image.brokers.get(3)?.fenced === true);
  expect(await remove(world, topicId, { before: 4 })).toMatchObject({ errorCode: NO_ERROR, logStartOffset: 4 });
  await world.startBroker(3);
  await world.until(() => world.replica(3, topicId)?.startOffset === 4);
});

test.each(['memory', 'disk'])(
  'up to within a batch, read from %s: a replica that begins anew takes the batch',
  async (where) => {
    const world = new BrokerWorld(`within ${where}`, [], {}, {});
    await world.open(3);
    const topicId = world.controller.createTopic('t', [[1, 2, 3]]);
    await world.until(() => world.replica(1, topicId)?.serves === true);
    world.kill(3);
    await world.until(() => world.controller.image.brokers.get(3)?.fenced === true);
    await world.producer(1).produce(topicId, ['first']);
    await world.producer(1).produce(topicId, TEXTS);
    expect(await remove(world, topicId, { before: 3 })).toMatchObject({ errorCode: NO_ERROR, logStartOffset: 3 });
    if (where === 'disk') {
      for (const id of [1, 2]) world.kill(id);
      for (const id of [1, 2]) await world.startBroker(id);
    }
    await world.startBroker(3);
    await world.until(() => world.replica(3, topicId)?.endOffset === 6 && world.replica(3, topicId)?.startOffset === 3);
    const { topics } = world.controller.image;
    await world.until(() => world.controller.image.topics.get(topicId)?.partitions[0]?.isr.length === 3);
    expect(topics.size).toBe(1);
  },
);

test('waits are bounded: a flood of deletions is sent away, and nobody else is held up by it', async () => {
  const [world, topicId] = await cluster('flood');
  world.network.partition('broker-1', 'broker-3');
  const item = { topicId, partition: 0 };
  const items = Array.from({ length: 1_500 }, (_, index) => ({ ...item, beforeOffset: 5 - (index % 5) }));
  const channel = world.client.rpc.connect('broker-1:19100', { purpose: 'client', clientId: 'test' });
  const asked = channel.call(ApiService.deleteRecords, { items, timeoutMs: 500 }, { timeoutMs: 60_000 });
  const { results } = await world.settle(asked);
  expect(results.filter(({ message }) => message.startsWith('1000 deletions'))).toHaveLength(500);
  expect(results.every(({ errorCode }) => errorCode === errorNumber('REQUEST_TIMED_OUT'))).toBe(true);
  world.network.healAll();
  expect(await remove(world, topicId, { before: 5 })).toMatchObject({ errorCode: NO_ERROR, logStartOffset: 5 });
});

test('a leader that is replaced meanwhile sends who waits elsewhere', async () => {
  const [world, topicId] = await cluster('replaced');
  world.network.partition('broker-1', 'broker-3');
  const channel = world.client.rpc.connect('broker-1:19100', { purpose: 'client', clientId: 'test' });
  const request = { items: [{ topicId, partition: 0, beforeOffset: 3 }], timeoutMs: 60_000 };
  const asked = channel.call(ApiService.deleteRecords, request, CALL);
  await world.run(100);
  world.controller.fence(1);
  expect((await world.settle(asked)).results).toMatchObject([{ errorCode: errorNumber('NOT_LEADER_OR_FOLLOWER') }]);
});

test.each([
  ['above the high watermark', { before: 6 }, 'OFFSET_OUT_OF_RANGE'],
  ['a number that means nothing', { before: -2 }, 'OFFSET_OUT_OF_RANGE'],
  ['a follower', { broker: 2, before: 1 }, 'NOT_LEADER_OR_FOLLOWER'],
  ['a partition that is not there', { partition: 7, before: 1 }, 'UNKNOWN_TOPIC_OR_PARTITION'],
] as const)('%s is refused, and nothing is deleted', async (story, of, code) => {
  const [world, topicId] = await cluster(story);
  expect(await remove(world, topicId, of)).toMatchObject({ errorCode: errorNumber(code), logStartOffset: -1 });
  expect(starts(world, topicId)).toEqual([0, 0, 0]);
});

test.each([0, 1, 2])('DeleteRecords v%i answers partition by partition', async (version) => {
  const [world, topicId] = await cluster(`kafka ${version}`);
  const offsets = world.controller.createTopic('__consumer_offsets', [[1]]);
  const compacted = world.controller.createTopic('compacted', [[1]], { 'cleanup.policy': 'compact' });
  const both = world.controller.createTopic('both', [[1]], { 'cleanup.policy': 'compact,delete' });
  await world.until(() => [offsets, compacted, both].every((id) => world.replica(1, id)?.serves === true));
  const at = (partitionIndex: number, offset: number) => ({ partitionIndex, offset });
  const { topics } = await world.kafka(1).ask(deleteRecords, version, {
    topics: [
      { name: 't', partitions: [at(0, 2), at(1, 0)] },
      { name: 'nothing', partitions: [at(0, 0)] },
      { name: '__consumer_offsets', partitions: [at(0, -1)] },
      { name: 'compacted', partitions: [at(0, -1)] },
      { name: 'both', partitions: [at(0, -1)] },
    ],
    timeoutMs: 5_000,
  });
  const told = topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, errorCode, lowWatermark }) => [name, partitionIndex, errorCode, lowWatermark]),
  );
  expect(told).toEqual([
    ['t', 0, NO_ERROR, 2],
    ['t', 1, errorNumber('UNKNOWN_TOPIC_OR_PARTITION'), -1],
    ['nothing', 0, errorNumber('UNKNOWN_TOPIC_OR_PARTITION'), -1],
    ['__consumer_offsets', 0, errorNumber('INVALID_TOPIC_EXCEPTION'), -1],
    ['compacted', 0, errorNumber('POLICY_VIOLATION'), -1],
    ['both', 0, NO_ERROR, 0],
  ]);
  expect(starts(world, topicId)).toEqual([2, 2, 2]);
});

test('what is answered is where all replicas begin, though another deletion has moved the leader meanwhile', async () => {
  const answered: number[] = [];
  for (let afterMs = 0; afterMs < 12; afterMs += 0.5) {
    const [world, topicId] = await cluster(`one after the other ${afterMs}`);
    const channel = world.client.rpc.connect('broker-1:19100', { purpose: 'client', clientId: 'test' });
    let lowest: number | undefined;
    const ask = (beforeOffset: number): Promise<DeleteRecordsResult | undefined> =>
      channel
        .call(ApiService.deleteRecords, { items: [{ topicId, partition: 0, beforeOffset }], timeoutMs: 5_000 }, CALL)
        .then(({ results }) => results[0]);
    const first = ask(3).then((result) => {
      lowest = Math.min(...starts(world, topicId).map((start) => start ?? 0));
      return result;
    });
    await world.run(afterMs);
    const second = ask(5);
    const result = await world.settle(first);
    expect(result?.logStartOffset).toBeLessThanOrEqual(lowest ?? 0);
    answered.push(result?.logStartOffset ?? -1);
    expect((await world.settle(second))?.logStartOffset).toBe(5);
  }
  expect(new Set(answered)).toEqual(new Set([3, 5]));
});
