import path from 'node:path';
import type { Ports } from '@moldau/base';
import type { BrokerConfig, KafkaListenerConfig } from '@moldau/broker';
import type { ControllerConfig } from '@moldau/controller';
import { givenNodeConfigs, groupSettings } from './broker-settings.ts';
import type { ListenerConfig, ListenerKind, NodeConfig } from './node-config.ts';
import type { RunningRole } from './running-role.ts';
import { formatAddress } from './settings/address.ts';
import { ConfigError } from './settings/setting.ts';

/** Of a clean stop. Without a controller the leadership moves nowhere, and the logs are to be closed within the rest. */
const HANDOVER_SHARE = 0.6;

/**
 * Starts the roles of this node, the controller first: the broker of a combined node registers with it. Each goes into
 * `running` as soon as it runs, so that a failure of the next leaves nothing behind that nobody closes.
 */
export async function startRoles(config: NodeConfig, ports: Ports, running: RunningRole[]): Promise<void> {
  if (config.roles.has('controller')) {
    const { QuorumDirectoryError, start } = await import('@moldau/controller');
    running.push(await refusedAsConfig(start(ports, controllerConfig(config)), QuorumDirectoryError));
  }
  if (config.roles.has('broker')) {
    const [{ start }, { DirectoryRefusedError }] = await Promise.all([import('@moldau/broker'), import('@moldau/log')]);
    running.push(await refusedAsConfig(start(ports, brokerConfig(config)), DirectoryRefusedError));
  }
}

/** A directory that is not this node's is a wrong setting, told like any other. */
async function refusedAsConfig<T>(starting: Promise<T>, Refused: abstract new (message: string) => Error): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    if (error instanceof Refused) throw new ConfigError(error.message, { cause: error });
    throw error;
  }
}

function controllerConfig(config: NodeConfig): ControllerConfig {
  const { settings, clusterId } = config;
  const electionTimeoutMs = settings.integer('controller.quorum.election.timeout.ms');
  return {
    nodeId: config.nodeId,
    directory: config.nodeDir,
    ...addresses(config, 'controller'),
    ...(clusterId !== undefined && { clusterId }),
    initialVoters: config.voters,
    initialConfigs: config.initialConfigs,
    times: { sessionTimeoutMs: settings.integer('broker.session.timeout.ms') },
    raftLimits: {
      electionTimeoutMsMin: electionTimeoutMs,
      electionTimeoutMsMax: 2 * electionTimeoutMs,
      // A leader that a majority does not hear is gone before another one can be elected.
      checkQuorumMs: electionTimeoutMs,
      heartbeatMs: Math.floor(electionTimeoutMs / 6),
    },
  };
}

function brokerConfig(config: NodeConfig): BrokerConfig {
  const { settings, clusterId, rack, host } = config;
  return {
    nodeId: config.nodeId,
    ...(clusterId !== undefined && { clusterId }),
    logDirectories: config.logDirs,
    metadataDirectory: path.join(config.nodeDir, 'metadata'),
    ...addresses(config, 'broker'),
    ...(config.listeners.has('kafka') && { kafka: kafkaListener(config) }),
    controllers: config.voters.map(({ address }) => address),
    ...(rack !== undefined && { rack }),
    ...(host !== undefined && { host }),
    groups: groupSettings(settings),
    givenConfigs: givenNodeConfigs(settings),
    retentionCheckMs: settings.integer('log.retention.check.interval.ms'),
    controlledShutdownMs: Math.floor(settings.integer('controlled.shutdown.timeout.ms') * HANDOVER_SHARE),
  };
}

function kafkaListener(config: NodeConfig): KafkaListenerConfig {
  const { settings } = config;
  const limits = {
    frameBytesMax: settings.integer('socket.request.max.bytes'),
    connectionsMax: settings.integer('max.connections'),
    connectionsPerAddressMax: settings.integer('max.connections.per.ip'),
    idleMs: settings.integer('connections.max.idle.ms'),
  };
  return { ...addresses(config, 'kafka'), limits };
}

function addresses(config: NodeConfig, role: ListenerKind): { listenAddress: string; advertisedAddress?: string } {
  const { listen, advertised } = listenerOf(config, role);
  return { listenAddress: formatAddress(listen), ...(advertised !== undefined && { advertisedAddress: advertised }) };
}

function listenerOf(config: NodeConfig, role: ListenerKind): ListenerConfig {
  const listener = config.listeners.get(role);
  if (listener) return listener;
  throw new ConfigError(`listeners has none for the ${role}`);
}
