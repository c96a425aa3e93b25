import { type ErrorCode, errorNumber } from '@moldau/base';
import { BROKER_CONFIGS, NODE_CONFIGS, TOPIC_CONFIGS } from '@moldau/metadata';
import {
  alterConfigs,
  describeConfigs,
  incrementalAlterConfigs,
  listConfigResources,
  type ResponseOf,
} from '@moldau/protocol';
import { expect, test } from 'vitest';
import { BrokerWorld } from './support/broker-world.ts';
import type { KafkaTestClient } from './support/kafka-test-client.ts';

type Result = ResponseOf<typeof describeConfigs>['results'][number];

const TOPIC = 2;
const BROKER = 4;
const LOGGER = 8;
const METRICS = 16;
const GROUP = 32;
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3];

async function brokers(count: number, seed: string): Promise<BrokerWorld> {
  const givenConfigs = new Map([
    ['node.id', '1'],
    ['group.max.size', '7'],
  ]);
  const world = new BrokerWorld(seed, [], { givenConfigs }, {});
  await world.open(count);
  const topicId = world.controller.createTopic('t', [[1]], { 'retention.ms': '7' });
  await world.until(() => world.replica(1, topicId)?.serves === true);
  return world;
}

async function describe(
  client: KafkaTestClient,
  resourceType: number,
  resourceName: string,
  options: { readonly names?: string[]; readonly version?: number; readonly all?: boolean } = {},
): Promise<Result> {
  const { names = null, version = 4, all = true } = options;
  const { results } = await client.ask(describeConfigs, version, {
    resources: [{ resourceType, resourceName, configurationKeys: names }],
    includeSynonyms: all,
    includeDocumentation: all && version >= 3,
  });
  if (results[0] === undefined) throw new Error('nothing was answered');
  expect(results[0]).toMatchObject({ resourceType, resourceName });
  return results[0];
}

function code(error: ErrorCode): number {
  return errorNumber(error);
}

test('a topic shows every config, with where its value comes from', async () => {
  const world = await brokers(1, 'topic');
  world.controller.setClusterConfig('log.segment.bytes', '8192');
  await world.until(() => world.broker(1).inspect().image.offset === world.controller.image.offset);
  const client = world.kafka(1);
  for (let version = 1; version <= 4; version++) {
    const { errorCode, configs } = await describe(client, TOPIC, 't', { version });
    expect(errorCode).toBe(0);
    expect(configs.map(({ name }) => name)).toEqual(TOPIC_CONFIGS.map(({ name }) => name));
    expect(configs.every(({ documentation }) => (documentation !== null) === version >= 3)).toBe(true);
  }
  const { configs } = await describe(client, TOPIC, 't');
  const of = (wanted: string) => configs.find(({ name }) => name === wanted);
  expect(of('retention.ms')).toMatchObject({
    value: '7',
    readOnly: false,
    isSensitive: false,
    configSource: 1,
    configType: 5,
    synonyms: [
      { name: 'retention.ms', value: '7', source: 1 },
      { name: 'log.retention.ms', value: '604800000', source: 5 },
    ],
  });
  expect(of('segment.bytes')).toMatchObject({
    value: '8192',
    configSource: 3,
    configType: 3,
    synonyms: [
      { name: 'log.segment.bytes', value: '8192', source: 3 },
      { name: 'log.segment.bytes', value: '1073741824', source: 5 },
    ],
  });
  expect(of('cleanup.policy')).toMatchObject({ value: 'delete', configSource: 5, configType: 7 });
  expect(of('min.cleanable.dirty.ratio')).toMatchObject({ configType: 6 });
  expect(of('preallocate')).toMatchObject({ configType: 1 });
});

test('names choose, and synonyms and explanations are told to who asks for them', async () => {
  const world = await brokers(1, 'names');
  const client = world.kafka(1);
  const { configs } = await describe(client, TOPIC, 't', { names: ['segment.ms', 'nothing'], all: false });
  expect(configs).toMatchObject([{ name: 'segment.ms', synonyms: [], documentation: null }]);
  expect((await describe(client, TOPIC, 't', { names: [] })).configs).toHaveLength(TOPIC_CONFIGS.length);
});

test('a broker shows what it was started with, and only its own', async () => {
  const world = await brokers(2, 'broker');
  const client = world.kafka(1);
  const { configs } = await describe(client, BROKER, '1');
  const names = configs.map(({ name }) => name);
  for (const { defaultName } of [...BROKER_CONFIGS, ...NODE_CONFIGS]) expect(names).toContain(defaultName);
  const of = (wanted: string) => configs.find(({ name }) => name === wanted);
  expect(of('group.max.size')).toMatchObject({
    value: '7',
    readOnly: true,
    configSource: 4,
    synonyms: [
      { name: 'group.max.size', value: '7', source: 4 },
      { name: 'group.max.size', value: '5000', source: 5 },
    ],
  });
  expect(of('broker.rack')).toMatchObject({ value: null, readOnly: true, configSource: 5 });
  expect(of('num.partitions')).toMatchObject({ value: '1', readOnly: false, configSource: 5 });
  expect(await describe(client, BROKER, '2')).toMatchObject({ errorCode: code('INVALID_REQUEST'), configs: [] });
  expect(await describe(world.kafka(2), BROKER, '2')).toMatchObject({ errorCode: 0 });
});

test('the default of all brokers shows what was set', async () => {
  const world = await brokers(1, 'cluster');
  const client = world.kafka(1);
  expect((await describe(client, BROKER, '')).configs).toEqual([]);
  world.controller.setClusterConfig('num.partitions', '4');
  await world.until(() => world.broker(1).inspect().image.offset === world.controller.image.offset);
  expect((await describe(client, BROKER, '')).configs).toMatchObject([
    {
      name: 'num.partitions',
      value: '4',
      configSource: 3,
      synonyms: [{ name: 'num.partitions', value: '4', source: 3 }],
    },
  ]);
});

test('what the cluster was founded with is the static configuration of its brokers', async () => {
  const world = await brokers(1, 'founded');
  const client = world.kafka(1);
  const value = { resourceType: 'founding', resourceName: '', name: 'num.partitions', value: '4' } as const;
  world.controller.commit([{ record: { kind: 'config', value } }]);
  await world.until(() => world.broker(1).inspect().image.offset === world.controller.image.offset);
  const partitions = async () => (await describe(client, BROKER, '1', { names: ['num.partitions'] })).configs[0];
  const ofFile = { name: 'num.partitions', value: '4', source: 4 };
  const ofCode = { name: 'num.partitions', value: '1', source: 5 };
  expect(await partitions()).toMatchObject({ value: '4', configSource: 4, synonyms: [ofFile, ofCode] });
  expect((await describe(client, BROKER, '')).configs).toEqual([]);
  world.controller.setClusterConfig('num.partitions', '6');
  await world.until(() => world.broker(1).inspect().image.offset === world.controller.image.offset);
  const ofCluster = { name: 'num.partitions', value: '6', source: 3 };
  expect(await partitions()).toMatchObject({ value: '6', configSource: 3, synonyms: [ofCluster, ofFile, ofCode] });
  expect((await describe(client, BROKER, '')).configs).toMatchObject([{ value: '6', synonyms: [ofCluster] }]);
});

test.each([
  ['a topic that is not there', TOPIC, 'x', 'UNKNOWN_TOPIC_OR_PARTITION'],
  ['a topic that cannot be', TOPIC, 'a b', 'INVALID_TOPIC_EXCEPTION'],
  ['no topic', TOPIC, '', 'INVALID_REQUEST'],
  ['no number of a broker', BROKER, 'one', 'INVALID_REQUEST'],
  ["another broker's loggers", LOGGER, '9', 'INVALID_REQUEST'],
  ['a group without a name', GROUP, '', 'INVALID_REQUEST'],
  ['client metrics without a name', METRICS, '', 'INVALID_REQUEST'],
  ['an unknown kind', 3, 'x', 'INVALID_REQUEST'],
  ['a group', GROUP, 'g', undefined],
  ['client metrics', METRICS, 'm', undefined],
] as const)('described: %s', async (_, type, name, error) => {
  const world = await brokers(1, `refused-${type}-${name}`);
  const { errorCode, errorMessage, configs } = await describe(world.kafka(1), type, name);
  expect(errorCode).toBe(error === undefined ? 0 : code(error));
  expect(errorMessage === null).toBe(error === undefined);
  expect(configs).toEqual([]);
});

test('resources beyond the bound are refused, the rest is answered', async () => {
  const world = await brokers(1, 'many');
  const resources = Array.from({ length: 10_001 }, () => ({
    resourceType: TOPIC,
    resourceName: 't',
    configurationKeys: ['segment.ms'],
  }));
  const { results } = await world.kafka(1).ask(describeConfigs, 4, { resources });
  expect(results.slice(0, -1).every(({ errorCode, configs }) => errorCode === 0 && configs.length === 1)).toBe(true);
  expect(results.at(-1)).toMatchObject({ errorCode: code('INVALID_REQUEST'), configs: [] });
});

type Change = readonly [name: string, operation: number, value: string | null];

async function alter(
  client: KafkaTestClient,
  resources: readonly (readonly [type: number, name: string, changes: readonly Change[]])[],
  options: { readonly version?: number; readonly validateOnly?: boolean } = {},
): Promise<number[]> {
  const { version = 1, validateOnly = false } = options;
  const { responses } = await client.ask(incrementalAlterConfigs, version, {
    resources: resources.map(([resourceType, resourceName, changes]) => ({
      resourceType,
      resourceName,
      configs: changes.map(([name, configOperation, value]) => ({ name, configOperation, value })),
    })),
    validateOnly,
  });
  expect(responses.map(({ resourceName }) => resourceName)).toEqual(resources.map(([, name]) => name));
  return responses.map(({ errorCode }) => errorCode);
}

test('a change is in force when it is answered, and is not when it is only validated', async () => {
  const world = await brokers(1, 'alter');
  const client = world.kafka(1);
  const now = async (): Promise<string | null | undefined> =>
    (await describe(client, TOPIC, 't', { names: ['segment.ms'] })).configs[0]?.value;
  for (const version of [0, 1]) {
    expect(await alter(client, [[TOPIC, 't', [['segment.ms', SET, `1${version}`]]]], { version })).toEqual([0]);
    expect(await now()).toBe(`1${version}`);
  }
  const changes: readonly Change[] = [['segment.ms', SET, '12']];
  expect(await alter(client, [[TOPIC, 't', changes]], { validateOnly: true })).toEqual([0]);
  expect(await now()).toBe('11');
  expect(await alter(client, [[TOPIC, 't', [['segment.ms', DELETE, null]]]])).toEqual([0]);
  expect(await now()).toBe('604800000');
  expect(await alter(client, [[BROKER, '', [['num.partitions', SET, '5']]]])).toEqual([0]);
  expect((await describe(client, BROKER, '1', { names: ['num.partitions'] })).configs[0]).toMatchObject({ value: '5' });
});

test("a broker's loggers have one level, which can be changed while it runs", async () => {
  const world = await brokers(1, 'loggers');
  const client = world.kafka(1);
  const level = async () => (await describe(client, LOGGER, '1')).configs;
  const debug = { name: 'root', value: 'DEBUG', readOnly: false, configSource: 6, isSensitive: false, synonyms: [] };
  expect(await level()).toMatchObject([debug]);
  expect(await alter(client, [[LOGGER, '1', [['root', SET, 'WARN']]]], { validateOnly: true })).toEqual([0]);
  expect(await level()).toMatchObject([debug]);
  for (const [set, shown] of [
    ['WARN', 'WARN'],
    ['FATAL', 'ERROR'],
    ['TRACE', 'DEBUG'],
    ['INFO', 'INFO'],
  ] as const) {
    expect(await alter(client, [[LOGGER, '1', [['root', SET, set]]]])).toEqual([0]);
    expect(await level()).toMatchObject([{ value: shown }]);
  }
  expect((await describe(client, LOGGER, '1', { names: ['other'] })).configs).toEqual([]);
  expect(world.controller.alterations).toEqual([]);
});

test('what lists gain and lose is told to the controller, since it alone knows what they hold', async () => {
  const world = await brokers(1, 'lists');
  const changes: Change[] = [['cleanup.policy', APPEND, 'compact']];
  await alter(world.kafka(1), [[TOPIC, 't', changes]], { validateOnly: true });
  await alter(world.kafka(1), [[TOPIC, 't', [['cleanup.policy', SUBTRACT, 'delete']]]], { validateOnly: true });
  const resource = { resourceType: 'topic', resourceName: 't' };
  expect(world.controller.alterations).toEqual([
    {
      changes: [{ ...resource, name: 'cleanup.policy', value: 'compact', listChange: 'append' }],
      resources: [{ ...resource, replace: false }],
      validateOnly: true,
    },
    {
      changes: [{ ...resource, name: 'cleanup.policy', value: 'delete', listChange: 'subtract' }],
      resources: [{ ...resource, replace: false }],
      validateOnly: true,
    },
  ]);
});

const FLUSH: Change = ['flush.ms', SET, '1'];

test.each<[string, number, string, Change[], ErrorCode | undefined]>([
  ['an unknown topic', TOPIC, 'x', [FLUSH], 'UNKNOWN_TOPIC_OR_PARTITION'],
  ['an unknown topic, and nothing', TOPIC, 'x', [], 'UNKNOWN_TOPIC_OR_PARTITION'],
  ['a topic that cannot be', TOPIC, 'a b', [FLUSH], 'INVALID_TOPIC_EXCEPTION'],
  ['all topics', TOPIC, '', [FLUSH], 'INVALID_REQUEST'],
  ['a wrong value', TOPIC, 't', [['segment.ms', SET, 'x']], 'INVALID_CONFIG'],
  ['an unknown config', TOPIC, 't', [['segment', SET, '1']], 'INVALID_CONFIG'],
  ['one config twice', TOPIC, 't', [FLUSH, FLUSH], 'INVALID_REQUEST'],
  ['no value', TOPIC, 't', [['flush.ms', SET, null]], 'INVALID_REQUEST'],
  ['an unknown operation', TOPIC, 't', [['flush.ms', 9, '1']], 'INVALID_REQUEST'],
  ['replicas under a rate', TOPIC, 't', [['leader.replication.throttled.replicas', SET, '0:1,1:1']], undefined],
  ['more of them', TOPIC, 't', [['leader.replication.throttled.replicas', APPEND, '2:1']], undefined],
  ['no replicas', TOPIC, 't', [['leader.replication.throttled.replicas', SET, 'all']], 'INVALID_CONFIG'],
  ['the rate of this broker', BROKER, '1', [['leader.replication.throttled.rate', SET, '1000']], undefined],
  ['what was never set, taken back', TOPIC, 't', [['leader.replication.throttled.replicas', DELETE, null]], undefined],
  ['what a broker was started with', BROKER, '1', [['group.max.size', SET, '9']], 'INVALID_REQUEST'],
  ['a broker that is another', BROKER, '2', [['replica.lag.time.max.ms', SET, '500']], 'INVALID_REQUEST'],
  ['this broker', BROKER, '1', [['replica.lag.time.max.ms', SET, '500']], undefined],
  ['a wrong default of brokers', BROKER, '', [['num.partitions', SET, '0']], 'INVALID_REQUEST'],
  ['an unknown logger', LOGGER, '1', [['kafka', SET, 'DEBUG']], 'INVALID_CONFIG'],
  ['an unknown level', LOGGER, '1', [['root', SET, 'LOUD']], 'INVALID_CONFIG'],
  ['no level', LOGGER, '1', [['root', DELETE, null]], 'INVALID_REQUEST'],
  ['a level as a list', LOGGER, '1', [['root', APPEND, 'INFO']], 'INVALID_REQUEST'],
  ['a group', GROUP, 'g', [['consumer.session.timeout.ms', SET, '9000']], 'INVALID_CONFIG'],
  ['client metrics', METRICS, 'm', [['interval.ms', SET, '9000']], 'INVALID_CONFIG'],
  ['an unknown kind', 3, 'x', [FLUSH], 'INVALID_REQUEST'],
])('altered: %s', async (_, type, name, changes, error) => {
  const world = await brokers(1, `alter-${type}-${name}-${changes[0]?.[0]}`);
  expect(await alter(world.kafka(1), [[type, name, changes]])).toEqual([error === undefined ? 0 : code(error)]);
});

test('a resource that is named twice is refused, the others are changed', async () => {
  const world = await brokers(1, 'twice');
  const client = world.kafka(1);
  const broker: readonly [number, string, Change[]] = [BROKER, '1', [['replica.lag.time.max.ms', SET, '500']]];
  const twice = code('INVALID_REQUEST');
  expect(await alter(client, [broker, [TOPIC, 't', [FLUSH]], broker])).toEqual([twice, 0, twice]);
});

test('AlterConfigs replaces all that a resource has', async () => {
  const world = await brokers(1, 'replace');
  const client = world.kafka(1);
  const resource = { resourceType: TOPIC, resourceName: 't' };
  for (let version = 0; version <= 2; version++) {
    const { responses } = await client.ask(alterConfigs, version, {
      resources: [
        { ...resource, configs: [{ name: 'segment.ms', value: '9' }] },
        { resourceType: TOPIC, resourceName: 'x', configs: [] },
        { resourceType: BROKER, resourceName: '1', configs: [{ name: 'replica.lag.time.max.ms', value: null }] },
        { resourceType: LOGGER, resourceName: '1', configs: [] },
      ],
      validateOnly: true,
    });
    expect(responses.map(({ errorCode }) => errorCode)).toEqual([
      0,
      code('UNKNOWN_TOPIC_OR_PARTITION'),
      code('INVALID_REQUEST'),
      code('INVALID_REQUEST'),
    ]);
  }
  expect(world.controller.alterations[0]?.resources).toEqual([
    { resourceType: 'topic', resourceName: 't', replace: true },
    { resourceType: 'topic', resourceName: 'x', replace: true },
  ]);
});

test('what has configs is listed', async () => {
  const world = await brokers(2, 'list');
  const client = world.kafka(1);
  const list = async (resourceTypes: number[], version = 1) => {
    const { errorCode, configResources } = await client.ask(
      listConfigResources,
      version,
      version === 0 ? {} : { resourceTypes },
    );
    return errorCode === 0
      ? configResources.map(({ resourceType, resourceName }) => `${resourceType} ${resourceName}`)
      : errorCode;
  };
  expect(await list([])).toEqual(['2 t', '4 1', '4 2', '8 1', '8 2']);
  expect(await list([BROKER])).toEqual(['4 1', '4 2']);
  expect(await list([GROUP, METRICS])).toEqual([]);
  expect(await list([], 0)).toEqual([]);
  expect(await list([3])).toBe(code('UNSUPPORTED_VERSION'));
});
