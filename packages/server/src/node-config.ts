import path from 'node:path';
import type { NodeId } from '@moldau/base';
import { type Address, formatAddress, isLoopback, isWildcard, parseAddress } from './settings/address.ts';
import { ConfigError, type Settings } from './settings/setting.ts';

export type Role = 'broker' | 'controller';

/** One controller as `controller.quorum.voters` names it. */
export interface VoterAddress {
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
  readonly listeners: ReadonlyMap<Role, ListenerConfig>;
  readonly admin: Address;
  /** Of a broker; empty for a controller. */
  readonly logDirs: readonly string[];
  /** The directory of the node itself. */
  readonly nodeDir: string;
  readonly rack: string | undefined;
  readonly host: string | undefined;
  readonly settings: Settings;
}

/** Listener names, and the role that each serves. */
const LISTENER_ROLES: ReadonlyMap<string, Role> = new Map([
  ['GRPC', 'broker'],
  ['CONTROLLER', 'controller'],
]);

const CLUSTER_ID = /^[A-Za-z0-9_-]{22}$/;

/** @throws ConfigError naming the setting when one is missing or two contradict each other */
export function nodeConfig(settings: Settings): NodeConfig {
  for (const name of ['process.roles', 'node.id', 'controller.quorum.voters']) {
    if (!settings.isGiven(name)) throw new ConfigError(`${name} is missing: every node needs it`);
  }
  const roles = new Set(settings.list('process.roles').filter((role) => role === 'broker' || role === 'controller'));
  const nodeId = settings.integer('node.id');
  const voters = parseVoters(settings.list('controller.quorum.voters'));
  const listeners = parseListeners(settings, roles);
  const admin = parseAddress(settings.text('admin.listener') ?? '', 'admin.listener');
  refuseExposure([admin, ...[...listeners.values()].map(({ listen }) => listen)], settings);
  refuseSharedPorts([admin, ...[...listeners.values()].map(({ listen }) => listen)]);
  const clusterId = settings.text('cluster.id');
  if (clusterId !== undefined && !CLUSTER_ID.test(clusterId)) {
    throw new ConfigError('cluster.id must be 22 characters of URL-safe base64; leave it out to have one made up');
  }
  checkRoles(settings, { roles, nodeId, voters });
  checkTimes(settings);
  const logDirs = settings.list('log.dirs').map((directory) => path.resolve(directory));
  const nodeDir = settings.text('metadata.log.dir') ?? logDirs[0];
  if (nodeDir === undefined)
    throw new ConfigError('metadata.log.dir is missing: a controller keeps its quorum log there');
  return {
    nodeId,
    roles,
    clusterId,
    voters,
    listeners,
    admin,
    logDirs,
    nodeDir: path.resolve(nodeDir),
    rack: settings.text('broker.rack'),
    host: settings.text('broker.host'),
    settings,
  };
}

/** How long records are kept; -1: for ever. The three settings are one, so only one of them may be given. */
export function retentionMs(settings: Settings): number {
  const given = ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'].filter((name) =>
    settings.isGiven(name),
  );
  if (given.length > 1) throw new ConfigError(`${given.join(' and ')} say the same thing twice: keep one of them`);
  const [name] = given;
  if (name === undefined) return 7 * 24 * 3_600_000;
  const unitMs = name.endsWith('.hours') ? 3_600_000 : name.endsWith('.minutes') ? 60_000 : 1;
  return settings.integer(name) * unitMs;
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
  return parsed;
}

function parseListeners(settings: Settings, roles: ReadonlySet<Role>): Map<Role, ListenerConfig> {
  const listen = namedAddresses(settings, 'listeners');
  const advertised = namedAddresses(settings, 'advertised.listeners');
  for (const role of advertised.keys()) {
    if (!listen.has(role))
      throw new ConfigError(`advertised.listeners names ${listenerName(role)}, listeners does not`);
  }
  const listeners = new Map<Role, ListenerConfig>();
  for (const role of roles) {
    const address = listen.get(role);
    if (!address) throw new ConfigError(`listeners has no ${listenerName(role)}://host:port: a ${role} needs it`);
    const dialled = advertised.get(role);
    if (isWildcard((dialled ?? address).host)) {
      throw new ConfigError(
        `advertised.listeners must say where others reach ${listenerName(role)}: nobody can dial ${(dialled ?? address).host}`,
      );
    }
    listeners.set(role, { listen: address, advertised: dialled && formatAddress(dialled) });
  }
  for (const role of listen.keys()) {
    if (!roles.has(role)) {
      throw new ConfigError(
        `listeners names ${listenerName(role)}, but process.roles has no ${role}: drop one of them`,
      );
    }
  }
  return listeners;
}

function namedAddresses(settings: Settings, name: string): Map<Role, Address> {
  const addresses = new Map<Role, Address>();
  for (const text of settings.list(name)) {
    const [listener = '', address = ''] = text.split('://', 2);
    const role = LISTENER_ROLES.get(listener);
    if (!role) {
      throw new ConfigError(
        `${name} must be a list of NAME://host:port, NAME one of GRPC, CONTROLLER, not ${JSON.stringify(text)}`,
      );
    }
    if (addresses.has(role)) throw new ConfigError(`${name} names ${listener} twice`);
    addresses.set(role, parseAddress(address, name));
  }
  return addresses;
}

function listenerName(role: Role): string {
  return role === 'broker' ? 'GRPC' : 'CONTROLLER';
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

function checkRoles(
  settings: Settings,
  { roles, nodeId, voters }: { roles: ReadonlySet<Role>; nodeId: NodeId; voters: readonly VoterAddress[] },
): void {
  if (roles.has('broker') && !settings.isGiven('log.dirs')) {
    throw new ConfigError('log.dirs is missing: a broker keeps its records there');
  }
  if (!roles.has('broker') && settings.isGiven('log.dirs')) {
    throw new ConfigError(
      'log.dirs is for brokers, and process.roles has no broker: a controller has metadata.log.dir',
    );
  }
  if (!roles.has('controller') && voters.some((voter) => voter.nodeId === nodeId)) {
    throw new ConfigError(
      `node.id ${nodeId} is a controller in controller.quorum.voters, but process.roles has no controller: give the broker another id`,
    );
  }
}

function checkTimes(settings: Settings): void {
  retentionMs(settings);
  const session = settings.integer('broker.session.timeout.ms');
  const heartbeat = settings.integer('broker.heartbeat.interval.ms');
  if (heartbeat * 3 > session) {
    throw new ConfigError(
      `broker.heartbeat.interval.ms (${heartbeat}) must be at most a third of broker.session.timeout.ms (${session})`,
    );
  }
}
