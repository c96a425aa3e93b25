import path from 'node:path';

/** Choices of `dev up`, all with defaults. */
export interface ClusterOptions {
  /** Directory of the cluster, kept between runs. Default `.moldau`. */
  readonly data: string;
  /** 1 to 9. Default: as at the first start, and there 3. */
  readonly brokers?: number | undefined;
  /**
   * 1, 3 or 5: a quorum of even size survives no more than the next smaller one. Default: as at the first start, and
   * there 3.
   */
  readonly controllers?: number | undefined;
  /** First port of all; absent: the usual ones. 0: any that are free. */
  readonly port?: number | undefined;
  /** For Kafka clients, one for each broker. Default: as at the first start, and there 9092 and up, or behind `port`. */
  readonly kafkaPorts?: readonly number[] | undefined;
}

/** One node of the plan: what it is called, where it listens, where its files are. */
export interface NodePlan {
  /** `broker-1`, `controller-11`: name of its directory and in every message. */
  readonly name: string;
  readonly role: 'broker' | 'controller';
  readonly id: number;
  readonly grpcPort: number;
  readonly adminPort: number;
  /** Of a broker: where Kafka clients connect. */
  readonly kafkaPort: number | undefined;
  readonly directory: string;
}

/** What is decided at the first start of a data directory and kept. */
export interface ClusterIdentity {
  readonly clusterId: string;
  readonly brokers: number;
  readonly controllers: number;
  readonly grpcPorts: { readonly controllers: number[]; readonly brokers: number[] };
  readonly adminPorts: { readonly controllers: number[]; readonly brokers: number[] };
  /** Of the brokers. Absent in directories from before there were any. */
  readonly kafkaPorts?: number[];
}

export const HOST = '127.0.0.1';
const BROKERS_MAX = 9;
const NODES_DEFAULT = 3;
const FIRST_BROKER_ID = 1;
const FIRST_CONTROLLER_ID = 11;
const CONTROLLER_GRPC_PORT = 19_090;
const BROKER_GRPC_PORT = 19_100;
const ADMIN_PORT = 19_644;
const KAFKA_PORT = 9092;
const PORT_MAX = 65_535;
const OTHER_CLUSTER_HINT = 'leave the option out, or start another cluster with --data DIR';

/** A wrong choice or an obstacle that the person at the keyboard can remove. */
export class DevError extends Error {
  override readonly name = 'DevError';
  /** How; empty where the message says it. */
  readonly hint: string;
  /** What was typed is wrong, whatever the state of the cluster. */
  readonly isUsage: boolean = false;

  constructor(message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.hint = options.hint ?? '';
  }
}

/** A choice that no cluster can have. */
export class DevUsageError extends DevError {
  override readonly isUsage = true;
}

/** @throws DevUsageError for a choice out of bounds */
export function checkOptions(options: ClusterOptions): void {
  const { brokers = NODES_DEFAULT, controllers = NODES_DEFAULT, port } = options;
  if (!Number.isInteger(brokers) || brokers < 1 || brokers > BROKERS_MAX) {
    throw new DevUsageError(`--brokers must be from 1 to ${BROKERS_MAX}, not ${brokers}`);
  }
  if (![1, 3, 5].includes(controllers)) throw new DevUsageError(`--controllers must be 1, 3 or 5, not ${controllers}`);
  const count = portCount(brokers, controllers);
  if (port !== undefined && (!Number.isInteger(port) || port < 0 || port + count > PORT_MAX)) {
    throw new DevUsageError(`--port must be from 0 to ${PORT_MAX - count}, not ${port}`);
  }
  const { kafkaPorts } = options;
  if (kafkaPorts === undefined) return;
  const isPort = (each: number): boolean => Number.isInteger(each) && each > 0 && each <= PORT_MAX;
  if (kafkaPorts.every(isPort) && new Set(kafkaPorts).size === kafkaPorts.length) return;
  throw new DevUsageError(`--kafka-ports must be different ports from 1 to ${PORT_MAX}, not ${kafkaPorts.join(',')}`);
}

/** gRPC and admin of each node, and Kafka of each broker. */
function portCount(brokers: number, controllers: number): number {
  return 2 * (brokers + controllers) + brokers;
}

/**
 * The ports of a new cluster. With a first port P: brokers P and up, then controllers, then the admin ports, then
 * Kafka's, so that two clusters with different P do not meet. `free` gives that many free ports for P = 0.
 */
export async function newIdentity(
  clusterId: string,
  { brokers = NODES_DEFAULT, controllers = NODES_DEFAULT, port }: ClusterOptions,
  free: (count: number) => Promise<number[]>,
): Promise<ClusterIdentity> {
  const run = (first: number, count: number): number[] => Array.from({ length: count }, (_, index) => first + index);
  if (port === undefined) {
    return {
      clusterId,
      brokers,
      controllers,
      grpcPorts: { controllers: run(CONTROLLER_GRPC_PORT, controllers), brokers: run(BROKER_GRPC_PORT, BROKERS_MAX) },
      adminPorts: { controllers: run(ADMIN_PORT + BROKERS_MAX, controllers), brokers: run(ADMIN_PORT, BROKERS_MAX) },
      kafkaPorts: usualKafkaPorts(),
    };
  }
  const count = portCount(brokers, controllers);
  const all = port === 0 ? await free(count) : run(port, count);
  const take = (count: number): number[] => all.splice(0, count);
  return {
    clusterId,
    brokers,
    controllers,
    grpcPorts: { brokers: take(brokers), controllers: take(controllers) },
    adminPorts: { brokers: take(brokers), controllers: take(controllers) },
    kafkaPorts: take(brokers),
  };
}

/**
 * The nodes of this run. Controllers and ports stay as they were at the first start: the voters and their addresses
 * stand in the quorum's own log. Brokers may come and go.
 *
 * @throws DevError when the options contradict what the directory holds
 */
export function planNodes(identity: ClusterIdentity, options: ClusterOptions): NodePlan[] {
  const { data, brokers = identity.brokers, controllers = identity.controllers } = options;
  if (identity.controllers !== controllers) {
    throw new DevError(
      `${data} holds a cluster of ${identity.controllers} controllers, and --controllers asks for ${controllers}`,
      { hint: OTHER_CLUSTER_HINT },
    );
  }
  const first = identity.grpcPorts.brokers[0];
  if (options.port !== undefined && options.port !== 0 && options.port !== first) {
    throw new DevError(`${data} holds a cluster whose ports begin at ${first}, and --port asks for ${options.port}`, {
      hint: OTHER_CLUSTER_HINT,
    });
  }
  if (brokers > identity.grpcPorts.brokers.length) {
    throw new DevError(
      `${data} was made with ports for ${identity.grpcPorts.brokers.length} brokers, and --brokers asks for ${brokers}`,
      { hint: 'start another cluster with --data DIR' },
    );
  }
  const kafkaPorts = options.kafkaPorts ?? identity.kafkaPorts ?? usualKafkaPorts();
  if (kafkaPorts.length < brokers) {
    throw new DevError(
      `--kafka-ports names ${kafkaPorts.length} ports, and there are ${brokers} brokers: name one for each`,
    );
  }
  return [
    ...nodes('controller', FIRST_CONTROLLER_ID, controllers, identity, data),
    ...nodes('broker', FIRST_BROKER_ID, brokers, identity, data).map((node, index) => ({
      ...node,
      kafkaPort: kafkaPorts[index],
    })),
  ];
}

function usualKafkaPorts(): number[] {
  return Array.from({ length: BROKERS_MAX }, (_, index) => KAFKA_PORT + index);
}

function nodes(
  role: NodePlan['role'],
  firstId: number,
  count: number,
  { grpcPorts, adminPorts }: ClusterIdentity,
  data: string,
): NodePlan[] {
  const kind = `${role}s` as const;
  return Array.from({ length: count }, (_, index) => ({
    name: `${role}-${firstId + index}`,
    role,
    id: firstId + index,
    grpcPort: grpcPorts[kind][index] ?? 0,
    adminPort: adminPorts[kind][index] ?? 0,
    kafkaPort: undefined,
    directory: path.resolve(data, `${role}-${firstId + index}`),
  }));
}

/** The node's properties file: with it alone the node starts by hand, too. */
export function nodeProperties(
  node: NodePlan,
  {
    identity,
    plan,
    settings,
  }: { identity: ClusterIdentity; plan: readonly NodePlan[]; settings: ReadonlyMap<string, string> },
): string {
  const voters = plan.filter(({ role }) => role === 'controller');
  const replicas = Math.min(3, plan.length - voters.length);
  const lines = new Map([
    ['process.roles', node.role],
    ['node.id', String(node.id)],
    ['cluster.id', identity.clusterId],
    ['controller.quorum.voters', voters.map(({ id, grpcPort }) => `${id}@${HOST}:${grpcPort}`).join(',')],
    ['listeners', listenersOf(node)],
    ['admin.listener', `${HOST}:${node.adminPort}`],
    ['metadata.log.dir', node.directory],
    ...(node.role === 'broker' ? ([['log.dirs', path.join(node.directory, 'log')]] as const) : []),
    ['default.replication.factor', String(replicas)],
    // On one's own machine a topic that a program names is meant; a server leaves it off, where a typing error makes topics.
    ['auto.create.topics.enable', 'true'],
    // Whoever tries a consumer out is alone in its group, and would only wait.
    ['group.initial.rebalance.delay.ms', '0'],
    // All clients come from this machine.
    ['max.connections.per.ip', '10000'],
    ...settings,
  ]);
  const body = [...lines].map(([name, value]) => `${name}=${value}\n`).join('');
  return `# Written by the supervisor at each start. By hand: npx moldau server --config node.properties\n${body}`;
}

function listenersOf({ role, grpcPort, kafkaPort }: NodePlan): string {
  if (role === 'controller') return `CONTROLLER://${HOST}:${grpcPort}`;
  return `GRPC://${HOST}:${grpcPort}${kafkaPort === undefined ? '' : `,KAFKA://${HOST}:${kafkaPort}`}`;
}
