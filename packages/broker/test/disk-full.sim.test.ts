import { errorNumber } from '@moldau/base';
import { expect, test } from 'vitest';
import { BrokerWorld, batchOf } from './support/broker-world.ts';

/* Real disks are not filled by tests: the simulated one has the size that a test wants. */

const LOG = { freeBytesMin: 20_000, checkpointBytes: 4_000, checkpointMs: 50, tailBytesMax: 1_000 };
const VALUE = 'x'.repeat(500);
const STORAGE_ERROR = errorNumber('KAFKA_STORAGE_ERROR');

async function open(seed: string): Promise<[BrokerWorld, string]> {
  const world = new BrokerWorld(seed, [], { log: LOG });
  await world.open(3);
  const topicId = world.controller.createTopic('t', [[1, 2, 3]], { 'retention.ms': '-1' });
  await world.until(() => world.replica(1, topicId)?.serves === true);
  return [world, topicId];
}

/** Room for so much more than is there now. */
function leave(world: BrokerWorld, id: number, bytes: number): void {
  const { disk } = world.node(id);
  disk.capacityBytes = disk.files().reduce((sum, { size }) => sum + size, 0) + bytes;
}

async function readAll(world: BrokerWorld, id: number, topicId: string, count: number): Promise<void> {
  const consumer = world.consumer(id);
  consumer.subscribe(topicId, { offset: 0 });
  await world.until(() => consumer.count() === count);
}

test('a leader whose disk is nearly full refuses with what to do, keeps all, and takes more once there is room', async () => {
  const [world, topicId] = await open('leader is full');
  leave(world, 1, 60_000);
  const producer = world.producer(1);
  let kept = 0;
  let refusal = '';
  while (refusal === '' && kept < 200) {
    const { errorCode, message } = await producer.produce(topicId, [VALUE]);
    if (errorCode === 0) kept++;
    else {
      expect(errorCode).toBe(STORAGE_ERROR);
      refusal = message;
    }
  }
  expect(refusal).toBe('/data/log is full: less than 20000 bytes are free. Free some, or add a broker');
  expect(kept).toBeGreaterThan(10);
  await readAll(world, 1, topicId, kept);
  expect(world.replica(1, topicId)).toMatchObject({ serves: true, isr: [1, 2, 3] });
  leave(world, 1, Infinity);
  await producer.produce(topicId, [VALUE]);
  await world.run(500);
  expect(await producer.produce(topicId, [VALUE])).toMatchObject({ errorCode: 0 });
});

test('a disk that somebody else fills to the last byte takes its broker down, and nothing that was acknowledged', async () => {
  const [world, topicId] = await open('nothing left');
  const producer = world.producer(1);
  for (let batch = 0; batch < 20; batch++) await producer.produce(topicId, [VALUE]);
  leave(world, 3, 0);
  const correlation = producer.send(topicId, batchOf([VALUE]));
  await expect(producer.answer(correlation)).rejects.toThrow('ENOSPC');
  world.failures.length = 0;
  expect(await producer.answer(correlation)).toMatchObject({ errorCode: 0 });
  expect(world.replica(1, topicId)?.isr).toEqual([1, 2]);
  await readAll(world, 1, topicId, 21);
  leave(world, 3, Infinity);
  await world.startBroker(3);
  await world.until(() => world.replica(1, topicId)?.isr.length === 3);
  expect(world.replica(3, topicId)).toMatchObject({ flushedEnd: 21, startOffset: 0 });
});

test('a follower whose disk is nearly full leaves the ISR, and is back once there is room', async () => {
  const [world, topicId] = await open('follower is full');
  const producer = world.producer(1);
  leave(world, 3, 60_000);
  for (let batch = 0; batch < 100; batch++)
    expect(await producer.produce(topicId, [VALUE], { timeoutMs: 60_000 })).toMatchObject({ errorCode: 0 });
  expect(world.replica(1, topicId)?.isr).toEqual([1, 2]);
  let refused = 0;
  world.ring.onEvent('what a leader sent cannot be taken', () => refused++);
  await world.run(10_000);
  // It asks again and again, but neither the log nor the leader is flooded.
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThan(40);
  leave(world, 3, Infinity);
  await world.until(() => world.replica(1, topicId)?.isr.length === 3);
  expect(world.replica(3, topicId)).toMatchObject({ flushedEnd: 100 });
});

test('brokers that share a full disk are not damaged by it: all of them come back with what they had', async () => {
  const [world, topicId] = await open('shared disk');
  const producer = world.producer(1);
  for (let batch = 0; batch < 20; batch++) await producer.produce(topicId, [VALUE]);
  for (const id of [1, 2, 3]) leave(world, id, 0);
  producer.send(topicId, batchOf([VALUE]));
  await expect(world.until(() => false, 3000)).rejects.toThrow('ENOSPC');
  for (const id of [1, 2, 3]) {
    world.kill(id);
    leave(world, id, Infinity);
  }
  world.failures.length = 0;
  await world.run(6000);
  for (const id of [1, 2, 3]) await world.startBroker(id);
  await world.until(() => [1, 2, 3].some((id) => world.replica(id, topicId)?.isr.length === 3));
  for (const id of [1, 2, 3]) {
    expect(world.controller.image.brokers.get(id)?.directories[0]?.verdict).toBe('crashed-intact');
    expect(world.replica(id, topicId)?.flushedEnd).toBeGreaterThanOrEqual(20);
  }
});
