import { pureChecksum, utf8Encode } from '@moldau/base';
import { listOffsets, produce, ZERO_UUID } from '@moldau/protocol';
import { BATCH_HEADER_BYTES, BatchBuilder, type Codec, compress, withRecords } from '@moldau/records';
import { describe, expect, test } from 'vitest';
import { BrokerWorld } from './support/broker-world.ts';

const MAX_TIMESTAMP = -3;
const BASE_MS = 1_000_000;

async function worldOf(
  seed: string,
  codec: Codec | undefined,
  batches: readonly (readonly number[])[],
  configs: Readonly<Record<string, string>> = {},
): Promise<[BrokerWorld, string]> {
  const world = new BrokerWorld(seed, [], {}, {});
  await world.open(1);
  const topicId = world.controller.createTopic('t', [[1]], { 'retention.ms': '-1', ...configs });
  await world.until(() => world.replica(1, topicId)?.serves === true);
  const client = world.kafka(1);
  for (const times of batches) {
    const records = await compressed(world, plainBatch(times), codec);
    const topicData = [{ name: 't', topicId: ZERO_UUID, partitionData: [{ index: 0, records }] }];
    const { responses } = await client.ask(produce, 9, { acks: -1, timeoutMs: 5000, topicData });
    expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(0);
  }
  return [world, topicId];
}

function plainBatch(times: readonly number[]): Uint8Array {
  const builder = new BatchBuilder();
  for (const time of times) builder.append({ key: null, value: utf8Encode('v'), headers: [] }, BASE_MS + time);
  return builder.finish(pureChecksum);
}

function compressed(world: BrokerWorld, batch: Uint8Array, codec: Codec | undefined): Promise<Uint8Array> {
  if (codec === undefined) return Promise.resolve(batch);
  const records = compress(world.client, codec, batch.subarray(BATCH_HEADER_BYTES), 3);
  return world.settle(records.then((bytes) => withRecords(batch, bytes, codec, pureChecksum)));
}

async function found(world: BrokerWorld, topicId: string, timestamp: number): Promise<[number, number]> {
  const { errorCode, offset, timestamp: foundMs } = await world.listOffset(1, topicId, timestamp);
  expect(errorCode).toBe(0);
  const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }];
  const request = { replicaId: -1, isolationLevel: 0, topics: [{ name: 't', partitions }] };
  const { topics } = await world.kafka(1).ask(listOffsets, 7, request);
  // Both doors say the same.
  expect(topics[0]?.partitions[0]).toMatchObject({ errorCode: 0, offset, timestamp: foundMs });
  return [offset, foundMs === -1 ? -1 : foundMs - BASE_MS];
}

describe.each<Codec | undefined>([undefined, 'gzip', 'snappy', 'lz4', 'zstd'])(
  'in batches compressed with %s',
  (codec) => {
    test('the record itself is found', async () => {
      const batches = [[10, 5, 30, 20], [15, 40, 40, 35], [7]];
      const [world, topicId] = await worldOf(`find ${codec}`, codec, batches);
      expect(await found(world, topicId, BASE_MS)).toEqual([0, 10]);
      expect(await found(world, topicId, BASE_MS + 11)).toEqual([2, 30]);
      expect(await found(world, topicId, BASE_MS + 30)).toEqual([2, 30]);
      expect(await found(world, topicId, BASE_MS + 31)).toEqual([5, 40]);
      expect(await found(world, topicId, BASE_MS + 41)).toEqual([-1, -1]);
      expect(await found(world, topicId, MAX_TIMESTAMP)).toEqual([5, 40]);
    });

    test('with LogAppendTime the first of the batch is', async () => {
      const [world, topicId] = await worldOf(
        `append ${codec}`,
        codec,
        [
          [1, 2],
          [3, 4],
        ],
        {
          'message.timestamp.type': 'LogAppendTime',
        },
      );
      expect((await found(world, topicId, 1))[0]).toBe(0);
      expect((await found(world, topicId, MAX_TIMESTAMP))[0]).toBe(2);
    });
  },
);

test('records that cannot be read are found by the time of their batch', async () => {
  const [world, topicId] = await worldOf('broken', undefined, [[1]]);
  const batch = plainBatch([5, 6]);
  const broken = withRecords(batch, utf8Encode('no gzip'), 'gzip', pureChecksum);
  const producer = world.producer(1);
  expect((await producer.answer(producer.send(topicId, broken))).errorCode).toBe(0);
  expect(await found(world, topicId, BASE_MS + 2)).toEqual([1, 6]);
});

test('a header that promises a younger record than there is does not send anybody past its batch', async () => {
  const [world, topicId] = await worldOf('lie', 'gzip', [[1]]);
  const batch = await compressed(world, plainBatch([2, 3]), 'gzip');
  const view = new DataView(batch.buffer, batch.byteOffset);
  view.setBigInt64(35, BigInt(BASE_MS + 500));
  view.setUint32(17, pureChecksum.crc32c(batch.subarray(21)));
  const producer = world.producer(1);
  expect((await producer.answer(producer.send(topicId, batch))).errorCode).toBe(0);
  expect(await found(world, topicId, BASE_MS + 400)).toEqual([1, 500]);
});
