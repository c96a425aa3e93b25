import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { type Figure, KIB, megabytesPerSecond } from './figures.ts';

const WRITE_BYTES = [KIB, 64 * KIB, 256 * KIB];

/** Appends to one file with an fdatasync after each write: the most that one flushed log can do on this disk. */
export async function measureDisk(directory: string, durationMs: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const bytes of WRITE_BYTES) {
    const file = path.join(directory, 'raw-disk');
    const handle = await open(file, 'w');
    const block = new Uint8Array(bytes).fill(0x6d);
    const startedAt = performance.now();
    let written = 0;
    while (performance.now() - startedAt < durationMs) {
      await handle.write(block, 0, bytes, written);
      await handle.datasync();
      written += bytes;
    }
    const elapsedMs = performance.now() - startedAt;
    await handle.close();
    await rm(file);
    figures.push({
      name: `file write + fdatasync, ${bytes / KIB} KiB`,
      value: megabytesPerSecond(written, elapsedMs),
      unit: 'MB/s',
    });
  }
  return figures;
}
