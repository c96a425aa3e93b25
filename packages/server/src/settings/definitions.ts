import { BROKER_CONFIGS, TOPIC_CONFIGS } from '@moldau/metadata';
import type { SettingDefinition } from './setting.ts';

const INT_MAX = 2_147_483_647;

/** Who the node is and whom it talks to. */
const IDENTITY: readonly SettingDefinition[] = [
  {
    name: 'process.roles',
    kind: 'list',
    choices: ['broker', 'controller'],
    doc: 'What this process is: broker, controller, or both. Required.',
  },
  {
    name: 'node.id',
    kind: 'integer',
    min: 0,
    max: INT_MAX,
    doc: 'Unique in the cluster, over brokers and controllers. Required.',
  },
  {
    name: 'cluster.id',
    kind: 'text',
    doc: 'The cluster this node belongs to: 22 characters of URL-safe base64. A new quorum takes it, or makes one up when it is absent; a data directory of another cluster is refused.',
  },
  {
    name: 'controller.quorum.voters',
    kind: 'list',
    doc: 'Where the controllers are: id@host:port of each. The voters of a new quorum, and where brokers look for the active controller. Required.',
  },
  {
    name: 'listeners',
    kind: 'list',
    doc: 'Addresses to listen on: GRPC://host:port for a broker, CONTROLLER://host:port for a controller, and KAFKA://host:port (usually port 9092) for a broker that Kafka clients connect to; port 0 lets the system choose. An empty host means all interfaces.',
  },
  {
    name: 'advertised.listeners',
    kind: 'list',
    doc: 'Addresses that others dial, where they differ from the listeners.',
  },
  {
    name: 'admin.listener',
    kind: 'text',
    default: '127.0.0.1:0',
    doc: 'host:port of /livez, /readyz and /metrics (HTTP).',
  },
  {
    name: 'insecure.listeners',
    kind: 'boolean',
    default: 'false',
    doc: 'Allows addresses that other machines can reach. Nothing authenticates them yet: only for a network where everybody may read, write and delete everything.',
  },
  {
    name: 'broker.rack',
    kind: 'text',
    doc: 'Rack or zone of the broker; replicas of a partition are spread over racks.',
  },
  {
    name: 'broker.host',
    kind: 'text',
    doc: 'Label of the machine, when several brokers share one; replicas of a partition are kept apart where they can be.',
  },
];

/** Where its bytes are. */
const DIRECTORIES: readonly SettingDefinition[] = [
  {
    name: 'log.dirs',
    kind: 'list',
    doc: 'Data directories of a broker, each on a disk of its own. Required for a broker.',
  },
  {
    name: 'metadata.log.dir',
    kind: 'text',
    doc: 'Directory of the node itself: the quorum log of a controller, the applied metadata of a broker, node.json. Not within log.dirs. Required.',
  },
];

/** How fast it notices what is wrong. */
const TIMES: readonly SettingDefinition[] = [
  {
    name: 'broker.session.timeout.ms',
    kind: 'integer',
    default: '4000',
    min: 500,
    max: 3_600_000,
    doc: 'A broker whose machine fell silent is fenced after this time. One whose process died is fenced at once.',
  },
  {
    name: 'log.retention.check.interval.ms',
    kind: 'integer',
    default: '30000',
    min: 100,
    max: INT_MAX,
    doc: 'How often a broker looks for segments that retention lets go.',
  },
  {
    name: 'controller.quorum.election.timeout.ms',
    kind: 'integer',
    default: '1000',
    min: 200,
    max: 600_000,
    doc: 'A controller that heard no leader for between one and two times this long stands for election.',
  },
  {
    name: 'controlled.shutdown.timeout.ms',
    kind: 'integer',
    default: '10000',
    min: 0,
    max: 3_600_000,
    doc: 'A clean stop that takes longer is cut short; the next start recovers. A broker waits for at most 60 % of it until its leadership has moved.',
  },
  {
    name: 'health.loop.lag.ms.max',
    kind: 'integer',
    default: '5000',
    min: 100,
    max: 600_000,
    doc: '/livez fails when the event loop was blocked for longer within the last seconds.',
  },
];

/** How much it takes on. */
const LIMITS: readonly SettingDefinition[] = [
  {
    name: 'max.connections',
    kind: 'integer',
    default: '10000',
    min: 1,
    max: INT_MAX,
    doc: 'Connections of each listener; more are closed as they come.',
  },
  {
    name: 'max.connections.per.ip',
    kind: 'integer',
    default: '1000',
    min: 1,
    max: INT_MAX,
    doc: 'Of these, from one address. Raise it where many clients come through one gateway.',
  },
];

/** Of the Kafka listener, under Kafka's names. */
const KAFKA: readonly SettingDefinition[] = [
  {
    name: 'socket.request.max.bytes',
    kind: 'integer',
    default: '104857600',
    min: 65_536,
    max: INT_MAX,
    doc: 'The largest request of a Kafka client, in bytes; a connection that sends a larger one is closed.',
  },
  {
    name: 'connections.max.idle.ms',
    kind: 'integer',
    default: '600000',
    min: 1000,
    max: INT_MAX,
    doc: 'A connection of a Kafka client that asks nothing for so long is closed.',
  },
];

/**
 * Defaults of topics and figures of the whole cluster are metadata, so that all nodes agree. In a node's configuration
 * they are first values: the quorum takes them when it is born, and from then on they are changed in the cluster.
 */
const CLUSTER_DEFAULTS: readonly SettingDefinition[] = [...TOPIC_CONFIGS, ...BROKER_CONFIGS]
  .filter(({ scopes }) => scopes.includes('cluster'))
  .map(({ defaultName, type, defaultValue, doc }) => {
    const described = { name: defaultName, doc: `${doc} Default ${defaultValue}.` };
    return type.kind === 'choice' ? { ...described, kind: 'choice', choices: type.values } : { ...described, ...type };
  });

/** Names of the settings that a new quorum takes as the first values of its configs. */
export const CLUSTER_DEFAULT_NAMES: readonly string[] = CLUSTER_DEFAULTS.map(({ name }) => name);

const RETENTION_UNITS: readonly SettingDefinition[] = [
  {
    name: 'log.retention.minutes',
    kind: 'integer',
    min: 1,
    max: INT_MAX,
    doc: 'log.retention.ms in minutes. Give only one of the three.',
  },
  {
    name: 'log.retention.hours',
    kind: 'integer',
    min: 1,
    max: INT_MAX,
    doc: 'log.retention.ms in hours. Give only one of the three.',
  },
];

const LOGGING: readonly SettingDefinition[] = [
  {
    name: 'log.level',
    kind: 'choice',
    default: 'info',
    choices: ['debug', 'info', 'warn', 'error'],
    doc: 'Least important events that are written.',
  },
];

/** Every setting of a node, in the order in which the guide lists them. */
export const SETTING_DEFINITIONS: readonly SettingDefinition[] = [
  ...IDENTITY,
  ...DIRECTORIES,
  ...TIMES,
  ...LIMITS,
  ...KAFKA,
  ...CLUSTER_DEFAULTS,
  ...RETENTION_UNITS,
  ...LOGGING,
];
