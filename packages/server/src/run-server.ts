import { mkdir, readFile } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import {
  DiskError,
  ListenError,
  type Logger,
  type LogLevel,
  type LogThreshold,
  type Ports,
  RequestError,
} from '@moldau/base';
import { EXIT_CODE_STOPPED, pinoLogger, realPorts } from '@moldau/host';
import { GrpcRpc } from '@moldau/rpc';
import { startAdminServer } from './admin/admin-server.ts';
import { overruledDefaults } from './cluster-defaults.ts';
import { type NodeConfig, nodeConfig } from './node-config.ts';
import { removeNodeInfo, writeNodeInfo } from './node-file.ts';
import { OpenNode } from './open-node.ts';
import { startRoles } from './roles.ts';
import { readSettings } from './settings/read-settings.ts';
import { ConfigError } from './settings/setting.ts';
import { type StopReason, StopRequest } from './stop-request.ts';

/** What `moldau server` was called with. */
export interface ServerOptions {
  /** Properties file; absent: all settings come from the environment and from `sets`. */
  readonly configFile?: string;
  /** `name=value` each; they win over file and environment. */
  readonly sets: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes what a person must read when the node cannot start, or is refused by its cluster. */
  readonly onRefused: (message: string) => void;
}

const EXIT_CODE_CANNOT_START = 1;
const EXIT_CODE_STOP_TOO_SLOW = 1;
/** How soon after it is ready a node says which of its settings mean nothing. */
const READY_POLL_MS = 500;
/**
 * When the supervisor is gone all nodes learn it at once. The controllers stay a little, so that the brokers can hand
 * over and end cleanly.
 */
const ORPHANED_CONTROLLER_MS = 1_000;

/** See the package's index. */
export async function runServer(options: ServerOptions): Promise<number> {
  const stop = new StopRequest(process);
  try {
    const { config, warnings } = await readConfig(options);
    const logThreshold: LogThreshold = { level: config.settings.text('log.level') as LogLevel };
    const logger = pinoLogger({ level: logThreshold }).child({ node: config.nodeId });
    for (const warning of warnings) logger.warn('setting given twice', { warning });
    stopOnBugs(logger);
    return await runNode(config, { logger, logThreshold }, stop);
  } catch (error) {
    if (!isObstacle(error)) throw error;
    options.onRefused(error.message);
    return EXIT_CODE_CANNOT_START;
  } finally {
    stop.close();
  }
}

async function readConfig({
  configFile,
  env,
  sets,
}: ServerOptions): Promise<{ config: NodeConfig; warnings: string[] }> {
  let file: { path: string; text: string } | undefined;
  if (configFile !== undefined) {
    try {
      file = { path: configFile, text: await readFile(configFile, 'utf8') };
    } catch (error) {
      throw new ConfigError(`--config ${configFile} cannot be read: ${String(error)}`, { cause: error });
    }
  }
  const { settings, warnings } = readSettings({ ...(file && { file }), env, sets });
  return { config: nodeConfig(settings), warnings };
}

/** What a person can remove: told in a line. Anything else is a bug and keeps its stack. */
function isObstacle(error: unknown): error is Error {
  return (
    error instanceof ConfigError ||
    error instanceof ListenError ||
    error instanceof DiskError ||
    error instanceof RequestError
  );
}

/** The cluster will never take this node as it is: another cluster's, or of a version it cannot have. */
function isRefusal(reason: unknown): reason is RequestError {
  return (
    reason instanceof RequestError &&
    (reason.code === 'INCONSISTENT_CLUSTER_ID' || reason.code === 'UNSUPPORTED_VERSION')
  );
}

/** What the process would do after a bug is unknown, so it does nothing more. The next start recovers. */
function stopOnBugs(logger: Logger): void {
  const exit = (err: unknown): void => {
    logger.error('a bug: the process stops', { err });
    process.exit(EXIT_CODE_STOPPED);
  };
  process.on('uncaughtException', exit);
  process.on('unhandledRejection', exit);
}

async function runNode(
  config: NodeConfig,
  logging: Pick<Ports, 'logger' | 'logThreshold'>,
  stop: StopRequest,
): Promise<number> {
  const { logger } = logging;
  const real = realPorts(logging);
  let refusal: RequestError | undefined;
  const stopProcess = (reason: unknown): void => {
    if (isRefusal(reason)) {
      refusal = reason;
      stop.ask('refused by the cluster');
    } else {
      real.stopProcess(reason);
    }
  };
  const rpc = new GrpcRpc(real.clock, logger, {
    connectionsMax: config.settings.integer('max.connections'),
    connectionsPerAddressMax: config.settings.integer('max.connections.per.ip'),
  });
  const ports: Ports = { ...real, stopProcess, rpc };
  await mkdir(config.nodeDir, { recursive: true });
  const open = new OpenNode(config.roles.size);
  try {
    open.admin = await startAdminServer(config.admin, {
      lag: open.lag,
      lagMsMax: config.settings.integer('health.loop.lag.ms.max'),
      facts: () => open.health(),
      metrics: () => open.metrics(),
    });
    await startRoles(config, ports, open.roles);
  } catch (error) {
    await open.close();
    throw error;
  }
  await announce(config, open, logger);
  // At the exit would be too late for a node that is killed: the next start would compile everything again.
  flushCompileCache();
  const stopped = new AbortController();
  const comparing = warnOfOverruledDefaults(config, open, logger, stopped.signal);
  const reason = await stop.requested;
  stopped.abort();
  await comparing;
  logger.info('stopping', { reason });
  const clean = await closeInTime(config, open, reason);
  if (!clean) logger.error('the clean stop took too long: the next start recovers');
  await removeNodeInfo(config.nodeDir);
  logger.info('stopped', { clean });
  if (refusal !== undefined) throw refusal;
  return clean ? 0 : EXIT_CODE_STOP_TOO_SLOW;
}

async function announce(config: NodeConfig, open: OpenNode, logger: Logger): Promise<void> {
  const role = config.roles.size === 2 ? 'combined' : config.roles.has('broker') ? 'broker' : 'controller';
  const grpc = open.roles.at(-1)?.address ?? '';
  const admin = open.admin?.address ?? '';
  const kafka = open.roles.at(-1)?.kafkaAddress ?? '';
  await writeNodeInfo(config.nodeDir, {
    role,
    id: config.nodeId,
    pid: process.pid,
    grpc,
    ...(kafka !== '' && { kafka }),
    admin,
    startedAt: open.startedAtMs,
  });
  logger.info('listening', { role, grpc, ...(kafka !== '' && { kafka }), admin });
}

/** Once the node knows the cluster: before, there is nothing to compare with. */
async function warnOfOverruledDefaults(
  config: NodeConfig,
  open: OpenNode,
  logger: Logger,
  stopped: AbortSignal,
): Promise<void> {
  while (!open.isReady) {
    const isStopped = await delay(READY_POLL_MS, false, { signal: stopped }).catch(() => true);
    if (isStopped) return;
  }
  const image = open.roles.at(-1)?.inspect().image;
  for (const overruled of image ? overruledDefaults(config.initialConfigs, image) : []) {
    const fields = { setting: overruled.name, given: overruled.given, inForce: overruled.inForce };
    logger.warn('a setting means nothing here: the cluster has its own value, and is changed there', fields);
  }
}

/** False when the deadline came first. */
async function closeInTime(config: NodeConfig, open: OpenNode, reason: StopReason): Promise<boolean> {
  const alone = reason === 'supervisor gone' && !config.roles.has('broker');
  const closing = (async () => {
    if (alone) await delay(ORPHANED_CONTROLLER_MS);
    await open.close();
    return true;
  })();
  const deadline = new AbortController();
  const tooLate = delay(config.settings.integer('controlled.shutdown.timeout.ms'), false, { signal: deadline.signal });
  // Aborting the deadline rejects a promise that nobody waits for any more.
  tooLate.catch(() => undefined);
  const clean = await Promise.race([closing, tooLate]);
  deadline.abort();
  return clean;
}
