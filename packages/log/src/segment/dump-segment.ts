import type { Checksum, Disk, DiskFile } from '@moldau/base';
import { BATCH_HEADER_BYTES, type BatchHeader } from '@moldau/records';
import { FRAME_PAYLOAD_BYTES_MAX } from '../journal/frame.ts';
import { scanSegment } from './segment-scan.ts';

/** A batch as it stands in a segment's file. */
export interface DumpedBatch {
  readonly header: BatchHeader;
  readonly positionBytes: number;
  /** The whole batch, valid during the call: its records can be read with `readBatchRecords`. */
  readonly bytes: Uint8Array;
}

/** Bytes that are no batch as it was written, `[startBytes, endBytes)`. */
export interface SegmentFault {
  readonly startBytes: number;
  readonly endBytes: number;
  readonly reason: string;
}

/** A file of noise has no end of faults. */
const FAULTS_MAX = 100;
const SEARCH_WINDOW_BYTES = 1024 * 1024;
/** Where a batch of version 2 has its length and its magic. */
const LENGTH_AT = 8;
const MAGIC_AT = 16;
const MAGIC = 2;

/**
 * Shows the batches of a segment's file one after the other, for `moldau debug dump-log`: without a server, without a
 * lock, without an index, and without changing anything. Behind a fault it goes on with the next sound batch. A segment
 * that is being written may end in a batch that is half there.
 *
 * @returns the file's size, and what in it is no sound batch: no faults mean that all of it is sound
 * @throws DiskError
 */
export async function dumpSegment(
  ports: { readonly disk: Disk; readonly checksum: Checksum },
  path: string,
  visit: (batch: DumpedBatch) => Promise<void>,
): Promise<{ readonly sizeBytes: number; readonly faults: readonly SegmentFault[] }> {
  const { checksum } = ports;
  const file = await ports.disk.open(path, { lane: 'bulk', mode: 'existing' });
  const faults: SegmentFault[] = [];
  try {
    const sizeBytes = await file.size();
    for (let startBytes = 0; startBytes < sizeBytes; ) {
      const range = { startBytes, endBytes: sizeBytes };
      const scan = await scanSegment(file, range, checksum, async (bytes, header, positionBytes) => {
        await visit({ header, positionBytes, bytes });
        return true;
      });
      if (scan.fault === undefined) break;
      const search = { startBytes: scan.endBytes + 1, endBytes: sizeBytes };
      startBytes = faults.length + 1 < FAULTS_MAX ? await nextBatchAt(file, search, checksum) : sizeBytes;
      faults.push({ startBytes: scan.endBytes, endBytes: startBytes, reason: scan.fault });
    }
    return { sizeBytes, faults };
  } finally {
    await file.close();
  }
}

interface Range {
  readonly startBytes: number;
  readonly endBytes: number;
}

/** Where the first sound batch of the range begins; its end when there is none. */
async function nextBatchAt(file: DiskFile, { startBytes, endBytes }: Range, checksum: Checksum): Promise<number> {
  const window = new Uint8Array(SEARCH_WINDOW_BYTES);
  for (let position = startBytes; position + BATCH_HEADER_BYTES <= endBytes; ) {
    const bytes = window.subarray(0, await file.read(position, window));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const candidates = bytes.length - BATCH_HEADER_BYTES + 1;
    if (candidates <= 0) break;
    for (let at = 0; at < candidates; at++) {
      if (bytes[at + MAGIC_AT] !== MAGIC) continue;
      const sizeBytes = LENGTH_AT + 4 + view.getInt32(at + LENGTH_AT);
      const isPlausible = sizeBytes >= BATCH_HEADER_BYTES && sizeBytes <= FRAME_PAYLOAD_BYTES_MAX;
      if (!isPlausible || position + at + sizeBytes > endBytes) continue;
      if (await isBatch(file, { startBytes: position + at, endBytes: position + at + sizeBytes }, checksum)) {
        return position + at;
      }
    }
    position += candidates;
  }
  return endBytes;
}

async function isBatch(file: DiskFile, range: Range, checksum: Checksum): Promise<boolean> {
  const windowBytes = range.endBytes - range.startBytes;
  const { fault } = await scanSegment(file, { ...range, windowBytes }, checksum, () => true);
  return fault === undefined;
}
