import { assert, type ClusterId, type NodeId } from '@moldau/base';
import type { PlantedRaftBug, RaftLimits } from '@moldau/raft';
import type { PlantedControllerBug } from './planted-bugs.ts';

/** One voter of a new quorum, as the configuration names it. */
export interface InitialVoter {
  readonly nodeId: NodeId;
  /** `host:port` that the others dial. */
  readonly address: string;
}

export interface ControllerConfig {
  readonly nodeId: NodeId;
  /** Where the quorum's log lies. Created when missing; one of another cluster or node is refused. */
  readonly directory: string;
  /** `host:port` to listen on; port 0 lets the system choose. */
  readonly listenAddress: string;
  /** `host:port` that others dial. Default: what was listened on. Goes before what `initialVoters` says of this node. */
  readonly advertisedAddress?: string;
  /** Of a new quorum; a directory that belongs to another is refused. Default: the founder makes one up. */
  readonly clusterId?: ClusterId;
  /** The quorum that is founded when this directory is fresh. Later changes are in the log and win over this. */
  readonly initialVoters: readonly InitialVoter[];
  /** First values of the cluster's configs, written when the cluster is born. Validated as any other. */
  readonly initialConfigs?: ReadonlyMap<string, string>;
  readonly times?: Partial<ControllerTimes>;
  readonly raftLimits?: Partial<RaftLimits>;
  /** Entries between two snapshots of the metadata. Default 20,000: some MiB of log. */
  readonly snapshotEntries?: number;
  /** Size at which a file of the metadata log ends and the next begins. Default: that of the frame log. */
  readonly logFileBytes?: number;
  /** Tests only. */
  readonly plantedBugs?: ReadonlySet<PlantedControllerBug | PlantedRaftBug>;
}

/** All in ms, on the monotonic clock. */
export interface ControllerTimes {
  /** A broker that is silent for so long is fenced. */
  readonly sessionTimeoutMs: number;
  /** A new active controller probes brokers that have not connected after this time. */
  readonly connectGraceMs: number;
  /** How long one probe of a broker's address may take. */
  readonly probeTimeoutMs: number;
  /** Between two checks whether leaders should move back to their first replicas. 0: never. */
  readonly leaderBalanceIntervalMs: number;
}

export const CONTROLLER_TIMES: ControllerTimes = {
  sessionTimeoutMs: 4_000,
  connectGraceMs: 300,
  probeTimeoutMs: 500,
  leaderBalanceIntervalMs: 30_000,
};

/** The times in force. @throws InvariantError when one is out of range */
export function controllerTimes(config: ControllerConfig): ControllerTimes {
  const times = { ...CONTROLLER_TIMES, ...config.times };
  for (const [name, value] of Object.entries(times))
    assert(Number.isFinite(value) && value >= 0, `${name} is in range`, { value });
  assert(times.sessionTimeoutMs > 0 && times.probeTimeoutMs > 0, 'timeouts are positive');
  return times;
}
