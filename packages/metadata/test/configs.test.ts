import { describe, expect, test } from 'vitest';
import {
  BROKER_CONFIGS,
  brokerDynamicConfig,
  type ClusterImage,
  clusterConfig,
  configProblem,
  describeConfigs,
  describeNodeConfigs,
  EMPTY_IMAGE,
  integerValue,
  isThrottled,
  NODE_CONFIGS,
  TOPIC_CONFIGS,
  topicCollisionKey,
  topicConfig,
  topicNameProblem,
} from '../src/index.ts';
import { apply, record } from './fixtures.ts';

describe('a config value', () => {
  test.each([
    ['topic', 'retention.ms', '-1', undefined],
    ['topic', 'retention.ms', '9223372036854775807', undefined],
    ['topic', 'retention.ms', '9223372036854775808', /whole number from -1/],
    ['topic', 'retention.ms', '-2', /whole number from -1/],
    ['topic', 'retention.ms', '1.5', /whole number/],
    ['topic', 'retention.ms', '', /whole number/],
    ['topic', 'retention.ms', 'x'.repeat(2000), /at most 1024/],
    ['topic', 'segment.bytes', '100', /from 4096/],
    ['topic', 'min.insync.replicas', '0', /from 1/],
    ['topic', 'cleanup.policy', 'delete', undefined],
    ['topic', 'cleanup.policy', 'compact', undefined],
    ['topic', 'cleanup.policy', 'compact, delete', undefined],
    ['topic', 'cleanup.policy', 'shred', /a list of: delete, compact/],
    ['topic', 'cleanup.policy', '', /a list of: delete, compact/],
    ['topic', 'min.cleanable.dirty.ratio', '0.25', undefined],
    ['topic', 'min.cleanable.dirty.ratio', '1.5', /a number from 0 to 1/],
    ['topic', 'preallocate', 'yes', /"true" or "false"/],
    ['topic', 'remote.storage.enable', 'true', /no tiered storage/],
    ['topic', 'max.compaction.lag.ms', '1000', /does not remove records yet/],
    ['topic', 'max.compaction.lag.ms', '9223372036854775807', undefined],
    ['topic', 'compression.type', 'zstd', undefined],
    ['topic', 'compression.type', 'none', /one of: producer, uncompressed/],
    ['topic', 'compression.gzip.level', '10', /from -1 to 9/],
    ['topic', 'compression.zstd.level', '22', undefined],
    ['topic', 'compression.lz4.level', '0', /from 1 to 17/],
    ['topic', 'unclean.leader.election.enable', 'true', /by name/],
    ['topic', 'durability', 'maybe', /one of: flushed, replicated/],
    ['topic', 'flush.ms', '1', undefined],
    ['topic', 'leader.replication.throttled.replicas', '*', undefined],
    ['topic', 'leader.replication.throttled.replicas', '', undefined],
    ['topic', 'follower.replication.throttled.replicas', '0:1, 12:3', undefined],
    ['topic', 'follower.replication.throttled.replicas', '0:1,', undefined],
    ['topic', 'follower.replication.throttled.replicas', '0', /partition:broker/],
    ['topic', 'follower.replication.throttled.replicas', '*,0:1', /partition:broker/],
    ['topic', 'follower.replication.throttled.replicas', '0:-1', /partition:broker/],
    ['topic', 'leader.replication.throttled.replicas', '7:1,'.repeat(100_000), /at most 393216/],
    ['cluster', 'leader.replication.throttled.rate', '0', undefined],
    ['broker', 'follower.replication.throttled.rate', '-1', /whole number from 0/],
    ['broker', 'leader.replication.throttled.replicas', '*', /cannot be set on a broker|Set it on: topic/],
    ['broker', 'listeners', 'KAFKA://:1', /read when a node starts/],
    ['cluster', 'group.max.size', '7', /read when a node starts/],
    ['topic', 'replica.lag.time.max.ms', '1000', /Set it on: broker, cluster/],
    ['topic', 'retention', '1', /There is no config "retention" of a topic. Known: cleanup.policy/],
    ['cluster', 'retention.ms', '1', /set here as log.retention.ms/],
    ['cluster', 'log.retention.ms', '1', undefined],
    ['broker', 'min.insync.replicas', '1', /cannot be set on a broker/],
    ['broker', 'replica.lag.time.max.ms', '1000', undefined],
    ['cluster', 'auto.create.topics.enable', 'yes', /"true" or "false"/],
    ['cluster', 'num.partitions', undefined, undefined],
    ['cluster', 'nothing', undefined, /There is no config/],
    ['unspecified', 'retention.ms', '1', /cannot be set on a unspecified|belongs to topics|There is no config/],
  ] as const)('%s %s=%s', (type, name, value, problem) => {
    const found = configProblem(type, name, value);
    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(problem);
  });

  test('every default is valid where it can be set', () => {
    for (const { name, defaultValue, scopes } of TOPIC_CONFIGS)
      expect(configProblem('topic', name, defaultValue), `${name} ${scopes}`).toBeUndefined();
    for (const { name, defaultValue } of BROKER_CONFIGS)
      expect(configProblem('cluster', name, defaultValue), name).toBeUndefined();
  });

  test('names are not used twice, and each default of topics has one', () => {
    const names = [...TOPIC_CONFIGS, ...BROKER_CONFIGS, ...NODE_CONFIGS].flatMap(({ defaultName, greaterUnits }) => [
      defaultName,
      ...(greaterUnits?.keys() ?? []),
    ]);
    expect(new Set(names).size).toBe(names.length);
    expect([...TOPIC_CONFIGS, ...BROKER_CONFIGS].every(({ defaultValue }) => defaultValue !== undefined)).toBe(true);
  });

  test('beyond 2^53 is without end', () => {
    expect(integerValue('9223372036854775807')).toBe(Number.MAX_SAFE_INTEGER);
  });
});

test.each([
  ['', 0, 1, false],
  ['*', 7, 1, true],
  ['0:1,12:3', 12, 3, true],
  [' 0:1 , 012:3', 12, 3, true],
  ['0:1,12:3', 12, 1, false],
  ['0:1,12:3', 0, 3, false],
])('the list %j of replicas: partition %i of broker %i', (value, partition, broker, listed) => {
  const image = apply(EMPTY_IMAGE, record.config('topic', 'prices', 'leader.replication.throttled.replicas', value));
  const { leaderThrottled, followerThrottled } = topicConfig(image, 'prices');
  expect(isThrottled(leaderThrottled, partition, broker)).toBe(listed);
  expect(isThrottled(followerThrottled, partition, broker)).toBe(false);
});

test('a list of replicas is read once, not for each partition that asks for it', () => {
  const image = apply(EMPTY_IMAGE, record.config('topic', 'prices', 'leader.replication.throttled.replicas', '0:1'));
  expect(topicConfig(image, 'prices').leaderThrottled).toBe(topicConfig(image, 'prices').leaderThrottled);
});

test("a topic's own value wins over the cluster's, the cluster's over the default", () => {
  expect(topicConfig(EMPTY_IMAGE, 'prices')).toEqual({
    isCompacted: false,
    retentionMs: 604_800_000,
    retentionBytes: -1,
    segmentBytes: 1_073_741_824,
    segmentMs: 604_800_000,
    minInsyncReplicas: 2,
    maxMessageBytes: 1_048_588,
    messageTimestampType: 'CreateTime',
    timestampBeforeMsMax: Number.MAX_SAFE_INTEGER,
    timestampAfterMsMax: 3_600_000,
    compressionType: 'producer',
    compressionLevel: 0,
    durability: 'flushed',
    leaderThrottled: new Set(),
    followerThrottled: new Set(),
  });
  const cluster = apply(
    EMPTY_IMAGE,
    record.config('cluster', '', 'log.retention.ms', '5'),
    record.config('cluster', '', 'durability', 'replicated'),
  );
  const topic = apply(cluster, record.config('topic', 'prices', 'retention.ms', '7'));
  expect(topicConfig(topic, 'prices')).toMatchObject({ retentionMs: 7, durability: 'replicated' });
  expect(topicConfig(topic, 'orders').retentionMs).toBe(5);
  const sources = describeConfigs(topic, { type: 'topic', name: 'prices' }).map(({ definition, source }) => [
    definition.name,
    source,
  ]);
  expect(sources).toContainEqual(['retention.ms', 'topic']);
  expect(sources).toContainEqual(['durability', 'cluster']);
  expect(sources).toContainEqual(['segment.ms', 'default']);
});

test('what is only compacted has no limits of age and size', () => {
  const of = (policy: string) =>
    topicConfig(
      apply(
        EMPTY_IMAGE,
        record.config('topic', 'prices', 'cleanup.policy', policy),
        record.config('topic', 'prices', 'retention.bytes', '9'),
      ),
      'prices',
    );
  expect(of('compact')).toMatchObject({ isCompacted: true, retentionMs: -1, retentionBytes: -1 });
  expect(of('compact,delete')).toMatchObject({ isCompacted: true, retentionMs: 604_800_000, retentionBytes: 9 });
  expect(of('delete')).toMatchObject({ isCompacted: false, retentionMs: 604_800_000, retentionBytes: 9 });
});

test('the level is that of the codec in use', () => {
  const of = (type: string) =>
    topicConfig(
      apply(
        EMPTY_IMAGE,
        record.config('topic', 'prices', 'compression.type', type),
        record.config('cluster', '', 'compression.zstd.level', '7'),
      ),
      'prices',
    );
  expect(of('zstd')).toMatchObject({ compressionType: 'zstd', compressionLevel: 7 });
  expect(of('gzip')).toMatchObject({ compressionType: 'gzip', compressionLevel: -1 });
  expect(of('snappy')).toMatchObject({ compressionType: 'snappy', compressionLevel: 0 });
  expect(of('uncompressed')).toMatchObject({ compressionType: 'uncompressed', compressionLevel: 0 });
});

test('all places that have a value are told, the one in force first', () => {
  const image = apply(
    EMPTY_IMAGE,
    record.config('cluster', '', 'log.retention.ms', '5'),
    record.config('topic', 'prices', 'retention.ms', '7'),
    record.config('broker', '1', 'replica.lag.time.max.ms', '1000'),
    record.config('cluster', '', 'replica.lag.time.max.ms', '2000'),
  );
  const synonyms = (type: 'topic' | 'broker' | 'cluster', resource: string, name: string) =>
    describeConfigs(image, { type, name: resource })
      .find((config) => config.name === name)
      ?.synonyms.map((each) => `${each.source} ${each.name}=${each.value}`);
  expect(synonyms('topic', 'prices', 'retention.ms')).toEqual([
    'topic retention.ms=7',
    'cluster log.retention.ms=5',
    'default log.retention.ms=604800000',
  ]);
  expect(synonyms('broker', '1', 'replica.lag.time.max.ms')).toEqual([
    'broker replica.lag.time.max.ms=1000',
    'cluster replica.lag.time.max.ms=2000',
    'default replica.lag.time.max.ms=30000',
  ]);
  expect(synonyms('broker', '2', 'log.retention.ms')).toEqual([
    'cluster log.retention.ms=5',
    'default log.retention.ms=604800000',
  ]);
  expect(synonyms('cluster', '', 'log.retention.ms')).toEqual([
    'cluster log.retention.ms=5',
    'default log.retention.ms=604800000',
  ]);
});

test('what a node was started with is read-only, and shown where it was given', () => {
  const configs = describeNodeConfigs(new Map([['group.max.size', '7']]));
  const of = (name: string) => configs.find((config) => config.name === name);
  expect(of('group.max.size')).toMatchObject({ value: '7', source: 'static', isReadOnly: true });
  expect(of('group.max.size')?.synonyms.map(({ value }) => value)).toEqual(['7', '5000']);
  expect(of('offsets.retention.minutes')).toMatchObject({ value: '10080', source: 'default' });
  expect(of('broker.rack')).toMatchObject({ value: undefined, source: 'default', synonyms: [] });
});

test('what the cluster was founded with comes before the default, and behind all that is set', () => {
  const founded = apply(
    EMPTY_IMAGE,
    record.config('founding', '', 'num.partitions', '4'),
    record.config('founding', '', 'log.retention.ms', '1000'),
  );
  expect(clusterConfig(founded).partitions).toBe(4);
  expect(topicConfig(founded, 'prices').retentionMs).toBe(1000);
  const retention = (image: ClusterImage) =>
    describeConfigs(image, { type: 'topic', name: 'prices' }).find(({ name }) => name === 'retention.ms');
  const synonyms = (image: ClusterImage) => retention(image)?.synonyms.map(({ source, value }) => [source, value]);
  expect(retention(founded)).toMatchObject({ value: '1000', source: 'static' });
  expect(synonyms(founded)).toEqual([
    ['static', '1000'],
    ['default', '604800000'],
  ]);
  const set = apply(founded, record.config('cluster', '', 'log.retention.ms', '2000'));
  expect(topicConfig(set, 'prices').retentionMs).toBe(2000);
  expect(synonyms(set)).toEqual([
    ['cluster', '2000'],
    ['static', '1000'],
    ['default', '604800000'],
  ]);
  const takenBack = apply(set, record.config('cluster', '', 'log.retention.ms', undefined));
  expect(retention(takenBack)).toMatchObject({ value: '1000', source: 'static' });
});

test('configs of brokers and of the cluster', () => {
  const image = apply(
    EMPTY_IMAGE,
    record.config('cluster', '', 'replica.lag.time.max.ms', '2000'),
    record.config('broker', '1', 'replica.lag.time.max.ms', '1000'),
    record.config('cluster', '', 'num.partitions', '6'),
    record.config('cluster', '', 'auto.create.topics.enable', 'false'),
  );
  expect([1, 2].map((id) => brokerDynamicConfig(image, id).replicaLagTimeMsMax)).toEqual([1000, 2000]);
  expect(clusterConfig(image)).toEqual({ partitions: 6, replicationFactor: 3, autoCreateTopics: false });
});

test.each([
  ['prices', undefined],
  ['__consumer_offsets', undefined],
  ['a.b_c-D9', undefined],
  ['x'.repeat(249), undefined],
  ['', /empty/],
  ['.', /cannot be called/],
  ['..', /cannot be called/],
  ['x'.repeat(250), /249/],
  ['a b', /not allowed/],
  ['ä', /not allowed/],
])('the topic name %j', (name, problem) => {
  if (problem === undefined) expect(topicNameProblem(name)).toBeUndefined();
  else expect(topicNameProblem(name)).toMatch(problem);
});

test('names that differ only in "." and "_" collide', () => {
  expect(topicCollisionKey('a.b')).toBe(topicCollisionKey('a_b'));
  expect(topicCollisionKey('a.b')).not.toBe(topicCollisionKey('a-b'));
});
