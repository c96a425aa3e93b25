import { isMissing } from '@moldau/base';
import { NodeDisk, nativeChecksum } from '@moldau/host';
import { dumpSegment } from '@moldau/log';
import { type BatchHeader, compressionCodec, isControl, isTransactional, readBatchRecords } from '@moldau/records';
import { CliError, EXIT } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { JsonError } from '../output/json.ts';
import { type JsonBytes, jsonBytes } from '../output/record-json.ts';

interface BatchRow {
  readonly position: number;
  readonly sizeBytes: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly records: number;
  readonly maxTimestamp: number;
  readonly leaderEpoch: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly kind: string;
}

interface RecordRow {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: JsonBytes;
  readonly value: JsonBytes;
}

/** Reads a segment's file without a server: its batches, or with `records` what is in them, up to the first fault. */
export async function dumpLog(
  context: Context,
  file: string,
  options: { readonly records?: boolean },
): Promise<number> {
  const batches: BatchRow[] = [];
  const records: RecordRow[] = [];
  const errors: JsonError[] = [];
  const ports = { disk: new NodeDisk(), checksum: nativeChecksum };
  const { soundBytes, sizeBytes, fault } = await dumpSegment(ports, file, ({ header, positionBytes, bytes }) => {
    if (options.records === true) records.push(...recordRows(bytes, header));
    else batches.push(batchRow(header, positionBytes));
  }).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
    const hint = 'a segment is log/<topic id>-<partition>-<incarnation>/<offset>.log in the directory of a broker';
    throw new CliError('FAILED', `there is no file ${file}`, { exitCode: EXIT.someFailed, hint });
  });
  if (fault !== undefined) {
    const message = `at byte ${soundBytes} of ${sizeBytes}: ${fault}`;
    const hint = 'the last bytes of a segment in use may be torn; a broker cuts or refetches them when it starts';
    errors.push({ name: file, code: 'CORRUPT_MESSAGE', message, hint });
  }
  if (options.records === true) return await showRecords(context, records, errors);
  return await showBatches(context, batches, errors);
}

function batchRow(header: BatchHeader, position: number): BatchRow {
  const { sizeBytes, baseOffset, lastOffsetDelta, recordCount, maxTimestamp } = header;
  const { leaderEpoch, producerId, producerEpoch, baseSequence } = header;
  return {
    position,
    sizeBytes,
    baseOffset,
    lastOffset: baseOffset + lastOffsetDelta,
    records: recordCount,
    maxTimestamp,
    leaderEpoch,
    producerId,
    producerEpoch,
    baseSequence,
    kind: isControl(header) ? 'control' : isTransactional(header) ? 'transactional' : 'plain',
  };
}

function recordRows(bytes: Uint8Array, header: BatchHeader): readonly RecordRow[] {
  if (compressionCodec(header) !== 0) return [];
  // The bytes belong to the scan: what is kept is copied.
  return readBatchRecords(bytes.slice(), header).map(({ offset, timestampMs, key, value }) => ({
    offset,
    timestamp: timestampMs,
    key: jsonBytes(key),
    value: jsonBytes(value),
  }));
}

function showBatches(context: Context, items: readonly BatchRow[], errors: readonly JsonError[]): Promise<number> {
  return context.show({
    kind: 'BatchList',
    items,
    columns: [
      { header: 'POSITION', value: (row) => row.position, right: true },
      { header: 'BYTES', value: (row) => row.sizeBytes, right: true },
      { header: 'FIRST', value: (row) => row.baseOffset, right: true },
      { header: 'LAST', value: (row) => row.lastOffset, right: true },
      { header: 'RECORDS', value: (row) => row.records, right: true },
      { header: 'TIME', value: (row) => new Date(row.maxTimestamp).toISOString() },
      { header: 'EPOCH', value: (row) => row.leaderEpoch, right: true },
      { header: 'PRODUCER', value: (row) => `${row.producerId}:${row.producerEpoch}:${row.baseSequence}` },
      { header: 'KIND', value: (row) => row.kind },
    ],
    errors,
  });
}

function showRecords(context: Context, items: readonly RecordRow[], errors: readonly JsonError[]): Promise<number> {
  const text = (bytes: JsonBytes): string => (typeof bytes === 'string' ? bytes : (bytes?.base64 ?? 'null'));
  return context.show({
    kind: 'DumpedRecordList',
    items,
    columns: [
      { header: 'OFFSET', value: (row) => row.offset, right: true },
      { header: 'TIME', value: (row) => new Date(row.timestamp).toISOString() },
      { header: 'KEY', value: (row) => text(row.key) },
      { header: 'VALUE', value: (row) => text(row.value) },
    ],
    errors,
  });
}
