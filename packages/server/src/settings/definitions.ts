import type { SettingDefinition } from './setting.ts';

const INT_MAX = 2_147_483_647;
const LONG_MAX = Number.MAX_SAFE_INTEGER;
const KIB = 1024;
const MIB = 1024 * KIB;
const MINUTE_MS = 60_000;

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
    doc: 'Addresses to listen on: GRPC://host:port for a broker, CONTROLLER://host:port for a controller; port 0 lets the system choose. An empty host means all interfaces.',
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
    doc: 'Directory of the node itself: the quorum log of a controller, the applied metadata of a broker, node.json. Default: the first of log.dirs.',
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
    name: 'broker.heartbeat.interval.ms',
    kind: 'integer',
    default: '500',
    min: 50,
    max: 600_000,
    doc: 'How often a broker says that it lives; at most a third of the session timeout.',
  },
  {
    name: 'replica.lag.time.max.ms',
    kind: 'integer',
    default: '10000',
    min: 500,
    max: 3_600_000,
    doc: 'A replica that was not caught up for this long leaves the in-sync set.',
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
    doc: 'A clean stop that takes longer is cut short; the next start recovers.',
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

/** What topics get that say nothing else. */
const TOPICS: readonly SettingDefinition[] = [
  {
    name: 'num.partitions',
    kind: 'integer',
    default: '1',
    min: 1,
    max: 100_000,
    doc: 'Partitions of a topic that is created without a number.',
  },
  {
    name: 'default.replication.factor',
    kind: 'integer',
    default: '3',
    min: 1,
    max: 32,
    doc: 'Replicas of each partition of a topic that is created without a number.',
  },
  {
    name: 'min.insync.replicas',
    kind: 'integer',
    default: '2',
    min: 1,
    max: 32,
    doc: 'acks=all is refused while fewer replicas are in sync; never more than the topic has replicas.',
  },
  {
    name: 'message.max.bytes',
    kind: 'integer',
    default: String(MIB + 12),
    min: 0,
    max: 64 * MIB,
    doc: 'The largest record batch a broker takes.',
  },
  {
    name: 'log.retention.ms',
    kind: 'integer',
    min: -1,
    max: LONG_MAX,
    doc: 'Records are kept for this long; -1 for ever. Give only one of the three log.retention times; without any: 7 days.',
  },
  { name: 'log.retention.minutes', kind: 'integer', min: 1, max: INT_MAX, doc: 'As log.retention.ms, in minutes.' },
  { name: 'log.retention.hours', kind: 'integer', min: 1, max: INT_MAX, doc: 'As log.retention.ms, in hours.' },
  {
    name: 'log.retention.bytes',
    kind: 'integer',
    default: '-1',
    min: -1,
    max: LONG_MAX,
    doc: 'The oldest segments of a partition beyond this size go; -1: no limit.',
  },
  {
    name: 'log.retention.check.interval.ms',
    kind: 'integer',
    default: String(5 * MINUTE_MS),
    min: 1,
    max: LONG_MAX,
    doc: 'How often retention looks.',
  },
  {
    name: 'log.segment.bytes',
    kind: 'integer',
    default: String(1024 * MIB),
    min: 1 * MIB,
    max: INT_MAX,
    doc: 'A segment file that would grow beyond this is closed and a new one begun.',
  },
  {
    name: 'log.roll.ms',
    kind: 'integer',
    default: String(7 * 24 * 60 * MINUTE_MS),
    min: 1,
    max: LONG_MAX,
    doc: 'A segment older than this is closed even if it is small.',
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
  ...TOPICS,
  ...LOGGING,
];
