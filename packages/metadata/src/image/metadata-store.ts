/**
 * The applied image on disk, so that a restart need not fetch all of it again. It can always be rebuilt from the quorum,
 * so nothing is synced: a crash loses a suffix of the writes, each whole, and the next start continues from an earlier
 * offset.
 *
 *     applied                  version, cluster id, offset, epoch
 *     broker/ID                registerBroker, brokerState
 *     cluster, producer-ids    one record each
 *     config/TYPE/NAME         the resource's config records
 *     feature/NAME             featureLevel
 *     topic/ID                 topic
 *     topic/ID/NUMBER          partition; after its topic in the order of keys
 */
import { ByteReader, ByteWriter, type KeyValueChange, type KeyValueStore } from '@moldau/base';
import type { MetadataRecord } from '@moldau/proto';
import type { PartitionState } from '../partition/partition-state.ts';
import { decodeBatch, encodeBatch } from './apply-batch.ts';
import type { ClusterDelta } from './cluster-delta.ts';
import { type ClusterImage, configResourceKey, EMPTY_IMAGE, type TopicImage } from './cluster-image.ts';
import { type BatchPosition, ImageBuilder } from './image-builder.ts';
import { brokerRecords, configRecords, featureRecord, producerIdsRecord } from './snapshot.ts';

const STORE_VERSION = 1;
const APPLIED = 'applied';
/** Above every key here. */
const KEYS_END = '~';
/** Wide enough for every partition number, so that their order is that of the numbers. */
const PARTITION_DIGITS = 10;

export class MetadataStore {
  readonly #store: KeyValueStore;

  constructor(store: KeyValueStore) {
    this.#store = store;
  }

  /** The image as saved last; the empty one when there is none, or when another version of the store wrote it. */
  async load(): Promise<ClusterImage> {
    const applied = await this.#store.get(APPLIED);
    if (applied === undefined) return EMPTY_IMAGE;
    const at = decodeApplied(applied);
    if (at === undefined) {
      // It is only a copy: fetched again rather than converted.
      await this.replace(EMPTY_IMAGE);
      return EMPTY_IMAGE;
    }
    const builder = new ImageBuilder(EMPTY_IMAGE, at);
    for await (const [key, value] of this.#store.entries({ from: '', to: KEYS_END })) {
      if (key === APPLIED) continue;
      for (const record of decodeBatch(value).records) builder.apply(record);
    }
    return builder.finish().image;
  }

  /** Saves what changed on the way to `image`, in one atomic write. Several deltas of consecutive batches may go together. */
  save(deltas: readonly ClusterDelta[], image: ClusterImage): Promise<void> {
    const changes = new Map<string, Uint8Array | undefined>();
    for (const delta of deltas) deltaChanges(delta, image, changes);
    changes.set(APPLIED, encodeApplied(image));
    return this.#store.write(toChanges(changes), { sync: false });
  }

  /** Puts `image` in the place of whatever was there, in one atomic write. */
  async replace(image: ClusterImage): Promise<void> {
    const changes = new Map<string, Uint8Array | undefined>();
    for await (const [key] of this.#store.entries({ from: '', to: KEYS_END })) changes.set(key, undefined);
    putCluster(image, changes);
    for (const name of image.features.keys()) putFeature(image, name, changes);
    for (const brokerId of image.brokers.keys()) putBroker(image, brokerId, changes);
    for (const configs of image.configs.values()) putConfigs(image, configResourceKey(configs), changes);
    for (const topic of image.topics.values()) {
      putTopic(topic, changes);
      for (const partition of topic.partitions) putPartition(partition, changes);
    }
    changes.set(APPLIED, encodeApplied(image));
    await this.#store.write(toChanges(changes), { sync: false });
  }
}

type Changes = Map<string, Uint8Array | undefined>;

function deltaChanges(delta: ClusterDelta, image: ClusterImage, changes: Changes): void {
  if (delta.clusterIdChanged || delta.producerIdsChanged) putCluster(image, changes);
  for (const name of delta.features) putFeature(image, name, changes);
  for (const { brokerId } of delta.brokers) putBroker(image, brokerId, changes);
  for (const resource of delta.configs) putConfigs(image, configResourceKey(resource), changes);
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

/** u32 version | u64 offset | u64 epoch */
function encodeApplied({ offset, epoch }: BatchPosition): Uint8Array {
  const writer = new ByteWriter();
  writer.uint32(STORE_VERSION);
  writer.int64(offset);
  writer.int64(epoch);
  return writer.finish();
}

function decodeApplied(bytes: Uint8Array): BatchPosition | undefined {
  const reader = new ByteReader(bytes);
  if (reader.uint32() !== STORE_VERSION) return undefined;
  return { offset: reader.int64(), epoch: reader.int64() };
}
