import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { type NodeId, uuidFromBytes, uuidToBytes } from '@moldau/base';
import { type Address, formatAddress, isLoopback, isWildcard, parseAddress } from './settings/address.ts';
import { CLUSTER_DEFAULT_NAMES, GREATER_UNITS } from './settings/definitions.ts';
import { ConfigError, type Settings } from './settings/setting.ts';

type Role = 'broker' | 'controller';

/** What one address is listened on for: the gRPC of each role, and the Kafka clients of a broker. */
export type ListenerKind = Role | 'kafka';

/** One controller as `controller.quorum.voters` names it. */
interface VoterAddress {
  readonly nodeId: NodeId;
  readonly address: string;
}

/** An address to listen on and the one that others dial. */
export interface ListenerConfig {
  readonly listen: Address;
  /** Absent: what was really listened on (port 0 is known only then). */
  readonly advertised: string | undefined;
}

/** What a node is, checked for contradictions. Tunables stay in `settings`. */
export interface NodeConfig {
  readonly nodeId: NodeId;
  readonly roles: ReadonlySet<Role>;
  readonly clusterId: string | undefined;
  readonly voters: readonly VoterAddress[];
  readonly listeners: ReadonlyMap<ListenerKind, ListenerConfig>;
  readonly admin: Address;
  /** Of a broker; empty for a controller. */
  readonly logDirs: readonly string[];
  /** The directory of the node itself. */
  readonly nodeDir: string;
  readonly rack: string | undefined;
  readonly host: string | undefined;
  /** For a new quorum, see {@link initialClusterConfigs}. */
  readonly initialConfigs: ReadonlyMap<string, string>;
  readonly settings: Settings;
}

/** Listener names, and what each is for. */
const LISTENER_KINDS: ReadonlyMap<string, ListenerKind> = new Map([
  ['GRPC', 'broker'],
  ['CONTROLLER', 'controller'],
  ['KAFKA', 'kafka'],
]);

/** @throws ConfigError naming the setting when one is missing or two contradict each other */
export function nodeConfig(settings: Settings): NodeConfig {
  for (const name of ['process.roles', 'node.id', 'controller.quorum.voters', 'metadata.log.dir']) {
    if (!settings.given(name)) throw new ConfigError(`${name} is missing: every node needs it`);
  }
  const roles = new Set(settings.list('process.roles').filter((role) => role === 'broker' || role === 'controller'));
  const nodeId = settings.integer('node.id');
  const voters = parseVoters(settings.list('controller.quorum.voters'));
  const listeners = parseListeners(settings, roles);
  const admin = parseAddress(settings.text('admin.listener') ?? '', 'admin.listener');
  refuseExposure([admin, ...[...listeners.values()].map(({ listen }) => listen)], settings);
  refuseSharedPorts([admin, ...[...listeners.values()].map(({ listen }) => listen)]);
  const clusterId = settings.text('cluster.id');
  if (clusterId !== undefined) checkClusterId(clusterId);
  checkRoles(settings, { roles, nodeId, voters });
  checkSessionTimeouts(settings);
  const own = voters.find((voter) => voter.nodeId === nodeId);
  if (own !== undefined) checkOwnAddress(own, listeners.get('controller'));
  const logDirs = settings.list('log.dirs').map((directory) => path.resolve(directory));
  const nodeDir = path.resolve(settings.text('metadata.log.dir') ?? '');
  for (const directory of logDirs) {
    if (!isWithin(nodeDir, directory)) continue;
    throw new ConfigError(
      `metadata.log.dir ${nodeDir} must not be in log.dirs (${directory}): that holds records alone`,
    );
  }
  return {
    nodeId,
    roles,
    clusterId,
    voters,
    listeners,
    admin,
    logDirs,
    nodeDir,
    rack: settings.text('broker.rack'),
    host: settings.text('broker.host'),
    initialConfigs: initialClusterConfigs(settings),
    settings,
  };
}

/**
 * The first values of cluster-wide configs that this node would give a new quorum, under their names there.
 *
 * @throws ConfigError when one is given in two units
 */
export function initialClusterConfigs(settings: Settings): ReadonlyMap<string, string> {
  const configs = new Map<string, string>();
  for (const name of CLUSTER_DEFAULT_NAMES) {
    const text = settings.given(name);
    if (text !== undefined) configs.set(name, text);
  }
  for (const { name, of, factor } of GREATER_UNITS) {
    if (settings.given(name) === undefined) continue;
    const twice = [of, ...GREATER_UNITS.filter((unit) => unit.of === of).map((unit) => unit.name)].filter(
      (each) => settings.given(each) !== undefined,
    );
    if (twice.length > 1) throw new ConfigError(`${twice.join(' and ')} say the same thing twice: keep one of them`);
    configs.set(of, String(settings.integer(name) * factor));
  }
  return configs;
}

function parseVoters(voters: readonly string[]): VoterAddress[] {
  const parsed = voters.map((voter) => {
    const match = /^(\d{1,9})@(.+)$/.exec(voter);
    if (!match?.[1] || !match[2]) {
      throw new ConfigError(`controller.quorum.voters must be a list of id@host:port, not ${JSON.stringify(voter)}`);
    }
    const address = formatAddress(parseAddress(match[2], 'controller.quorum.voters'));
    return { nodeId: Number(match[1]), address };
  });
  if (new Set(parsed.map(({ nodeId }) => nodeId)).size !== parsed.length) {
    throw new ConfigError('controller.quorum.voters names one node id twice');
  }
  const given = parsed.map(({ address }) => address).filter((address) => !address.endsWith(':0'));
  if (new Set(given).size !== given.length) {
    throw new ConfigError('controller.quorum.voters names one address twice: each controller needs its own');
  }
  return parsed;
}

function parseListeners(settings: Settings, roles: ReadonlySet<Role>): Map<ListenerKind, ListenerConfig> {
  const listen = namedAddresses(settings, 'listeners');
  const advertised = namedAddresses(settings, 'advertised.listeners');
  for (const kind of advertised.keys()) {
    if (!listen.has(kind))
      throw new ConfigError(`advertised.listeners names ${listenerName(kind)}, listeners does not`);
  }
  for (const role of roles) {
    if (!listen.has(role))
      throw new ConfigError(`listeners has no ${listenerName(role)}://host:port: a ${role} needs it`);
  }
  const listeners = new Map<ListenerKind, ListenerConfig>();
  for (const [kind, address] of listen) {
    const role = kind === 'kafka' ? 'broker' : kind;
    if (!roles.has(role)) {
      throw new ConfigError(
        `listeners names ${listenerName(kind)}, but process.roles has no ${role}: drop one of them`,
      );
    }
    const dialled = advertised.get(kind);
    if (isWildcard((dialled ?? address).host)) {
      throw new ConfigError(
        `advertised.listeners must say where others reach ${listenerName(kind)}: nobody can dial ${(dialled ?? address).host}`,
      );
    }
    listeners.set(kind, { listen: address, advertised: dialled && formatAddress(dialled) });
  }
  return listeners;
}

function namedAddresses(settings: Settings, name: string): Map<ListenerKind, Address> {
  const addresses = new Map<ListenerKind, Address>();
  for (const text of settings.list(name)) {
    const [listener = '', address = ''] = text.split('://', 2);
    const kind = LISTENER_KINDS.get(listener);
    if (!kind) {
      throw new ConfigError(
        `${name} must be a list of NAME://host:port, NAME one of ${[...LISTENER_KINDS.keys()].join(', ')}, not ${JSON.stringify(text)}`,
      );
    }
    if (addresses.has(kind)) throw new ConfigError(`${name} names ${listener} twice`);
    addresses.set(kind, parseAddress(address, name));
  }
  return addresses;
}

function listenerName(kind: ListenerKind): string {
  return [...LISTENER_KINDS].find(([, each]) => each === kind)?.[0] ?? kind;
}

function checkClusterId(clusterId: string): void {
  // 22 characters hold 132 bits, and only 128 of them count: the last character has some spellings too many.
  if (/^[A-Za-z0-9_-]{22}$/.test(clusterId) && uuidFromBytes(uuidToBytes(clusterId)) === clusterId) return;
  throw new ConfigError(
    'cluster.id must be 16 random bytes as 22 characters of URL-safe base64, such as ' +
      `"${uuidFromBytes(randomBytes(16))}"`,
  );
}

function checkSessionTimeouts(settings: Settings): void {
  const [shortest, longest] = ['group.min.session.timeout.ms', 'group.max.session.timeout.ms'] as const;
  if (settings.integer(shortest) <= settings.integer(longest)) return;
  throw new ConfigError(
    `${shortest}=${settings.integer(shortest)} is above ${longest}=${settings.integer(longest)}: no member could join`,
  );
}

function isWithin(inner: string, outer: string): boolean {
  const relative = path.relative(outer, inner);
  return relative === '' || !(relative.startsWith('..') || path.isAbsolute(relative));
}

function refuseExposure(addresses: readonly Address[], settings: Settings): void {
  if (settings.flag('insecure.listeners')) return;
  for (const address of addresses) {
    if (isLoopback(address.host)) continue;
    throw new ConfigError(
      `${formatAddress(address)} can be reached from other machines, and nothing authenticates them yet. ` +
        'Listen on 127.0.0.1, or set insecure.listeners=true on a network where everybody may do everything',
    );
  }
}

function refuseSharedPorts(addresses: readonly Address[]): void {
  const seen = new Set<number>();
  for (const { port } of addresses) {
    if (port !== 0 && seen.has(port)) throw new ConfigError(`port ${port} is given to two listeners of this node`);
    seen.add(port);
  }
}

/** The port that others dial; hosts may have several names. */
function checkOwnAddress(own: VoterAddress, listener: ListenerConfig | undefined): void {
  if (listener === undefined) return;
  const dialled = listener.advertised ?? formatAddress(listener.listen);
  const ports = [own.address, dialled].map((address) => parseAddress(address, 'listeners').port);
  if (ports.includes(0) || ports[0] === ports[1]) return;
  throw new ConfigError(
    `controller.quorum.voters has this node at ${own.address}, but CONTROLLER is reached at ${dialled}: ` +
      'make the ports the same, or say with advertised.listeners which one others dial',
  );
}

function checkRoles(
  settings: Settings,
  { roles, nodeId, voters }: { roles: ReadonlySet<Role>; nodeId: NodeId; voters: readonly VoterAddress[] },
): void {
  if (roles.has('broker') && settings.list('log.dirs').length === 0) {
    throw new ConfigError('log.dirs is missing: a broker keeps its records there');
  }
  if (!roles.has('broker') && settings.list('log.dirs').length > 0) {
    throw new ConfigError(
      'log.dirs is for brokers, and process.roles has no broker: a controller has metadata.log.dir',
    );
  }
  for (const name of ['broker.rack', 'broker.host']) {
    if (roles.has('broker') || settings.given(name) === undefined) continue;
    throw new ConfigError(`${name} is for brokers, and process.roles has no broker: drop it`);
  }
  if (!roles.has('controller') && voters.some((voter) => voter.nodeId === nodeId)) {
    throw new ConfigError(
      `node.id ${nodeId} is a controller in controller.quorum.voters, but process.roles has no controller: give the broker another id`,
    );
  }
}
