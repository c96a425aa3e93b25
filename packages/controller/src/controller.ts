import type { DirectoryId, MetricsSource, Ports, RpcListener } from '@moldau/base';
import { type ClusterImage, SUPPORTED_FEATURES } from '@moldau/metadata';
import { type ControllerConfig, controllerTimes, type InitialVoter } from './config.ts';
import { checkInitialConfigs } from './managers/features.ts';
import { controllerMetrics } from './metrics.ts';
import { raftBugs } from './planted-bugs.ts';
import { type RaftQuorumConfig, RaftQuorumNode } from './quorum/raft-quorum-node.ts';
import { QuorumController } from './quorum-controller.ts';
import type { QuorumNode, QuorumState } from './quorum-node.ts';
import { controllerHandlers } from './services.ts';

/** Streams of brokers end with the process anyway; requests get this long. */
const CLOSE_GRACE_MS = 500;

/** One thing that must hold before the node is ready. */
export interface ControllerHealth {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** A running quorum node. */
export interface Controller {
  /** `host:port` that others dial. */
  readonly address: string;
  readonly metrics: MetricsSource;
  health(): readonly ControllerHealth[];
  /** For the simulator's checkers; read-only. */
  inspect(): ControllerInspection;
  /** Hands over leadership when held, then ends. */
  close(): Promise<void>;
}

export interface ControllerInspection {
  /** Committed and applied. */
  readonly image: ClusterImage;
  /** Whether it takes decisions now. */
  readonly active: boolean;
  readonly directoryId: DirectoryId;
  readonly quorum: QuorumState;
  /** The Raft machine; undefined until the node has joined a quorum. */
  readonly machine: QuorumNode['machine'];
}

/**
 * Opens the directory and listens. Founding or joining the quorum goes on afterwards, since it waits for other nodes:
 * {@link Controller.health} says how far it is; what keeps it from ever succeeding stops the process.
 *
 * @throws RequestError for a config that is not valid; ListenError; QuorumDirectoryError, DiskError
 */
export async function start(ports: Ports, config: ControllerConfig): Promise<Controller> {
  const times = controllerTimes(config);
  checkInitialConfigs(config.initialConfigs ?? new Map());
  const controller = new QuorumController(ports, config, times);
  const quorum = await RaftQuorumNode.open(ports, quorumConfig(config), controller.writer);
  controller.writer.attach(quorum);
  const listener = await listen(ports, config, controller, quorum);
  const { address, voters } = addresses(config, listener.address);
  quorum.start({ address, voters }).catch((error: unknown) => ports.stopProcess(error));
  return {
    address,
    metrics: { samples: () => controllerMetrics(controller, quorum) },
    health: () => health(controller, quorum),
    inspect: () => ({
      image: controller.committed,
      active: controller.writer.leading,
      directoryId: quorum.directoryId,
      quorum: quorum.state,
      machine: quorum.machine,
    }),
    async close() {
      // The quorum first: what is on its way is still committed, and the brokers hear of the next leader.
      await quorum.close();
      controller.close();
      await listener.close({ graceMs: CLOSE_GRACE_MS });
    },
  };
}

async function listen(
  ports: Ports,
  config: ControllerConfig,
  controller: QuorumController,
  quorum: QuorumNode,
): Promise<RpcListener> {
  try {
    return await ports.rpc.listen({
      address: config.listenAddress,
      listener: 'CONTROLLER',
      handlers: [...controllerHandlers(controller, quorum), ...quorum.handlers],
    });
  } catch (error) {
    controller.close();
    await quorum.close();
    throw error;
  }
}

function quorumConfig({
  nodeId,
  directory,
  clusterId,
  raftLimits,
  snapshotEntries,
  logFileBytes,
  plantedBugs,
}: ControllerConfig): RaftQuorumConfig {
  return {
    nodeId,
    directory,
    clusterId,
    features: SUPPORTED_FEATURES,
    ...(raftLimits === undefined ? {} : { limits: raftLimits }),
    ...(snapshotEntries === undefined ? {} : { snapshotEntries }),
    ...(logFileBytes === undefined ? {} : { logFileBytes }),
    ...(plantedBugs === undefined ? {} : { plantedBugs: raftBugs(plantedBugs) }),
  };
}

/** All nodes of a new quorum must name the same voters, so an address is changed only where none could be named: port 0. */
function addresses(
  { nodeId, advertisedAddress, initialVoters }: ControllerConfig,
  listened: string,
): { readonly address: string; readonly voters: readonly InitialVoter[] } {
  const voters = initialVoters.map((voter) =>
    voter.nodeId === nodeId && voter.address.endsWith(':0') ? { nodeId, address: listened } : voter,
  );
  const named = voters.find((voter) => voter.nodeId === nodeId)?.address;
  return { address: advertisedAddress ?? named ?? listened, voters };
}

function health(controller: QuorumController, quorum: QuorumNode): ControllerHealth[] {
  const { leaderId, commitIndex, term } = quorum.state;
  const { offset, clusterId } = controller.committed;
  return [
    {
      name: 'quorum',
      ok: leaderId >= 0,
      detail: leaderId >= 0 ? `node ${leaderId} leads term ${term}` : leaderless(quorum),
    },
    { name: 'metadata', ok: clusterId !== '' && offset >= commitIndex, detail: `applied ${offset} of ${commitIndex}` },
  ];
}

function leaderless({ complaint }: QuorumNode): string {
  return complaint === undefined ? 'no leader is known' : `no leader is known: ${complaint}`;
}
