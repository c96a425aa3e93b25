import { concatBytes, pureChecksum } from '@moldau/base';
import { assignBatch } from '@moldau/records';
import { expect, test } from 'vitest';
import { type ScanRange, scanSegment } from '../src/segment/segment-scan.ts';
import { batchOf, LogWorld } from './log-world.ts';

/** Scans a file of one batch per epoch given, at offsets 0, 1, 2, ... */
async function scanned(epochs: readonly number[], range: Partial<ScanRange> = {}): Promise<unknown> {
  const world = new LogWorld(1);
  const batches = epochs.map((leaderEpoch, baseOffset) => {
    const batch = batchOf(['value']);
    assignBatch(batch, 0, { baseOffset, leaderEpoch });
    return batch;
  });
  const bytes = concatBytes(batches);
  const visited: number[] = [];
  const scan = (async () => {
    const file = await world.ports().disk.open('/segment', { lane: 'bulk', mode: 'create' });
    await file.write(0, [bytes]);
    const whole = { startBytes: 0, endBytes: bytes.length, ...range };
    return scanSegment(file, whole, pureChecksum, (_, header) => visited.push(header.leaderEpoch) > 0);
  })();
  const { fault } = await world.settle(scan);
  return { visited, fault };
}

test('epochs that rise are as they were written, also where a read ends between two batches', async () => {
  const visited = [0, 0, 3, 3, 7];
  expect(await scanned(visited)).toEqual({ visited, fault: undefined });
  for (let windowBytes = 60; windowBytes < 240; windowBytes += 7) {
    expect(await scanned(visited, { windowBytes })).toEqual({ visited, fault: undefined });
  }
});

test('an epoch that leaps up and comes back is the fault of the batch that leaps, not of the one behind it', async () => {
  expect(await scanned([0, 0, 512, 0])).toEqual({ visited: [0, 0], fault: 'epoch 512 leaps' });
});

test('an epoch that falls within a run is seen where it falls', async () => {
  expect(await scanned([4, 4, 0])).toEqual({ visited: [4, 4], fault: 'epoch 0 goes back' });
});
