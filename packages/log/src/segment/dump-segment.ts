import type { Checksum, Disk } from '@moldau/base';
import type { BatchHeader } from '@moldau/records';
import { scanSegment } from './segment-scan.ts';

/** A batch as it stands in a segment's file. */
export interface DumpedBatch {
  readonly header: BatchHeader;
  readonly positionBytes: number;
  /** The whole batch, valid during the call: its records can be read with `readBatchRecords`. */
  readonly bytes: Uint8Array;
}

/**
 * Shows the batches of a segment's file one after the other, for `moldau debug dump-log`: without a server, without a
 * lock, without an index, and without changing anything. A segment that is being written may end in a batch that is
 * half there.
 *
 * @returns how far the file is sound, its size, and what is wrong behind; no fault means that all of it is sound
 * @throws DiskError
 */
export async function dumpSegment(
  ports: { readonly disk: Disk; readonly checksum: Checksum },
  path: string,
  visit: (batch: DumpedBatch) => void,
): Promise<{ readonly soundBytes: number; readonly sizeBytes: number; readonly fault: string | undefined }> {
  const file = await ports.disk.open(path, { lane: 'bulk', mode: 'existing' });
  try {
    const sizeBytes = await file.size();
    const range = { startBytes: 0, endBytes: sizeBytes };
    const scan = await scanSegment(file, range, ports.checksum, (bytes, header, positionBytes) => {
      visit({ header, positionBytes, bytes });
      return true;
    });
    return { soundBytes: scan.endBytes, sizeBytes, fault: scan.fault };
  } finally {
    await file.close();
  }
}
