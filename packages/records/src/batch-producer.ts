import type { Checksum } from '@moldau/base';
import type { BatchProducer } from './batch-builder.ts';
import { BATCH_HEADER_BYTES, CHECKSUMMED_AT } from './batch-header.ts';

const CRC_AT = 17;
const PRODUCER_ID_AT = 43;
const PRODUCER_EPOCH_AT = 51;
const BASE_SEQUENCE_AT = 53;

/**
 * Says who sends the batch, in its own bytes, and renews the checksum. A producer learns a batch's place in its
 * sequence only when the batch is sent for the first time, and a new one when its epoch had to be raised.
 */
export function assignProducer(bytes: Uint8Array, producer: BatchProducer, checksum: Checksum): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, BATCH_HEADER_BYTES);
  const { producerId, producerEpoch, baseSequence } = producer;
  view.setInt32(PRODUCER_ID_AT, Math.floor(producerId / 2 ** 32));
  view.setUint32(PRODUCER_ID_AT + 4, producerId >>> 0);
  view.setInt16(PRODUCER_EPOCH_AT, producerEpoch);
  view.setInt32(BASE_SEQUENCE_AT, baseSequence);
  view.setUint32(CRC_AT, checksum.crc32c(bytes.subarray(CHECKSUMMED_AT)));
}
