import { readFileSync } from 'node:fs';
import { BROKER_CONFIGS, TOPIC_CONFIGS } from '@moldau/metadata';
import { describe, expect, test } from 'vitest';
import { givenNodeConfigs, groupSettings } from '../src/broker-settings.ts';
import { initialClusterConfigs, nodeConfig } from '../src/node-config.ts';
import { SETTING_DEFINITIONS } from '../src/settings/definitions.ts';
import { readSettings, type SettingSources } from '../src/settings/read-settings.ts';
import { parseSetting } from '../src/settings/setting.ts';

const BROKER = `
process.roles=broker
node.id=1
controller.quorum.voters=11@127.0.0.1:19090
listeners=GRPC://127.0.0.1:19100
log.dirs=/data/a,/data/b
metadata.log.dir=/meta
`;

function read(text: string, rest: Partial<SettingSources> = {}): ReturnType<typeof readSettings> {
  return readSettings({ file: { path: 'node.properties', text }, env: {}, sets: [], ...rest });
}

const configOf = (text: string, rest?: Partial<SettingSources>): ReturnType<typeof nodeConfig> =>
  nodeConfig(read(text, rest).settings);

describe('where settings come from', () => {
  test('the environment wins over the file, --set over both, and each loser is told', () => {
    const { settings, warnings } = read(BROKER, { env: { MOLDAU_NODE_ID: '2', HOME: '/' }, sets: ['node.id=3'] });
    expect(settings.integer('node.id')).toBe(3);
    expect(warnings).toEqual([
      'node.id is set twice: environment MOLDAU_NODE_ID (2) wins over node.properties:3 (1)',
      'node.id is set twice: --set (3) wins over environment MOLDAU_NODE_ID (2)',
    ]);
  });

  test('the same value from two places is no reason to warn', () => {
    expect(read(BROKER, { sets: ['node.id=1'] }).warnings).toEqual([]);
  });

  test.each<[string, Partial<SettingSources>, string]>([
    [
      'file',
      { file: { path: 'f', text: 'nod.id=1' } },
      'nod.id (f:1) is not a setting of Moldau. Did you mean node.id?',
    ],
    [
      'environment',
      { env: { MOLDAU_LOG_DIR: '/x' } },
      'log.dir (environment MOLDAU_LOG_DIR) is not a setting of Moldau. Did you mean log.dirs?',
    ],
    [
      '--set',
      { sets: ['zookeeper.connect=a'] },
      'zookeeper.connect (--set) is not a setting of Moldau. Settings stand in docs/guide/operate.md',
    ],
    [
      'file, twice',
      { file: { path: 'f', text: 'node.id=1\nnode.id=2' } },
      'node.id stands twice: f:1 and f:2. Keep one',
    ],
    [
      'file, no equals sign',
      { file: { path: 'f', text: 'node.id' } },
      'f:1 must be a line like name=value, not "node.id"',
    ],
    ['--set, no equals sign', { sets: ['node.id'] }, '--set wants name=value, not "node.id"'],
  ])('%s: what is not a setting is refused with the nearest name', (_, sources, message) => {
    expect(() => readSettings({ env: {}, sets: [], ...sources })).toThrow(message);
  });

  test('all bad values are told at once', () => {
    expect(() => read('node.id=x\nlog.level=loud')).toThrow(
      'node.id (node.properties:1) must be a whole number from 0 to 2147483647, not "x"\n' +
        'log.level (node.properties:2) must be one of debug, info, warn, error, not "loud"',
    );
  });

  test('comments, blanks and continued lines of a properties file', () => {
    const { settings } = read('# a\n! b\n\nlog.dirs = /a, \\\n  /b\nbroker.rack=r=1\n');
    expect(settings.list('log.dirs')).toEqual(['/a', '/b']);
    expect(settings.text('broker.rack')).toBe('r=1');
  });

  test('the variable of the command line tool is not a setting', () => {
    expect(() => read(BROKER, { env: { MOLDAU_BOOTSTRAP_SERVER: 'x:1' } })).not.toThrow();
  });
});

test('every default is a legal value of its setting', () => {
  for (const definition of SETTING_DEFINITIONS) {
    if (definition.default !== undefined) parseSetting(definition, definition.default, 'default');
    expect(definition.doc).toMatch(/\.$/);
  }
  expect(new Set(SETTING_DEFINITIONS.map(({ name }) => name)).size).toBe(SETTING_DEFINITIONS.length);
});

describe('what a node is', () => {
  test('a broker', () => {
    const config = configOf(`${BROKER}broker.rack=z1\nadvertised.listeners=GRPC://broker-1:9999`);
    expect(config).toMatchObject({ nodeId: 1, nodeDir: '/meta', logDirs: ['/data/a', '/data/b'], rack: 'z1' });
    expect(config.voters).toEqual([{ nodeId: 11, address: '127.0.0.1:19090' }]);
    expect(config.listeners.get('broker')).toEqual({
      listen: { host: '127.0.0.1', port: 19100 },
      advertised: 'broker-1:9999',
    });
  });

  test('a broker that Kafka clients connect to', () => {
    const sets = ['listeners=GRPC://127.0.0.1:1,KAFKA://127.0.0.1:9092', 'advertised.listeners=KAFKA://kafka-1:9092'];
    expect(configOf(BROKER, { sets }).listeners.get('kafka')).toEqual({
      listen: { host: '127.0.0.1', port: 9092 },
      advertised: 'kafka-1:9092',
    });
    expect(configOf(BROKER).listeners.has('kafka')).toBe(false);
  });

  test('a controller with a broker', () => {
    const config = configOf(
      'process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@[::1]:1\nlisteners=GRPC://[::1]:2,CONTROLLER://[::1]:1\nlog.dirs=/d\nmetadata.log.dir=/m',
    );
    expect([...config.roles].sort()).toEqual(['broker', 'controller']);
    expect(config.nodeDir).toBe('/m');
  });

  test.each<[string, string[], string]>([
    ['a missing id', ['node.id='], 'node.id (--set) must be a whole number'],
    ['an unknown role', ['process.roles=voter'], 'process.roles (--set) must be a list of broker, controller'],
    [
      'no listener for a role',
      ['process.roles=broker,controller'],
      'listeners has no CONTROLLER://host:port: a controller needs it',
    ],
    [
      'a listener without its role',
      ['listeners=GRPC://127.0.0.1:1,CONTROLLER://127.0.0.1:2'],
      'listeners names CONTROLLER, but process.roles has no controller: drop one of them',
    ],
    [
      'a listener for Kafka clients of what is no broker',
      ['process.roles=controller', 'node.id=11', 'listeners=CONTROLLER://127.0.0.1:19090,KAFKA://127.0.0.1:9092'],
      'listeners names KAFKA, but process.roles has no broker: drop one of them',
    ],
    [
      'a wildcard that Kafka clients would dial',
      ['listeners=GRPC://127.0.0.1:1,KAFKA://:9092', 'insecure.listeners=true'],
      'advertised.listeners must say where others reach KAFKA: nobody can dial 0.0.0.0',
    ],
    [
      'an unknown listener',
      ['listeners=PLAINTEXT://127.0.0.1:1'],
      'NAME one of GRPC, CONTROLLER, KAFKA, not "PLAINTEXT://127.0.0.1:1"',
    ],
    ['an address off loopback', ['listeners=GRPC://10.0.0.1:1'], '10.0.0.1:1 can be reached from other machines'],
    ['an admin port off loopback', ['admin.listener=:9644'], '0.0.0.0:9644 can be reached from other machines'],
    [
      'a wildcard that others would dial',
      ['listeners=GRPC://:1', 'insecure.listeners=true'],
      'advertised.listeners must say where others reach GRPC: nobody can dial 0.0.0.0',
    ],
    ['one port twice', ['admin.listener=127.0.0.1:19100'], 'port 19100 is given to two listeners of this node'],
    ['a broker with the id of a controller', ['node.id=11'], 'node.id 11 is a controller in controller.quorum.voters'],
    [
      'a voter without an id',
      ['controller.quorum.voters=127.0.0.1:1'],
      'controller.quorum.voters must be a list of id@host:port',
    ],
    [
      'an address of two voters',
      ['controller.quorum.voters=11@127.0.0.1:19090,12@127.0.0.1:19090'],
      'controller.quorum.voters names one address twice',
    ],
    ['a port out of range', ['listeners=GRPC://127.0.0.1:70000'], 'listeners must be host:port'],
    ['a cluster id of another form', ['cluster.id=moldau'], 'cluster.id must be 16 random bytes as 22 characters'],
    ['a cluster id in another spelling', ['cluster.id=AAAAAAAAAAAAAAAAAAAAAB'], 'cluster.id must be 16 random bytes'],
    [
      'a node directory within the data',
      ['metadata.log.dir=/data/a/x'],
      'metadata.log.dir /data/a/x must not be in log.dirs (/data/a)',
    ],
    [
      'retention said twice',
      ['log.retention.ms=1', 'log.retention.hours=1'],
      'log.retention.ms and log.retention.hours say the same thing twice',
    ],
  ])('%s is refused', (_, sets, message) => {
    expect(() => configOf(BROKER, { sets })).toThrow(message);
  });

  const CONTROLLER = `
process.roles=controller
node.id=11
controller.quorum.voters=11@controller-1:19090
listeners=CONTROLLER://127.0.0.1:19090
metadata.log.dir=/meta
`;

  test('a controller whose listener is not where the voters say is refused, unless it says so', () => {
    expect(configOf(CONTROLLER).nodeId).toBe(11);
    const elsewhere = ['listeners=CONTROLLER://127.0.0.1:19091'];
    expect(() => configOf(CONTROLLER, { sets: elsewhere })).toThrow(
      'controller.quorum.voters has this node at controller-1:19090, but CONTROLLER is reached at 127.0.0.1:19091',
    );
    const mapped = [...elsewhere, 'advertised.listeners=CONTROLLER://controller-1:19090'];
    expect(configOf(CONTROLLER, { sets: mapped }).nodeId).toBe(11);
  });

  test.each(['broker.rack', 'broker.host'])('%s of a controller is refused', (name) => {
    expect(() => configOf(CONTROLLER, { sets: [`${name}=a`] })).toThrow(`${name} is for brokers`);
  });

  test('each of the settings that every node needs is asked for by name', () => {
    expect(() => configOf('node.id=1')).toThrow('process.roles is missing');
    expect(() => configOf(BROKER.replace(/log\.dirs.*/, ''))).toThrow('log.dirs is missing');
    expect(() => configOf(BROKER.replace(/metadata.*/, ''))).toThrow('metadata.log.dir is missing');
    expect(() =>
      configOf(
        'process.roles=controller\nnode.id=1\ncontroller.quorum.voters=1@[::1]:1\nlisteners=CONTROLLER://[::1]:1',
      ),
    ).toThrow('metadata.log.dir is missing');
  });
});

describe('first values for a new quorum', () => {
  const initial = (text: string): [string, string][] => [...initialClusterConfigs(read(text).settings)];

  test('are those of the settings that were given', () => {
    expect(initial('')).toEqual([]);
    expect(initial('min.insync.replicas=1\ndurability=replicated')).toEqual([
      ['min.insync.replicas', '1'],
      ['durability', 'replicated'],
    ]);
  });

  test.each([
    ['log.retention.ms=-1', '-1'],
    ['log.retention.minutes=2', '120000'],
    ['log.retention.hours=1', '3600000'],
  ])('retention is given in any of three units: %s', (text, retentionMs) => {
    expect(initial(text)).toEqual([['log.retention.ms', retentionMs]]);
  });
});

test('the guide has every setting with its default', () => {
  const guide = readFileSync(new URL('../../../docs/guide/operate.md', import.meta.url), 'utf8');
  for (const { name, default: value, doc } of SETTING_DEFINITIONS) {
    const row = guide.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? '';
    expect(row).toContain(`| ${value === undefined ? '' : `\`${value}\``} | ${doc} |`);
  }
});

test('the guide has every config of topics, brokers and the cluster with its default', () => {
  const guide = readFileSync(new URL('../../../docs/guide/configs.md', import.meta.url), 'utf8').split('\n');
  const rows = guide.filter((line) => line.startsWith('| `'));
  expect(rows).toHaveLength(TOPIC_CONFIGS.length + BROKER_CONFIGS.length);
  for (const { name, defaultName, defaultValue, scopes, doc } of [...TOPIC_CONFIGS, ...BROKER_CONFIGS]) {
    const row = rows.find((line) => line.startsWith(`| \`${name}\``)) ?? '';
    expect(row).toContain(` | \`${defaultValue}\` | ${doc} |`);
    if (scopes.includes('cluster')) expect(row).toContain(`\`${defaultName}\``);
  }
});

test('the settings of groups reach the broker, and it shows what was given', () => {
  const { settings } = configOf(BROKER, {
    sets: ['group.initial.rebalance.delay.ms=0', 'offsets.retention.minutes=5'],
  });
  expect(groupSettings(settings)).toEqual({
    initialRebalanceDelayMs: 0,
    sessionTimeoutMsMin: 6000,
    sessionTimeoutMsMax: 1_800_000,
    groupSizeMax: 5000,
    offsetMetadataBytesMax: 4096,
    offsetsRetentionMs: 300_000,
    offsetsRetentionCheckMs: 600_000,
    commitTimeoutMs: 5000,
    topicPartitions: 12,
    topicReplicationFactor: 3,
    topicSegmentBytes: 16_777_216,
  });
  const given = givenNodeConfigs(settings);
  expect(given.get('group.initial.rebalance.delay.ms')).toBe('0');
  expect(given.get('log.dirs')).toBe('/data/a,/data/b');
  expect(given.has('group.max.size')).toBe(false);
});

test('no session may be longer than the longest', () => {
  const sets = ['group.min.session.timeout.ms=2000', 'group.max.session.timeout.ms=1000'];
  expect(() => configOf(BROKER, { sets })).toThrow(/no member could join/);
});

test.each([
  [['log.retention.minutes=2'], 'log.retention.ms', '120000'],
  [['log.retention.hours=1'], 'log.retention.ms', '3600000'],
  [['log.roll.hours=2'], 'log.roll.ms', '7200000'],
  [['log.retention.ms=9223372036854775807'], 'log.retention.ms', '9223372036854775807'],
  [['num.partitions=4'], 'num.partitions', '4'],
  [['log.cleanup.policy=compact,delete'], 'log.cleanup.policy', 'compact,delete'],
])('%s is the first value of %s', (sets, name, value) => {
  expect(configOf(BROKER, { sets }).initialConfigs.get(name)).toBe(value);
});

test.each([[['log.roll.hours=2', 'log.roll.ms=5']], [['log.retention.hours=2', 'log.retention.minutes=5']]])(
  '%s say it twice',
  (sets) => {
    expect(() => configOf(BROKER, { sets })).toThrow(/say the same thing twice/);
  },
);
