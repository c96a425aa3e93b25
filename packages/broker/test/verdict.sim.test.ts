import { expect, test } from 'vitest';
import { BrokerWorld } from './support/broker-world.ts';

async function registeredAs(world: BrokerWorld, id: number): Promise<readonly string[]> {
  const { image } = world.controller;
  const before = image.brokers.get(id)?.brokerEpoch ?? -1;
  await world.startBroker(id);
  await world.until(() => (world.controller.image.brokers.get(id)?.brokerEpoch ?? -1) > before);
  return (world.controller.image.brokers.get(id)?.directories ?? []).map(({ verdict }) => verdict);
}

async function crashed(seed: string): Promise<BrokerWorld> {
  const world = new BrokerWorld(seed);
  await world.open(3);
  const topicId = world.controller.createTopic('t', [[1, 2, 3]]);
  await world.until(() => world.replica(1, topicId)?.serves === true);
  await world.producer(1).produce(topicId, ['x']);
  world.kill(3);
  world.node(3).disk.losePower();
  return world;
}

test('a crash is told although the first start after it failed', async () => {
  const world = await crashed('failed start');
  const { disk } = world.node(3);
  // The metadata is read, and then the roster: by then the directories are open.
  const mend = disk.inject({ operation: 'store', code: 'EIO', count: 1, after: 2 });
  await expect(world.startBroker(3)).rejects.toMatchObject({ code: 'EIO' });
  mend();
  world.kill(3);
  expect(await registeredAs(world, 3)).toEqual(['crashed-intact']);
});

test('a crash is told although the broker was stopped before it could register', async () => {
  const world = await crashed('stopped before it registered');
  world.network.partition('broker-3', 'controller');
  const broker = await world.startBroker(3);
  await world.settle(broker.close());
  world.kill(3);
  world.network.heal('broker-3', 'controller');
  expect(await registeredAs(world, 3)).toEqual(['crashed-intact']);
});

test('a broker that was told clean and stops before it registers is clean still', async () => {
  const world = await crashed('clean twice');
  expect(await registeredAs(world, 3)).toEqual(['crashed-intact']);
  await world.until(() => world.broker(3).inspect().brokerEpoch !== undefined);
  for (let round = 0; round < 2; round++) {
    await world.settle(world.broker(3).close());
    world.kill(3);
    world.network.partition('broker-3', 'controller');
    await world.startBroker(3);
  }
  await world.settle(world.broker(3).close());
  world.kill(3);
  world.network.heal('broker-3', 'controller');
  expect(await registeredAs(world, 3)).toEqual(['clean']);
});
