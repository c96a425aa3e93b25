/**
 * The applied image on disk, so that a restart need not fetch all of it again. It can always be rebuilt from the quorum,
 * so nothing is synced: a crash loses a suffix of the writes, each whole, and the next start continues from an earlier
 * offset. Entries that vanish in another way (one flipped bit in the store's own log takes others with it, without an
 * error) are noticed by the digest: a broker must never take a topic that is missing here for one that was deleted.
 *
 *     applied                  version, offset, epoch, number of all other entries, and their digest
 *     broker/ID                registerBroker, brokerState
 *     cluster, producer-ids    one record each
 *     config/TYPE/NAME         the resource's config records
 *     feature/NAME             featureLevel
 *     quota/ENTITY             the entity's clientQuota records
 *     scram/MECHANISM/USER     scramCredential
 *     topic/ID                 topic
 *     topic/ID/NUMBER          partition; after its topic in the order of keys
 */
import { ByteReader, ByteWriter, crc32c, type KeyValueChange, type KeyValueStore, utf8Encode } from '@moldau/base';
import type { MetadataRecord } from '@moldau/proto';
import type { PartitionState } from '../partition/partition-state.ts';
import { decodeBatch, encodeBatch } from './apply-batch.ts';
import type { ClusterDelta } from './cluster-delta.ts';
import { type ClusterImage, configResourceKey, EMPTY_IMAGE, type TopicImage } from './cluster-image.ts';
import { type BatchPosition, ImageBuilder } from './image-builder.ts';
import {
  brokerRecords,
  configRecords,
  featureRecord,
  producerIdsRecord,
  quotaRecords,
  scramRecord,
} from './snapshot.ts';

const STORE_VERSION = 1;
const APPLIED = 'applied';
const APPLIED_BYTES = 28;
/** Above every key here. */
const KEYS_END = '~';
/** Wide enough for every partition number, so that their order is that of the numbers. */
const PARTITION_DIGITS = 10;

export class MetadataStore {
  readonly #store: KeyValueStore;
  readonly #digest = new EntriesDigest();

  constructor(store: KeyValueStore) {
    this.#store = store;
  }

  /**
   * The image as saved last. The empty one when there is none, when another version of the store wrote it, or when what
   * is there is not what was written: it is only a copy, so it is emptied and fetched again.
   */
  async load(): Promise<ClusterImage> {
    let applied: Applied | undefined;
    const entries: (readonly [string, Uint8Array])[] = [];
    for await (const [key, value] of this.#store.entries({ from: '', to: KEYS_END })) {
      if (key === APPLIED) applied = decodeApplied(value);
      else entries.push([key, value]);
    }
    this.#digest.clear();
    for (const [key, value] of entries) this.#digest.set(key, value);
    if (applied?.count !== this.#digest.count || applied.sum !== this.#digest.sum) {
      if (entries.length > 0) await this.replace(EMPTY_IMAGE);
      return EMPTY_IMAGE;
    }
    const builder = new ImageBuilder(EMPTY_IMAGE, applied);
    for (const [, value] of entries) for (const record of decodeBatch(value).records) builder.apply(record);
    return builder.finish().image;
  }

  /** Saves what changed on the way to `image`, in one atomic write. Several deltas of consecutive batches may go together. */
  save(deltas: readonly ClusterDelta[], image: ClusterImage): Promise<void> {
    const changes: Changes = new Map();
    for (const delta of deltas) deltaChanges(delta, image, changes);
    return this.#write(changes, image);
  }

  /** Puts `image` in the place of whatever was there, in one atomic write. */
  async replace(image: ClusterImage): Promise<void> {
    const changes: Changes = new Map();
    for await (const [key] of this.#store.entries({ from: '', to: KEYS_END })) changes.set(key, undefined);
    this.#digest.clear();
    putCluster(image, changes);
    for (const name of image.features.keys()) putFeature(image, name, changes);
    for (const brokerId of image.brokers.keys()) putBroker(image, brokerId, changes);
    for (const configs of image.configs.values()) putConfigs(image, configResourceKey(configs), changes);
    for (const key of image.quotas.keys()) putQuotas(image, key, changes);
    for (const key of image.credentials.keys()) putCredential(image, key, changes);
    for (const topic of image.topics.values()) {
      putTopic(topic, changes);
      for (const partition of topic.partitions) putPartition(partition, changes);
    }
    await this.#write(changes, image);
  }

  #write(changes: Changes, { offset, epoch }: BatchPosition): Promise<void> {
    changes.delete(APPLIED);
    for (const [key, value] of changes) this.#digest.set(key, value);
    const { count, sum } = this.#digest;
    changes.set(APPLIED, encodeApplied({ offset, epoch, count, sum }));
    return this.#store.write(toChanges(changes), { sync: false });
  }
}

/** A checksum of a set of entries that follows each change of it: the sum of the checksums of its members. */
class EntriesDigest {
  readonly #members = new Map<string, number>();
  #sum = 0;

  get count(): number {
    return this.#members.size;
  }

  get sum(): number {
    return this.#sum;
  }

  set(key: string, value: Uint8Array | undefined): void {
    const before = this.#members.get(key) ?? 0;
    const now = value === undefined ? 0 : crc32c(value, crc32c(utf8Encode(key)));
    if (value === undefined) this.#members.delete(key);
    else this.#members.set(key, now);
    this.#sum = (this.#sum - before + now) >>> 0;
  }

  clear(): void {
    this.#members.clear();
    this.#sum = 0;
  }
}

type Changes = Map<string, Uint8Array | undefined>;

function deltaChanges(delta: ClusterDelta, image: ClusterImage, changes: Changes): void {
  if (delta.clusterIdChanged || delta.producerIdsChanged) putCluster(image, changes);
  for (const name of delta.features) putFeature(image, name, changes);
  for (const { brokerId } of delta.brokers) putBroker(image, brokerId, changes);
  for (const resource of delta.configs) putConfigs(image, configResourceKey(resource), changes);
  for (const key of delta.quotas) putQuotas(image, key, changes);
  for (const key of delta.credentials) putCredential(image, key, changes);
  for (const topic of delta.topicsCreated) putTopic(topic, changes);
  for (const { after } of delta.partitions) putPartition(after, changes);
  for (const topic of delta.topicsDeleted) {
    changes.set(topicKey(topic.topicId), undefined);
    for (const partition of topic.partitions) changes.set(partitionKey(partition), undefined);
  }
}

function putCluster(image: ClusterImage, changes: Changes): void {
  if (image.clusterId !== '')
    put(changes, 'cluster', [{ record: { kind: 'cluster', value: { clusterId: image.clusterId } } }]);
  put(changes, 'producer-ids', [producerIdsRecord(image.nextProducerId)]);
}

function putFeature(image: ClusterImage, name: string, changes: Changes): void {
  const level = image.features.get(name);
  put(changes, `feature/${name}`, level === undefined ? undefined : [featureRecord(name, level)]);
}

function putBroker(image: ClusterImage, brokerId: number, changes: Changes): void {
  const broker = image.brokers.get(brokerId);
  put(changes, `broker/${brokerId}`, broker === undefined ? undefined : brokerRecords(broker));
}

function putConfigs(image: ClusterImage, key: string, changes: Changes): void {
  const configs = image.configs.get(key);
  put(changes, `config/${key}`, configs === undefined ? undefined : configRecords(configs));
}

function putQuotas(image: ClusterImage, key: string, changes: Changes): void {
  const quotas = image.quotas.get(key);
  put(changes, `quota/${key}`, quotas === undefined ? undefined : quotaRecords(quotas));
}

function putCredential(image: ClusterImage, key: string, changes: Changes): void {
  const credential = image.credentials.get(key);
  put(changes, `scram/${key}`, credential === undefined ? undefined : [scramRecord(credential)]);
}

function putTopic({ topicId, name }: TopicImage, changes: Changes): void {
  put(changes, topicKey(topicId), [{ record: { kind: 'topic', value: { topicId, name } } }]);
}

function putPartition(partition: PartitionState, changes: Changes): void {
  put(changes, partitionKey(partition), [{ record: { kind: 'partition', value: partition } }]);
}

function put(changes: Changes, key: string, records: readonly MetadataRecord[] | undefined): void {
  changes.set(key, records === undefined ? undefined : encodeBatch(records, 0));
}

function topicKey(topicId: string): string {
  return `topic/${topicId}`;
}

function partitionKey({ topicId, partition }: PartitionState): string {
  return `topic/${topicId}/${String(partition).padStart(PARTITION_DIGITS, '0')}`;
}

function toChanges(changes: Changes): KeyValueChange[] {
  return [...changes].map(([key, value]) => ({ key, value }));
}

interface Applied extends BatchPosition {
  readonly count: number;
  readonly sum: number;
}

/** u32 version | u64 offset | u64 epoch | u32 count | u32 sum */
function encodeApplied({ offset, epoch, count, sum }: Applied): Uint8Array {
  const writer = new ByteWriter();
  writer.uint32(STORE_VERSION).int64(offset).int64(epoch).uint32(count).uint32(sum);
  return writer.finish();
}

/** Undefined for what another version wrote. */
function decodeApplied(bytes: Uint8Array): Applied | undefined {
  const reader = new ByteReader(bytes);
  if (bytes.length !== APPLIED_BYTES || reader.uint32() !== STORE_VERSION) return undefined;
  return { offset: reader.int64(), epoch: reader.int64(), count: reader.uint32(), sum: reader.uint32() };
}
