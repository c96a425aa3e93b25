import type { RpcStream } from '@moldau/base';
import {
  ApiService,
  FetchRequest,
  FetchSubscribe,
  FollowerMessage,
  Hello,
  type LeaderMessage,
  ProduceItem,
  ReplicationService,
  Subscribe,
} from '@moldau/proto';
import { expect, test } from 'vitest';
import { BrokerWorld } from './support/broker-world.ts';
import { CLUSTER_ID } from './support/tiny-controller.ts';

const EVENTS = { onMessage: () => undefined, onReady: () => undefined, onClose: () => undefined };

async function world(seed: string): Promise<[BrokerWorld, string]> {
  const made = new BrokerWorld(seed);
  await made.open(1);
  const topicId = made.controller.createTopic('t', [[1]]);
  await made.until(() => made.replica(1, topicId)?.serves === true);
  return [made, topicId];
}

/** Asks without ever reading an answer, until the broker reads no further; at most `messages` times. */
async function pester<T>(of: BrokerWorld, stream: RpcStream<T>, message: () => T, messages: number): Promise<number> {
  stream.pause();
  let sent = 0;
  while (sent < messages && stream.ready()) {
    stream.send(message());
    sent++;
    await of.run(20);
  }
  return sent;
}

test('a follower that does not read the answers to its subscriptions is not read either', async () => {
  const [broker, topicId] = await world('silent follower');
  const channel = broker.client.rpc.connect('broker-1:19100', { purpose: 'replication', clientId: 'test' });
  const stream = channel.open(ReplicationService.replicate, EVENTS);
  const hello = Hello.create({ clusterId: CLUSTER_ID, brokerId: 2, brokerEpoch: 1, kind: 'live' });
  stream.send(FollowerMessage.create({ hello }));
  let subscription = 0;
  const subscribe = (): FollowerMessage =>
    FollowerMessage.create({
      subscribe: Array.from({ length: 10_000 }, () => Subscribe.create({ subscription: ++subscription, topicId })),
    });
  expect(await pester(broker, stream, subscribe, 60)).toBeLessThan(60);
});

test('a consumer that does not read the ends of its subscriptions is not read either', async () => {
  const [broker, topicId] = await world('silent consumer');
  const channel = broker.client.rpc.connect('broker-1:19100', { purpose: 'client', clientId: 'test' });
  const stream = channel.open(ApiService.fetch, EVENTS);
  const subscribe = Array.from({ length: 10_000 }, (_, index) =>
    FetchSubscribe.create({ subscription: index, topicId, partition: 7, offset: 0, leaderEpoch: -1 }),
  );
  expect(await pester(broker, stream, () => FetchRequest.create({ subscribe }), 60)).toBeLessThan(60);
});

test('a consumer that reads after a while gets every end', async () => {
  const [broker, topicId] = await world('late consumer');
  const channel = broker.client.rpc.connect('broker-1:19100', { purpose: 'client', clientId: 'test' });
  let ends = 0;
  const stream = channel.open(ApiService.fetch, {
    ...EVENTS,
    onMessage: ({ pushes }) => {
      ends += pushes.length;
    },
  });
  const subscribe = Array.from({ length: 25_000 }, (_, index) =>
    FetchSubscribe.create({ subscription: index, topicId, partition: 7, offset: 0, leaderEpoch: -1 }),
  );
  stream.pause();
  for (let message = 0; message < 4; message++) stream.send(FetchRequest.create({ subscribe }));
  await broker.run(100);
  stream.resume();
  await broker.until(() => ends === 100_000);
});

test('a replica of another incarnation than metadata names is not served', async () => {
  const [broker, topicId] = await world('incarnation');
  const channel = broker.client.rpc.connect('broker-1:19100', { purpose: 'replication', clientId: 'test' });
  const told: LeaderMessage[] = [];
  const stream = channel.open(ReplicationService.replicate, { ...EVENTS, onMessage: (message) => told.push(message) });
  const hello = Hello.create({ clusterId: CLUSTER_ID, brokerId: 1, brokerEpoch: 9999, kind: 'live' });
  const subscribe = ['AAAAAAAAAAAAAAAAAAAAAA', broker.incarnation(topicId, 1)].map((replicaIncarnation, index) =>
    Subscribe.create({ subscription: index + 1, topicId, replicaIncarnation, lastEpoch: -1 }),
  );
  stream.send(FollowerMessage.create({ hello, subscribe }));
  await broker.until(() => told.length > 0);
  expect(told.flatMap(({ rejected }) => rejected)).toMatchObject([
    { subscription: 1, message: 'that is another incarnation of the replica' },
  ]);
  expect(told.flatMap(({ accepted }) => accepted)).toMatchObject([{ subscription: 2 }]);
});

test('more items at once than anybody needs end the stream', async () => {
  const [broker, topicId] = await world('items');
  const channel = broker.client.rpc.connect('broker-1:19100', { purpose: 'client', clientId: 'test' });
  const closed: string[] = [];
  const events = (name: string): typeof EVENTS => ({ ...EVENTS, onClose: () => void closed.push(name) });
  const hello = Hello.create({ clusterId: CLUSTER_ID, brokerId: 2, brokerEpoch: 1, kind: 'live' });
  const many = <T>(item: T): T[] => Array.from({ length: 100_001 }, () => item);
  channel.open(ApiService.produce, events('produce')).send({ items: many(ProduceItem.create({ topicId })) });
  channel
    .open(ApiService.fetch, events('fetch'))
    .send(FetchRequest.create({ subscribe: many(FetchSubscribe.create({ topicId })) }));
  channel
    .open(ReplicationService.replicate, events('replicate'))
    .send(FollowerMessage.create({ hello, subscribe: many(Subscribe.create({ topicId })) }));
  await broker.run(1000);
  expect(closed.sort()).toEqual(['fetch', 'produce', 'replicate']);
});
