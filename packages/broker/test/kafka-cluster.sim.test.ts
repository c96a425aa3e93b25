import { type ErrorCode, errorNumber, NO_ERROR, RequestError } from '@moldau/base';
import { METADATA_VERSION } from '@moldau/metadata';
import { ControllerService, type ElectLeadersRequest, type UpdateFeaturesRequest } from '@moldau/proto';
import {
  addRaftVoter,
  apiVersions,
  describeLogDirs,
  describeQuorum,
  electLeaders,
  removeRaftVoter,
  unregisterBroker,
  updateFeatures,
  ZERO_UUID,
} from '@moldau/protocol';
import { describe, expect, test } from 'vitest';
import { BrokerWorld, batchOf } from './support/broker-world.ts';
import type { KafkaTestClient } from './support/kafka-test-client.ts';
import { CLUSTER_ID } from './support/tiny-controller.ts';

const DONE = { errorCode: NO_ERROR, message: '' };
const DIRECTORY = 'DDDDDDDDDDDDDDDDDDDDDA';
const PREFERRED = 0;
const UNCLEAN = 1;

function refused(code: ErrorCode) {
  return { errorCode: errorNumber(code), message: 'no' };
}

async function brokers(seed: string, count = 1): Promise<{ world: BrokerWorld; client: KafkaTestClient }> {
  const world = new BrokerWorld(seed, [], {}, {});
  await world.open(count);
  return { world, client: world.kafka(1) };
}

describe('ElectLeaders', () => {
  test.each([0, 1, 2])('v%i tells the outcome of each partition', async (version) => {
    const { world, client } = await brokers(`elect ${version}`);
    const asked: ElectLeadersRequest[] = [];
    world.controller.answer(ControllerService.electLeaders, (request) => {
      asked.push(request);
      const outcomes = [DONE, refused('ELECTION_NOT_NEEDED'), refused('PREFERRED_LEADER_NOT_AVAILABLE')];
      return { metadataOffset: 0, outcomes };
    });
    const { errorCode, replicaElectionResults } = await client.ask(electLeaders, version, {
      ...(version > 0 && { electionType: UNCLEAN }),
      topicPartitions: [
        { topic: 'a', partitions: [0, 1] },
        { topic: 'b', partitions: [0] },
      ],
      timeoutMs: 1_000,
    });
    expect(errorCode).toBe(NO_ERROR);
    expect(replicaElectionResults).toEqual([
      {
        topic: 'a',
        partitionResult: [
          { partitionId: 0, errorCode: NO_ERROR, errorMessage: null },
          { partitionId: 1, errorCode: errorNumber('ELECTION_NOT_NEEDED'), errorMessage: 'no' },
        ],
      },
      {
        topic: 'b',
        partitionResult: [
          { partitionId: 0, errorCode: errorNumber('PREFERRED_LEADER_NOT_AVAILABLE'), errorMessage: 'no' },
        ],
      },
    ]);
    const partitions = [
      { topic: 'a', partition: 0 },
      { topic: 'a', partition: 1 },
      { topic: 'b', partition: 0 },
    ];
    expect(asked).toEqual([{ partitions, unclean: version > 0 }]);
  });

  test('of all partitions takes those that need one, and does not mention those that turn out not to', async () => {
    const { world, client } = await brokers('all', 2);
    world.controller.createTopic('led', [[1, 2]]);
    world.controller.createTopic('moved', [[2, 1]]);
    world.controller.createTopic('dead', [[2]]);
    world.kill(2);
    await world.until(() => world.controller.image.brokers.get(2)?.fenced === true);
    await world.until(() => world.broker(1).inspect().image.offset === world.controller.image.offset);
    const asked: ElectLeadersRequest[] = [];
    world.controller.answer(ControllerService.electLeaders, (request) => {
      asked.push(request);
      const outcomes = request.partitions.map(({ topic }) =>
        topic === 'moved' ? refused('ELECTION_NOT_NEEDED') : refused('PREFERRED_LEADER_NOT_AVAILABLE'),
      );
      return { metadataOffset: 0, outcomes };
    });
    const elect = (electionType: number) =>
      client.ask(electLeaders, 2, { electionType, topicPartitions: null, timeoutMs: 1_000 });
    const { replicaElectionResults } = await elect(PREFERRED);
    expect(replicaElectionResults.map(({ topic }) => topic)).toEqual(['dead']);
    await elect(UNCLEAN);
    expect(asked.map(({ partitions, unclean }) => [partitions.map(({ topic }) => topic).sort(), unclean])).toEqual([
      [['dead', 'moved'], false],
      [['dead'], true],
    ]);
  });

  test('nobody is elected for nothing, nor in a way that there is not', async () => {
    const { client } = await brokers('none');
    const elect = (electionType: number, topicPartitions: { topic: string; partitions: number[] }[] | null) =>
      client.ask(electLeaders, 2, { electionType, topicPartitions, timeoutMs: 0 });
    expect(await elect(PREFERRED, [])).toMatchObject({ errorCode: NO_ERROR, replicaElectionResults: [] });
    expect(await elect(PREFERRED, [{ topic: 'a', partitions: [] }])).toMatchObject({ errorCode: NO_ERROR });
    expect(await elect(UNCLEAN, null)).toMatchObject({ errorCode: NO_ERROR, replicaElectionResults: [] });
    expect(await elect(2, null)).toMatchObject({ errorCode: errorNumber('INVALID_REQUEST') });
  });

  test('a refusal of the whole is that of each partition', async () => {
    const { world, client } = await brokers('refused');
    world.controller.answer(ControllerService.electLeaders, () => {
      throw new RequestError('REQUEST_TIMED_OUT', 'too much waits');
    });
    const topicPartitions = [{ topic: 'a', partitions: [0] }];
    const answer = await client.ask(electLeaders, 2, { electionType: PREFERRED, topicPartitions, timeoutMs: 1_000 });
    expect(answer.errorCode).toBe(errorNumber('REQUEST_TIMED_OUT'));
    expect(answer.replicaElectionResults).toMatchObject([
      { partitionResult: [{ errorCode: errorNumber('REQUEST_TIMED_OUT') }] },
    ]);
  });
});

describe('DescribeQuorum', () => {
  const quorum = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];

  test.each([0, 1, 2])('v%i shows who leads, and how far the others are', async (version) => {
    const { world, client } = await brokers(`quorum ${version}`);
    const replica = { nodeId: 12, directoryId: DIRECTORY, address: '[::1]:19090' };
    const voter = { ...replica, logEndOffset: 40, lastContactMs: 7, behindMs: 900 };
    const observer = { ...replica, nodeId: 13, directoryId: '', logEndOffset: -1, lastContactMs: -1, behindMs: -1 };
    world.controller.answer(ControllerService.describeQuorum, () => ({
      clusterId: CLUSTER_ID,
      leaderId: 11,
      epoch: 3,
      commitOffset: 41,
      voters: [voter],
      observers: [observer],
      nodeId: 11,
    }));
    const { errorCode, topics, nodes } = await client.ask(describeQuorum, version, { topics: quorum });
    expect(errorCode).toBe(NO_ERROR);
    const partition = topics[0]?.partitions[0];
    expect(partition).toMatchObject({
      partitionIndex: 0,
      errorCode: 0,
      leaderId: 11,
      leaderEpoch: 3,
      highWatermark: 42,
    });
    const [first] = partition?.currentVoters ?? [];
    expect(first).toMatchObject({ replicaId: 12, logEndOffset: 41 });
    expect(first?.replicaDirectoryId).toBe(version < 2 ? ZERO_UUID : DIRECTORY);
    if (version > 0) {
      expect((first?.lastFetchTimestamp ?? 0) - (first?.lastCaughtUpTimestamp ?? 0)).toBe(893);
      expect(first?.lastFetchTimestamp).toBeGreaterThan(0);
    }
    expect(partition?.observers).toMatchObject([
      { replicaId: 13, logEndOffset: -1, lastFetchTimestamp: -1, lastCaughtUpTimestamp: -1 },
    ]);
    const listeners = [{ name: 'CONTROLLER', host: '::1', port: 19_090 }];
    expect(nodes).toEqual(version < 2 ? [] : [{ nodeId: 12, listeners }]);
  });

  test.each([
    ['another topic', [{ topicName: 't', partitions: [{ partitionIndex: 0 }] }]],
    ['another partition', [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 1 }] }]],
    ['two', [...quorum, ...quorum]],
  ])('%s is not there', async (story, topics) => {
    const { client } = await brokers(story);
    const answer = await client.ask(describeQuorum, 2, { topics });
    expect(answer.errorCode).toBe(NO_ERROR);
    expect(answer.topics).toHaveLength(topics.length);
    for (const { partitions } of answer.topics)
      expect(partitions).toMatchObject([{ errorCode: errorNumber('UNKNOWN_TOPIC_OR_PARTITION') }]);
  });
});

describe('UpdateFeatures', () => {
  const at = (feature: string, maxVersionLevel: number, upgradeType?: number) => {
    return { feature, maxVersionLevel, ...(upgradeType !== undefined && { upgradeType }) };
  };

  test.each([0, 1, 2])('v%i asks for the level', async (version) => {
    const { world, client } = await brokers(`features ${version}`);
    const asked: UpdateFeaturesRequest[] = [];
    world.controller.answer(ControllerService.updateFeatures, (request) => {
      asked.push(request);
      return { metadataOffset: 0 };
    });
    const answer = await client.ask(updateFeatures, version, {
      featureUpdates: [at(METADATA_VERSION, 1), at('kraft.version', 1)],
      ...(version > 0 && { validateOnly: true }),
    });
    expect(answer).toMatchObject({ errorCode: NO_ERROR, errorMessage: null });
    const names = answer.results.map(({ feature, errorCode }) => [feature, errorCode]);
    expect(names).toEqual(
      version < 2
        ? [
            [METADATA_VERSION, 0],
            ['kraft.version', 0],
          ]
        : [],
    );
    expect(asked).toEqual([{ name: METADATA_VERSION, level: 1, validateOnly: version > 0 }]);
  });

  test.each([
    ['an unknown feature', [at('group.version', 1)], 'INVALID_UPDATE_VERSION'],
    ['a level below 0', [at(METADATA_VERSION, -1)], 'INVALID_UPDATE_VERSION'],
    ['a level that this broker does not know', [at(METADATA_VERSION, 2)], 'INVALID_UPDATE_VERSION'],
    ['an unknown type of upgrade', [at(METADATA_VERSION, 1, 4)], 'INVALID_UPDATE_VERSION'],
    ['what is always on', [at('eligible.leader.replicas.version', 0, 3)], 'INVALID_UPDATE_VERSION'],
    ['twice the same', [at(METADATA_VERSION, 1), at(METADATA_VERSION, 1)], 'INVALID_REQUEST'],
  ] as const)('%s is refused, and with it all the rest', async (story, featureUpdates, code) => {
    const { client } = await brokers(story);
    const answer = await client.ask(updateFeatures, 1, { featureUpdates: [...featureUpdates] });
    expect(answer).toMatchObject({ errorCode: errorNumber(code), results: [] });
  });

  test('what the controllers refuse is told', async () => {
    const { world, client } = await brokers('refused');
    world.controller.answer(ControllerService.updateFeatures, () => {
      throw new RequestError('INVALID_UPDATE_VERSION', 'it does not go back');
    });
    const answer = await client.ask(updateFeatures, 2, { featureUpdates: [at(METADATA_VERSION, 0, 2)] });
    expect(answer).toMatchObject({
      errorCode: errorNumber('INVALID_UPDATE_VERSION'),
      errorMessage: 'it does not go back',
    });
  });

  test('ApiVersions lists what there is and what is in force', async () => {
    const { world, client } = await brokers('listed');
    world.controller.commit([{ record: { kind: 'featureLevel', value: { name: METADATA_VERSION, level: 1 } } }]);
    await world.until(() => world.broker(1).inspect().image.offset === world.controller.image.offset);
    const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };
    const { supportedFeatures, finalizedFeatures } = await client.ask(apiVersions, 4, software);
    expect(supportedFeatures.map(({ name, minVersion, maxVersion }) => [name, minVersion, maxVersion])).toEqual([
      [METADATA_VERSION, 1, 1],
      ['kraft.version', 0, 1],
      ['eligible.leader.replicas.version', 0, 1],
    ]);
    expect(finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel])).toEqual([
      [METADATA_VERSION, 1],
      ['kraft.version', 1],
      ['eligible.leader.replicas.version', 1],
    ]);
  });
});

test('UnregisterBroker passes on which, and why not', async () => {
  const { world, client } = await brokers('unregister');
  world.controller.answer(ControllerService.unregisterBroker, ({ brokerId }) => {
    if (brokerId === 7) return { metadataOffset: 0 };
    throw new RequestError('BROKER_ID_NOT_REGISTERED', 'there is none');
  });
  expect(await client.ask(unregisterBroker, 0, { brokerId: 7 })).toMatchObject({ errorCode: 0, errorMessage: null });
  expect(await client.ask(unregisterBroker, 0, { brokerId: 8 })).toMatchObject({
    errorCode: errorNumber('BROKER_ID_NOT_REGISTERED'),
    errorMessage: 'there is none',
  });
});

describe('voters of the quorum', () => {
  const listener = { name: 'CONTROLLER', host: '::1', port: 9093 };
  const voter = { clusterId: CLUSTER_ID, timeoutMs: 1_000, voterId: 14, voterDirectoryId: DIRECTORY };

  test.each([0, 1])('AddRaftVoter v%i adds one', async (version) => {
    const { world, client } = await brokers(`add ${version}`);
    world.controller.answer(ControllerService.addVoter, (request) => {
      expect(request).toEqual({ nodeId: 14, directoryId: DIRECTORY, address: '[::1]:9093' });
      return {};
    });
    const listeners = [{ ...listener, name: 'OTHER', port: 1 }, listener];
    expect(await client.ask(addRaftVoter, version, { ...voter, clusterId: null, listeners })).toMatchObject({
      errorCode: NO_ERROR,
      errorMessage: null,
    });
  });

  test('RemoveRaftVoter takes one away, or says that there is none', async () => {
    const { world, client } = await brokers('remove');
    world.controller.answer(ControllerService.removeVoter, ({ nodeId }) => {
      if (nodeId === 14) return {};
      throw new RequestError('VOTER_NOT_FOUND', 'there is none');
    });
    const { clusterId, voterId, voterDirectoryId } = voter;
    const remove = (id: number) => client.ask(removeRaftVoter, 0, { clusterId, voterId: id, voterDirectoryId });
    expect(await remove(voterId)).toMatchObject({ errorCode: NO_ERROR });
    expect(await remove(15)).toMatchObject({ errorCode: errorNumber('VOTER_NOT_FOUND') });
  });

  test.each([
    ['of another cluster', { clusterId: 'other' }, 'INCONSISTENT_CLUSTER_ID'],
    ['with a negative id', { voterId: -1 }, 'INVALID_REQUEST'],
    ['without a directory', { voterDirectoryId: ZERO_UUID }, 'INVALID_REQUEST'],
    ['without a listener', { listeners: [] }, 'INVALID_REQUEST'],
    ['with another listener only', { listeners: [{ ...listener, name: 'SSL' }] }, 'INVALID_REQUEST'],
  ] as const)('one %s is refused', async (story, fields, code) => {
    const { client } = await brokers(story);
    const request = { ...voter, listeners: [listener], ...fields };
    expect(await client.ask(addRaftVoter, 1, { ...request, listeners: [...request.listeners] })).toMatchObject({
      errorCode: errorNumber(code),
    });
    if ('listeners' in fields) return;
    const { clusterId, voterId, voterDirectoryId } = request;
    expect(await client.ask(removeRaftVoter, 0, { clusterId, voterId, voterDirectoryId })).toMatchObject({
      errorCode: errorNumber(code),
    });
  });
});

describe('DescribeLogDirs', () => {
  async function twoDirectories(seed: string): Promise<{ world: BrokerWorld; client: KafkaTestClient }> {
    const world = new BrokerWorld(seed, [], { logDirectories: ['/data/a', '/data/b'] }, {});
    await world.open(1);
    world.node(1).disk.capacityBytes = 50_000_000;
    const topicId = world.controller.createTopic('t', [[1], [1]]);
    const other = world.controller.createTopic('u', [[1]]);
    await world.until(() => [0, 1].every((each) => world.replica(1, topicId, each)?.serves === true));
    await world.until(() => world.replica(1, other)?.serves === true);
    await world.producer(1).produce(topicId, ['a', 'b']);
    return { world, client: world.kafka(1) };
  }

  test.each([1, 2, 3, 4, 5])('v%i shows every directory with what lies in it', async (version) => {
    const { client } = await twoDirectories(`dirs ${version}`);
    const { errorCode, results } = await client.ask(describeLogDirs, version, { topics: null });
    expect(errorCode).toBe(NO_ERROR);
    expect(results.map(({ logDir }) => logDir)).toEqual(['/data/a', '/data/b']);
    const replicas = results.flatMap(({ topics }) =>
      topics.flatMap(({ name, partitions }) => partitions.map((each) => ({ name, ...each }))),
    );
    expect(replicas.map(({ name, partitionIndex }) => `${name}/${partitionIndex}`).sort()).toEqual([
      't/0',
      't/1',
      'u/0',
    ]);
    expect(replicas.every(({ offsetLag, isFutureKey }) => offsetLag === 0 && !isFutureKey)).toBe(true);
    const sizeOf = (topic: string, partition: number): number =>
      replicas.find(({ name, partitionIndex }) => name === topic && partitionIndex === partition)?.partitionSize ?? -1;
    expect(sizeOf('t', 0)).toBeGreaterThan(60);
    expect(sizeOf('t', 1)).toBe(0);
    for (const { totalBytes, usableBytes } of results) {
      expect(totalBytes).toBe(version < 4 ? -1 : 50_000_000);
      if (version < 4) expect(usableBytes).toBe(-1);
      else expect(usableBytes).toBeLessThan(50_000_000);
    }
  });

  test('what is asked for is shown, and directories that have none of it are still listed', async () => {
    const { client } = await twoDirectories('asked');
    const ask = async (topics: { topic: string; partitions: number[] }[]): Promise<unknown[]> => {
      const { results } = await client.ask(describeLogDirs, 4, { topics });
      expect(results).toHaveLength(2);
      return results.flatMap((each) => each.topics.map(({ name, partitions }) => [name, partitions.length]));
    };
    expect(
      await ask([
        { topic: 't', partitions: [1, 7] },
        { topic: 'x', partitions: [0] },
      ]),
    ).toEqual([['t', 1]]);
    expect(await ask([])).toEqual([]);
  });

  test('a directory that has failed says so, and nothing else of it is told', async () => {
    const { world, client } = await twoDirectories('offline');
    world.node(1).disk.inject({ operation: 'sync', pathPart: '/data/a', code: 'EIO' });
    const topicId = world.controller.image.topicIds.get('t') ?? '';
    const producer = world.producer(1);
    for (const partition of [0, 1]) producer.send(topicId, batchOf(['x']), { partition });
    await world.run(1_000);
    const { results } = await client.ask(describeLogDirs, 4, { topics: null });
    expect(results.find(({ logDir }) => logDir === '/data/a')).toMatchObject({
      errorCode: errorNumber('KAFKA_STORAGE_ERROR'),
      topics: [],
      totalBytes: -1,
      usableBytes: -1,
    });
    expect(results.find(({ logDir }) => logDir === '/data/b')).toMatchObject({ errorCode: NO_ERROR });
  });
});
