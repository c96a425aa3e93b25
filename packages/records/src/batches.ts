import { type Checksum, MalformedBytesError, RequestError } from '@moldau/base';
import { BATCH_PREFIX_BYTES, type BatchHeader, isChecksumRight, parseBatchHeader } from './batch-header.ts';

/** One batch within a range of bytes. */
export interface BatchAt {
  readonly header: BatchHeader;
  readonly position: number;
}

/**
 * The batches that fill `bytes` exactly, in order.
 *
 * @throws MalformedBytesError when the last one is cut or anything is not a batch
 */
export function splitBatches(bytes: Uint8Array): BatchAt[] {
  const batches: BatchAt[] = [];
  for (let position = 0; position < bytes.length; ) {
    const header = parseBatchHeader(bytes, position);
    batches.push({ header, position });
    position += header.sizeBytes;
  }
  return batches;
}

/**
 * How many bytes at the start of `bytes` are whole batches, by their lengths alone: for cutting a read of a segment,
 * whose last batch may continue behind it.
 */
export function wholeBatchesBytes(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let position = 0;
  while (position + BATCH_PREFIX_BYTES <= bytes.length) {
    const end = position + BATCH_PREFIX_BYTES + view.getInt32(position + 8);
    if (end <= position + BATCH_PREFIX_BYTES || end > bytes.length) break;
    position = end;
  }
  return position;
}

/**
 * Splits bytes that came from outside and checks the checksum of each batch.
 *
 * @param limits `batchBytesMax`: the topic's `max.message.bytes`
 * @throws RequestError CORRUPT_MESSAGE, MESSAGE_TOO_LARGE, or INVALID_RECORD when there is no batch at all
 */
export function validateBatches(
  bytes: Uint8Array,
  checksum: Checksum,
  limits: { readonly batchBytesMax: number },
): BatchAt[] {
  const batches = splitOrRefuse(bytes);
  if (batches.length === 0) throw new RequestError('INVALID_RECORD', 'there is no record batch in what was sent');
  for (const { header, position } of batches) {
    if (header.sizeBytes > limits.batchBytesMax) {
      const sizes = `a batch has ${header.sizeBytes} bytes, the topic's max.message.bytes is ${limits.batchBytesMax}`;
      throw new RequestError('MESSAGE_TOO_LARGE', `${sizes}: send smaller batches or raise it`);
    }
    if (!isChecksumRight(bytes, header, checksum, position)) {
      throw new RequestError(
        'CORRUPT_MESSAGE',
        'the checksum of a batch is wrong: it was changed on its way, send it again',
      );
    }
  }
  return batches;
}

function splitOrRefuse(bytes: Uint8Array): BatchAt[] {
  try {
    return splitBatches(bytes);
  } catch (error) {
    if (!(error instanceof MalformedBytesError)) throw error;
    throw new RequestError('CORRUPT_MESSAGE', `a record batch cannot be read: ${error.message}`, { cause: error });
  }
}
