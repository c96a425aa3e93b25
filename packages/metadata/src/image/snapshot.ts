/**
 * An image as batches of records that rebuild it, and as the bytes of a snapshot of the quorum's log:
 *
 *     u32 version (1) | u64 offset | u64 epoch | { u32 length | MetadataBatch of that length }*
 *
 * Broken bytes are the concern of whoever stores them (the quorum's snapshot file has a checksum).
 */
import { ByteReader, ByteWriter, MalformedBytesError } from '@moldau/base';
import { type MetadataBatch, MetadataRecord } from '@moldau/proto';
import { decodeBatch, encodeBatch, METADATA_BATCH_VERSION } from './apply-batch.ts';
import type { ClientQuotas } from './client-quotas.ts';
import type { BrokerState, ClusterImage, ConfigsImage } from './cluster-image.ts';
import { EMPTY_IMAGE } from './cluster-image.ts';
import { type BatchPosition, ImageBuilder } from './image-builder.ts';
import { MetadataError } from './metadata-error.ts';
import type { ScramCredential } from './scram-credentials.ts';

/** Fits one message of a stream with room to spare; a single larger record stands alone. */
const SNAPSHOT_BATCH_BYTES_MAX = 256 * 1024;
const SNAPSHOT_VERSION = 1;

/** Batches whose records, applied to nothing, give the image; its offset and epoch travel beside them. */
export function* imageToBatches(
  image: ClusterImage,
  bytesMax: number = SNAPSHOT_BATCH_BYTES_MAX,
): IterableIterator<MetadataBatch> {
  let records: MetadataRecord[] = [];
  let bytes = 0;
  for (const record of imageToRecords(image)) {
    const size = MetadataRecord.encode(record).length;
    if (records.length > 0 && bytes + size > bytesMax) {
      yield { version: METADATA_BATCH_VERSION, records, timestampMs: 0 };
      records = [];
      bytes = 0;
    }
    records.push(record);
    bytes += size;
  }
  yield { version: METADATA_BATCH_VERSION, records, timestampMs: 0 };
}

/** Builds an image from the batches of {@link imageToBatches} as they come. */
export class SnapshotLoader {
  readonly at: BatchPosition;
  readonly #builder: ImageBuilder;

  constructor(at: BatchPosition) {
    this.at = at;
    this.#builder = new ImageBuilder(EMPTY_IMAGE, at);
  }

  /** @throws MetadataError for what this version cannot read */
  add(batch: MetadataBatch): void {
    for (const record of batch.records) this.#builder.apply(record);
  }

  finish(): ClusterImage {
    return this.#builder.finish().image;
  }
}

export function encodeSnapshot(image: ClusterImage): Uint8Array {
  const writer = new ByteWriter();
  writer.uint32(SNAPSHOT_VERSION);
  writer.int64(image.offset);
  writer.int64(image.epoch);
  for (const batch of imageToBatches(image)) {
    const bytes = encodeBatch(batch.records, 0);
    writer.uint32(bytes.length);
    writer.bytes(bytes);
  }
  return writer.finish();
}

/**
 * @throws MetadataError when it needs a newer version of Moldau
 * @throws MalformedBytesError when the bytes are no snapshot
 */
export function decodeSnapshot(bytes: Uint8Array): ClusterImage {
  const reader = new ByteReader(bytes);
  const version = reader.uint32();
  if (version !== SNAPSHOT_VERSION) {
    throw new MetadataError(
      `A metadata snapshot has format ${version}; this version of Moldau reads format ${SNAPSHOT_VERSION}. Upgrade this node.`,
    );
  }
  const loader = new SnapshotLoader({ offset: reader.int64(), epoch: reader.int64() });
  while (reader.remaining > 0) {
    const length = reader.uint32();
    if (length > reader.remaining) throw new MalformedBytesError('a snapshot ends inside a batch');
    loader.add(decodeBatch(reader.bytes(length)));
  }
  return loader.finish();
}

function* imageToRecords(image: ClusterImage): IterableIterator<MetadataRecord> {
  if (image.clusterId !== '') yield { record: { kind: 'cluster', value: { clusterId: image.clusterId } } };
  for (const [name, level] of image.features) yield featureRecord(name, level);
  for (const broker of image.brokers.values()) yield* brokerRecords(broker);
  for (const topic of image.topics.values()) {
    yield { record: { kind: 'topic', value: { topicId: topic.topicId, name: topic.name } } };
    for (const partition of topic.partitions) yield { record: { kind: 'partition', value: partition } };
  }
  for (const configs of image.configs.values()) yield* configRecords(configs);
  for (const quotas of image.quotas.values()) yield* quotaRecords(quotas);
  for (const credential of image.credentials.values()) yield scramRecord(credential);
  if (image.nextProducerId > 0) yield producerIdsRecord(image.nextProducerId);
}

export function featureRecord(name: string, level: number): MetadataRecord {
  return { record: { kind: 'featureLevel', value: { name, level } } };
}

export function brokerRecords(broker: BrokerState): MetadataRecord[] {
  const { brokerId, brokerEpoch, fenced, shuttingDown } = broker;
  return [
    { record: { kind: 'registerBroker', value: broker } },
    { record: { kind: 'brokerState', value: { brokerId, brokerEpoch, fenced, shuttingDown } } },
  ];
}

export function configRecords(configs: ConfigsImage): MetadataRecord[] {
  return [...configs.values].map(([name, value]) => ({
    record: { kind: 'config', value: { resourceType: configs.type, resourceName: configs.name, name, value } },
  }));
}

export function quotaRecords({ entity, values }: ClientQuotas): MetadataRecord[] {
  return [...values].map(([key, value]) => ({ record: { kind: 'clientQuota', value: { entity, key, value } } }));
}

export function scramRecord(credential: ScramCredential): MetadataRecord {
  return { record: { kind: 'scramCredential', value: credential } };
}

export function producerIdsRecord(nextProducerId: number): MetadataRecord {
  return { record: { kind: 'producerIds', value: { brokerId: -1, brokerEpoch: -1, nextProducerId } } };
}
