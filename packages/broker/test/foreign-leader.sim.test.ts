import { type RpcStream, randomUuid, streamHandler } from '@moldau/base';
import { NO_PRODUCERS } from '@moldau/log';
import { type LeaderMessage, RegisterBrokerRecord, ReplicationService, StartAt, type Subscribe } from '@moldau/proto';
import { expect, test } from 'vitest';
import { BrokerWorld } from './support/broker-world.ts';

/** A cluster of broker 1 and of a leader, broker 2, that a test speaks for. */
async function ledBy(
  seed: string,
  answer: (subscribe: Subscribe, stream: RpcStream<LeaderMessage>) => void,
): Promise<[BrokerWorld, string]> {
  const world = new BrokerWorld(seed);
  await world.open(1);
  const handler = streamHandler(ReplicationService.replicate, (stream) => ({
    onMessage: ({ subscribe }) => {
      for (const each of subscribe) answer(each, stream);
    },
    onReady: () => undefined,
    onClose: () => undefined,
  }));
  const listening = world.client.rpc.listen({ address: 'client:19100', listener: 'test', handlers: [handler] });
  const { address: grpcAddress } = await world.settle(listening);
  const incarnationId = randomUuid(world.client.random);
  const value = RegisterBrokerRecord.create({ brokerId: 2, incarnationId, grpcAddress });
  const brokerEpoch = world.controller.commit([{ record: { kind: 'registerBroker', value } }]);
  world.controller.commit([
    { record: { kind: 'brokerState', value: { brokerId: 2, brokerEpoch, fenced: false, shuttingDown: false } } },
  ]);
  return [world, world.controller.createTopic('t', [[2, 1]])];
}

test.each<[string, Partial<StartAt>]>([
  ['producers that nobody can read', { offset: 5, producerState: Uint8Array.of(1, 2, 3) }],
  ['a negative offset', { offset: -1, producerState: NO_PRODUCERS }],
  [
    'epochs that fall',
    {
      offset: 5,
      producerState: NO_PRODUCERS,
      epochs: [
        { epoch: 3, startOffset: 1 },
        { epoch: 2, startOffset: 4 },
      ],
    },
  ],
  ['an epoch to come', { offset: 5, producerState: NO_PRODUCERS, epochs: [{ epoch: 9, startOffset: 1 }] }],
])('a leader that says to start over with %s changes nothing, and is asked again', async (name, told) => {
  let asked = 0;
  const [world, topicId] = await ledBy(`start over ${name}`, ({ subscription }, stream) => {
    asked++;
    const startAt = [StartAt.create({ subscription, ...told })];
    stream.send({ accepted: [], diverging: [], startAt, rejected: [], push: [] });
  });
  await world.until(() => asked > 3);
  expect(world.replica(1, topicId)).toMatchObject({ role: 'follower', startOffset: 0, endOffset: 0 });
  world.kill(1);
  await world.startBroker(1);
  const before = asked;
  await world.until(() => asked > before);
});
