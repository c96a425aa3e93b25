export { BatchBuilder, type BatchOptions, type BatchProducer, TIMESTAMP_END_MS } from './batch-builder.ts';
export {
  assignBatch,
  BATCH_HEADER_BYTES,
  BATCH_PREFIX_BYTES,
  type BatchHeader,
  batchEndOffset,
  compressionCodec,
  isAppendTime,
  isChecksumRight,
  isControl,
  isTransactional,
  parseBatchHeader,
  recordCountMax,
} from './batch-header.ts';
export { assignProducer } from './batch-producer.ts';
export { type BatchRecord, readBatchRecords, readRecords } from './batch-records.ts';
export { type BatchAt, splitBatches, validateBatches, wholeBatchesBytes } from './batches.ts';
export {
  type Codec,
  type CompressionPorts,
  codecOf,
  compress,
  decompress,
  inSteps,
} from './compression/compression.ts';
export { decompressedRecords } from './compression/decompressed-records.ts';
export { withRecords } from './compression/recompressed-batch.ts';
export { decodeMarker, type EndTransactionMarker, encodeMarker } from './control-record.ts';
export { RECORD_HEADERS_MAX, type RecordData, type RecordHeader } from './record.ts';
export { type WalkedRecord, walkRecords } from './record-walk.ts';
export { sequenceAfter, sequenceDistance } from './sequence.ts';
