import { stat } from 'node:fs/promises';
import { MalformedBytesError } from '@moldau/base';
import { NodeDisk, NodeTimers, nativeChecksum, nodeCompression, systemClock } from '@moldau/host';
import { dumpSegment, type SegmentFault } from '@moldau/log';
import { type BatchHeader, decompressedRecords, isControl, isTransactional, readRecords } from '@moldau/records';
import { CliError, EXIT } from '../cli-error.ts';
import type { Context, OpenListing } from '../context.ts';
import type { JsonError } from '../output/json.ts';
import type { Listed } from '../output/listing.ts';
import { type JsonBytes, type JsonHeader, jsonBytes, jsonHeaders } from '../output/record-json.ts';
import { timeText } from '../output/time-text.ts';

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
  readonly headers: readonly JsonHeader[];
}

/** Of one kind: who has more than these has seen enough. */
const ERRORS_MAX = 100;

const SEGMENT_HINT = 'a segment is log/<topic id>-<partition>-<incarnation>/<offset>.log in the directory of a broker';
const TORN_HINT = 'the last bytes of a segment in use may be torn; a broker cuts or refetches them when it starts';
const DAMAGE_HINT = 'a broker that reads this reports the replica as damaged and fetches it again from the leader';

/** Reads a segment's file without a server: its batches, or with `records` what is in them, and where it is damaged. */
export async function dumpLog(
  context: Context,
  file: string,
  options: { readonly records?: boolean },
): Promise<number> {
  const sizeBytes = await fileSize(file);
  const dump = options.records === true ? recordDump(context) : batchDump(context);
  const advance = context.progress('batch', { isDrawn: context.io.stdout.isTTY !== true });
  const ports = { disk: new NodeDisk(), checksum: nativeChecksum };
  let batches = 0;
  const { faults } = await dumpSegment(ports, file, async ({ header, positionBytes, bytes }) => {
    await dump.add(header, positionBytes, bytes);
    advance({ count: ++batches, share: positionBytes / sizeBytes });
  });
  const errors = faults.map((fault) => faultError(file, fault, sizeBytes));
  return await dump.end([...dump.errors(), ...errors]);
}

/** @throws CliError for what is no file */
async function fileSize(file: string): Promise<number> {
  const refused = (message: string): CliError =>
    new CliError('FAILED', message, { exitCode: EXIT.someFailed, hint: SEGMENT_HINT });
  try {
    const found = await stat(file);
    if (!found.isFile()) throw refused(`${file} is no file`);
    return found.size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw refused(`there is no file ${file}`);
    throw error;
  }
}

function faultError(file: string, { startBytes, endBytes, reason }: SegmentFault, sizeBytes: number): JsonError {
  const isAll = startBytes === 0 && endBytes === sizeBytes;
  const hint = isAll ? SEGMENT_HINT : endBytes === sizeBytes ? TORN_HINT : DAMAGE_HINT;
  const message = `bytes ${startBytes} to ${endBytes} of ${sizeBytes} are no sound batch: ${reason}`;
  return { name: file, code: 'CORRUPT_MESSAGE', message, hint };
}

interface Dump {
  add(header: BatchHeader, position: number, bytes: Uint8Array): Promise<void>;
  /** What could not be shown. */
  errors(): readonly JsonError[];
  readonly end: OpenListing<never>['end'];
}

function batchDump(context: Context): Dump {
  const listing = context.listing(BATCHES);
  return {
    add: (header, position) => listing.add([batchRow(header, position)]),
    errors: () => [],
    end: (errors) => listing.end(errors),
  };
}

function recordDump(context: Context): Dump {
  const listing = context.listing(RECORDS);
  const errors: JsonError[] = [];
  const ports = { compression: nodeCompression, timers: new NodeTimers(systemClock) };
  return {
    add: async (header, position, bytes) => {
      try {
        await listing.add(recordRows(await decompressedRecords(ports, bytes, header), header));
      } catch (error) {
        // Its checksum is right: it was written like this, by a client with a bug.
        if (!(error instanceof MalformedBytesError)) throw error;
        const message = `the records of the batch at byte ${position} cannot be shown: ${error.message}`;
        if (errors.length < ERRORS_MAX) errors.push({ code: 'CORRUPT_MESSAGE', message });
      }
    },
    errors: () => errors,
    end: (errors) => listing.end(errors),
  };
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
  return readRecords(bytes, header).map(({ offset, timestampMs, key, value, headers }) => ({
    offset,
    timestamp: timestampMs,
    key: jsonBytes(key),
    value: jsonBytes(value),
    headers: jsonHeaders(headers),
  }));
}

const BATCHES: Listed<BatchRow> = {
  kind: 'BatchList',
  columns: [
    { header: 'POSITION', value: (row) => row.position, right: true },
    { header: 'BYTES', value: (row) => row.sizeBytes, right: true },
    { header: 'FIRST', value: (row) => row.baseOffset, right: true },
    { header: 'LAST', value: (row) => row.lastOffset, right: true },
    { header: 'RECORDS', value: (row) => row.records, right: true },
    { header: 'TIME', value: (row) => timeText(row.maxTimestamp) },
    { header: 'EPOCH', value: (row) => row.leaderEpoch, right: true },
    { header: 'PRODUCER', value: (row) => `${row.producerId}:${row.producerEpoch}:${row.baseSequence}` },
    { header: 'KIND', value: (row) => row.kind },
  ],
};

const RECORDS: Listed<RecordRow> = {
  kind: 'DumpedRecordList',
  columns: [
    { header: 'OFFSET', value: (row) => row.offset, right: true },
    { header: 'TIME', value: (row) => timeText(row.timestamp) },
    { header: 'KEY', value: (row) => textOf(row.key) },
    { header: 'HEADERS', value: (row) => row.headers.map(({ name, value }) => `${name}=${textOf(value)}`).join(',') },
    { header: 'VALUE', value: (row) => textOf(row.value) },
  ],
};

function textOf(bytes: JsonBytes): string {
  return typeof bytes === 'string' ? bytes : (bytes?.base64 ?? 'null');
}
