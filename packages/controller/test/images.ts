import { RequestError } from '@moldau/base';
import { applyBatch, type ClusterImage, EMPTY_IMAGE } from '@moldau/metadata';
import type { MetadataRecord, RegisterBrokerRecord } from '@moldau/proto';
import { SimRandom } from '@moldau/sim';
import type { PlantedControllerBug } from '../src/index.ts';
import type { DecisionContext } from '../src/managers/decision.ts';

const random = new SimRandom('managers');

export function context(...bugs: readonly PlantedControllerBug[]): DecisionContext {
  return { random, plantedBugs: new Set(bugs) };
}

export function registration(brokerId: number, fields: Partial<RegisterBrokerRecord> = {}): RegisterBrokerRecord {
  return {
    brokerId,
    incarnationId: `run-${brokerId}`,
    grpcAddress: `broker-${brokerId}:9100`,
    kafkaAddress: '',
    rack: '',
    host: '',
    directories: [{ directoryId: `directory-${brokerId}`, verdict: 'clean' }],
    features: [{ name: 'metadata.version', minLevel: 1, maxLevel: 1 }],
    brokerEpoch: 0,
    ...fields,
  };
}

export function apply(image: ClusterImage, records: readonly MetadataRecord[]): ClusterImage {
  return applyBatch(image, { version: 1, records, timestampMs: 0 }, { offset: image.offset + 1, epoch: 1 }).image;
}

export function state(image: ClusterImage, brokerId: number, fenced: boolean): MetadataRecord {
  const brokerEpoch = image.brokers.get(brokerId)?.brokerEpoch ?? -1;
  return { record: { kind: 'brokerState', value: { brokerId, brokerEpoch, fenced, shuttingDown: false } } };
}

/** Brokers 1 to `count`, unfenced. */
export function cluster(count = 3): ClusterImage {
  const founded = apply(EMPTY_IMAGE, [
    { record: { kind: 'cluster', value: { clusterId: 'moldau' } } },
    { record: { kind: 'featureLevel', value: { name: 'metadata.version', level: 1 } } },
  ]);
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const registered = ids.reduce(
    (image, id) => apply(image, [{ record: { kind: 'registerBroker', value: registration(id) } }]),
    founded,
  );
  return apply(
    registered,
    ids.map((id) => state(registered, id, false)),
  );
}

/** What the decision was refused with. */
export function refused(decide: () => unknown): RequestError {
  try {
    decide();
  } catch (error) {
    if (error instanceof RequestError) return error;
    throw error;
  }
  throw new Error('it should have been refused');
}
