import { type ErrorCode, errorNumber, utf8Decode } from '@moldau/base';
import {
  APIS,
  alterPartitionReassignments,
  apiVersions,
  describeCluster,
  describeTopicPartitions,
  fetch,
  initProducerId,
  listOffsets,
  listPartitionReassignments,
  metadata,
  offsetForLeaderEpoch,
  produce,
  type RequestInput,
  type ResponseOf,
  ZERO_UUID,
} from '@moldau/protocol';
import { parseBatchHeader, readBatchRecords, splitBatches } from '@moldau/records';
import { expect, test } from 'vitest';
import { BrokerWorld, batchOf } from './support/broker-world.ts';
import type { KafkaTestClient } from './support/kafka-test-client.ts';

type Fetched = ResponseOf<typeof fetch>['responses'][number]['partitions'][number];

async function brokers(
  count: number,
  seed: string,
  config: ConstructorParameters<typeof BrokerWorld>[2] = {},
): Promise<[BrokerWorld, string]> {
  const world = new BrokerWorld(seed, [], config, {});
  await world.open(count);
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const topicId = world.controller.createTopic('t', [ids], { 'retention.ms': '-1' });
  await world.until(() => world.replica(1, topicId)?.serves === true);
  return [world, topicId];
}

function produceRequest(
  records: Uint8Array,
  of: { readonly name?: string; readonly topicId?: string; readonly acks?: number; readonly index?: number } = {},
): RequestInput<typeof produce> {
  const { name = 't', topicId = ZERO_UUID, acks = -1, index = 0 } = of;
  return { acks, timeoutMs: 5000, topicData: [{ name, topicId, partitionData: [{ index, records }] }] };
}

/** Not really: the broker does not look. */
function zstdBatch(): Uint8Array {
  const batch = batchOf(['a']).slice();
  batch[22] = 4;
  return batch;
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}

async function send(client: KafkaTestClient, texts: readonly string[], version = 9): Promise<number> {
  const { responses } = await client.ask(produce, version, produceRequest(batchOf(texts)));
  return responses[0]?.partitionResponses[0]?.errorCode ?? -2;
}

interface Asked {
  readonly offset?: number;
  readonly maxWaitMs?: number;
  readonly minBytes?: number;
  readonly maxBytes?: number;
  readonly sessionId?: number;
  readonly sessionEpoch?: number;
  readonly topicId?: string;
  readonly currentLeaderEpoch?: number;
  readonly lastFetchedEpoch?: number;
  readonly nothing?: boolean;
}

function fetchRequest(asked: Asked = {}): RequestInput<typeof fetch> {
  const { offset = 0, maxWaitMs = 0, minBytes = 1, maxBytes = 1_000_000, topicId = ZERO_UUID } = asked;
  const { sessionId = 0, sessionEpoch = -1, currentLeaderEpoch = -1, lastFetchedEpoch = -1 } = asked;
  const partition = {
    partition: 0,
    fetchOffset: offset,
    partitionMaxBytes: 1_000_000,
    currentLeaderEpoch,
    lastFetchedEpoch,
  };
  const topics = asked.nothing === true ? [] : [{ topic: 't', topicId, partitions: [partition] }];
  return { maxWaitMs, minBytes, maxBytes, sessionId, sessionEpoch, topics };
}

function onlyPartition(response: ResponseOf<typeof fetch>): Fetched {
  const partition = response.responses[0]?.partitions[0];
  if (partition === undefined) throw new Error('nothing of the partition was answered');
  return partition;
}

function textsOf(records: Uint8Array | null): string[] {
  const bytes = records ?? new Uint8Array(0);
  return splitBatches(bytes).flatMap(({ header, position }) =>
    readBatchRecords(bytes.subarray(position), header).map(({ value }) => utf8Decode(value ?? new Uint8Array(0))),
  );
}

test('what one version produces, every version reads', async () => {
  const [world, topicId] = await brokers(1, 'versions');
  const client = world.kafka(1);
  const texts: string[] = [];
  for (let version = 3; version <= 13; version++) {
    const request = produceRequest(batchOf([`v${version}`]), { topicId: version < 13 ? ZERO_UUID : topicId });
    const { responses } = await client.ask(produce, version, request);
    expect(responses[0]?.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: texts.length });
    texts.push(`v${version}`);
  }
  for (let version = 4; version <= 18; version++) {
    const response = await client.ask(fetch, version, fetchRequest({ topicId: version < 13 ? ZERO_UUID : topicId }));
    const partition = onlyPartition(response);
    expect(partition).toMatchObject({ errorCode: 0, highWatermark: texts.length, lastStableOffset: texts.length });
    expect(textsOf(partition.records)).toEqual(texts);
  }
});

/** Asked in every version by kafka-configs.sim.test.ts. */
const CONFIG_KEYS: readonly number[] = [32, 33, 44, 74];
/** Asked in every version by stored-for-later.sim.test.ts. */
const STORED_KEYS: readonly number[] = [48, 49, 50, 51];
/** Asked in every version by acls.sim.test.ts. */
const ACL_KEYS: readonly number[] = [29, 30, 31];
/** Asked in every version by kafka-topics.sim.test.ts, delete-records.sim.test.ts and kafka-cluster.sim.test.ts. */
const ADMIN_KEYS: readonly number[] = [19, 20, 21, 35, 37, 43, 55, 57, 64, 80, 81];
/** Asked in every version by group-handlers.sim.test.ts. */
const GROUP_KEYS: readonly number[] = [8, 9, 10, 11, 12, 13, 14, 15, 16, 42, 47];

test('every version of what is advertised is answered, and nothing else is advertised', async () => {
  const [world] = await brokers(1, 'advertised');
  const client = world.kafka(1);
  const { apiKeys } = await client.ask(apiVersions, 0, {});
  expect(apiKeys.map(({ apiKey }) => apiKey)).toEqual(
    [
      0,
      1,
      2,
      3,
      ...GROUP_KEYS,
      ...CONFIG_KEYS,
      ...ADMIN_KEYS,
      ...STORED_KEYS,
      ...ACL_KEYS,
      18,
      22,
      23,
      45,
      46,
      60,
      75,
    ].sort((left, right) => left - right),
  );
  expect(apiKeys.find(({ apiKey }) => apiKey === produce.key)).toMatchObject({ minVersion: 0, maxVersion: 13 });
  const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1.0' };
  for (const { apiKey, minVersion, maxVersion } of apiKeys.filter(
    (each) => ![...GROUP_KEYS, ...CONFIG_KEYS, ...ADMIN_KEYS, ...STORED_KEYS, ...ACL_KEYS].includes(each.apiKey),
  )) {
    const api = APIS.find(({ key }) => key === apiKey);
    for (let version = Math.max(minVersion, apiKey === 0 ? 3 : 0); version <= maxVersion; version++) {
      const asked: Record<number, () => Promise<unknown>> = {
        0: () => client.ask(produce, version, produceRequest(batchOf(['x']))),
        1: () => client.ask(fetch, version, fetchRequest()),
        2: () => client.ask(listOffsets, version, { topics: [] }),
        3: () => client.ask(metadata, version, { topics: [] }),
        18: () => client.ask(apiVersions, version, software),
        22: () => client.ask(initProducerId, version, { transactionalId: null, transactionTimeoutMs: 0 }),
        23: () => client.ask(offsetForLeaderEpoch, version, { topics: [] }),
        45: () => client.ask(alterPartitionReassignments, version, { topics: [] }),
        46: () => client.ask(listPartitionReassignments, version, { topics: null }),
        60: () => client.ask(describeCluster, version, { includeClusterAuthorizedOperations: true }),
        75: () => client.ask(describeTopicPartitions, version, { topics: [] }),
      };
      await expect(asked[apiKey]?.(), `${api?.name} version ${version}`).resolves.toBeDefined();
    }
  }
});

test('acks=0 is not answered, and its failure closes the connection', async () => {
  const [world, topicId] = await brokers(1, 'acks');
  const client = world.kafka(1);
  const silent = client.send(produce, 9, produceRequest(batchOf(['a']), { acks: 0 }));
  expect(await send(client, ['b'])).toBe(0);
  expect(client.answered).not.toContain(silent);
  expect(world.replica(1, topicId)?.endOffset).toBe(2);
  client.send(produce, 9, produceRequest(batchOf(['c']), { acks: 0, name: 'missing' }));
  await world.until(() => client.closed !== undefined);
});

test.each<[string, number, ErrorCode, RequestInput<typeof produce>]>([
  ['a topic without that name', 9, 'UNKNOWN_TOPIC_OR_PARTITION', produceRequest(batchOf(['a']), { name: 'missing' })],
  [
    'an id that no topic has',
    13,
    'UNKNOWN_TOPIC_ID',
    produceRequest(batchOf(['a']), { topicId: `${'B'.repeat(21)}A` }),
  ],
  ['a partition too many', 9, 'UNKNOWN_TOPIC_OR_PARTITION', produceRequest(batchOf(['a']), { index: 3 })],
  ['acks that mean nothing', 9, 'INVALID_REQUIRED_ACKS', produceRequest(batchOf(['a']), { acks: 5 })],
  ['messages of an older format', 9, 'INVALID_RECORD', produceRequest(new Uint8Array(70))],
  ['half a batch', 9, 'CORRUPT_MESSAGE', produceRequest(batchOf(['a']).subarray(0, 40))],
  ['zstd before version 7', 6, 'UNSUPPORTED_COMPRESSION_TYPE', produceRequest(zstdBatch())],
  ['no batch', 9, 'INVALID_RECORD', produceRequest(new Uint8Array(0))],
  ['more than one batch', 9, 'INVALID_RECORD', produceRequest(joined(batchOf(['a']), batchOf(['b'])))],
])('produce to %s is refused', async (_name, version, code, request) => {
  const [world] = await brokers(1, 'produce refusals');
  const { responses } = await world.kafka(1).ask(produce, version, request);
  expect(responses[0]?.partitionResponses[0]).toMatchObject({ errorCode: errorNumber(code), baseOffset: -1 });
});

test('a retry of an idempotent producer gets the offset of the first time, a gap is refused', async () => {
  const [world] = await brokers(1, 'idempotence');
  const client = world.kafka(1);
  const { producerId, producerEpoch, errorCode } = await client.ask(initProducerId, 5, {
    transactionalId: null,
    transactionTimeoutMs: 60_000,
  });
  expect(errorCode).toBe(0);
  const sendAt = async (baseSequence: number) => {
    const records = batchOf(['a'], { producerId, producerEpoch, baseSequence });
    const { responses } = await client.ask(produce, 9, produceRequest(records));
    return responses[0]?.partitionResponses[0];
  };
  expect(await sendAt(0)).toMatchObject({ errorCode: 0, baseOffset: 0 });
  expect(await sendAt(1)).toMatchObject({ errorCode: 0, baseOffset: 1 });
  expect(await sendAt(0)).toMatchObject({ errorCode: 0, baseOffset: 0 });
  expect(await sendAt(5)).toMatchObject({ errorCode: errorNumber('OUT_OF_ORDER_SEQUENCE_NUMBER') });
});

test('a transactional producer is told that it may not, which ends it', async () => {
  const [world] = await brokers(1, 'transactional');
  const request = { transactionalId: 'x', transactionTimeoutMs: 1000 };
  expect(await world.kafka(1).ask(initProducerId, 4, request)).toMatchObject({
    errorCode: errorNumber('TRANSACTIONAL_ID_AUTHORIZATION_FAILED'),
    producerId: -1,
  });
});

test('who does not lead says who does, and where', async () => {
  const [world, topicId] = await brokers(2, 'hints');
  await world.until(() => world.replica(2, topicId)?.role === 'follower');
  const client = world.kafka(2);
  const produced = await client.ask(produce, 10, produceRequest(batchOf(['a'])));
  const hint = { leaderId: 1, leaderEpoch: 0 };
  const endpoint = { nodeId: 1, host: 'broker-1', port: 9092, rack: null };
  const notLeader = errorNumber('NOT_LEADER_OR_FOLLOWER');
  expect(produced.responses[0]?.partitionResponses[0]).toMatchObject({ errorCode: notLeader, currentLeader: hint });
  expect(produced.nodeEndpoints).toEqual([endpoint]);
  // Where no replica is; a follower would serve it.
  const elsewhere = world.controller.createTopic('elsewhere', [[1]]);
  await world.run(100);
  const fetched = await client.ask(fetch, 16, fetchRequest({ topicId: elsewhere }));
  expect(onlyPartition(fetched)).toMatchObject({ errorCode: notLeader, currentLeader: hint });
  expect(fetched.nodeEndpoints).toEqual([endpoint]);
});

test('a fetch waits for records, and no longer than it asked to', async () => {
  const [world] = await brokers(1, 'long poll');
  const [reader, writer] = [world.kafka(1), world.kafka(1)];
  const startMs = world.scheduler.nowMs;
  const empty = await reader.ask(fetch, 11, fetchRequest({ maxWaitMs: 300 }));
  expect(onlyPartition(empty)).toMatchObject({ errorCode: 0, highWatermark: 0 });
  expect(world.scheduler.nowMs - startMs).toBeGreaterThanOrEqual(300);
  const waiting = reader.send(fetch, 11, fetchRequest({ maxWaitMs: 30_000 }));
  await world.run(500);
  expect(await send(writer, ['a'])).toBe(0);
  const found = await reader.answer(fetch, 11, waiting);
  expect(textsOf(onlyPartition(found).records)).toEqual(['a']);
  expect(world.scheduler.nowMs - startMs).toBeLessThan(3000);
});

test('a fetch that wants more bytes gathers what comes', async () => {
  const [world] = await brokers(1, 'gather');
  const [reader, writer] = [world.kafka(1), world.kafka(1)];
  await send(writer, ['a']);
  const waiting = reader.send(fetch, 11, fetchRequest({ maxWaitMs: 30_000, minBytes: 200 }));
  await world.run(100);
  expect(reader.answered).toEqual([]);
  for (const text of ['b', 'c']) await send(writer, [text]);
  expect(textsOf(onlyPartition(await reader.answer(fetch, 11, waiting)).records)).toEqual(['a', 'b', 'c']);
});

test('an offset within a batch gives the whole batch, also as the last one', async () => {
  const [world] = await brokers(1, 'within');
  const client = world.kafka(1);
  await send(client, ['a', 'b', 'c']);
  const { records } = onlyPartition(await client.ask(fetch, 11, fetchRequest({ offset: 2 })));
  expect(parseBatchHeader(records ?? new Uint8Array(0))).toMatchObject({ baseOffset: 0, recordCount: 3 });
});

test('an answer holds one batch at least, and no more than was asked for beyond that', async () => {
  const [world] = await brokers(1, 'bounds');
  const client = world.kafka(1);
  for (let batch = 0; batch < 5; batch++) await send(client, ['x'.repeat(1000)]);
  const one = onlyPartition(await client.ask(fetch, 11, fetchRequest({ maxBytes: 10 })));
  expect(textsOf(one.records)).toHaveLength(1);
  const two = onlyPartition(await client.ask(fetch, 11, fetchRequest({ maxBytes: 2500 })));
  expect(textsOf(two.records)).toHaveLength(2);
});

test.each([
  ['memory', {}],
  ['the disk', { log: { tailBytesMax: 1000, checkpointBytes: 2000, checkpointMs: 50 } }],
])('only the first batch of an answer may be larger than what is allowed: from %s', async (_where, config) => {
  const [world] = await brokers(1, 'first batch', config);
  const client = world.kafka(1);
  world.controller.createTopic('u', [[1], [1], [1]], { 'retention.ms': '-1' });
  await world.run(100);
  const partitionOf = (partition: number) => ({ partition, fetchOffset: 0, partitionMaxBytes: 1_000_000 });
  for (const index of [0, 1, 2, 0, 1, 2]) {
    const partitionData = [{ index, records: batchOf(['x'.repeat(1000)]) }];
    await client.ask(produce, 9, { acks: -1, timeoutMs: 5000, topicData: [{ name: 'u', partitionData }] });
  }
  await world.run(500);
  const batches = async (maxBytes: number, minBytes = 1): Promise<number[]> => {
    const topics = [{ topic: 'u', partitions: [0, 1, 2].map(partitionOf) }];
    const { responses } = await client.ask(fetch, 11, { maxWaitMs: 10_000, minBytes, maxBytes, topics });
    return responses[0]?.partitions.map(({ records }) => textsOf(records).length) ?? [];
  };
  const startMs = world.scheduler.nowMs;
  expect(await batches(1500)).toEqual([1, 0, 0]);
  expect(await batches(10)).toEqual([1, 0, 0]);
  expect(await batches(3500)).toEqual([2, 1, 0]);
  expect(await batches(1_000_000)).toEqual([2, 2, 2]);
  // What does not fit is not waited for.
  expect(await batches(1500, 1400)).toEqual([1, 0, 0]);
  expect(world.scheduler.nowMs - startMs).toBeLessThan(1000);
});

test('in a session each partition has its turn, and a wait ends with news of one', async () => {
  const [world] = await brokers(1, 'session turns');
  const client = world.kafka(1);
  world.controller.createTopic('u', [[1], [1]], { 'retention.ms': '-1' });
  await world.run(100);
  const sendTo = async (index: number): Promise<void> => {
    const partitionData = [{ index, records: batchOf(['x'.repeat(1000)]) }];
    await client.ask(produce, 9, { acks: -1, timeoutMs: 5000, topicData: [{ name: 'u', partitionData }] });
  };
  for (const index of [0, 0, 1]) await sendTo(index);
  const partitions = [0, 1].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: 1_000_000 }));
  const bounds = { minBytes: 1, maxBytes: 1500, maxWaitMs: 0 };
  const first = await client.ask(fetch, 11, { ...bounds, sessionEpoch: 0, topics: [{ topic: 'u', partitions }] });
  const { sessionId } = first;
  const told = ({ responses }: typeof first): number[] =>
    responses[0]?.partitions.filter(({ records }) => (records?.length ?? 0) > 0).map((each) => each.partitionIndex) ??
    [];
  expect(told(first)).toEqual([0]);
  const next = { ...bounds, sessionId, topics: [] };
  // What had records goes behind the others.
  expect(told(await client.ask(fetch, 11, { ...next, sessionEpoch: 1 }))).toEqual([1]);
  expect(told(await client.ask(fetch, 11, { ...next, sessionEpoch: 2 }))).toEqual([0]);
  const ends = [2, 1].map((fetchOffset, partition) => ({ partition, fetchOffset, partitionMaxBytes: 1_000_000 }));
  const moved = { ...next, sessionEpoch: 3, topics: [{ topic: 'u', partitions: ends }], maxWaitMs: 30_000 };
  const reader = world.kafka(1);
  const waiting = reader.send(fetch, 11, moved);
  await world.run(500);
  expect(reader.answered).toEqual([]);
  await sendTo(1);
  const news = await reader.answer(fetch, 11, waiting);
  expect(news.responses[0]?.partitions.map((each) => each.partitionIndex)).toEqual([1]);
  // Forgotten, a partition is read no more.
  await sendTo(0);
  const forgottenTopicsData = [{ topic: 'u', partitions: [0] }];
  const forgotten = { ...next, sessionEpoch: 4, forgottenTopicsData };
  expect(told(await client.ask(fetch, 11, forgotten))).toEqual([1]);
});

test('a consumer of committed records alone reads all, as long as there are no transactions, and hears of none aborted', async () => {
  const [world] = await brokers(1, 'isolation');
  const client = world.kafka(1);
  await send(client, ['a']);
  const uncommitted = onlyPartition(await client.ask(fetch, 12, fetchRequest()));
  const committed = onlyPartition(await client.ask(fetch, 12, { ...fetchRequest(), isolationLevel: 1 }));
  expect(uncommitted).toMatchObject({ lastStableOffset: 1, abortedTransactions: null });
  expect(committed).toMatchObject({ lastStableOffset: 1, highWatermark: 1, abortedTransactions: [] });
  expect(textsOf(committed.records)).toEqual(['a']);
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
  const listed = await client.ask(listOffsets, 7, { isolationLevel: 1, topics });
  expect(listed.topics[0]?.partitions[0]).toMatchObject({ errorCode: 0, offset: 1 });
});

test('what has left memory is read from the disk', async () => {
  const [world] = await brokers(1, 'disk', { log: { tailBytesMax: 2000, checkpointBytes: 4000, checkpointMs: 50 } });
  const client = world.kafka(1);
  for (let batch = 0; batch < 50; batch++) await send(client, [`${batch} ${'x'.repeat(500)}`]);
  await world.run(500);
  const numbers: number[] = [];
  for (let offset = 0; offset < 50; offset = numbers.length) {
    const { records } = onlyPartition(await client.ask(fetch, 11, fetchRequest({ offset, maxBytes: 5000 })));
    numbers.push(...textsOf(records).map((text) => Number.parseInt(text, 10)));
  }
  expect(numbers).toEqual(Array.from({ length: 50 }, (_, index) => index));
  const reads = [...world.broker(1).metrics.samples()].find(({ name }) => name === 'moldau_broker_disk_reads');
  expect(reads?.value).toBe(0);
});

test('an offset out of range, and epochs that are over or to come, are told', async () => {
  const [world, topicId] = await brokers(1, 'ranges');
  const client = world.kafka(1);
  await send(client, ['a', 'b']);
  world.controller.moveLeader(topicId, 0, 1);
  await world.until(() => world.replica(1, topicId)?.leaderEpoch === 1 && world.replica(1, topicId)?.serves === true);
  await send(client, ['c']);
  const fetched = async (asked: Asked): Promise<Fetched> =>
    onlyPartition(await client.ask(fetch, 12, fetchRequest({ maxWaitMs: 10_000, ...asked })));
  expect((await fetched({ offset: 9 })).errorCode).toBe(errorNumber('OFFSET_OUT_OF_RANGE'));
  expect((await fetched({ currentLeaderEpoch: 0 })).errorCode).toBe(errorNumber('FENCED_LEADER_EPOCH'));
  expect((await fetched({ currentLeaderEpoch: 7 })).errorCode).toBe(errorNumber('UNKNOWN_LEADER_EPOCH'));
  // What it had read of epoch 0 behind offset 2 was never agreed.
  expect(await fetched({ offset: 3, lastFetchedEpoch: 0 })).toMatchObject({
    errorCode: 0,
    divergingEpoch: { epoch: 0, endOffset: 2 },
  });
  expect((await fetched({ offset: 2, lastFetchedEpoch: 0 })).divergingEpoch).toEqual({ epoch: -1, endOffset: -1 });
  const ends = await client.ask(offsetForLeaderEpoch, 4, {
    topics: [{ topic: 't', partitions: [0, 1, 5].map((leaderEpoch) => ({ partition: 0, leaderEpoch })) }],
  });
  expect(ends.topics[0]?.partitions.map(({ leaderEpoch, endOffset }) => [leaderEpoch, endOffset])).toEqual([
    [0, 2],
    [1, 3],
    [-1, -1],
  ]);
});

test('in a session only news is answered', async () => {
  const [world] = await brokers(1, 'sessions');
  const client = world.kafka(1);
  await send(client, ['a']);
  const first = await client.ask(fetch, 11, fetchRequest({ sessionEpoch: 0 }));
  const { sessionId } = first;
  expect(sessionId).toBeGreaterThan(0);
  expect(textsOf(onlyPartition(first).records)).toEqual(['a']);
  const moved = await client.ask(fetch, 11, fetchRequest({ sessionId, sessionEpoch: 1, offset: 1 }));
  expect(moved).toMatchObject({ errorCode: 0, sessionId, responses: [] });
  await send(client, ['b']);
  const news = await client.ask(fetch, 11, fetchRequest({ sessionId, sessionEpoch: 2, nothing: true }));
  expect(textsOf(onlyPartition(news).records)).toEqual(['b']);
  const stale = await client.ask(fetch, 11, fetchRequest({ sessionId, sessionEpoch: 2, nothing: true }));
  expect(stale).toMatchObject({ errorCode: errorNumber('INVALID_FETCH_SESSION_EPOCH'), responses: [] });
  const unknown = await client.ask(fetch, 11, fetchRequest({ sessionId: 77, sessionEpoch: 1, nothing: true }));
  expect(unknown).toMatchObject({ errorCode: errorNumber('FETCH_SESSION_ID_NOT_FOUND'), responses: [] });
  const byId = await client.ask(fetch, 13, fetchRequest({ sessionId, sessionEpoch: 3, nothing: true }));
  expect(byId.errorCode).toBe(errorNumber('FETCH_SESSION_TOPIC_ID_ERROR'));
  const ended = await client.ask(fetch, 11, fetchRequest({ sessionId, sessionEpoch: -1, nothing: true }));
  expect(ended).toMatchObject({ errorCode: 0, sessionId: 0 });
  const gone = await client.ask(fetch, 11, fetchRequest({ sessionId, sessionEpoch: 3, nothing: true }));
  expect(gone.errorCode).toBe(errorNumber('FETCH_SESSION_ID_NOT_FOUND'));
});

test('offsets are found by all the times that mean something', async () => {
  const [world] = await brokers(1, 'times');
  const client = world.kafka(1);
  await send(client, ['a']);
  await send(client, ['b']);
  const find = async (timestamp: number): Promise<number[]> => {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, timestamp }] }];
    const found = (await client.ask(listOffsets, 11, { topics })).topics[0]?.partitions[0];
    return [found?.errorCode ?? -2, found?.offset ?? -2, found?.timestamp ?? -2];
  };
  expect(await find(-1)).toEqual([0, 2, -1]);
  expect(await find(-2)).toEqual([0, 0, -1]);
  expect(await find(-3)).toEqual([0, 0, 1000]);
  expect(await find(-4)).toEqual([0, 0, -1]);
  expect(await find(-5)).toEqual([0, -1, -1]);
  expect(await find(500)).toEqual([0, 0, 1000]);
  expect(await find(1001)).toEqual([0, -1, -1]);
  expect(await find(-9)).toEqual([errorNumber('INVALID_REQUEST'), -1, -1]);
});

test('metadata: what an empty list means depends on the version; topics are found by name and by id', async () => {
  const [world, topicId] = await brokers(2, 'metadata');
  const client = world.kafka(1);
  const names = async (version: number, topics: RequestInput<typeof metadata>['topics']): Promise<(string | null)[]> =>
    (await client.ask(metadata, version, { topics })).topics.map(({ name }) => name);
  expect(await names(0, [])).toEqual(['t']);
  expect(await names(1, [])).toEqual([]);
  expect(await names(1, null)).toEqual(['t']);
  const response = await client.ask(metadata, 12, {
    topics: [{ name: 't' }, { topicId, name: null }, { topicId: `${'B'.repeat(21)}A`, name: null }, { name: 'a b' }],
  });
  expect(response.brokers.map(({ nodeId, host, port }) => [nodeId, host, port])).toEqual([
    [1, 'broker-1', 9092],
    [2, 'broker-2', 9092],
  ]);
  expect(response.topics.map(({ errorCode, name }) => [errorCode, name])).toEqual([
    [0, 't'],
    [errorNumber('INVALID_TOPIC_EXCEPTION'), 'a b'],
    [0, 't'],
    [errorNumber('UNKNOWN_TOPIC_ID'), null],
  ]);
  expect(response.topics[0]).toMatchObject({ topicId, partitions: [{ leaderId: 1, replicaNodes: [1, 2] }] });
});

test('a topic that is missing is created only where the cluster and the client allow it', async () => {
  const [world] = await brokers(1, 'auto creation');
  const client = world.kafka(1);
  const ask = async (name: string, allowAutoTopicCreation: boolean): Promise<number> =>
    (await client.ask(metadata, 8, { topics: [{ name }], allowAutoTopicCreation })).topics[0]?.errorCode ?? -2;
  expect(await ask('made', true)).toBe(errorNumber('UNKNOWN_TOPIC_OR_PARTITION'));
  world.controller.setClusterConfig('auto.create.topics.enable', 'true');
  await world.run(100);
  expect(await ask('made', false)).toBe(errorNumber('UNKNOWN_TOPIC_OR_PARTITION'));
  expect(await ask('made', true)).toBe(0);
  expect(await ask('not a name', true)).toBe(errorNumber('INVALID_TOPIC_EXCEPTION'));
});

test('two brokers that are asked for a missing topic at once both answer with it, and neither warns', async () => {
  const [world] = await brokers(2, 'created twice');
  world.controller.setClusterConfig('auto.create.topics.enable', 'true');
  await world.run(100);
  const asked = { topics: [{ name: 'made' }], allowAutoTopicCreation: true };
  const waiting = [1, 2].map((id) => {
    const client = world.kafka(id);
    return { client, sent: client.send(metadata, 8, asked) };
  });
  for (const { client, sent } of waiting) {
    expect((await client.answer(metadata, 8, sent)).topics[0]?.errorCode).toBe(0);
  }
  const told = world.ring.events().filter(({ event }) => event.includes('for a client'));
  expect(told.map(({ level }) => level)).toEqual(['info']);
});

test('a description of partitions comes page by page', async () => {
  const [world] = await brokers(1, 'pages');
  const client = world.kafka(1);
  world.controller.createTopic('a', [[1], [1], [1]]);
  await world.run(100);
  const pages: (readonly [string | null, number])[][] = [];
  let cursor: RequestInput<typeof describeTopicPartitions>['cursor'] = null;
  do {
    const page: ResponseOf<typeof describeTopicPartitions> = await client.ask(describeTopicPartitions, 0, {
      topics: [],
      responsePartitionLimit: 2,
      cursor,
    });
    pages.push(
      page.topics.flatMap(({ name, partitions }) => partitions.map((each) => [name, each.partitionIndex] as const)),
    );
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(pages).toEqual([
    [
      ['a', 0],
      ['a', 1],
    ],
    [
      ['a', 2],
      ['t', 0],
    ],
  ]);
});

test('a client that is newer, misnamed or misrouted is told in the first answer', async () => {
  const [world] = await brokers(1, 'api versions');
  const client = world.kafka(1);
  const good = { clientSoftwareName: 'apache-kafka-java', clientSoftwareVersion: '4.0.0' };
  const ask = async (request: RequestInput<typeof apiVersions>): Promise<number> =>
    (await client.ask(apiVersions, 5, request)).errorCode;
  expect(await client.ask(apiVersions, 3, good)).toMatchObject({
    errorCode: 0,
    finalizedFeaturesEpoch: expect.any(Number),
  });
  expect(await ask({ ...good, clientSoftwareName: '' })).toBe(errorNumber('INVALID_REQUEST'));
  expect(await ask({ ...good, clientSoftwareName: '-x' })).toBe(errorNumber('INVALID_REQUEST'));
  expect(await ask({ ...good, nodeId: 1 })).toBe(0);
  expect(await ask({ ...good, nodeId: 2 })).toBe(errorNumber('REBOOTSTRAP_REQUIRED'));
  expect(await ask({ ...good, clusterId: 'another' })).toBe(errorNumber('REBOOTSTRAP_REQUIRED'));
  const newest = new Uint8Array([0, 0, 0, 10, 0, 18, 0, 99, 0, 0, 0, 77, 255, 255]);
  client.raw(newest);
  const fallback = await client.answer(apiVersions, 99, 77);
  expect(fallback).toMatchObject({ errorCode: errorNumber('UNSUPPORTED_VERSION') });
});
