import { utf8Encode } from '@moldau/base';
import { fetch, metadata, produce } from '@moldau/protocol';
import { expect, test } from 'vitest';
import type { KafkaLimits } from '../src/kafka/kafka-limits.ts';
import { BrokerWorld, batchOf } from './support/broker-world.ts';
import type { KafkaTestClient } from './support/kafka-test-client.ts';

async function oneBroker(seed: string, limits: Partial<KafkaLimits> = {}): Promise<BrokerWorld> {
  const world = new BrokerWorld(seed, [], {}, limits);
  await world.open(1);
  const topicId = world.controller.createTopic('t', [[1]], { 'retention.ms': '-1' });
  await world.until(() => world.replica(1, topicId)?.serves === true);
  return world;
}

function sample(world: BrokerWorld, name: string): number {
  return [...world.broker(1).metrics.samples()].find((each) => each.name === name)?.value ?? -1;
}

async function works(client: KafkaTestClient): Promise<void> {
  const { topics } = await client.ask(metadata, 5, { topics: [{ name: 't' }] });
  expect(topics[0]).toMatchObject({ errorCode: 0, name: 't' });
}

function closings(world: BrokerWorld): unknown[] {
  return world.ring.lines().filter((line) => line.includes('a Kafka connection is closed'));
}

const TLS_HELLO = new Uint8Array([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]);

function framed(bytes: readonly number[]): Uint8Array {
  return new Uint8Array([0, 0, 0, bytes.length, ...bytes]);
}

test.each<[string, Uint8Array]>([
  ['HTTP', utf8Encode('GET / HTTP/1.1\r\nHost: kafka\r\n\r\n')],
  ['TLS', TLS_HELLO],
  ['a frame of a negative size', new Uint8Array([255, 255, 255, 255])],
  ['a frame that is too large', new Uint8Array([0x7f, 0, 0, 0])],
  ['a frame without a header', framed([0, 18])],
  ['an API that is not served', framed([0, 99, 0, 0, 0, 0, 0, 1, 255, 255])],
  ['a version that is not served', framed([0, 0, 0, 2, 0, 0, 0, 1, 255, 255])],
  ['a client id longer than its frame', framed([0, 18, 0, 0, 0, 0, 0, 1, 0, 200])],
  ['a body that ends too early', framed([0, 3, 0, 5, 0, 0, 0, 1, 255, 255, 0, 0, 0, 1])],
  ['an array of more than fits', framed([0, 3, 0, 5, 0, 0, 0, 1, 255, 255, 0x7f, 255, 255, 255])],
])(
  '%s closes its connection, with one line that names the peer, and nobody else is disturbed',
  async (_name, bytes) => {
    const world = await oneBroker('hostile');
    const good = world.kafka(1);
    await works(good);
    const bad = world.kafka(1);
    bad.raw(bytes);
    await world.until(() => bad.closed !== undefined);
    expect(closings(world)).toEqual([expect.stringContaining('client')]);
    expect(bad.receivedBytes).toBe(0);
    await works(good);
    expect(sample(world, 'kafka_server_socket_server_connection_count')).toBe(1);
  },
);

test('random bytes end in a closed connection', async () => {
  const world = await oneBroker('random');
  const clients = Array.from({ length: 50 }, () => world.kafka(1));
  for (const client of clients) client.raw(world.client.random.bytes(1000));
  await world.run(60_000);
  for (const client of clients) expect(client.closed).toBeDefined();
  await works(world.kafka(1));
});

test('what was asked before the bad bytes is answered', async () => {
  const world = await oneBroker('before');
  const client = world.kafka(1);
  const good = client.send(metadata, 5, { topics: [] });
  client.raw(framed([0, 99, 0, 0, 0, 0, 0, 1, 255, 255]));
  await world.until(() => client.closed !== undefined);
  expect(client.answered).toEqual([good]);
});

test('requests are served side by side and answered in their order', async () => {
  const world = await oneBroker('order');
  const client = world.kafka(1);
  const topics = [
    { topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000, lastFetchedEpoch: -1 }] },
  ];
  const waiting = client.send(fetch, 11, { maxWaitMs: 2000, minBytes: 1, topics });
  const asked = Array.from({ length: 20 }, () => client.send(metadata, 5, { topics: [] }));
  await world.run(500);
  expect(client.answered).toEqual([]);
  // It is appended at once, and that is what the fetch has waited for.
  const topicData = [{ name: 't', partitionData: [{ index: 0, records: batchOf(['a']) }] }];
  const produced = client.send(produce, 9, { acks: -1, timeoutMs: 1000, topicData });
  await world.run(500);
  expect(client.answered).toEqual([waiting, ...asked, produced]);
});

test('a deep pipeline is worked off in bounds, and others are served meanwhile', async () => {
  const world = await oneBroker('pipeline');
  const [deep, other] = [world.kafka(1), world.kafka(1)];
  const ids = Array.from({ length: 5000 }, () => deep.send(metadata, 5, { topics: null }));
  await works(other);
  await world.until(() => deep.answered.length === ids.length);
  expect(deep.answered).toEqual(ids);
  expect(sample(world, 'moldau_broker_produce_in_flight_bytes')).toBe(0);
});

test('a reader that does not read its answers is asked for no more, and cut off', async () => {
  const world = await oneBroker('slow reader', { writeStallMs: 5000 });
  const client = world.kafka(1);
  const records = batchOf(['x'.repeat(900_000)]);
  const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }];
  await client.ask(produce, 9, { acks: -1, timeoutMs: 1000, topicData });
  const slow = world.kafka(1);
  slow.pause();
  const topics = [
    { topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 2_000_000, lastFetchedEpoch: -1 }] },
  ];
  for (let request = 0; request < 100; request++) slow.send(fetch, 11, { maxWaitMs: 0, minBytes: 1, topics });
  await world.run(3000);
  const inFlight = sample(world, 'moldau_broker_produce_in_flight_bytes');
  expect(inFlight).toBeLessThan(10_000_000);
  await works(client);
  await world.run(10_000);
  expect(slow.closed).toBeDefined();
  expect(closings(world)).toEqual([expect.stringContaining('it does not read its answers')]);
  expect(sample(world, 'moldau_broker_produce_in_flight_bytes')).toBe(0);
  await works(client);
});

test('a request that comes byte by byte is not waited for; a slow one that gets on is', async () => {
  const world = await oneBroker('slow loris', { frameStallMs: 10_000, frameProgressBytes: 1000 });
  const [trickle, slow] = [world.kafka(1), world.kafka(1)];
  await works(trickle);
  trickle.raw(new Uint8Array([0, 0, 4, 0]));
  slow.raw(new Uint8Array([0, 3, 0, 0]));
  for (let second = 0; second < 30; second++) {
    trickle.raw(new Uint8Array([0]));
    slow.raw(new Uint8Array(1100));
    await world.run(1000);
  }
  expect(trickle.closed).toBeDefined();
  expect(slow.closed).toBeUndefined();
});

test('of requests that have begun and are too much together, the largest is cut', async () => {
  const world = await oneBroker('unfinished', { unfinishedBytesMax: 100_000 });
  const [small, large] = [world.kafka(1), world.kafka(1)];
  small.raw(new Uint8Array([0, 0x10, 0, 0, ...new Uint8Array(20_000)]));
  await world.run(100);
  large.raw(new Uint8Array([0, 0x10, 0, 0, ...new Uint8Array(90_000)]));
  await world.until(() => large.closed !== undefined);
  expect(small.closed).toBeUndefined();
});

test('connections have a number and an age', async () => {
  const world = await oneBroker('limits', { connectionsMax: 3, idleMs: 20_000, firstRequestMs: 5000 });
  const clients = Array.from({ length: 5 }, () => world.kafka(1));
  await world.run(100);
  expect(clients.filter(({ closed }) => closed !== undefined)).toHaveLength(2);
  const [asks] = clients.filter(({ closed }) => closed === undefined);
  if (asks === undefined) throw new Error('some are let in');
  await works(asks);
  await world.run(10_000);
  expect(clients.filter(({ closed }) => closed === undefined)).toEqual([asks]);
  await world.run(20_000);
  expect(asks.closed).toBeDefined();
  await works(world.kafka(1));
});

test('one address has its share of the connections', async () => {
  const world = await oneBroker('per address', { connectionsPerAddressMax: 2 });
  const clients = Array.from({ length: 4 }, () => world.kafka(1));
  await world.run(100);
  expect(clients.filter(({ closed }) => closed === undefined)).toHaveLength(2);
});

test('a broker that is closed ends its connections, with requests under way', async () => {
  const world = await oneBroker('closing');
  const client = world.kafka(1);
  const topics = [
    { topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000, lastFetchedEpoch: -1 }] },
  ];
  client.send(fetch, 11, { maxWaitMs: 30_000, minBytes: 1, topics });
  await world.run(100);
  await world.settle(world.broker(1).close({ clean: true }));
  await world.run(1000);
  expect(client.closed).toBeDefined();
});

test('connections that come too fast are taken up one after the other, and refused when that would take too long', async () => {
  const world = await oneBroker('rate');
  world.controller.setClusterConfig('max.connection.creation.rate', '2');
  await world.run(100);
  const startMs = world.scheduler.nowMs;
  const clients = Array.from({ length: 30 }, () => world.kafka(1));
  const answers = clients.map((client) => client.send(metadata, 5, { topics: [] }));
  await world.run(100);
  const served = (): number => clients.filter(({ answered }) => answered.length > 0).length;
  expect(served()).toBe(2);
  // Two at once, and 20 within 10 s.
  expect(clients.filter(({ closed }) => closed !== undefined)).toHaveLength(8);
  expect(sample(world, 'kafka_server_socket_server_connection_throttled_total')).toBe(20);
  expect(sample(world, 'kafka_server_socket_server_connection_muted_count')).toBe(20);
  const told = world.ring.lines().filter((line) => line.includes('Kafka connections are refused'));
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/peer=client:.*too fast/);
  await world.run(5000);
  expect(served()).toBeGreaterThanOrEqual(11);
  expect(served()).toBeLessThanOrEqual(13);
  await world.until(() => served() === 22);
  expect(world.scheduler.nowMs - startMs).toBeGreaterThan(9500);
  expect(sample(world, 'kafka_server_socket_server_connection_muted_count')).toBe(0);
  expect(answers).toHaveLength(30);
  world.controller.setClusterConfig('max.connection.creation.rate', '1000');
  await world.run(1000);
  await works(world.kafka(1));
});

test('requests are counted by API, with their time, their errors and what they hold', async () => {
  const world = await oneBroker('request metrics');
  const client = world.kafka(1);
  const topics = [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }];
  await client.ask(metadata, 5, { topics: [{ name: 'missing' }, { name: 't' }] });
  client.send(fetch, 11, { maxWaitMs: 2000, minBytes: 1, topics });
  await world.run(100);
  const of = (name: string, labels: Readonly<Record<string, string>>): number | undefined => {
    const samples = [...world.broker(1).metrics.samples()].filter((each) => each.name === name);
    return samples.find((each) => Object.entries(labels).every(([key, value]) => each.labels[key] === value))?.value;
  };
  const metrics = 'kafka_network_requestmetrics';
  expect(of(`${metrics}_requests_total`, { request: 'Metadata' })).toBe(1);
  expect(of(`${metrics}_responses_total`, { request: 'Metadata' })).toBe(1);
  expect(of(`${metrics}_errors_total`, { request: 'Metadata', error: 'UNKNOWN_TOPIC_OR_PARTITION' })).toBe(1);
  expect(of(`${metrics}_requests_total`, { request: 'Fetch' })).toBe(1);
  expect(of(`${metrics}_responses_total`, { request: 'Fetch' })).toBe(0);
  expect(sample(world, 'moldau_kafka_requests_in_flight')).toBe(1);
  expect(sample(world, 'moldau_kafka_bytes_in_flight')).toBeGreaterThan(100);
  await world.run(3000);
  expect(of(`${metrics}_responses_total`, { request: 'Fetch' })).toBe(1);
  expect(of(`${metrics}_totaltime_seconds_total`, { request: 'Fetch' })).toBeGreaterThanOrEqual(2);
  expect(of(`${metrics}_totaltime_seconds_total`, { request: 'Fetch' })).toBeLessThan(2.5);
  expect(sample(world, 'moldau_kafka_requests_in_flight')).toBe(0);
  expect(sample(world, 'moldau_kafka_bytes_in_flight')).toBe(0);
  // A connection that goes takes what it held with it.
  client.send(fetch, 11, { maxWaitMs: 60_000, minBytes: 1, topics });
  await world.run(100);
  client.close();
  await world.run(10_000);
  expect(sample(world, 'moldau_kafka_requests_in_flight')).toBe(0);
  expect(sample(world, 'moldau_kafka_bytes_in_flight')).toBe(0);
});
