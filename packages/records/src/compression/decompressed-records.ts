import { BATCH_HEADER_BYTES, type BatchHeader, compressionCodec } from '../batch-header.ts';
import { type CompressionPorts, codecOf, decompress } from './compression.ts';

/** The records of a batch without its header, for `readRecords`. @throws MalformedBytesError */
export async function decompressedRecords(
  ports: CompressionPorts,
  batch: Uint8Array,
  header: BatchHeader,
): Promise<Uint8Array> {
  const records = batch.subarray(BATCH_HEADER_BYTES, header.sizeBytes);
  const codec = codecOf(compressionCodec(header));
  return codec === undefined ? records : await decompress(ports, codec, records);
}
