import { errorNumber } from '@moldau/base';
import { expect, test } from 'vitest';
import type { PlantedBrokerBug } from '../src/planted-bugs.ts';
import { BrokerWorld, batchOf } from './support/broker-world.ts';

async function cluster(seed: string, configs: Readonly<Record<string, string>> = {}): Promise<[BrokerWorld, string]> {
  const world = new BrokerWorld(seed);
  await world.open(3);
  const topicId = world.controller.createTopic('t', [[1, 2, 3]], configs);
  await world.until(() => world.replica(1, topicId)?.serves === true);
  return [world, topicId];
}

/** All logs hold the same up to the leader's end, flushed. */
function agree(world: BrokerWorld, topicId: string, ids: readonly number[], end: number): boolean {
  return ids.every((id) => world.replica(id, topicId)?.flushedEnd === end);
}

test('acks=all waits until every in-sync replica has flushed', async () => {
  const [world, topicId] = await cluster('three');
  const producer = world.producer(1);
  const result = await producer.produce(topicId, ['a', 'b', 'c']);
  expect(result).toMatchObject({ errorCode: 0, baseOffset: 0, acknowledged: 'flushed' });
  expect(agree(world, topicId, [1, 2, 3], 3)).toBe(true);
  await world.until(() => [2, 3].every((id) => world.replica(id, topicId)?.highWatermark === 3));
});

test('many batches of many turns arrive in order on all replicas', async () => {
  const [world, topicId] = await cluster('many');
  const producer = world.producer(1);
  let last = 0;
  for (let batch = 0; batch < 200; batch++) {
    last = producer.send(topicId, batchOf([`${batch}`]));
    if (batch % 7 === 0) await world.run(1);
  }
  await producer.answer(last);
  expect([...producer.results.values()].every((result) => result.errorCode === 0)).toBe(true);
  expect(agree(world, topicId, [1, 2, 3], 200)).toBe(true);
  const consumer = world.consumer(1);
  consumer.subscribe(topicId, { offset: 0, creditBytes: 300 });
  await world.run(100);
  expect(consumer.count()).toBeLessThan(200);
  consumer.credit(1, 1_000_000);
  await world.until(() => consumer.count() === 200);
});

test('a follower killed with kill -9 costs less than 0.2 s, and comes back into the ISR', async () => {
  const [world, topicId] = await cluster('follower dies');
  const producer = world.producer(1);
  await producer.produce(topicId, ['before']);
  world.kill(3);
  const killedMs = world.scheduler.nowMs;
  await producer.produce(topicId, ['during']);
  expect(world.scheduler.nowMs - killedMs).toBeLessThan(200);
  expect(world.replica(1, topicId)?.isr).toEqual([1, 2]);
  await world.startBroker(3);
  await world.until(() => world.replica(1, topicId)?.isr.length === 3);
  expect(agree(world, topicId, [1, 2, 3], 2)).toBe(true);
});

test('a leader killed with kill -9 loses nothing that was acknowledged; the divergent tail goes', async () => {
  const [world, topicId] = await cluster('leader dies');
  const producer = world.producer(1);
  await producer.produce(topicId, ['kept']);
  // Appended at the leader alone: its followers are cut off.
  world.network.partition('broker-1', 'broker-2');
  world.network.partition('broker-1', 'broker-3');
  producer.send(topicId, batchOf(['never acknowledged', 'nor this']));
  await world.until(() => world.replica(1, topicId)?.flushedEnd === 3);
  world.kill(1);
  const killedMs = world.scheduler.nowMs;
  await world.until(() => world.replica(2, topicId)?.serves === true);
  const result = await world.producer(2).produce(topicId, ['after']);
  expect(result).toMatchObject({ errorCode: 0, baseOffset: 1 });
  expect(world.scheduler.nowMs - killedMs).toBeLessThan(1000);
  world.network.healAll();
  await world.startBroker(1);
  await world.until(() => world.replica(2, topicId)?.isr.length === 3);
  expect(agree(world, topicId, [1, 2, 3], 2)).toBe(true);
  const epochs = [1, 2, 3].map((id) => world.replica(id, topicId)?.epochs);
  expect(epochs[0]).toEqual(epochs[1]);
  expect(epochs[0]).toEqual(epochs[2]);
});

test('too few replicas: refused at entry, told after the append, and served again when they are back', async () => {
  const [world, topicId] = await cluster('min isr');
  const producer = world.producer(1);
  await producer.produce(topicId, ['a']);
  world.controller.onAlterPartition = () => new Promise(() => undefined);
  world.kill(2);
  world.kill(3);
  const after = await producer.produce(topicId, ['appended'], { timeoutMs: 60_000 });
  expect(after.errorCode).toBe(errorNumber('NOT_ENOUGH_REPLICAS_AFTER_APPEND'));
  const entry = await producer.produce(topicId, ['refused']);
  expect(entry.errorCode).toBe(errorNumber('NOT_ENOUGH_REPLICAS'));
  expect(world.replica(1, topicId)).toMatchObject({ highWatermark: 1, endOffset: 2 });
  world.controller.onAlterPartition = () => Promise.resolve();
  await world.startBroker(2);
  await world.startBroker(3);
  await world.until(() => world.replica(1, topicId)?.isr.length === 3);
  expect(await producer.produce(topicId, ['b'])).toMatchObject({ errorCode: 0, baseOffset: 2 });
});

test('a batch sent again is answered with its first offset, once that is replicated', async () => {
  const [world, topicId] = await cluster('duplicate');
  const producer = world.producer(1);
  const batch = batchOf(['a', 'b'], { producerId: 7, producerEpoch: 0, baseSequence: 0 });
  await producer.produce(topicId, ['first']);
  world.network.partition('broker-1', 'broker-2');
  const first = producer.send(topicId, batch);
  const again = producer.send(topicId, batch);
  await world.until(() => world.replica(3, topicId)?.flushedEnd === 3);
  await world.run(50);
  expect(producer.results.has(again)).toBe(false);
  world.network.healAll();
  expect(await producer.answer(first)).toMatchObject({ errorCode: 0, baseOffset: 1 });
  expect(await producer.answer(again)).toMatchObject({ errorCode: 0, baseOffset: 1 });
  expect(world.replica(1, topicId)?.endOffset).toBe(3);
});

test('leadership moves in order: who waits is told, and the new leader continues', async () => {
  const [world, topicId] = await cluster('moves');
  const producer = world.producer(1);
  await producer.produce(topicId, ['a']);
  const consumer = world.consumer(1);
  consumer.subscribe(topicId, { offset: 0 });
  await world.until(() => consumer.count() === 1);
  world.controller.moveLeader(topicId, 0, 2);
  await world.until(() => world.replica(2, topicId)?.serves === true && world.replica(1, topicId)?.role === 'follower');
  const refused = await producer.produce(topicId, ['b']);
  expect(refused).toMatchObject({
    errorCode: errorNumber('NOT_LEADER_OR_FOLLOWER'),
    currentLeader: { leaderId: 2, leaderEpoch: 1, grpcAddress: 'broker-2:19100' },
  });
  await world.until(() => consumer.pushes.at(-1)?.errorCode === errorNumber('NOT_LEADER_OR_FOLLOWER'));
  expect(await world.producer(2).produce(topicId, ['c'])).toMatchObject({ errorCode: 0, baseOffset: 1 });
});

test('a leader cut off from controller and followers stops answering when its lease is over', async () => {
  const [world, topicId] = await cluster('deposed');
  const producer = world.producer(1);
  await producer.produce(topicId, ['a']);
  for (const host of ['controller', 'broker-2', 'broker-3']) world.network.partition('broker-1', host);
  await world.until(() => world.replica(2, topicId)?.serves === true);
  await world.until(() => world.replica(1, topicId)?.serves === false, 10_000);
  expect(world.replica(1, topicId)?.role).toBe('leader');
  expect((await producer.produce(topicId, ['b'])).errorCode).toBe(errorNumber('NOT_LEADER_OR_FOLLOWER'));
  expect((await world.listOffset(1, topicId, -1)).errorCode).toBe(errorNumber('NOT_LEADER_OR_FOLLOWER'));
});

test('the loss of the controller alone stops nothing', async () => {
  const [world, topicId] = await cluster('no controller');
  for (const id of [1, 2, 3]) world.network.partition('controller', `broker-${id}`);
  await world.run(20_000);
  expect(await world.producer(1).produce(topicId, ['a'])).toMatchObject({ errorCode: 0 });
});

test('a wiped broker fills itself again over the catch-up stream', async () => {
  const world = new BrokerWorld('wiped', [], { log: { tailBytesMax: 10_000, checkpointBytes: 20_000 } });
  await world.open(3);
  const topicId = world.controller.createTopic('t', [[1, 2, 3]]);
  await world.until(() => world.replica(1, topicId)?.serves === true);
  const producer = world.producer(1);
  const text = 'x'.repeat(1000);
  let last = 0;
  for (let batch = 0; batch < 200; batch++) last = producer.send(topicId, batchOf([text]));
  await producer.answer(last);
  world.kill(3);
  world.node(3).disk.wipe();
  await world.until(() => world.replica(1, topicId)?.isr.length === 2);
  await world.startBroker(3);
  await world.until(() => world.replica(1, topicId)?.isr.length === 3);
  expect(agree(world, topicId, [1, 2, 3], 200)).toBe(true);
});

test.each(['a', 'b'])('a follower killed while it catches up elsewhere leaves at once: %s', async (seed) => {
  const world = new BrokerWorld(`catch-up ${seed}`, [], { log: { tailBytesMax: 10_000, checkpointBytes: 20_000 } });
  await world.open(3);
  const [large, small] = ['large', 'small'].map((name) => world.controller.createTopic(name, [[1, 2, 3]]));
  if (large === undefined || small === undefined) throw new Error('two topics');
  await world.until(() => [large, small].every((topicId) => world.replica(1, topicId)?.serves === true));
  const producer = world.producer(1);
  world.kill(3);
  await world.until(() => world.replica(1, large)?.isr.length === 2);
  let last = 0;
  const batch = batchOf(['x'.repeat(100_000)]);
  for (let sent = 0; sent < 120; sent++) last = producer.send(large, batch);
  await producer.answer(last);
  await world.run(1000);
  await world.startBroker(3);
  await world.until(() => world.replica(1, small)?.isr.length === 3 && (world.replica(3, large)?.endOffset ?? 0) > 5);
  expect(world.replica(3, large)?.endOffset).toBeLessThan(100);
  // So that its leader alone can tell.
  world.network.partition('controller', 'broker-3');
  world.kill(3);
  const killedMs = world.scheduler.nowMs;
  expect(await producer.produce(small, ['during'])).toMatchObject({ errorCode: 0 });
  expect(world.scheduler.nowMs - killedMs).toBeLessThan(200);
});

test('a follower below the leader’s log start begins where the leader’s log begins', async () => {
  const world = new BrokerWorld('log start', [], {
    log: { tailBytesMax: 1000, checkpointBytes: 2000, checkpointMs: 100 },
    retentionCheckMs: 200,
  });
  await world.open(3);
  const topicId = world.controller.createTopic('t', [[1, 2, 3]], {
    'segment.bytes': '1048576',
    'retention.bytes': '1',
  });
  await world.until(() => world.replica(1, topicId)?.serves === true);
  const producer = world.producer(1);
  await producer.produce(topicId, ['first']);
  world.kill(3);
  await world.until(() => world.replica(1, topicId)?.isr.length === 2);
  const text = 'x'.repeat(300_000);
  for (let batch = 0; batch < 12; batch++) await producer.produce(topicId, [text]);
  await world.until(() => (world.replica(1, topicId)?.startOffset ?? 0) > 1);
  await world.startBroker(3);
  await world.until(() => world.replica(1, topicId)?.isr.length === 3);
  expect(world.replica(3, topicId)?.startOffset).toBeGreaterThan(1);
  expect(world.replica(3, topicId)?.endOffset).toBe(13);
});

test('a new leader names no end before it knows the high watermark', async () => {
  const [world, topicId] = await cluster('list offsets');
  await world.producer(1).produce(topicId, ['a', 'b']);
  expect(await world.listOffset(1, topicId, -1)).toMatchObject({ errorCode: 0, offset: 2 });
  expect(await world.listOffset(1, topicId, 1000)).toMatchObject({ errorCode: 0, offset: 0, timestamp: 1000 });
  expect(await world.listOffset(1, topicId, 2000)).toMatchObject({ errorCode: 0, offset: -1 });
  world.network.partition('broker-2', 'broker-3');
  world.network.partition('broker-2', 'broker-1');
  world.controller.moveLeader(topicId, 0, 2);
  await world.until(() => world.replica(2, topicId)?.role === 'leader');
  const early = await world.listOffset(2, topicId, -1);
  if (world.replica(2, topicId)?.highWatermark !== 2) expect(early.errorCode).toBe(errorNumber('OFFSET_NOT_AVAILABLE'));
  world.network.healAll();
  await world.until(() => world.replica(2, topicId)?.highWatermark === 2);
  expect(await world.listOffset(2, topicId, -1)).toMatchObject({ errorCode: 0, offset: 2 });
});

test('a replicated topic acknowledges from memory, and flushes when it becomes flushed', async () => {
  const [world, topicId] = await cluster('durability', { durability: 'replicated' });
  const producer = world.producer(1);
  expect(await producer.produce(topicId, ['a'])).toMatchObject({ errorCode: 0, acknowledged: 'replicated' });
  world.controller.setConfig('t', 'durability', 'flushed');
  await world.until(() => [1, 2, 3].every((id) => world.replica(id, topicId)?.durability === 'flushed'));
  expect(await producer.produce(topicId, ['b'])).toMatchObject({ errorCode: 0, acknowledged: 'flushed' });
  expect(agree(world, topicId, [1, 2, 3], 2)).toBe(true);
});

test('a batch from before the topic became flushed is not acknowledged as flushed', async () => {
  const [world, topicId] = await cluster('durability in flight', { durability: 'replicated' });
  const producer = world.producer(1);
  world.network.partition('broker-1', 'broker-2');
  const before = producer.send(topicId, batchOf(['a']));
  await world.until(() => world.replica(1, topicId)?.endOffset === 1);
  world.controller.setConfig('t', 'durability', 'flushed');
  await world.until(() => [1, 2, 3].every((id) => world.replica(id, topicId)?.durability === 'flushed'));
  const after = producer.send(topicId, batchOf(['b']));
  world.network.healAll();
  expect(await producer.answer(before)).toMatchObject({ errorCode: 0, acknowledged: 'replicated' });
  expect(await producer.answer(after)).toMatchObject({ errorCode: 0, acknowledged: 'flushed' });
});

test('a clean stop hands leadership over, and the next start is clean', async () => {
  const [world, topicId] = await cluster('clean');
  await world.producer(1).produce(topicId, ['a']);
  await world.settle(world.broker(1).close());
  await world.until(() => world.replica(2, topicId)?.serves === true);
  world.kill(1);
  await world.startBroker(1);
  await world.until(() => world.replica(2, topicId)?.isr.length === 3);
  const registered = world.controller.image.brokers.get(1);
  expect(registered?.directories.map((each) => each.verdict)).toEqual(['clean']);
});

test('a deleted topic leaves the disks', async () => {
  const [world, topicId] = await cluster('delete');
  await world.producer(1).produce(topicId, ['a']);
  world.controller.commit([{ record: { kind: 'removeTopic', value: { topicId } } }]);
  await world.until(() => [1, 2, 3].every((id) => world.replica(id, topicId) === undefined));
  const refused = await world.producer(1).produce(topicId, ['b']);
  expect(refused.errorCode).toBe(errorNumber('UNKNOWN_TOPIC_ID'));
  await world.run(1000);
  expect(
    world
      .node(1)
      .disk.files()
      .some(({ path }) => path.includes(topicId)),
  ).toBe(false);
});

test.each([500, 4000, 60_000])(
  'the lease of a session of %i ms never ends while the controller answers',
  async (ms) => {
    const world = new BrokerWorld(`session ${ms}`);
    world.controller.sessionTimeoutMs = ms;
    await world.open(1);
    const isOver = (): boolean => world.broker(1).inspect().leaseOver;
    await world.until(() => !isOver());
    await expect(world.until(isOver, 5000)).rejects.toThrow('it does not hold');
  },
);

test('a registration that became void is made again, under a new epoch', async () => {
  const [world, topicId] = await cluster('void');
  const before = world.broker(1).inspect().brokerEpoch ?? 0;
  const brokerEpoch = world.controller.image.brokers.get(1)?.brokerEpoch ?? 0;
  world.controller.fence(1);
  world.controller.commit([{ record: { kind: 'unregisterBroker', value: { brokerId: 1, brokerEpoch } } }]);
  await world.until(() => (world.broker(1).inspect().brokerEpoch ?? 0) > before && !world.broker(1).inspect().fenced);
  await world.until(() => world.replica(2, topicId)?.isr.length === 3);
});

test('a setting that changes while the logs are being opened holds for them', async () => {
  const log = { tailBytesMax: 1000, checkpointBytes: 2000, checkpointMs: 50 };
  const world = new BrokerWorld('setting', [], { retentionCheckMs: 100, log });
  await world.open(2);
  const topicId = world.controller.createTopic('t', [[1, 2]], { 'retention.ms': '1' });
  world.controller.setConfig('t', 'retention.ms', '-1');
  await world.until(() => world.replica(1, topicId)?.serves === true);
  await world.producer(1).produce(topicId, ['kept']);
  await world.run(2000);
  for (const id of [1, 2]) expect(world.replica(id, topicId)).toMatchObject({ startOffset: 0, endOffset: 1 });
});

test('a follower that lags leaves the ISR once, and comes back once, though the high watermark stands still at its end', async () => {
  const [world, topicId] = await cluster('lags', { 'min.insync.replicas': '3' });
  world.controller.setClusterConfig('replica.lag.time.max.ms', '500');
  await world.producer(1).produce(topicId, ['all have it']);
  const before = world.replica(1, topicId)?.partitionEpoch ?? 0;
  world.node(3).disk.slowness = 100_000;
  for (let round = 0; round < 50; round++) {
    world.producer(1).send(topicId, batchOf([`${round}`]), { acks: 1 });
    await world.run(100);
  }
  const alone = world.replica(1, topicId);
  expect([alone?.isr, alone?.highWatermark, alone?.endOffset]).toEqual([[1, 2], 1, 51]);
  expect((alone?.partitionEpoch ?? 0) - before).toBe(1);
  world.node(3).disk.slowness = 1;
  await world.until(() => world.replica(1, topicId)?.highWatermark === 51);
  expect((world.replica(1, topicId)?.partitionEpoch ?? 0) - before).toBe(2);
});

test.each<[string, readonly PlantedBrokerBug[], boolean]>([
  ['does not join its ISR', [], false],
  ['joins its ISR, with the planted bug', ['expand-without-epoch-start-check'], true],
])('a follower that lacks what is acknowledged, of a leader that does not know so, %s', async (_, bugs, joins) => {
  const world = new BrokerWorld('lacks', bugs);
  await world.open(3);
  world.controller.setClusterConfig('replica.lag.time.max.ms', '500');
  const topicId = world.controller.createTopic('t', [[1, 2, 3]]);
  await world.until(() => world.replica(1, topicId)?.serves === true);
  const producer = world.producer(1);
  await producer.produce(topicId, ['all have it']);
  world.node(3).disk.slowness = 100_000;
  for (let record = 0; record < 10; record++) await producer.produce(topicId, [`${record}`]);
  expect(world.replica(1, topicId)).toMatchObject({ isr: [1, 2], highWatermark: 11 });
  world.kill(2);
  await world.until(() => world.replica(1, topicId)?.isr.length === 1);
  // Its high watermark is that of its last checkpoint.
  world.kill(1);
  await world.startBroker(1);
  await world.until(() => world.replica(1, topicId)?.role === 'leader');
  const joining = world.until(() => world.replica(1, topicId)?.isr.length === 2, 2000);
  const joined = joining.then(
    () => true,
    () => false,
  );
  expect(await joined).toBe(joins);
  expect(world.replica(1, topicId)).toMatchObject({ role: 'leader', endOffset: 11 });
  expect(world.replica(3, topicId)).toMatchObject({ role: 'follower', flushedEnd: 1 });
});
