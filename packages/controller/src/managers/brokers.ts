/**
 * Brokers: registered -> fenced (from the registration on) -> unfenced -> fenced ... ; unfenced -> shutting down -> fenced;
 * fenced -> unregistered. A new registration replaces the old run in one batch: it fences it, deposes it wherever it led,
 * and registers the new one, so that no reader ever sees half of that.
 */
import { assert, type NodeId, present, RequestError, topicPartitionKey } from '@moldau/base';
import {
  allPartitions,
  type BrokerState,
  type ClusterImage,
  partitionsAtRegistration,
  partitionsWithBroker,
  partitionsWithoutBroker,
  partitionsWithoutReplicas,
  supportsFeature,
} from '@moldau/metadata';
import type {
  MetadataRecord,
  RegisterBrokerRecord,
  RegisterBrokerRequest,
  RegisterBrokerResponse,
  UnregisterBrokerRequest,
  UnregisterBrokerResponse,
} from '@moldau/proto';
import { type Decision, type DecisionContext, electable, partitionChanges } from './decision.ts';

/** More than any host has disks. */
const DIRECTORIES_MAX = 64;
const LABEL_LENGTH_MAX = 255;
/** Each costs memory on every node, and a place in every placement. */
const BROKERS_MAX = 1_000;

/** @throws RequestError when the broker may not join, with what to do */
export function registerBroker(
  image: ClusterImage,
  request: RegisterBrokerRequest,
  context: DecisionContext,
): Decision<RegisterBrokerResponse> {
  const registration = validRegistration(image, request);
  const { brokerId, incarnationId } = registration;
  const existing = image.brokers.get(brokerId);
  if (existing?.incarnationId === incarnationId) {
    // The answer to the first try was lost.
    return { records: [], respond: () => ({ brokerEpoch: existing.brokerEpoch, clusterId: image.clusterId }) };
  }
  if (existing !== undefined) refuseWhileAlive(existing, registration);
  else if (image.brokers.size >= BROKERS_MAX) {
    throw new RequestError(
      'POLICY_VIOLATION',
      `The cluster has ${BROKERS_MAX} brokers, which is the most. Unregister those that are gone.`,
    );
  }

  const damaged = new Set(request.damaged.map(({ topicId, partition }) => topicPartitionKey(topicId, partition)));
  const judged = context.plantedBugs.has('unclean-broker-kept-in-elr')
    ? withCleanDirectories(registration)
    : registration;
  const changes = partitionsAtRegistration(image, judged, damaged, electable(image, context));
  return {
    records: [
      { record: { kind: 'registerBroker', value: { ...registration, brokerEpoch: 0 } } },
      ...partitionChanges(changes),
    ],
    respond: (offset) => ({ brokerEpoch: offset, clusterId: image.clusterId }),
  };
}

function validRegistration(
  image: ClusterImage,
  { clusterId, registration }: RegisterBrokerRequest,
): RegisterBrokerRecord {
  if (clusterId !== '' && clusterId !== image.clusterId) {
    throw new RequestError(
      'INCONSISTENT_CLUSTER_ID',
      `The broker belongs to cluster ${clusterId}; these controllers serve ${image.clusterId}. Point it at its own controllers, or give it empty data directories.`,
    );
  }
  if (registration === undefined) throw new RequestError('INVALID_REQUEST', 'The registration is missing.');
  const { brokerId, directories, features, grpcAddress, incarnationId, rack, host } = registration;
  const invalid = (message: string): RequestError => new RequestError('INVALID_REQUEST', message);
  if (brokerId < 0) throw invalid(`The broker id ${brokerId} is negative. Give node.id a number from 0.`);
  if (incarnationId === '' || grpcAddress === '')
    throw invalid('The registration names no incarnation or no gRPC address.');
  if (rack.length > LABEL_LENGTH_MAX || host.length > LABEL_LENGTH_MAX) {
    throw invalid(`A rack or host label is longer than ${LABEL_LENGTH_MAX} characters. Shorten it.`);
  }
  const ids = new Set(directories.map(({ directoryId }) => directoryId));
  if (
    directories.length === 0 ||
    directories.length > DIRECTORIES_MAX ||
    ids.size !== directories.length ||
    ids.has('')
  ) {
    throw invalid(
      `A broker has 1 to ${DIRECTORIES_MAX} data directories with different ids; this one names ${directories.length}.`,
    );
  }
  for (const [name, level] of image.features) {
    if (!supportsFeature(features, name, level)) {
      throw new RequestError(
        'UNSUPPORTED_VERSION',
        `The cluster runs with ${name} at level ${level}, which this broker does not support. Run a version that does.`,
      );
    }
  }
  return registration;
}

/** The lock of a data directory proves that the old process is gone; without a common one only its fencing does. */
function refuseWhileAlive(existing: BrokerState, registration: RegisterBrokerRecord): void {
  const known = new Set(existing.directories.map(({ directoryId }) => directoryId));
  const shared = registration.directories.some(({ directoryId }) => known.has(directoryId));
  if (shared || existing.fenced) return;
  throw new RequestError(
    'DUPLICATE_BROKER_REGISTRATION',
    `Broker ${existing.brokerId} is registered and alive at ${existing.grpcAddress} with other data directories. Give this one another node.id; if the old process is gone, try again after its session.`,
  );
}

function withCleanDirectories(registration: RegisterBrokerRecord): RegisterBrokerRecord {
  return { ...registration, directories: registration.directories.map((each) => ({ ...each, verdict: 'clean' })) };
}

/** One batch: fences the broker and moves everything it led. */
export function fenceBroker(image: ClusterImage, brokerId: NodeId, context: DecisionContext): MetadataRecord[] {
  const broker = present(image.brokers.get(brokerId), 'a broker to fence');
  assert(!broker.fenced, 'only an unfenced broker is fenced', { brokerId });
  return [
    stateRecord(broker, { fenced: true, shuttingDown: broker.shuttingDown }),
    ...partitionChanges(partitionsWithoutBroker(image, brokerId, electable(image, context))),
  ];
}

/** One batch: the broker is active, and leads what waited for it. */
export function unfenceBroker(image: ClusterImage, brokerId: NodeId, context: DecisionContext): MetadataRecord[] {
  const broker = present(image.brokers.get(brokerId), 'a broker to unfence');
  assert(broker.fenced && !broker.shuttingDown, 'a fenced broker that stays is unfenced', { brokerId });
  return [
    stateRecord(broker, { fenced: false, shuttingDown: false }),
    ...partitionChanges(partitionsWithBroker(image, brokerId, electable(image, context))),
  ];
}

/** One batch: leadership moves and the ISRs shrink. A sole member of an ISR goes into the ELR and leads again when it is back. */
export function beginShutdown(image: ClusterImage, brokerId: NodeId, context: DecisionContext): MetadataRecord[] {
  const broker = present(image.brokers.get(brokerId), 'a broker that shuts down');
  return [
    stateRecord(broker, { fenced: broker.fenced, shuttingDown: true }),
    ...partitionChanges(partitionsWithoutBroker(image, brokerId, electable(image, context))),
  ];
}

/** @throws RequestError while it is alive */
export function unregisterBroker(
  image: ClusterImage,
  { brokerId }: UnregisterBrokerRequest,
  context: DecisionContext,
): Decision<UnregisterBrokerResponse> {
  const broker = image.brokers.get(brokerId);
  if (broker === undefined) {
    throw new RequestError('BROKER_ID_NOT_REGISTERED', `Broker ${brokerId} is not registered. There is nothing to do.`);
  }
  if (!broker.fenced) {
    throw new RequestError(
      'INVALID_REQUEST',
      `Broker ${brokerId} is alive. Stop it first; its session ends after that.`,
    );
  }
  // A broker that comes with this id later is another one: nothing of the old one's claims may pass to it.
  const all = new Map(
    [...allPartitions(image)].map(({ topicId, partition }) => [
      topicPartitionKey(topicId, partition),
      'offline' as const,
    ]),
  );
  const changes = partitionsWithoutReplicas(image, brokerId, all, electable(image, context));
  return {
    records: [
      { record: { kind: 'unregisterBroker', value: { brokerId, brokerEpoch: broker.brokerEpoch } } },
      ...partitionChanges(changes),
    ],
    respond: (metadataOffset) => ({ metadataOffset }),
  };
}

/** The broker in the uptime that a request names. @throws RequestError when that uptime is over */
export function brokerInEpoch(image: ClusterImage, brokerId: NodeId, brokerEpoch: number): BrokerState {
  const broker = image.brokers.get(brokerId);
  if (broker === undefined) {
    throw new RequestError('BROKER_ID_NOT_REGISTERED', `Broker ${brokerId} is not registered. Register it first.`);
  }
  if (broker.brokerEpoch !== brokerEpoch) {
    throw new RequestError(
      'STALE_BROKER_EPOCH',
      `Broker ${brokerId} is registered with epoch ${broker.brokerEpoch}, not ${brokerEpoch}: that run of it is over. Register anew.`,
    );
  }
  return broker;
}

function stateRecord(
  { brokerId, brokerEpoch }: BrokerState,
  state: { readonly fenced: boolean; readonly shuttingDown: boolean },
): MetadataRecord {
  return { record: { kind: 'brokerState', value: { brokerId, brokerEpoch, ...state } } };
}
