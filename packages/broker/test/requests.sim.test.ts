import { type ErrorCode, errorNumber, pureChecksum, utf8Encode } from '@moldau/base';
import { FRAME_PAYLOAD_BYTES_MAX } from '@moldau/log';
import { configProblem } from '@moldau/metadata';
import { ApiService, type ProduceItem } from '@moldau/proto';
import { BatchBuilder, parseBatchHeader, splitBatches } from '@moldau/records';
import { expect, test } from 'vitest';
import { BrokerWorld, batchOf } from './support/broker-world.ts';

async function oneBroker(
  seed: string,
  configs: Readonly<Record<string, string>> = {},
  config: ConstructorParameters<typeof BrokerWorld>[2] = {},
): Promise<[BrokerWorld, string]> {
  const world = new BrokerWorld(seed, [], config);
  await world.open(1);
  const topicId = world.controller.createTopic('t', [[1]], { 'retention.ms': '-1', ...configs });
  await world.until(() => world.replica(1, topicId)?.serves === true);
  return [world, topicId];
}

function flipped(batch: Uint8Array, at: number): Uint8Array {
  const copy = batch.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

function controlBatch(): Uint8Array {
  const builder = new BatchBuilder({ control: true });
  builder.append({ key: utf8Encode('k'), value: null, headers: [] }, 1000);
  return builder.finish(pureChecksum);
}

/** A batch with the bytes of one record without a value, that claims more. */
function claiming(recordCount: number): Uint8Array {
  const batch = batchOf(['']).slice();
  const view = new DataView(batch.buffer);
  view.setInt32(23, recordCount - 1);
  view.setInt32(57, recordCount);
  view.setUint32(17, pureChecksum.crc32c(batch.subarray(21)));
  return batch;
}

const GOOD = batchOf(['good']);

test.each<[string, ErrorCode, Partial<ProduceItem>]>([
  ['an unknown topic', 'UNKNOWN_TOPIC_ID', { topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }],
  ['an unknown partition', 'UNKNOWN_TOPIC_OR_PARTITION', { partition: 7 }],
  ['acks that mean nothing', 'INVALID_REQUIRED_ACKS', { acks: 2 }],
  ['an epoch that is over', 'FENCED_LEADER_EPOCH', { leaderEpoch: 0 }],
  ['an epoch to come', 'UNKNOWN_LEADER_EPOCH', { leaderEpoch: 9 }],
  ['no batch', 'INVALID_RECORD', { records: new Uint8Array(0) }],
  ['more records than bytes', 'INVALID_RECORD', { records: claiming(2 ** 31 - 1) }],
  ['two records in the bytes of one', 'INVALID_RECORD', { records: claiming(2) }],
  ['half a batch', 'CORRUPT_MESSAGE', { records: GOOD.subarray(0, 40) }],
  ['a changed byte', 'CORRUPT_MESSAGE', { records: flipped(GOOD, 64) }],
  ['a control batch', 'INVALID_RECORD', { records: controlBatch() }],
  ['a batch above max.message.bytes', 'MESSAGE_TOO_LARGE', { records: batchOf(['x'.repeat(3000)]) }],
])('produce refuses %s, and appends nothing', async (_name, code, item) => {
  const [world, topicId] = await oneBroker('refusals', { 'max.message.bytes': '2000' });
  world.controller.moveLeader(topicId, 0, 1);
  await world.until(() => world.replica(1, topicId)?.leaderEpoch === 1 && world.replica(1, topicId)?.serves === true);
  const producer = world.producer(1);
  const correlation = producer.send(topicId, GOOD, item);
  expect((await producer.answer(correlation)).errorCode).toBe(errorNumber(code));
  expect(world.replica(1, topicId)?.endOffset).toBe(0);
  expect(await producer.produce(topicId, ['after'])).toMatchObject({ errorCode: 0, baseOffset: 0 });
});

test('acks=1 is answered when appended, acks=0 not at all', async () => {
  const [world, topicId] = await oneBroker('acks');
  const producer = world.producer(1);
  const silent = producer.send(topicId, GOOD, { acks: 0 });
  const refused = producer.send(topicId, GOOD.subarray(0, 40), { acks: 0 });
  expect(await producer.produce(topicId, ['b'], { acks: 1 })).toMatchObject({
    acknowledged: 'appended',
    baseOffset: 1,
  });
  await world.run(1000);
  expect(producer.results.has(silent) || producer.results.has(refused)).toBe(false);
});

test('a gap in an idempotent producer’s sequence is refused', async () => {
  const [world, topicId] = await oneBroker('sequence');
  const producer = world.producer(1);
  const batch = (baseSequence: number): Uint8Array => batchOf(['a'], { producerId: 5, producerEpoch: 0, baseSequence });
  expect((await producer.answer(producer.send(topicId, batch(0)))).errorCode).toBe(0);
  const gap = await producer.answer(producer.send(topicId, batch(2)));
  expect(gap.errorCode).toBe(errorNumber('OUT_OF_ORDER_SEQUENCE_NUMBER'));
});

test('with LogAppendTime the broker’s time stands in the header, under a right checksum', async () => {
  const [world, topicId] = await oneBroker('append time', { 'message.timestamp.type': 'LogAppendTime' });
  await world.producer(1).produce(topicId, ['a']);
  const consumer = world.consumer(1);
  consumer.subscribe(topicId, { offset: 0 });
  await world.until(() => consumer.count() === 1);
  const records = consumer.pushes.find((push) => push.records.length > 0)?.records ?? new Uint8Array(0);
  const header = parseBatchHeader(records);
  expect(header.maxTimestamp).toBeGreaterThan(1000);
  expect(header.attributes & 8).toBe(8);
  expect(pureChecksum.crc32c(records.subarray(21))).toBe(header.crc);
});

test('a timeout answers while the batch stays', async () => {
  const world = new BrokerWorld('timeout');
  await world.open(3);
  const topicId = world.controller.createTopic('t', [[1, 2, 3]]);
  await world.until(() => world.replica(1, topicId)?.serves === true);
  world.network.partition('broker-1', 'broker-2');
  const result = await world.producer(1).produce(topicId, ['a'], { timeoutMs: 500 });
  expect(result.errorCode).toBe(errorNumber('REQUEST_TIMED_OUT'));
  expect(world.replica(1, topicId)).toMatchObject({ endOffset: 1, waitingAcks: 0 });
});

test('what a waiting batch costs beside its bytes counts among those in flight', async () => {
  const world = new BrokerWorld('overhead');
  await world.open(3);
  const topicId = world.controller.createTopic('t', [[1, 2, 3]]);
  await world.until(() => world.replica(1, topicId)?.serves === true);
  world.network.partition('broker-1', 'broker-2');
  const producer = world.producer(1);
  for (let batch = 0; batch < 100; batch++) producer.send(topicId, GOOD);
  await world.until(() => world.replica(1, topicId)?.waitingAcks === 100);
  const samples = [...world.broker(1).metrics.samples()];
  const inFlight = samples.find(({ name }) => name === 'moldau_broker_produce_in_flight_bytes')?.value;
  expect(inFlight).toBeGreaterThan(100 * (GOOD.length + 500));
});

test('a consumer out of range is told; one that read a lost branch learns where the logs part', async () => {
  const [world, topicId] = await oneBroker('ranges');
  await world.producer(1).produce(topicId, ['a', 'b']);
  const far = world.consumer(1);
  far.subscribe(topicId, { offset: 3 });
  await world.until(() => far.pushes.length > 0);
  expect(far.pushes[0]?.errorCode).toBe(errorNumber('OFFSET_OUT_OF_RANGE'));
  world.controller.moveLeader(topicId, 0, 1);
  await world.until(() => world.replica(1, topicId)?.leaderEpoch === 1 && world.replica(1, topicId)?.serves === true);
  await world.producer(1).produce(topicId, ['c']);
  const parted = world.consumer(1);
  parted.subscribe(topicId, { offset: 3, lastFetchedEpoch: 0 });
  await world.until(() => parted.pushes.length > 0);
  expect(parted.pushes[0]?.diverging).toEqual({ epoch: 0, endOffset: 2 });
});

test('consumers read from disk what has left memory, as far as their credit goes', async () => {
  const [world, topicId] = await oneBroker(
    'disk',
    {},
    { log: { tailBytesMax: 2000, checkpointBytes: 4000, checkpointMs: 50 } },
  );
  const producer = world.producer(1);
  const text = 'x'.repeat(500);
  for (let batch = 0; batch < 100; batch++) await producer.produce(topicId, [text]);
  await world.run(500);
  const consumer = world.consumer(1);
  consumer.subscribe(topicId, { offset: 0, creditBytes: 1500 });
  await world.run(1000);
  expect(consumer.count()).toBeGreaterThan(0);
  expect(consumer.pushes.reduce((sum, push) => sum + push.records.length, 0)).toBeLessThan(3000);
  consumer.credit(1, 1_000_000);
  await world.until(() => consumer.count() === 100);
  const offsets = consumer.pushes.flatMap((push) => splitBatches(push.records)).map(({ header }) => header.baseOffset);
  expect(offsets).toEqual(Array.from({ length: 100 }, (_, index) => index));
});

test('many consumers of old records read the disk in turn, and all come to the end', async () => {
  const world = new BrokerWorld('disk budget', [], {
    log: { tailBytesMax: 2000, checkpointBytes: 4000, checkpointMs: 50 },
  });
  await world.open(1);
  const configs = { 'retention.ms': '-1' };
  const topics = ['a', 'b', 'c', 'd', 'e'].map((name) => world.controller.createTopic(name, [[1]], configs));
  await world.until(() => topics.every((topicId) => world.replica(1, topicId)?.serves === true));
  const producer = world.producer(1);
  for (const topicId of topics) {
    for (let batch = 0; batch < 8; batch++) await producer.produce(topicId, ['x'.repeat(500)]);
  }
  await world.run(500);
  const consumers = Array.from({ length: 20 }, () => world.consumer(1));
  for (const consumer of consumers) for (const topicId of topics) consumer.subscribe(topicId, { offset: 0 });
  const reads = (): number =>
    [...world.broker(1).metrics.samples()].find(({ name }) => name === 'moldau_broker_disk_reads')?.value ?? -1;
  let most = -1;
  await world.until(() => {
    most = Math.max(most, reads());
    return consumers.every((consumer) => consumer.count() === 40);
  });
  expect(most).toBe(32);
  expect(reads()).toBe(0);
});

test('a consumer that was told nothing while its leader was not certain goes on when it is', async () => {
  const world = new BrokerWorld('uncertain');
  await world.open(3);
  const topicId = world.controller.createTopic('t', [[1, 2, 3]]);
  await world.until(() => world.replica(1, topicId)?.serves === true);
  const producer = world.producer(1);
  for (const text of ['a', 'b', 'c']) await producer.produce(topicId, [text]);
  const consumer = world.consumer(1);
  consumer.subscribe(topicId, { offset: 0, creditBytes: 1 });
  await world.until(() => consumer.count() === 1);
  world.network.partition('broker-1', 'controller');
  world.kill(3);
  await world.until(() => world.replica(1, topicId)?.serves === false);
  consumer.credit(1, 1_000_000);
  await world.run(500);
  expect(consumer.count()).toBe(1);
  world.network.healAll();
  await world.until(() => world.replica(1, topicId)?.serves === true);
  await world.until(() => consumer.count() === 3);
});

test('administration goes to the controller and is seen here afterwards; producer ids are given out once', async () => {
  const [world] = await oneBroker('admin');
  const channel = world.client.rpc.connect('broker-1:19100', { purpose: 'client', clientId: 'test' });
  const options = { timeoutMs: 5000 };
  const created = await world.settle(
    channel.call(
      ApiService.createTopics,
      {
        topics: [{ name: 'made', partitions: 2, replicationFactor: 1, assignments: [], configs: new Map() }],
        validateOnly: false,
      },
      options,
    ),
  );
  const request = { topics: ['made', 'none'], minMetadataOffset: created.metadataOffset, brokersOnly: false };
  const metadata = await world.settle(channel.call(ApiService.metadata, request, options));
  expect(metadata.topics[0]).toMatchObject({
    name: 'made',
    errorCode: 0,
    partitions: [{ leaderId: 1 }, { leaderId: 1 }],
  });
  expect(metadata.topics[1]?.errorCode).toBe(errorNumber('UNKNOWN_TOPIC_OR_PARTITION'));
  expect(metadata.brokers).toMatchObject([{ brokerId: 1, grpcAddress: 'broker-1:19100', fenced: false }]);
  const ids = new Set<number>();
  for (let count = 0; count < 5; count++) {
    const { producerId } = await world.settle(channel.call(ApiService.initProducerId, {}, options));
    ids.add(producerId);
  }
  expect(ids.size).toBe(5);
  const configs = await world.settle(
    channel.call(ApiService.describeConfigs, { resources: [{ resourceType: 'topic', resourceName: 'made' }] }, options),
  );
  const minIsr = configs.resources[0]?.entries.find((entry) => entry.name === 'min.insync.replicas');
  expect(minIsr).toMatchObject({ value: '2', source: 'default' });
});

test('metrics carry Kafka’s names, health says what is missing', async () => {
  const [world, topicId] = await oneBroker('metrics');
  await world.producer(1).produce(topicId, ['a', 'b']);
  const samples = [...world.broker(1).metrics.samples()];
  const value = (name: string): number | undefined => samples.find((each) => each.name === name)?.value;
  expect(value('kafka_server_brokertopicmetrics_messagesin_total')).toBe(2);
  expect(value('kafka_server_replicamanager_leadercount')).toBe(1);
  expect(value('kafka_server_replicamanager_underreplicatedpartitions')).toBe(0);
  expect(
    world
      .broker(1)
      .health()
      .filter(({ ok }) => !ok),
  ).toEqual([]);
});

test('no topic may ask for batches that a frame of the journal cannot hold', () => {
  expect(configProblem('topic', 'max.message.bytes', String(FRAME_PAYLOAD_BYTES_MAX - 1024))).toBeDefined();
  expect(configProblem('topic', 'max.message.bytes', String(30 * 1024 * 1024))).toBeUndefined();
});
