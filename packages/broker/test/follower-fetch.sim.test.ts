import { type ErrorCode, errorNumber, utf8Decode } from '@moldau/base';
import { fetch, produce, type RequestInput, type ResponseOf } from '@moldau/protocol';
import { readBatchRecords, splitBatches } from '@moldau/records';
import { expect, test } from 'vitest';
import { BrokerWorld, batchOf } from './support/broker-world.ts';
import type { KafkaTestClient } from './support/kafka-test-client.ts';

const RACK_AWARE = 'org.apache.kafka.common.replica.RackAwareReplicaSelector';
const RACKS = ['a', 'b', 'b'];

type Fetched = ResponseOf<typeof fetch>['responses'][number]['partitions'][number];

/** Brokers 1 to 3 in racks a, b and b; the first leads. */
async function racks(seed: string, selector = RACK_AWARE): Promise<[BrokerWorld, string]> {
  const world = new BrokerWorld(seed, [], { retentionCheckMs: 500 }, {});
  await world.settle(world.controller.open('controller:19090'));
  if (selector !== '') world.controller.setClusterConfig('replica.selector.class', selector);
  for (const [index, rack] of RACKS.entries()) await world.startBroker(index + 1, { rack });
  await world.until(() => [...world.controller.image.brokers.values()].filter((each) => !each.fenced).length === 3);
  const topicId = world.controller.createTopic('t', [[1, 2, 3]], { 'retention.ms': '-1' });
  await world.until(() => [2, 3].every((id) => world.replica(id, topicId)?.subscriptionCount === 1));
  await world.run(100);
  return [world, topicId];
}

interface Asked {
  readonly offset?: number;
  readonly rackId?: string;
  readonly maxWaitMs?: number;
  readonly currentLeaderEpoch?: number;
  readonly lastFetchedEpoch?: number;
  readonly sessionId?: number;
  readonly sessionEpoch?: number;
}

function fetchRequest(asked: Asked): RequestInput<typeof fetch> {
  const { offset = 0, rackId = '', maxWaitMs = 0, currentLeaderEpoch = -1, lastFetchedEpoch = -1 } = asked;
  const { sessionId = 0, sessionEpoch = -1 } = asked;
  const partition = { partition: 0, fetchOffset: offset, partitionMaxBytes: 1_000_000 };
  const partitions = [{ ...partition, currentLeaderEpoch, lastFetchedEpoch }];
  return { maxWaitMs, minBytes: 1, rackId, sessionId, sessionEpoch, topics: [{ topic: 't', partitions }] };
}

function only({ responses }: ResponseOf<typeof fetch>): Fetched {
  const partition = responses[0]?.partitions[0];
  if (partition === undefined) throw new Error('nothing of the partition was answered');
  return partition;
}

async function ask(world: BrokerWorld, id: number, asked: Asked = {}, version = 12): Promise<Fetched> {
  return only(await world.kafka(id).ask(fetch, version, fetchRequest(asked)));
}

async function send(client: KafkaTestClient, text: string, acks = -1): Promise<void> {
  const partitionData = [{ index: 0, records: batchOf([text]) }];
  const { responses } = await client.ask(produce, 9, {
    acks,
    timeoutMs: 5000,
    topicData: [{ name: 't', partitionData }],
  });
  expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(0);
}

function textsOf({ records }: Fetched): string[] {
  const bytes = records ?? new Uint8Array(0);
  return splitBatches(bytes).flatMap(({ header, position }) =>
    readBatchRecords(bytes.subarray(position), header).map(({ value }) => utf8Decode(value ?? new Uint8Array(0))),
  );
}

test('the leader sends a consumer to the replica in its rack, which serves it', async () => {
  const [world, topicId] = await racks('redirect');
  await send(world.kafka(1), 'x');
  const caughtUp = (id: number): boolean => world.replica(id, topicId)?.highWatermark === 1;
  await world.until(() => caughtUp(2) && caughtUp(3));
  const sent = await ask(world, 1, { rackId: 'b', maxWaitMs: 10_000 });
  expect(sent).toMatchObject({ errorCode: 0, preferredReadReplica: 2, highWatermark: 1 });
  expect(textsOf(sent)).toEqual([]);
  const there = await ask(world, 2, { rackId: 'b' });
  expect(there).toMatchObject({ errorCode: 0, preferredReadReplica: -1, highWatermark: 1, logStartOffset: 0 });
  expect(textsOf(there)).toEqual(['x']);
});

test.each<[string, Asked, number, string]>([
  ['of its own rack', { rackId: 'a' }, 12, RACK_AWARE],
  ['of a rack without a replica', { rackId: 'c' }, 12, RACK_AWARE],
  ['that does not say where it stands', {}, 12, RACK_AWARE],
  ['of a version that cannot be sent elsewhere', { rackId: 'b' }, 10, RACK_AWARE],
  ['when no selector is set', { rackId: 'b' }, 12, ''],
  ['when the selector is the leader’s', { rackId: 'b' }, 12, 'org.apache.kafka.common.replica.LeaderSelector'],
])('the leader serves a consumer %s', async (_name, asked, version, selector) => {
  const [world] = await racks('served by the leader', selector);
  await send(world.kafka(1), 'x');
  const served = await ask(world, 1, asked, version);
  expect(served.preferredReadReplica).toBe(-1);
  expect(textsOf(served)).toEqual(['x']);
});

test('in a session the consumer hears once more of a partition when it is to be read elsewhere', async () => {
  const [world, topicId] = await racks('session', '');
  await send(world.kafka(1), 'x');
  await world.until(() => world.replica(2, topicId)?.highWatermark === 1);
  const client = world.kafka(1);
  const { sessionId } = await client.ask(fetch, 12, fetchRequest({ rackId: 'b', offset: 1, sessionEpoch: 0 }));
  world.controller.setClusterConfig('replica.selector.class', RACK_AWARE);
  await world.run(100);
  const next = fetchRequest({ rackId: 'b', offset: 1, sessionId, sessionEpoch: 1, maxWaitMs: 10_000 });
  expect(only(await client.ask(fetch, 12, next))).toMatchObject({ errorCode: 0, preferredReadReplica: 2 });
});

test('a follower refuses readers that know the leader only, and says who that is', async () => {
  const [world] = await racks('old readers');
  const refused = await ask(world, 2, {}, 10);
  expect(refused.errorCode).toBe(errorNumber('NOT_LEADER_OR_FOLLOWER'));
  expect(await ask(world, 2, {}, 11)).toMatchObject({ errorCode: 0, records: new Uint8Array(0) });
});

test('a reader at a follower gets a record soon after it was acknowledged, and not before', async () => {
  const [world, topicId] = await racks('wake');
  const reader = world.kafka(2);
  const waiting = reader.send(fetch, 12, fetchRequest({ maxWaitMs: 30_000 }));
  await world.run(50);
  const writer = world.kafka(1);
  await send(writer, 'x');
  const acknowledgedMs = world.scheduler.nowMs;
  expect(textsOf(only(await reader.answer(fetch, 12, waiting)))).toEqual(['x']);
  expect(world.scheduler.nowMs - acknowledgedMs).toBeLessThan(20);
  // What is not on all that are in sync is shown nowhere.
  world.network.partition('broker-1', 'broker-3');
  const held = reader.send(fetch, 12, fetchRequest({ offset: 1, maxWaitMs: 1000 }));
  await send(writer, 'y', 1);
  await world.until(() => world.replica(2, topicId)?.endOffset === 2);
  const nothing = only(await reader.answer(fetch, 12, held));
  expect(nothing).toMatchObject({ errorCode: 0, highWatermark: 1 });
  expect(textsOf(nothing)).toEqual([]);
});

test('offsets and epochs that a follower does not have are told apart', async () => {
  const [world, topicId] = await racks('ranges');
  await send(world.kafka(1), 'x');
  await world.until(() => world.replica(2, topicId)?.highWatermark === 1);
  const code = async (asked: Asked): Promise<number> => (await ask(world, 2, asked)).errorCode;
  const expected = (name: ErrorCode): number => errorNumber(name);
  expect(await code({ offset: 1 })).toBe(0);
  // The leader may have it.
  expect(await code({ offset: 2 })).toBe(expected('OFFSET_NOT_AVAILABLE'));
  // Read at the leader, of an epoch of which nothing has come here: no divergence.
  expect(await ask(world, 2, { offset: 2, lastFetchedEpoch: 3 })).toMatchObject({
    errorCode: expected('OFFSET_NOT_AVAILABLE'),
    divergingEpoch: { epoch: -1, endOffset: -1 },
  });
  expect(await code({ currentLeaderEpoch: 5 })).toBe(expected('UNKNOWN_LEADER_EPOCH'));
  world.controller.moveLeader(topicId, 0, 3);
  await world.until(() => world.replica(2, topicId)?.leaderEpoch === 1 && world.replica(3, topicId)?.serves === true);
  await world.run(200);
  expect(await code({ currentLeaderEpoch: 0 })).toBe(expected('FENCED_LEADER_EPOCH'));
  expect(textsOf(await ask(world, 2, { currentLeaderEpoch: 1 }))).toEqual(['x']);
});

test('retention at a follower is not ahead of where the leader sends consumers', async () => {
  const [world, topicId] = await racks('retention');
  const writer = world.kafka(1);
  for (let index = 0; index < 20; index++) await send(writer, 'x'.repeat(1000));
  await world.until(() => world.replica(2, topicId)?.highWatermark === 20);
  expect(await ask(world, 1, { rackId: 'b' })).toMatchObject({ preferredReadReplica: 2 });
  // The leader is the only one that keeps all: a later setting reaches the others alone.
  world.network.partition('broker-1', 'controller');
  world.controller.setConfig('t', 'segment.bytes', '4096');
  world.controller.setConfig('t', 'retention.bytes', '5000');
  await world.run(100);
  for (let index = 0; index < 20; index++) await send(writer, 'y'.repeat(1000));
  await world.until(() => [2, 3].every((id) => (world.replica(id, topicId)?.startOffset ?? 0) > 0), 120_000);
  await world.run(50);
  expect(world.replica(1, topicId)?.startOffset).toBe(0);
  const kept = await ask(world, 1, { rackId: 'b' });
  expect(kept.preferredReadReplica).toBe(-1);
  expect(textsOf(kept).length).toBeGreaterThan(0);
  expect((await ask(world, 2)).errorCode).toBe(errorNumber('OFFSET_OUT_OF_RANGE'));
});

test('a follower that leaves the ISR, or whose leader is gone, sends its readers back', async () => {
  const [world, topicId] = await racks('leaves');
  await send(world.kafka(1), 'x');
  await world.until(() => world.replica(2, topicId)?.highWatermark === 1);
  const reader = world.kafka(2);
  const waiting = reader.send(fetch, 12, fetchRequest({ offset: 1, maxWaitMs: 60_000 }));
  await world.run(50);
  world.network.partition('broker-1', 'broker-2');
  await world.run(500);
  // Its leader does not speak to it any more; the one that knows of nothing asks again at the leader.
  await send(world.kafka(1), 'y', 1);
  await world.until(() => world.replica(1, topicId)?.isr.includes(2) === false, 120_000);
  const back = only(await reader.answer(fetch, 12, waiting));
  expect(back).toMatchObject({
    errorCode: errorNumber('NOT_LEADER_OR_FOLLOWER'),
    currentLeader: { leaderId: 1, leaderEpoch: 0 },
  });
  expect(await ask(world, 1, { offset: 1, rackId: 'b' })).toMatchObject({ preferredReadReplica: 3 });
  expect((await ask(world, 2)).errorCode).toBe(errorNumber('NOT_LEADER_OR_FOLLOWER'));
  world.network.healAll();
  await world.until(() => world.replica(1, topicId)?.isr.length === 3);
  await world.until(() => world.replica(2, topicId)?.highWatermark === 2);
  expect(textsOf(await ask(world, 2))).toEqual(['x', 'y']);
  const next = reader.send(fetch, 12, fetchRequest({ offset: 2, maxWaitMs: 60_000 }));
  await world.run(50);
  world.controller.moveLeader(topicId, 0, 3);
  expect(only(await reader.answer(fetch, 12, next)).errorCode).toBe(errorNumber('NOT_LEADER_OR_FOLLOWER'));
});
