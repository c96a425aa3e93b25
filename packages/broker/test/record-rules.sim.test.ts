import { gzipSync, zstdCompressSync } from 'node:zlib';
import {
  bytesEqual,
  concatBytes,
  type ErrorCode,
  errorNumber,
  pureChecksum,
  utf8Decode,
  utf8Encode,
} from '@moldau/base';
import { fetch, produce, type ResponseOf, ZERO_UUID } from '@moldau/protocol';
import {
  BATCH_HEADER_BYTES,
  BatchBuilder,
  type BatchProducer,
  type BatchRecord,
  type Codec,
  codecOf,
  compress,
  compressionCodec,
  decompress,
  parseBatchHeader,
  readBatchRecords,
  splitBatches,
  withRecords,
} from '@moldau/records';
import { describe, expect, test } from 'vitest';
import { BrokerWorld } from './support/broker-world.ts';
import type { KafkaTestClient } from './support/kafka-test-client.ts';

type Result = ResponseOf<typeof produce>['responses'][number]['partitionResponses'][number];
type Told = readonly [key: string | null, value: string, timestampMs?: number];

const CODECS: readonly (Codec | undefined)[] = [undefined, 'gzip', 'snappy', 'lz4', 'zstd'];
const HOUR_MS = 3_600_000;

async function topicWith(configs: Readonly<Record<string, string>>, seed: string): Promise<[BrokerWorld, string]> {
  const world = new BrokerWorld(seed, [], {}, {});
  await world.open(1);
  const topicId = world.controller.createTopic('t', [[1]], { 'retention.ms': '-1', ...configs });
  await world.until(() => world.replica(1, topicId)?.serves === true);
  return [world, topicId];
}

function plainBatch(records: readonly Told[], producer?: BatchProducer): Uint8Array {
  const builder = new BatchBuilder(producer === undefined ? {} : { producer });
  for (const [key, value, timestampMs = 1000] of records) {
    const bytes = key === null ? null : utf8Encode(key);
    builder.append({ key: bytes, value: utf8Encode(value), headers: [] }, timestampMs);
  }
  return builder.finish(pureChecksum);
}

function inCodec(world: BrokerWorld, batch: Uint8Array, codec: Codec | undefined): Promise<Uint8Array> {
  return world.settle(
    (async () => {
      if (codec === undefined) return batch;
      const records = await compress(world.client, codec, batch.subarray(BATCH_HEADER_BYTES), 3);
      return withRecords(batch, records, codec, pureChecksum);
    })(),
  );
}

function requestOf(records: Uint8Array, acks = -1) {
  const partitionData = [{ index: 0, records }];
  return { acks, timeoutMs: 5000, topicData: [{ name: 't', topicId: ZERO_UUID, partitionData }] };
}

async function send(client: KafkaTestClient, records: Uint8Array): Promise<Result> {
  const { responses } = await client.ask(produce, 9, requestOf(records));
  const result = responses[0]?.partitionResponses[0];
  if (result === undefined) throw new Error('the partition is answered');
  return result;
}

async function batchesOf(client: KafkaTestClient, offset = 0): Promise<Uint8Array[]> {
  const partitions = [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 50_000_000 }];
  const topics = [{ topic: 't', topicId: ZERO_UUID, partitions }];
  const response = await client.ask(fetch, 11, { maxWaitMs: 0, minBytes: 1, maxBytes: 50_000_000, topics });
  const records = response.responses[0]?.partitions[0]?.records ?? new Uint8Array(0);
  return splitBatches(records).map(({ header, position }) => records.subarray(position, position + header.sizeBytes));
}

async function recordsOf(world: BrokerWorld, batch: Uint8Array): Promise<BatchRecord[]> {
  const header = parseBatchHeader(batch);
  const codec = codecOf(compressionCodec(header));
  if (codec === undefined) return readBatchRecords(batch, header);
  const plain = await world.settle(decompress(world.client, codec, batch.subarray(BATCH_HEADER_BYTES)));
  const whole = withRecords(batch, plain, undefined, pureChecksum);
  return readBatchRecords(whole, parseBatchHeader(whole));
}

function code(error: ErrorCode): number {
  return errorNumber(error);
}

describe.each(CODECS)('a batch that is compressed with %s', (codec) => {
  test('needs a key in each record of a compacted topic', async () => {
    const [world, topicId] = await topicWith({ 'cleanup.policy': 'compact' }, `compact ${codec}`);
    const client = world.kafka(1);
    const bad = await inCodec(
      world,
      plainBatch([
        ['a', '1'],
        [null, '2'],
        ['', '3'],
        [null, '4'],
      ]),
      codec,
    );
    const refused = await send(client, bad);
    expect(refused).toMatchObject({ errorCode: code('INVALID_RECORD'), baseOffset: -1 });
    expect(refused.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([1, 3]);
    const good = await inCodec(
      world,
      plainBatch([
        ['a', '1'],
        ['', '2'],
      ]),
      codec,
    );
    expect(await send(client, good)).toMatchObject({ errorCode: 0, baseOffset: 0 });
    const producer = world.producer(1);
    const answer = await producer.answer(producer.send(topicId, bad));
    expect(answer).toMatchObject({ errorCode: code('INVALID_RECORD') });
    expect(answer.message).toMatch(/2 of 4 records are not taken; record 1: .* needs a key/);
    expect((await producer.answer(producer.send(topicId, good))).baseOffset).toBe(2);
  });

  test('has records whose time is within the bounds', async () => {
    const bounds = { 'message.timestamp.before.max.ms': '10000', 'message.timestamp.after.max.ms': '5000' };
    const [world] = await topicWith(bounds, `bounds ${codec}`);
    const client = world.kafka(1);
    const nowMs = world.client.clock.wallMs();
    const times = [nowMs, nowMs - 60_000, nowMs + 1000, -1, nowMs - 9000];
    const bad = plainBatch(times.map((timeMs) => ['k', 'v', timeMs]));
    const refused = await send(client, await inCodec(world, bad, codec));
    expect(refused.errorCode).toBe(code('INVALID_TIMESTAMP'));
    expect(refused.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([1]);
    const good = plainBatch([
      ['k', 'v', nowMs],
      ['k', 'v', nowMs - 5000],
      ['k', 'v', nowMs + 4000],
    ]);
    expect((await send(client, await inCodec(world, good, codec))).errorCode).toBe(0);
  });

  test.each(['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'])('is kept in %s', async (type) => {
    const [world] = await topicWith({ 'compression.type': type }, `${codec} to ${type}`);
    const client = world.kafka(1);
    const identity = { producerId: 5, producerEpoch: 0, baseSequence: 0 };
    const told: Told[] = Array.from({ length: 50 }, (_, index) => [`k${index}`, `value ${index}`, 1000 + index]);
    const sent = await inCodec(world, plainBatch(told, identity), codec);
    expect(await send(client, sent)).toMatchObject({ errorCode: 0, baseOffset: 0 });
    // Sent again it is the same batch, whatever has become of it.
    expect(await send(client, sent)).toMatchObject({ errorCode: 0, baseOffset: 0 });
    const conversions = [...world.broker(1).metrics.samples()].find(({ name }) =>
      name.endsWith('producemessageconversions_total'),
    );
    const isKept = codec === (type === 'uncompressed' ? undefined : type);
    expect(conversions?.value).toBe(isKept ? 0 : 100);
    const [kept, ...others] = await batchesOf(client);
    if (kept === undefined || others.length > 0) throw new Error('one batch is kept');
    const header = parseBatchHeader(kept);
    expect(codecOf(compressionCodec(header))).toBe(type === 'uncompressed' ? undefined : type);
    expect(pureChecksum.crc32c(kept.subarray(21))).toBe(header.crc);
    expect(header).toMatchObject({ ...identity, recordCount: 50, maxTimestamp: 1049, baseTimestamp: 1000 });
    const records = await recordsOf(world, kept);
    expect(
      records.map(({ key, value, timestampMs, offset }) => [
        key && utf8Decode(key),
        value && utf8Decode(value),
        timestampMs,
        offset,
      ]),
    ).toEqual(told.map(([key, value, timestampMs], offset) => [key, value, timestampMs, offset]));
    if (isKept) expect(bytesEqual(kept.subarray(61), sent.subarray(61))).toBe(true);
  });
});

test('what was sent first is appended first, also when it takes longer', async () => {
  const [world] = await topicWith({ 'compression.type': 'zstd' }, 'order');
  const client = world.kafka(1);
  const identity = (baseSequence: number): BatchProducer => ({ producerId: 5, producerEpoch: 0, baseSequence });
  const many: Told[] = Array.from({ length: 5000 }, (_, index) => ['k', `value ${index}`]);
  const slow = await inCodec(world, plainBatch(many, identity(0)), 'gzip');
  const fast = await inCodec(world, plainBatch([['k', 'fast']], identity(5000)), 'zstd');
  const last = plainBatch([['k', 'last']], identity(5001));
  const ids = [slow, fast, last].map((records) => client.send(produce, 9, requestOf(records)));
  const offsets: number[] = [];
  for (const id of ids) {
    const { responses } = await client.answer(produce, 9, id);
    expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(0);
    offsets.push(responses[0]?.partitionResponses[0]?.baseOffset ?? -1);
  }
  expect(offsets).toEqual([0, 5000, 5001]);
});

test('over gRPC too, and what is worked on counts among the bytes in flight until it is answered', async () => {
  const [world, topicId] = await topicWith({ 'compression.type': 'zstd' }, 'order of a stream');
  const producer = world.producer(1);
  const inFlight = (): number | undefined =>
    [...world.broker(1).metrics.samples()].find(({ name }) => name === 'moldau_broker_produce_in_flight_bytes')?.value;
  const many: Told[] = Array.from({ length: 3000 }, (_, index) => ['k', `value ${index}`]);
  const slow = await inCodec(world, plainBatch(many), 'gzip');
  const fast = await inCodec(world, plainBatch([['k', 'fast']]), 'zstd');
  const sent = [slow, fast, slow].map((records) => producer.send(topicId, records));
  await world.until(() => (inFlight() ?? 0) > slow.length);
  const offsets: number[] = [];
  for (const correlation of sent) offsets.push((await producer.answer(correlation)).baseOffset);
  expect(offsets).toEqual([0, 3000, 3001]);
  expect(inFlight()).toBe(0);
});

test('with LogAppendTime the bounds of time are not looked at, and its stamp is on what was compressed anew', async () => {
  const configs = { 'message.timestamp.type': 'LogAppendTime', 'compression.type': 'lz4' };
  const [world] = await topicWith({ ...configs, 'message.timestamp.before.max.ms': '1' }, 'append time');
  const client = world.kafka(1);
  const sent = await inCodec(world, plainBatch([['k', 'v', world.client.clock.wallMs() + 9 * HOUR_MS]]), 'gzip');
  const { errorCode, logAppendTimeMs } = await send(client, sent);
  expect(errorCode).toBe(0);
  const [kept = new Uint8Array(0)] = await batchesOf(client);
  const header = parseBatchHeader(kept);
  expect(header.maxTimestamp).toBe(logAppendTimeMs);
  expect(header.attributes).toBe(8 | 3);
  expect(pureChecksum.crc32c(kept.subarray(21))).toBe(header.crc);
});

test.each([
  ['an hour and more ahead, by default', {}, HOUR_MS + 60_000, 'INVALID_TIMESTAMP'],
  ['less than an hour ahead', {}, HOUR_MS - 60_000, undefined],
  ['long ago', {}, -1_000_000_000_000, undefined],
  ['far ahead, without bounds', { 'message.timestamp.after.max.ms': '9223372036854775807' }, 9 * HOUR_MS, undefined],
] as const)('a time %s', async (_, configs, fromNowMs, error) => {
  const [world, topicId] = await topicWith(configs, `time ${fromNowMs}`);
  const batch = plainBatch([['k', 'v', world.client.clock.wallMs() + fromNowMs]]);
  const expected = error === undefined ? 0 : code(error);
  expect((await send(world.kafka(1), batch)).errorCode).toBe(expected);
  const producer = world.producer(1);
  expect((await producer.answer(producer.send(topicId, batch))).errorCode).toBe(expected);
});

test('a producer does not say when its batch was appended', async () => {
  const [world] = await topicWith({}, 'attributes');
  const batch = plainBatch([['k', 'v']]);
  batch[22] = 8;
  new DataView(batch.buffer).setUint32(17, pureChecksum.crc32c(batch.subarray(21)));
  expect((await send(world.kafka(1), batch)).errorCode).toBe(code('INVALID_TIMESTAMP'));
  batch[22] = 5;
  new DataView(batch.buffer).setUint32(17, pureChecksum.crc32c(batch.subarray(21)));
  expect((await send(world.kafka(1), batch)).errorCode).toBe(code('UNSUPPORTED_COMPRESSION_TYPE'));
});

test('max.message.bytes holds for what is sent and for what is kept', async () => {
  const [world] = await topicWith({ 'compression.type': 'uncompressed', 'max.message.bytes': '2000' }, 'size');
  const client = world.kafka(1);
  const zeros = plainBatch([['k', 'v'.repeat(5000)]]);
  expect((await send(client, zeros)).errorCode).toBe(code('MESSAGE_TOO_LARGE'));
  const small = await inCodec(world, zeros, 'zstd');
  expect(small.length).toBeLessThan(500);
  expect((await send(client, small)).errorCode).toBe(code('MESSAGE_TOO_LARGE'));
  expect((await send(client, plainBatch([['k', 'v']]))).errorCode).toBe(0);
});

test('what cannot be decompressed, or becomes far too much, is refused, and the next is taken', async () => {
  const [world] = await topicWith({ 'cleanup.policy': 'compact' }, 'bombs');
  const client = world.kafka(1);
  const plain = plainBatch([['k', 'v']]);
  const records = plain.subarray(BATCH_HEADER_BYTES);
  const gzip = gzipSync(records);
  for (const [bomb, codec] of [
    [gzipSync(new Uint8Array(50_000_000)), 'gzip'],
    [zstdCompressSync(new Uint8Array(50_000_000)), 'zstd'],
  ] as const) {
    const result = await send(client, withRecords(plain, bomb, codec, pureChecksum));
    expect(result).toMatchObject({ errorCode: code('INVALID_RECORD') });
    expect(result.errorMessage).toMatch(/cannot be decompressed/);
  }
  const bad: readonly (readonly [Uint8Array, Codec])[] = [
    [gzip.subarray(0, gzip.length - 9), 'gzip'],
    [records, 'snappy'],
    [records, 'lz4'],
    [gzipSync(concatBytes([records, records])), 'gzip'],
    [gzipSync(records.subarray(1)), 'gzip'],
  ];
  for (const [compressed, codec] of bad) {
    const batch = withRecords(plain, compressed, codec, pureChecksum);
    expect(await send(client, batch)).toMatchObject({ errorCode: code('INVALID_RECORD'), recordErrors: [] });
  }
  expect((await send(client, plain)).errorCode).toBe(0);
});

test('a failure with acks=0 closes the connection, and what was sent before is appended', async () => {
  const [world, topicId] = await topicWith({ 'cleanup.policy': 'compact' }, 'acks 0');
  const client = world.kafka(1);
  client.send(produce, 9, requestOf(await inCodec(world, plainBatch([['k', 'v']]), 'gzip'), 0));
  client.send(produce, 9, requestOf(await inCodec(world, plainBatch([[null, 'v']]), 'gzip'), 0));
  await world.until(() => client.closed !== undefined);
  expect(world.replica(1, topicId)?.endOffset).toBe(1);
});

test('leadership that ends meanwhile refuses what was not appended, and nothing before it', async () => {
  const world = new BrokerWorld('moved', [], {}, {});
  await world.open(2);
  const topicId = world.controller.createTopic('t', [[1, 2]], { 'compression.type': 'gzip' });
  await world.until(() => world.replica(1, topicId)?.serves === true);
  const client = world.kafka(1);
  // Each takes up to 3 ms.
  const ids = Array.from({ length: 40 }, () => client.send(produce, 9, requestOf(plainBatch([['k', 'v']]))));
  await world.until(() => (world.replica(1, topicId)?.endOffset ?? 0) >= 3);
  world.controller.moveLeader(topicId, 0, 2);
  const answers: Partial<Result>[] = [];
  for (const id of ids) {
    const { responses } = await client.answer(produce, 9, id);
    answers.push(responses[0]?.partitionResponses[0] ?? {});
  }
  const taken = answers.filter(({ errorCode }) => errorCode === 0);
  expect(taken.length).toBeGreaterThan(0);
  expect(taken.map(({ baseOffset }) => baseOffset)).toEqual(taken.map((_, index) => index));
  const refused = answers.slice(taken.length);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.every(({ errorCode }) => errorCode === code('NOT_LEADER_OR_FOLLOWER'))).toBe(true);
});
