import type { ControllerEpoch, MetricsSource, Ports, RpcListener } from '@moldau/base';
import type { ClusterImage } from '@moldau/metadata';
import { type ControllerConfig, controllerTimes } from './config.ts';
import { checkInitialConfigs } from './managers/features.ts';
import { controllerMetrics } from './metrics.ts';
import { QuorumController } from './quorum-controller.ts';
import type { QuorumListener, QuorumNode, QuorumState } from './quorum-node.ts';
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
  readonly term: ControllerEpoch;
  readonly quorum: QuorumState;
}

/** Opens the quorum's node under the controller. */
export type OpenQuorum = (ports: Ports, config: ControllerConfig, listener: QuorumListener) => Promise<QuorumNode>;

/** @throws RequestError for a config that is not valid; RpcListenError; whatever keeps the quorum from opening */
export async function startController(
  ports: Ports,
  config: ControllerConfig,
  openQuorum: OpenQuorum,
): Promise<Controller> {
  const times = controllerTimes(config);
  checkInitialConfigs(config.initialConfigs ?? new Map());
  const controller = new QuorumController(ports, config, times);
  const quorum = await openQuorum(ports, config, controller.writer);
  let listener: RpcListener;
  try {
    listener = await ports.rpc.listen({
      address: config.listenAddress,
      listener: 'CONTROLLER',
      handlers: [...controllerHandlers(controller, quorum), ...quorum.handlers],
    });
  } catch (error) {
    controller.close();
    await quorum.close();
    throw error;
  }
  controller.writer.attach(quorum);
  return {
    address: config.advertisedAddress ?? listener.address,
    metrics: { samples: () => controllerMetrics(controller, quorum) },
    health: () => health(controller, quorum),
    inspect: () => ({
      image: controller.committed,
      active: controller.writer.leading,
      term: quorum.state.term,
      quorum: quorum.state,
    }),
    async close() {
      // The quorum first: what is on its way is still committed, and the brokers hear of the next leader.
      await quorum.close();
      controller.close();
      await listener.close({ graceMs: CLOSE_GRACE_MS });
    },
  };
}

function health(controller: QuorumController, quorum: QuorumNode): ControllerHealth[] {
  const { leaderId, commitIndex, term } = quorum.state;
  const { offset, clusterId } = controller.committed;
  return [
    {
      name: 'quorum',
      ok: leaderId >= 0,
      detail: leaderId >= 0 ? `node ${leaderId} leads term ${term}` : 'no leader is known',
    },
    { name: 'metadata', ok: clusterId !== '' && offset >= commitIndex, detail: `applied ${offset} of ${commitIndex}` },
  ];
}
