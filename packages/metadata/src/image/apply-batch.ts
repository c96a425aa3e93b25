import { assert } from '@moldau/base';
import { MetadataBatch } from '@moldau/proto';
import type { ClusterDelta } from './cluster-delta.ts';
import type { ClusterImage } from './cluster-image.ts';
import { type BatchPosition, ImageBuilder } from './image-builder.ts';
import { MetadataError } from './metadata-error.ts';

/** Format of a {@link MetadataBatch}. */
export const METADATA_BATCH_VERSION = 1;

/**
 * The image after a committed batch, and what changed. Costs one copy of what the batch touches.
 *
 * @throws MetadataError when the batch needs a newer version of Moldau
 */
export function applyBatch(
  image: ClusterImage,
  batch: MetadataBatch,
  at: BatchPosition,
): { readonly image: ClusterImage; readonly delta: ClusterDelta } {
  assert(at.offset > image.offset && at.epoch >= image.epoch, 'batches are applied in order', {
    appliedOffset: image.offset,
    appliedEpoch: image.epoch,
    ...at,
  });
  checkVersion(batch);
  const builder = new ImageBuilder(image, at);
  for (const record of batch.records) builder.apply(record);
  return builder.finish();
}

/** An entry of the quorum itself (a new leader's first, a change of voters): it takes an offset and changes no facts. */
export function advanceImage(image: ClusterImage, at: BatchPosition): ClusterImage {
  assert(at.offset > image.offset && at.epoch >= image.epoch, 'entries are applied in order', {
    appliedOffset: image.offset,
    ...at,
  });
  return { ...image, offset: at.offset, epoch: at.epoch };
}

/** The bytes of one metadata batch. */
export function encodeBatch(records: MetadataBatch['records'], timestampMs: number): Uint8Array {
  return MetadataBatch.encode({ version: METADATA_BATCH_VERSION, records, timestampMs });
}

/**
 * @throws MetadataError when the batch needs a newer version of Moldau
 * @throws MalformedBytesError when the bytes are no batch
 */
export function decodeBatch(bytes: Uint8Array): MetadataBatch {
  const batch = MetadataBatch.decode(bytes);
  checkVersion(batch);
  return batch;
}

function checkVersion(batch: MetadataBatch): void {
  if (batch.version === METADATA_BATCH_VERSION) return;
  throw new MetadataError(
    `A metadata batch has format ${batch.version}; this version of Moldau reads format ${METADATA_BATCH_VERSION}. Upgrade this node.`,
  );
}
