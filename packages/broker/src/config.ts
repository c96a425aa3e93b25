import type { ClusterId, NodeId } from '@moldau/base';
import type { LogDirectoryConfig, LogObserver } from '@moldau/log';
import type { GroupSettings } from './groups/group-settings.ts';
import type { KafkaLimits } from './kafka/kafka-limits.ts';

/** See {@link KafkaLimits}. */
export interface KafkaListenerConfig {
  /** `host:port`; port 0 lets the system choose. */
  readonly listenAddress: string;
  /** What Kafka clients dial, `host:port`. Default: what was listened on. */
  readonly advertisedAddress?: string;
  readonly limits?: Partial<KafkaLimits>;
}

/** What a broker is told by whoever composes it. Dynamic settings come with the metadata. */
export interface BrokerConfig {
  /** Unique across roles. */
  readonly nodeId: NodeId;
  /** Undefined: whatever cluster the quorum says. A directory of another cluster is refused. */
  readonly clusterId?: ClusterId;
  /** Data directories, each made when it is missing; at least one. */
  readonly logDirectories: readonly string[];
  /** For what can be fetched again: the applied metadata. Not within a data directory. */
  readonly metadataDirectory: string;
  /** `host:port`; port 0 lets the system choose. */
  readonly listenAddress: string;
  /** Name of the listener in contexts and logs. Default `grpc`. */
  readonly listenerName?: string;
  /** What others dial, `host:port`. Default: what was listened on. */
  readonly advertisedAddress?: string;
  /** Listens for Kafka clients. Default: it does not, and does not exist for them. */
  readonly kafka?: KafkaListenerConfig;
  /** gRPC addresses of some quorum nodes; the others are learnt from them. At least one. */
  readonly controllers: readonly string[];
  readonly rack?: string;
  /** Two replicas of a partition prefer different hosts. */
  readonly host?: string;
  /** Differences from the defaults of a data directory. */
  readonly log?: Partial<LogDirectoryConfig>;
  /** Differences from the defaults of the coordination of groups. */
  readonly groups?: Partial<GroupSettings>;
  /** What its own configuration names, as it was written: for whoever asks for the configs of this broker. Default: nothing. */
  readonly givenConfigs?: ReadonlyMap<string, string>;
  /** How often retention looks. Default 30 s. */
  readonly retentionCheckMs?: number;
  /** How long {@link Broker.close} waits for its leadership to move. Default 10 s. */
  readonly controlledShutdownMs?: number;
  /** Simulation only. */
  readonly logObserver?: LogObserver;
  /** Simulation only: see PlantedBrokerBug, and what the log takes. */
  readonly plantedBugs?: ReadonlySet<string>;
}
