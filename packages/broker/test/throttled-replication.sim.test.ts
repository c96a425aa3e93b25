import { isReassigning, partitionOf } from '@moldau/metadata';
import { expect, test } from 'vitest';
import { BrokerWorld } from './support/broker-world.ts';

const BATCHES = 40;
const BATCH_BYTES = 100_000;
const BYTES = BATCHES * BATCH_BYTES;
const RATE = 500_000;
/** The records are old. */
const CONFIGS = { 'min.insync.replicas': '2', 'retention.ms': '-1' };
/** What goes before the rate counts: an idle second's, and one batch over it. */
const BURST = RATE + BATCH_BYTES;

/** Two topics on brokers 1 and 2, both full; broker 3 has nothing. */
async function cluster(seed: string): Promise<{ world: BrokerWorld; throttled: string; free: string }> {
  const world = new BrokerWorld(seed, [], {}, {});
  await world.open(3);
  const create = (name: string): string => world.controller.createTopic(name, [[1, 2]], CONFIGS);
  const [throttled, free] = [create('throttled'), create('free')];
  const producer = world.producer(1);
  for (const topicId of [throttled, free]) {
    await world.until(() => world.replica(1, topicId)?.serves === true);
    for (let batch = 0; batch < BATCHES; batch++) await producer.produce(topicId, ['x'.repeat(BATCH_BYTES)]);
  }
  return { world, throttled, free };
}

function isMoving(world: BrokerWorld, topicId: string): boolean {
  const state = partitionOf(world.controller.image, topicId, 0);
  return state !== undefined && isReassigning(state);
}

/** Runs until the move has ended. @returns virtual ms that it took from now */
async function ended(world: BrokerWorld, topicId: string): Promise<number> {
  const startMs = world.scheduler.nowMs;
  await world.until(() => !isMoving(world, topicId), 3_600_000);
  return world.scheduler.nowMs - startMs;
}

test.each([
  ['leader', '0:1'],
  ['leader', '*'],
  ['follower', '0:3'],
  ['follower', '*'],
])(
  'a replica that is added comes at the rate of the %s (%s); others, and those in sync, do not wait',
  async (side, replicas) => {
    const { world, throttled, free } = await cluster(`rate ${side} ${replicas}`);
    world.controller.setClusterConfig(`${side}.replication.throttled.rate`, String(RATE));
    world.controller.setConfig('throttled', `${side}.replication.throttled.replicas`, replicas);
    const startMs = world.scheduler.nowMs;
    world.controller.reassign('throttled', 0, [1, 2, 3]);
    world.controller.reassign('free', 0, [1, 2, 3]);
    expect(await ended(world, free)).toBeLessThan(1000);
    const producer = world.producer(1);
    for (let batch = 0; batch < 20; batch++) {
      const sentMs = world.scheduler.nowMs;
      expect(await producer.produce(throttled, [`${batch}`])).toMatchObject({ errorCode: 0 });
      expect(world.scheduler.nowMs - sentMs).toBeLessThan(100);
    }
    expect(isMoving(world, throttled)).toBe(true);
    await ended(world, throttled);
    const tookMs = world.scheduler.nowMs - startMs;
    expect(tookMs).toBeGreaterThan(((BYTES - BURST) / RATE) * 1000);
    expect(tookMs).toBeLessThan((BYTES / RATE) * 1000 * 1.2);
  },
);

test('another rate, or none, holds at once', async () => {
  const { world, throttled } = await cluster('another rate');
  const { controller } = world;
  controller.setClusterConfig('leader.replication.throttled.rate', '1');
  controller.setConfig('throttled', 'leader.replication.throttled.replicas', '*');
  controller.reassign('throttled', 0, [1, 2, 3]);
  await world.run(60_000);
  expect(isMoving(world, throttled)).toBe(true);
  controller.setClusterConfig('leader.replication.throttled.rate', String(RATE));
  await world.run(2_000);
  expect(isMoving(world, throttled)).toBe(true);
  controller.setConfig('throttled', 'leader.replication.throttled.replicas', '');
  expect(await ended(world, throttled)).toBeLessThan(1000);
});

test('replicas that do not stand in the list know no rate', async () => {
  const { world, throttled } = await cluster('not in the list');
  world.controller.setClusterConfig('leader.replication.throttled.rate', '1');
  world.controller.setClusterConfig('follower.replication.throttled.rate', '1');
  world.controller.setConfig('throttled', 'leader.replication.throttled.replicas', '0:2,1:1');
  world.controller.setConfig('throttled', 'follower.replication.throttled.replicas', '0:1,1:3');
  world.controller.reassign('throttled', 0, [1, 2, 3]);
  expect(await ended(world, throttled)).toBeLessThan(1000);
});

test.each(['leader', 'follower'])(
  'the rate of the %s is shared, also with a replica that gets more than that',
  async (side) => {
    const { world, throttled, free } = await cluster(`shared ${side}`);
    world.controller.setClusterConfig(`${side}.replication.throttled.rate`, String(RATE));
    for (const name of ['throttled', 'free']) {
      world.controller.setConfig(name, `${side}.replication.throttled.replicas`, '*');
      world.controller.reassign(name, 0, [1, 2, 3]);
    }
    const producer = world.producer(1);
    const startMs = world.scheduler.nowMs;
    while (isMoving(world, free)) {
      for (let batch = 0; batch < 6; batch++) await producer.produce(throttled, ['x'.repeat(BATCH_BYTES)]);
      await world.run(1000);
      expect(world.scheduler.nowMs - startMs).toBeLessThan((2 * BYTES * 1000 * 1.3) / RATE);
    }
    expect(isMoving(world, throttled)).toBe(true);
  },
);
