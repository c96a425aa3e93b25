import { expect, test } from 'vitest';
import { BrokerWorld } from './support/broker-world.ts';

test('a batch is flushed before it is acknowledged, and consumed', async () => {
  const world = new BrokerWorld('thin slice');
  await world.open(1);
  const topicId = world.controller.createTopic('t', [[1]]);
  await world.until(() => world.replica(1, topicId)?.role === 'leader');
  const result = await world.producer(1).produce(topicId, ['a', 'b']);
  expect(result).toMatchObject({ errorCode: 0, baseOffset: 0, acknowledged: 'flushed' });
  expect(world.replica(1, topicId)).toMatchObject({ highWatermark: 2, flushedEnd: 2, endOffset: 2 });
  const consumer = world.consumer(1);
  consumer.subscribe(topicId, { offset: 0 });
  await world.until(() => consumer.count() === 2);
  await world.producer(1).produce(topicId, ['c']);
  await world.until(() => consumer.count() === 3);
});
