import { type ConfigDefinition, type ConfigType, int, long, short } from './config-definition.ts';

const TEXT: ConfigType = { kind: 'text' };
const LIST: ConfigType = { kind: 'list' };
const BOOLEAN: ConfigType = { kind: 'boolean' };

/** Read from a node's own configuration when it starts, and the same until it ends. */
function ofNode(name: string, type: ConfigType, defaultValue: string | undefined, doc: string): ConfigDefinition {
  return { name, defaultName: name, type, defaultValue, scopes: [], doc };
}

/** Who the node is and whom it talks to. */
const IDENTITY: readonly ConfigDefinition[] = [
  ofNode(
    'process.roles',
    { kind: 'list', values: ['broker', 'controller'] },
    undefined,
    'What this process is: broker, controller, or both. Required.',
  ),
  ofNode('node.id', int(0), undefined, 'Unique in the cluster, over brokers and controllers. Required.'),
  ofNode(
    'cluster.id',
    TEXT,
    undefined,
    'The cluster this node belongs to: 22 characters of URL-safe base64. A new quorum takes it, or makes one up when it is absent; a data directory of another cluster is refused.',
  ),
  ofNode(
    'controller.quorum.voters',
    LIST,
    undefined,
    'Where the controllers are: id@host:port of each. The voters of a new quorum, and where brokers look for the active controller. Required.',
  ),
  ofNode(
    'listeners',
    LIST,
    undefined,
    'Addresses to listen on: GRPC://host:port for a broker, CONTROLLER://host:port for a controller, and KAFKA://host:port (usually port 9092) for a broker that Kafka clients connect to; port 0 lets the system choose. An empty host means all interfaces.',
  ),
  ofNode('advertised.listeners', LIST, undefined, 'Addresses that others dial, where they differ from the listeners.'),
  ofNode('admin.listener', TEXT, '127.0.0.1:0', 'host:port of /livez, /readyz and /metrics (HTTP).'),
  ofNode(
    'insecure.listeners',
    BOOLEAN,
    'false',
    'Allows addresses that other machines can reach. Nothing authenticates them yet: only for a network where everybody may read, write and delete everything.',
  ),
  ofNode('broker.rack', TEXT, undefined, 'Rack or zone of the broker; replicas of a partition are spread over racks.'),
  ofNode(
    'broker.host',
    TEXT,
    undefined,
    'Label of the machine, when several brokers share one; replicas of a partition are kept apart where they can be.',
  ),
];

/** Where its bytes are. */
const DIRECTORIES: readonly ConfigDefinition[] = [
  ofNode(
    'log.dirs',
    LIST,
    undefined,
    'Data directories of a broker, each on a disk of its own. Required for a broker.',
  ),
  ofNode(
    'metadata.log.dir',
    TEXT,
    undefined,
    'Directory of the node itself: the quorum log of a controller, the applied metadata of a broker, node.json. Not within log.dirs. Required.',
  ),
];

/** How fast it notices what is wrong. */
const TIMES: readonly ConfigDefinition[] = [
  ofNode(
    'broker.session.timeout.ms',
    int(500, 3_600_000),
    '4000',
    'A broker whose machine fell silent is fenced after this time. One whose process died is fenced at once.',
  ),
  ofNode(
    'log.retention.check.interval.ms',
    // A timer's largest delay.
    long(100, 2 ** 31 - 1),
    '30000',
    'How often a broker looks for segments that retention lets go.',
  ),
  ofNode(
    'controller.quorum.election.timeout.ms',
    int(200, 600_000),
    '1000',
    'A controller that heard no leader for between one and two times this long stands for election.',
  ),
  ofNode(
    'controlled.shutdown.timeout.ms',
    int(0, 3_600_000),
    '10000',
    'A clean stop that takes longer is cut short; the next start recovers. A broker waits for at most 60 % of it until its leadership has moved.',
  ),
  ofNode(
    'health.loop.lag.ms.max',
    int(100, 600_000),
    '5000',
    '/livez fails when the event loop was blocked for longer within the last seconds.',
  ),
];

/** How much it takes on. */
const LIMITS: readonly ConfigDefinition[] = [
  ofNode('max.connections', int(1), '10000', 'Connections of each listener; more are closed as they come.'),
  ofNode(
    'max.connections.per.ip',
    int(1),
    '1000',
    'Of these, from one address. Raise it where many clients come through one gateway.',
  ),
];

/** Of the Kafka listener. */
const KAFKA: readonly ConfigDefinition[] = [
  ofNode(
    'socket.request.max.bytes',
    int(65_536),
    '104857600',
    'The largest request of a Kafka client, in bytes; a connection that sends a larger one is closed.',
  ),
  ofNode(
    'connections.max.idle.ms',
    long(1000, 2 ** 31 - 1),
    '600000',
    'A connection of a Kafka client that asks nothing for so long is closed.',
  ),
];

/** How a broker coordinates groups. */
const GROUPS: readonly ConfigDefinition[] = [
  ofNode(
    'group.initial.rebalance.delay.ms',
    int(0, 3_600_000),
    '3000',
    'How long the first member of an empty group waits for others, in ms. 0: not at all.',
  ),
  ofNode(
    'group.min.session.timeout.ms',
    int(1, 86_400_000),
    '6000',
    'The shortest session that a member of a group may ask for, in ms.',
  ),
  ofNode(
    'group.max.session.timeout.ms',
    int(1, 86_400_000),
    '1800000',
    'The longest session that a member of a group may ask for, in ms.',
  ),
  ofNode('group.max.size', int(1, 100_000), '5000', 'Members of one group; more are refused.'),
  ofNode(
    'offset.metadata.max.bytes',
    int(0, 1_048_576),
    '4096',
    'What may be committed beside an offset, in bytes of UTF-8.',
  ),
  ofNode(
    'offsets.retention.minutes',
    int(1),
    '10080',
    'How many minutes offsets stay once their group is empty, or its members no longer read the topic.',
  ),
  ofNode(
    'offsets.retention.check.interval.ms',
    long(1000, 2 ** 31 - 1),
    '600000',
    'How often a broker looks for offsets that have expired, in ms.',
  ),
  ofNode(
    'offsets.commit.timeout.ms',
    int(100, 600_000),
    '5000',
    'How many ms a commit may take to be replicated before it is answered with an error.',
  ),
  ofNode(
    'offsets.topic.num.partitions',
    int(1, 1000),
    '12',
    'Partitions of __consumer_offsets when it is created; each has its coordinator. Later changes mean nothing.',
  ),
  ofNode(
    'offsets.topic.replication.factor',
    short(1, 16),
    '3',
    'Replicas of __consumer_offsets when it is created: at most, fewer while there are fewer brokers.',
  ),
  ofNode(
    'offsets.topic.segment.bytes',
    int(65_536),
    '16777216',
    'Segments of __consumer_offsets when it is created, in bytes: what was trimmed goes by whole segments.',
  ),
];

const LOGGING: readonly ConfigDefinition[] = [
  ofNode(
    'log.level',
    { kind: 'choice', values: ['debug', 'info', 'warn', 'error'] },
    'info',
    'Least important events that are written.',
  ),
];

/** Configs of one node: read-only while it runs. */
export const NODE_CONFIGS: readonly ConfigDefinition[] = [
  ...IDENTITY,
  ...DIRECTORIES,
  ...TIMES,
  ...LIMITS,
  ...KAFKA,
  ...GROUPS,
  ...LOGGING,
];
