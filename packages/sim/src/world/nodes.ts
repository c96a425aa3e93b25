/** How the nodes of a world are set up: production's `start`, with times and sizes at which little load shows much. */
import type { NodeId, Ports } from '@moldau/base';
import { type Broker, type GroupSettings, type PlantedBrokerBug, start as startBroker } from '@moldau/broker';
import { type Controller, type PlantedControllerBug, start as startController } from '@moldau/controller';
import type { LogObserver, LogPlantedBug } from '@moldau/log';
import type { PlantedRaftBug } from '@moldau/raft';
import type { SimOptions } from '../options.ts';
import { BROKER_IDS, brokerAddress, CONTROLLER_IDS, controllerAddress, kafkaAddress } from './names.ts';

export type PlantedBug = PlantedRaftBug | PlantedControllerBug | PlantedBrokerBug | LogPlantedBug;

export const CONTROLLER_DIRECTORY = '/controller';
export const BROKER_LOG_DIRECTORY = '/broker/log';
const BROKER_METADATA_DIRECTORY = '/broker/metadata';

/** A snapshot goes in several messages, so that some of them are lost. */
const SNAPSHOT_CHUNK_BYTES = 1024;
/** Enough for all that a broker has in its journal and not yet in its segments, so that a full disk is refused and not hit. */
export const FREE_BYTES_MIN: number = 1024 * 1024;

export function bootController(
  ports: Ports,
  nodeId: NodeId,
  options: SimOptions,
  plantedBugs: ReadonlySet<PlantedBug>,
): Promise<Controller> {
  return startController(ports, {
    nodeId,
    directory: CONTROLLER_DIRECTORY,
    listenAddress: controllerAddress(nodeId),
    initialVoters: CONTROLLER_IDS.map((voter) => ({ nodeId: voter, address: controllerAddress(voter) })),
    initialConfigs: new Map([['replica.lag.time.max.ms', '2000']]),
    times: { leaderBalanceIntervalMs: 5_000 },
    raftLimits: {
      trailingEntries: Math.floor(options.metadataSnapshotEntries / 4),
      snapshotChunkBytes: SNAPSHOT_CHUNK_BYTES,
    },
    snapshotEntries: options.metadataSnapshotEntries,
    logFileBytes: options.metadataFileBytes,
    plantedBugs: plantedBugs as ReadonlySet<PlantedRaftBug | PlantedControllerBug>,
  });
}

export function bootBroker(
  ports: Ports,
  nodeId: NodeId,
  options: SimOptions,
  plantedBugs: ReadonlySet<PlantedBug>,
  logObserver: LogObserver,
): Promise<Broker> {
  return startBroker(ports, {
    nodeId,
    logDirectories: [BROKER_LOG_DIRECTORY],
    metadataDirectory: BROKER_METADATA_DIRECTORY,
    listenAddress: brokerAddress(nodeId),
    kafka: { listenAddress: kafkaAddress(nodeId) },
    ...(options.quickGroups && { groups: quickGroups(options) }),
    controllers: CONTROLLER_IDS.map(controllerAddress),
    host: `host-${nodeId}`,
    retentionCheckMs: 2_000,
    controlledShutdownMs: 3_000,
    log: {
      tailBytesMax: options.segmentBytes,
      checkpointBytes: options.segmentBytes * 2,
      checkpointMs: 1_500,
      journalFileBytesMax: options.segmentBytes,
      freeBytesMin: FREE_BYTES_MIN,
      openSegmentsMax: 8,
    },
    plantedBugs,
    logObserver,
  });
}

function quickGroups({ groups, segmentBytes }: SimOptions): Partial<GroupSettings> {
  return {
    sessionTimeoutMsMin: 500,
    initialRebalanceDelayMs: 200,
    commitTimeoutMs: 1_500,
    topicPartitions: groups,
    topicSegmentBytes: segmentBytes,
    // So little that it is trimmed within a run.
    trimBytesMin: 8_192,
  };
}

export function bootstrapBrokers(): readonly string[] {
  return BROKER_IDS.map(brokerAddress);
}

export function bootstrapKafka(): readonly string[] {
  return BROKER_IDS.map(kafkaAddress);
}
