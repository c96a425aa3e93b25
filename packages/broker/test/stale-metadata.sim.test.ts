import { type ErrorCode, errorNumber } from '@moldau/base';
import { ApiService, MetadataRequest } from '@moldau/proto';
import {
  describeTopicPartitions,
  fetch,
  listOffsets,
  metadata,
  offsetForLeaderEpoch,
  produce,
  ZERO_UUID,
} from '@moldau/protocol';
import { expect, test } from 'vitest';
import { BrokerWorld, batchOf } from './support/broker-world.ts';

const NAME = 'made';

/** Broker 2 starts anew, and hears nothing of a topic that was made meanwhile. */
async function unheard(): Promise<[BrokerWorld, string]> {
  const world = new BrokerWorld('stale metadata', [], {}, {});
  await world.open(2);
  world.kill(2);
  await world.run(100);
  const topicId = world.controller.createTopic(NAME, [[1]]);
  world.controller.setClusterConfig('auto.create.topics.enable', 'true');
  world.controller.feedRefusal = 'not now';
  await world.startBroker(2);
  await world.run(1000);
  return [world, topicId];
}

async function metadataCodes(world: BrokerWorld, topicId: string): Promise<(number | undefined)[]> {
  const topics = [{ name: NAME }, { name: null, topicId }];
  const { topics: found } = await world.kafka(2).ask(metadata, 12, { topics });
  return found.map(({ errorCode }) => errorCode);
}

/** Of each API that names the topic, by name and by id. */
async function dataCodes(world: BrokerWorld, topicId: string): Promise<(number | undefined)[]> {
  const client = world.kafka(2);
  const codes: (number | undefined)[] = [];
  for (const [version, id] of [
    [9, ZERO_UUID],
    [13, topicId],
  ] as const) {
    const topicData = [{ name: NAME, topicId: id, partitionData: [{ index: 0, records: batchOf(['a']) }] }];
    const { responses } = await client.ask(produce, version, { acks: -1, timeoutMs: 1000, topicData });
    codes.push(responses[0]?.partitionResponses[0]?.errorCode);
  }
  for (const [version, id] of [
    [12, ZERO_UUID],
    [13, topicId],
  ] as const) {
    const topics = [
      { topic: NAME, topicId: id, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] },
    ];
    const { responses } = await client.ask(fetch, version, { maxWaitMs: 0, minBytes: 1, topics });
    codes.push(responses[0]?.partitions[0]?.errorCode);
  }
  const listed = await client.ask(listOffsets, 7, {
    topics: [{ name: NAME, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
  });
  codes.push(listed.topics[0]?.partitions[0]?.errorCode);
  const ends = await client.ask(offsetForLeaderEpoch, 4, {
    topics: [{ topic: NAME, partitions: [{ partition: 0, leaderEpoch: 0 }] }],
  });
  codes.push(ends.topics[0]?.partitions[0]?.errorCode);
  return codes;
}

function times(count: number, code: ErrorCode): number[] {
  return Array.from({ length: count }, () => errorNumber(code));
}

test('a broker that has not heard from the controllers denies no topic, at either door', async () => {
  const [world, topicId] = await unheard();
  expect(await metadataCodes(world, topicId)).toEqual(times(2, 'LEADER_NOT_AVAILABLE'));
  const described = await world.kafka(2).ask(describeTopicPartitions, 0, { topics: [{ name: NAME }] });
  expect(described.topics[0]?.errorCode).toBe(errorNumber('LEADER_NOT_AVAILABLE'));
  expect(await dataCodes(world, topicId)).toEqual(times(6, 'NOT_LEADER_OR_FOLLOWER'));
  const channel = world.client.rpc.connect('broker-2:19100', { purpose: 'client', clientId: 'test' });
  const asked = channel.call(ApiService.metadata, MetadataRequest.create({ topics: [NAME] }), { timeoutMs: 5000 });
  await expect(world.settle(asked)).rejects.toMatchObject({ code: 'REQUEST_TIMED_OUT' });

  world.controller.feedRefusal = undefined;
  await world.until(() =>
    world
      .broker(2)
      .health()
      .every(({ ok }) => ok),
  );
  expect(await metadataCodes(world, topicId)).toEqual([0, 0]);
  expect(await dataCodes(world, topicId)).toEqual(times(6, 'NOT_LEADER_OR_FOLLOWER'));
  const unknown = `${'B'.repeat(21)}A`;
  const { topics } = await world.kafka(2).ask(metadata, 12, { topics: [{ name: null, topicId: unknown }] });
  expect(topics[0]?.errorCode).toBe(errorNumber('UNKNOWN_TOPIC_ID'));
});

test('it does not list all topics either, and closes the connection; without topics it answers', async () => {
  const [world] = await unheard();
  const client = world.kafka(2);
  expect(await client.ask(metadata, 12, { topics: [] })).toMatchObject({ topics: [] });
  await expect(client.ask(metadata, 12, { topics: null })).rejects.toThrow('closed');
  await expect(world.kafka(2).ask(describeTopicPartitions, 0, { topics: [] })).rejects.toThrow('closed');
  const lines = world.ring.lines().filter((line) => line.includes('has not heard from the controllers'));
  expect(lines).toHaveLength(2);
});
