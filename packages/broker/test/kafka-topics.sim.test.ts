import { errorNumber, NO_ERROR, present, RequestError } from '@moldau/base';
import { TOPIC_CONFIGS } from '@moldau/metadata';
import { ControllerService, type CreatePartitionsRequest, type CreateTopicsRequest } from '@moldau/proto';
import {
  createPartitions,
  createTopics,
  deleteTopics,
  metadata,
  produce,
  type RequestInput,
  ZERO_UUID,
} from '@moldau/protocol';
import { expect, test } from 'vitest';
import { BrokerWorld, batchOf } from './support/broker-world.ts';
import type { KafkaTestClient } from './support/kafka-test-client.ts';

type NewTopic = RequestInput<typeof createTopics>['topics'][number];

const UNKNOWN_ID = 'UUUUUUUUUUUUUUUUUUUUUA';

async function brokers(seed: string): Promise<{ world: BrokerWorld; client: KafkaTestClient }> {
  const world = new BrokerWorld(seed, [], {}, {});
  await world.open(1);
  return { world, client: world.kafka(1) };
}

function names({ controller }: BrokerWorld): string[] {
  return [...controller.image.topics.values()].map(({ name }) => name).sort();
}

function create(client: KafkaTestClient, version: number, topics: readonly NewTopic[], validateOnly = false) {
  return client.ask(createTopics, version, { topics, timeoutMs: 5_000, validateOnly });
}

const WANTED = { numPartitions: 2, replicationFactor: 1 };

test.each([2, 3, 4, 5, 6, 7])('CreateTopics v%i creates topics, and shows what they became', async (version) => {
  const { world, client } = await brokers(`create-${version}`);
  world.controller.setClusterConfig('log.segment.bytes', '8192');
  await world.until(() => world.broker(1).inspect().image.offset === world.controller.image.offset);
  const { topics } = await create(client, version, [
    { ...WANTED, name: 't', configs: [{ name: 'retention.ms', value: '7' }] },
    { numPartitions: -1, replicationFactor: -1, name: 'u' },
  ]);
  const [t, u] = topics;
  expect(t).toMatchObject({ name: 't', errorCode: NO_ERROR, errorMessage: null });
  expect(u).toMatchObject({ name: 'u', errorCode: NO_ERROR });
  expect(t?.topicId).toBe(version < 7 ? ZERO_UUID : world.controller.image.topicIds.get('t'));
  if (version < 5) return;
  expect(t).toMatchObject({ numPartitions: 2, replicationFactor: 1, topicConfigErrorCode: NO_ERROR });
  expect(t?.configs?.map(({ name }) => name)).toEqual(TOPIC_CONFIGS.map(({ name }) => name));
  const of = (name: string) => t?.configs?.find((each) => each.name === name);
  expect(of('retention.ms')).toEqual({
    name: 'retention.ms',
    value: '7',
    readOnly: false,
    configSource: 1,
    isSensitive: false,
  });
  expect(of('segment.bytes')).toMatchObject({ value: '8192', configSource: 3 });
  expect(of('cleanup.policy')).toMatchObject({ value: 'delete', configSource: 5 });
  expect(u?.configs?.find(({ name }) => name === 'retention.ms')).toMatchObject({ configSource: 5 });
});

test.each([
  ['no partitions', { numPartitions: 0 }, 'INVALID_PARTITIONS'],
  ['fewer than none', { numPartitions: -2 }, 'INVALID_PARTITIONS'],
  ['no replicas', { replicationFactor: 0 }, 'INVALID_REPLICATION_FACTOR'],
  ['fewer replicas than none', { replicationFactor: -2 }, 'INVALID_REPLICATION_FACTOR'],
  ['a config without a value', { configs: [{ name: 'retention.ms', value: null }] }, 'INVALID_CONFIG'],
  ['an assignment and a count', { assignments: [{ partitionIndex: 0, brokerIds: [1] }] }, 'INVALID_REQUEST'],
  [
    'an assignment and one of the counts',
    { numPartitions: -1, assignments: [{ partitionIndex: 0, brokerIds: [1] }] },
    'INVALID_REQUEST',
  ],
  ['the log of the controllers', { name: '__cluster_metadata' }, 'TOPIC_AUTHORIZATION_FAILED'],
] as const)('%s is refused, and the other topic of the request is created', async (_story, fields, code) => {
  const { world, client } = await brokers(_story);
  const { topics } = await create(client, 7, [
    { ...WANTED, name: 'wrong', ...fields },
    { ...WANTED, name: 'right' },
  ]);
  expect(topics.map(({ errorCode }) => errorCode)).toEqual([errorNumber(code), NO_ERROR]);
  expect(topics[0]).toMatchObject({ topicId: ZERO_UUID, numPartitions: -1, replicationFactor: -1, configs: [] });
  expect(topics[0]?.errorMessage).not.toBeNull();
  expect(names(world)).toEqual(['right']);
});

test('what the request names twice is refused once and not created', async () => {
  const { world, client } = await brokers('twice');
  const named = (name: string): NewTopic => ({ ...WANTED, name });
  const { topics } = await create(client, 7, [named('a'), named('b'), named('a'), named('a')]);
  expect(topics).toHaveLength(2);
  expect(topics.find(({ name }) => name === 'a')?.errorCode).toBe(errorNumber('INVALID_REQUEST'));
  expect(names(world)).toEqual(['b']);
});

test('the controllers are told assignments, configs and whether only to look', async () => {
  const { world, client } = await brokers('told');
  const asked: CreateTopicsRequest[] = [];
  world.controller.answer(ControllerService.createTopics, (request) => {
    asked.push(request);
    const outcome = { errorCode: errorNumber('INVALID_REPLICA_ASSIGNMENT'), message: 'broker 2 is not registered' };
    return { metadataOffset: 0, topics: [{ outcome, topicId: '', partitions: -1, replicationFactor: -1 }] };
  });
  const assignments = [{ partitionIndex: 0, brokerIds: [1, 2] }];
  const configs = [{ name: 'retention.ms', value: '7' }];
  const { topics } = await create(
    client,
    4,
    [{ name: 't', numPartitions: -1, replicationFactor: -1, assignments, configs }],
    true,
  );
  expect(topics).toMatchObject([
    { errorCode: errorNumber('INVALID_REPLICA_ASSIGNMENT'), errorMessage: 'broker 2 is not registered' },
  ]);
  expect(asked).toEqual([
    {
      topics: [
        {
          name: 't',
          partitions: 0,
          replicationFactor: 0,
          assignments: [{ partition: 0, brokerIds: [1, 2] }],
          configs: new Map([['retention.ms', '7']]),
        },
      ],
      validateOnly: true,
    },
  ]);
});

test('nothing is asked of the controllers for nothing', async () => {
  const { world, client } = await brokers('empty');
  world.controller.answer(ControllerService.createTopics, () => {
    throw new Error('it was asked');
  });
  expect(await create(client, 7, [])).toMatchObject({ topics: [] });
  expect(await client.ask(deleteTopics, 6, { topics: [], timeoutMs: 0 })).toMatchObject({ responses: [] });
  expect(await client.ask(deleteTopics, 1, { topicNames: [], timeoutMs: 0 })).toMatchObject({ responses: [] });
  const grown = await client.ask(createPartitions, 3, { topics: [], timeoutMs: 0, validateOnly: false });
  expect(grown.results).toEqual([]);
});

test('without controllers each item is told so, within the time it was given', async () => {
  const { world, client } = await brokers('alone');
  world.controller.answer(ControllerService.createTopics, () => {
    throw new RequestError('NOT_CONTROLLER', 'nobody leads');
  });
  const before = world.scheduler.nowMs;
  const { topics } = await create(client, 7, [
    { ...WANTED, name: 'a' },
    { ...WANTED, name: 'b' },
  ]);
  expect(world.scheduler.nowMs - before).toBeGreaterThan(4_000);
  expect(world.scheduler.nowMs - before).toBeLessThan(12_000);
  expect(topics.map(({ errorCode }) => errorCode)).toEqual([41, 41]);
});

test.each([1, 2, 3, 4, 5])('DeleteTopics v%i deletes by name', async (version) => {
  const { world, client } = await brokers(`delete-${version}`);
  world.controller.createTopic('t', [[1]]);
  const { responses } = await client.ask(deleteTopics, version, { topicNames: ['t', 'x'], timeoutMs: 100 });
  expect(responses).toMatchObject([
    { name: 't', errorCode: NO_ERROR, errorMessage: null },
    { name: 'x', errorCode: errorNumber('UNKNOWN_TOPIC_OR_PARTITION') },
  ]);
  expect(responses[1]?.errorMessage === null).toBe(version < 5);
  expect(world.controller.image.topics.size).toBe(0);
  expect(world.broker(1).inspect().image.topics.size).toBe(0);
});

test('DeleteTopics v6 deletes by name and by id; what is named twice, or in both ways, stays', async () => {
  const { world, client } = await brokers('delete-6');
  const ids = ['named', 'by-id', 'both', 'twice', 'id-twice', 'crossed'].map((name) =>
    world.controller.createTopic(name, [[1]]),
  );
  const [named = '', byId = '', both = '', , idTwice = '', crossed = ''] = ids;
  await world.until(() => world.broker(1).inspect().image.topics.size === ids.length);
  const { responses } = await client.ask(deleteTopics, 6, {
    topics: [
      { name: 'named' },
      { topicId: byId },
      { name: 'both', topicId: both },
      { name: 'twice' },
      { name: 'twice' },
      { topicId: idTwice },
      { topicId: idTwice },
      { name: 'crossed' },
      { topicId: crossed },
      { name: 'nothing' },
      { topicId: UNKNOWN_ID },
      {},
    ],
    timeoutMs: 100,
  });
  const told = responses.map(({ name, topicId, errorCode }) => [name, topicId, errorCode]);
  const invalid = errorNumber('INVALID_REQUEST');
  expect(new Set(told)).toEqual(
    new Set([
      ['named', named, NO_ERROR],
      ['by-id', byId, NO_ERROR],
      ['both', both, invalid],
      ['twice', ZERO_UUID, invalid],
      [null, idTwice, invalid],
      ['crossed', crossed, invalid],
      ['nothing', ZERO_UUID, errorNumber('UNKNOWN_TOPIC_OR_PARTITION')],
      [null, UNKNOWN_ID, errorNumber('UNKNOWN_TOPIC_ID')],
      [null, ZERO_UUID, invalid],
    ]),
  );
  expect(names(world)).toEqual(['both', 'crossed', 'id-twice', 'twice']);
});

test.each([0, 1, 2, 3])('CreatePartitions v%i lists each topic with its outcome', async (version) => {
  const { world, client } = await brokers(`grow-${version}`);
  const asked: CreatePartitionsRequest[] = [];
  world.controller.answer(ControllerService.createPartitions, (request) => {
    asked.push(request);
    const refused = { errorCode: errorNumber('INVALID_PARTITIONS'), message: 'never fewer' };
    return { metadataOffset: 0, outcomes: [{ errorCode: 0, message: '' }, refused] };
  });
  const { results } = await client.ask(createPartitions, version, {
    topics: [
      { name: 't', count: 4, assignments: [{ brokerIds: [1, 2] }, { brokerIds: [2, 1] }] },
      { name: 'u', count: 1, assignments: null },
      { name: 'twice', count: 9, assignments: null },
      { name: 'twice', count: 8, assignments: null },
    ],
    timeoutMs: 100,
    validateOnly: true,
  });
  expect(results.map(({ name, errorCode }) => [name, errorCode])).toEqual([
    ['twice', errorNumber('INVALID_REQUEST')],
    ['t', NO_ERROR],
    ['u', errorNumber('INVALID_PARTITIONS')],
  ]);
  expect(asked).toEqual([
    {
      topics: [
        {
          name: 't',
          partitions: 4,
          assignments: [
            { partition: 2, brokerIds: [1, 2] },
            { partition: 3, brokerIds: [2, 1] },
          ],
        },
        { name: 'u', partitions: 1, assignments: [] },
      ],
      validateOnly: true,
    },
  ]);
});

test('who was told of a new topic, or of new partitions, can write to each of them at once', async () => {
  const world = new BrokerWorld('served at once', [], {}, {});
  await world.open(3);
  world.controller.setClusterConfig('auto.create.topics.enable', 'true');
  await world.run(100);
  const clients = [1, 2, 3].map((id) => world.kafka(id));
  const writeToAll = async (name: string): Promise<void> => {
    const topicId = present(world.controller.image.topicIds.get(name), name);
    const { partitions } = present(world.controller.image.topics.get(topicId), name);
    for (const [index, { leader }] of partitions.entries()) {
      const topicData = [{ name, topicId, partitionData: [{ index, records: batchOf(['a']) }] }];
      const client = present(clients[leader - 1], 'a client of the leader');
      const { responses } = await client.ask(produce, 9, { acks: -1, timeoutMs: 5000, topicData });
      expect(responses[0]?.partitionResponses[0]?.errorCode, `${name}-${index}`).toBe(NO_ERROR);
    }
  };
  const [first] = clients;
  const client = present(first, 'a client');
  await create(client, 7, [{ numPartitions: 6, replicationFactor: 3, name: 'created' }]);
  await writeToAll('created');
  const grown = { name: 'created', count: 9, assignments: null };
  await client.ask(createPartitions, 3, { topics: [grown], timeoutMs: 5000, validateOnly: false });
  await writeToAll('created');
  await client.ask(metadata, 12, { topics: [{ name: 'made', topicId: ZERO_UUID }], allowAutoTopicCreation: true });
  await writeToAll('made');
});
