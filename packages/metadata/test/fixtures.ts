import type { KeyValueChange, KeyValueStore, Random } from '@moldau/base';
import type { MetadataRecord, RegisterBrokerRecord } from '@moldau/proto';
import { applyBatch, type ClusterDelta, type ClusterImage, type PartitionState } from '../src/index.ts';

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const uint32 = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  return { uint32, bytes: (count) => Uint8Array.from({ length: count }, () => uint32() & 255) };
}

function registration(brokerId: number, fields: Partial<RegisterBrokerRecord> = {}): RegisterBrokerRecord {
  return {
    brokerId,
    incarnationId: `incarnation-${brokerId}`,
    grpcAddress: `127.0.0.1:${19100 + brokerId}`,
    kafkaAddress: '',
    rack: '',
    host: '',
    directories: [{ directoryId: `directory-${brokerId}`, verdict: 'clean' }],
    features: [{ name: 'metadata.version', minLevel: 1, maxLevel: 1 }],
    brokerEpoch: 0,
    ...fields,
  };
}

export const record = {
  register: (brokerId: number, fields: Partial<RegisterBrokerRecord> = {}): MetadataRecord => ({
    record: { kind: 'registerBroker', value: registration(brokerId, fields) },
  }),
  state: (image: ClusterImage, brokerId: number, fenced: boolean, shuttingDown = false): MetadataRecord => ({
    record: {
      kind: 'brokerState',
      value: { brokerId, brokerEpoch: image.brokers.get(brokerId)?.brokerEpoch ?? -1, fenced, shuttingDown },
    },
  }),
  topic: (topicId: string, name: string): MetadataRecord => ({ record: { kind: 'topic', value: { topicId, name } } }),
  removeTopic: (topicId: string): MetadataRecord => ({ record: { kind: 'removeTopic', value: { topicId } } }),
  partition: (state: PartitionState): MetadataRecord => ({ record: { kind: 'partition', value: state } }),
  config: (
    resourceType: 'topic' | 'broker' | 'cluster' | 'founding',
    resourceName: string,
    name: string,
    value?: string,
  ): MetadataRecord => ({
    record: { kind: 'config', value: { resourceType, resourceName, name, value } },
  }),
  quota: (user: string, key: string, value: number | undefined): MetadataRecord => ({
    record: { kind: 'clientQuota', value: { entity: [{ type: 'user', name: user }], key, value } },
  }),
  credential: (user: string, seed: number): MetadataRecord => ({
    record: {
      kind: 'scramCredential',
      value: {
        user,
        mechanism: 'sha-256',
        iterations: 4096,
        salt: Uint8Array.of(seed, 1),
        storedKey: Uint8Array.of(seed, 2),
        serverKey: Uint8Array.of(seed, 3),
      },
    },
  }),
  noCredential: (user: string): MetadataRecord => ({
    record: { kind: 'removeScramCredential', value: { user, mechanism: 'sha-256' } },
  }),
};

export function partitionState(
  topicId: string,
  partition: number,
  brokers: readonly number[],
  fields: Partial<PartitionState> = {},
): PartitionState {
  return {
    topicId,
    partition,
    replicas: brokers.map((brokerId) => ({
      brokerId,
      directoryId: `directory-${brokerId}`,
      incarnationId: `replica-${brokerId}`,
    })),
    isr: brokers,
    elr: [],
    leader: brokers[0] ?? -1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    addingReplicas: [],
    removingReplicas: [],
    ...fields,
  };
}

export function apply(image: ClusterImage, ...records: readonly MetadataRecord[]): ClusterImage {
  return step(image, ...records).image;
}

export function step(
  image: ClusterImage,
  ...records: readonly MetadataRecord[]
): { image: ClusterImage; delta: ClusterDelta } {
  return applyBatch(image, { version: 1, records, timestampMs: 0 }, { offset: image.offset + 1, epoch: 1 });
}

/** Everything in an image, comparable, without regard to the order of maps. */
export function contents(image: ClusterImage): unknown {
  const sorted = <V>(entries: Iterable<readonly [string | number, V]>): (readonly [string | number, V])[] =>
    [...entries].sort(([left], [right]) => (String(left) < String(right) ? -1 : 1));
  return {
    ...image,
    features: sorted(image.features),
    brokers: sorted(image.brokers),
    topics: sorted(image.topics.entries()),
    topicIds: sorted(image.topicIds.entries()),
    quotas: sorted(image.quotas).map(([key, { entity, values }]) => [key, entity, sorted(values)]),
    credentials: sorted(image.credentials),
    configs: sorted(image.configs).map(([key, configs]) => [key, configs.type, configs.name, sorted(configs.values)]),
  };
}

/** The port's contract in memory. */
export class MemoryStore implements KeyValueStore {
  readonly #entries = new Map<string, Uint8Array>();
  writes = 0;

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.#entries.get(key);
  }

  async write(changes: readonly KeyValueChange[]): Promise<void> {
    this.writes++;
    for (const { key, value } of changes) {
      if (value === undefined) this.#entries.delete(key);
      else this.#entries.set(key, value);
    }
  }

  async *entries(range: { readonly from: string; readonly to: string }): AsyncIterable<readonly [string, Uint8Array]> {
    const keys = [...this.#entries.keys()].filter((key) => range.from <= key && key < range.to).sort();
    for (const key of keys) yield [key, this.#entries.get(key) ?? new Uint8Array()];
  }

  async close(): Promise<void> {
    this.#entries.clear();
  }
}
