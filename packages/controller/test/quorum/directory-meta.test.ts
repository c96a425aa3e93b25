import { Scheduler, SimDisk, SimProcess, SimRandom } from '@moldau/sim';
import { expect, test } from 'vitest';
import { readDirectoryMeta, writeDirectoryMeta } from '../../src/quorum/directory-meta.ts';
import { QuorumDirectoryError } from '../../src/quorum/quorum-directory-error.ts';

const META = { nodeId: 11, directoryId: 'YVRY6WcwoAslOG-Sgv5psg', clusterId: 'l41Oo3cdmX6PE4GQYIQHRg' };
const DIRECTORY = '/quorum';
const PATH = `${DIRECTORY}/meta.json`;

test('whose directory it is, with any bit turned over, is what it was or is refused', async () => {
  const random = new SimRandom(1);
  const scheduler = new Scheduler(random.fork('scheduler'));
  const sim = new SimDisk(random.fork('disk'));
  const disk = sim.mount(new SimProcess(scheduler, { name: 'node' }).start());
  const read = (): Promise<unknown> =>
    scheduler.settle(readDirectoryMeta(disk, DIRECTORY)).catch((error: unknown) => error);
  await scheduler.settle(disk.makeDirectory(DIRECTORY));
  await scheduler.settle(writeDirectoryMeta(disk, DIRECTORY, META));
  expect(await read()).toEqual(META);

  const size = sim.contents(PATH)?.length ?? 0;
  let refused = 0;
  for (let position = 0; position < size; position++) {
    for (let bit = 0; bit < 8; bit++) {
      sim.flipBit(PATH, position, bit);
      const found = await read();
      sim.flipBit(PATH, position, bit);
      if (found instanceof QuorumDirectoryError) refused++;
      else expect(found).toEqual(META);
    }
  }
  expect(refused).toBeGreaterThan(size);
});
