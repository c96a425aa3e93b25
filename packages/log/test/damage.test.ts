import { batchEndOffset, splitBatches } from '@moldau/records';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DirectoryRefusedError,
  type DumpedBatch,
  dumpSegment,
  type LogDirectory,
  NO_PRODUCERS,
  type PartitionLog,
} from '../src/index.ts';
import { appended, batchOf, LogWorld, PATH, readAll, SMALL_LOG, TOPIC } from './log-world.ts';

const CONFIG = { ...SMALL_LOG, segmentBytesMax: 500 };

function logOf(directory: LogDirectory, partition = 0): PartitionLog {
  const log = directory.get(TOPIC, partition);
  if (log === undefined) throw new Error(`partition ${partition} is gone`);
  return log;
}

/** Two logs, the first with `count` batches of 100 bytes and more, all flushed. */
async function filled(world: LogWorld, count: number, checkpoints: boolean): Promise<LogDirectory> {
  if (!checkpoints) world.config = { ...world.config, checkpointBytes: 1_000_000 };
  const directory = await world.open();
  for (const partition of [0, 1]) {
    const log = await world.settle(directory.create({ topicId: TOPIC, partition, incarnation: 1, config: CONFIG }));
    log.beginEpoch(1);
    appended(log, batchOf(['first']));
  }
  for (let round = 1; round < count; round++) {
    appended(logOf(directory), batchOf([`value-${round}`, 'x'.repeat(40)]));
    await world.pass(5);
  }
  return directory;
}

function pathOf(world: LogWorld, part: string, ending: string): string {
  const path = world.disk
    .files()
    .map((file) => file.path)
    .find((each) => each.includes(part) && each.endsWith(ending));
  if (path === undefined) throw new Error(`no ${ending} in ${part}`);
  return path;
}

describe('the journal', () => {
  test('with a changed byte below a durable end: every log is damaged, intact prefixes serve, nothing is deleted', async () => {
    const world = new LogWorld(1);
    await filled(world, 20, false);
    world.kill();
    const path = pathOf(world, '/journal/', '.frames');
    const size = world.disk.contents(path)?.length ?? 0;
    world.disk.flipBit(path, Math.floor(size / 2));
    const directory = await world.open();
    expect([directory.verdict, directory.damaged.length]).toEqual(['damaged', 2]);
    const log = logOf(directory);
    expect(log.endOffset).toBeGreaterThan(3);
    const records = await readAll(world, log);
    expect(records.map((record) => record.offset)).toEqual(records.map((_, index) => index));
    log.beginEpoch(2);
    expect(log.appendAsLeader(batchOf(['no']), 2, 1_000)).toMatchObject({ code: 'KAFKA_STORAGE_ERROR' });
    expect(world.disk.files().some((file) => file.path.includes('/journal.damaged-') && file.size === size)).toBe(true);

    // It stays damaged until it is repaired, whatever happens in between.
    await world.settle(directory.close({ clean: true }));
    world.crash();
    const again = await world.open();
    expect([again.verdict, again.damaged.length]).toEqual(['clean', 2]);
    await world.settle(logOf(again).resetTo(100, [], NO_PRODUCERS));
    await world.settle(logOf(again, 1).resetTo(0, [], NO_PRODUCERS));
    world.crash();
    expect((await world.open()).damaged).toEqual([]);
  });

  test('whose corruption is cut by a planted bug loses what was acknowledged', async () => {
    const world = new LogWorld(1);
    const flushedEnd = logOf(await filled(world, 20, false)).flushedEnd;
    world.kill();
    const path = pathOf(world, '/journal/', '.frames');
    world.disk.flipBit(path, Math.floor((world.disk.contents(path)?.length ?? 0) / 2));
    world.plantedBugs = new Set(['corruption-cut-as-torn-tail']);
    const directory = await world.open();
    expect(directory.damaged).toEqual([]);
    expect(logOf(directory).endOffset).toBeLessThan(flushedEnd);
  });

  test.each([
    [5, 0],
    [60, 2],
  ])('that is gone altogether is not taken for a new one, after %i batches', async (count, knownLogs) => {
    const world = new LogWorld(2);
    const directory = await filled(world, count, true);
    await world.settle(directory.close({ clean: false }));
    world.kill();
    const { disk } = world.ports();
    await world.settle(disk.removeDirectory(`${PATH}/journal`));
    world.kill();
    const again = await world.open();
    // Logs that no checkpoint had named yet are unknown; the directory's verdict stands for them.
    expect([again.verdict, again.damaged.length]).toEqual(['damaged', knownLogs]);
  });
});

describe('a segment', () => {
  test('that is cut behind a changed byte is reported: what stood between would be lost in silence', async () => {
    const world = new LogWorld(3);
    const directory = await filled(world, 60, true);
    const log = logOf(directory);
    const segment = log.segmentFacts()[0];
    const end = log.segmentFacts()[1]?.baseOffset ?? 0;
    expect([segment?.baseOffset, end > 3]).toEqual([0, true]);
    const path = pathOf(world, `/${TOPIC}-0-1/`, '00000.log');
    world.disk.flipBit(path, 100);
    await world.settle(log.truncateTo(end - 1));
    expect(log.damagedAt).toBe(1);
    expect(world.damaged).toEqual([log]);
  });

  test('that is damaged does not take with it what the journal has behind it', async () => {
    const world = new LogWorld(3);
    const directory = await filled(world, 60, true);
    const { endOffset, unwrittenBytes } = logOf(directory);
    expect(unwrittenBytes).toBeGreaterThan(0);
    await world.settle(directory.close({ clean: false }));
    world.kill();
    const { disk } = world.ports();
    await world.settle(disk.removeFile(pathOf(world, `/${TOPIC}-0-1/`, '00000.log')));
    world.kill();
    for (let start = 0; start < 2; start++) {
      const again = await world.open();
      expect([again.verdict, logOf(again).endOffset]).toEqual([start === 0 ? 'damaged' : 'crashed-intact', 0]);
      const aside = world.disk.files().filter(({ path }) => path.endsWith('.log.damaged'));
      const last = splitBatches(world.disk.contents(aside.at(-1)?.path ?? '') ?? new Uint8Array()).at(-1);
      expect(last && batchEndOffset(last.header)).toBe(endOffset);
      world.kill();
    }
  });

  test.each(['cut short', 'changed'])(
    'whose end is %s is reported after a crash, and its intact part serves',
    async (how) => {
      const world = new LogWorld(3);
      const directory = await filled(world, 30, true);
      await world.settle(directory.close({ clean: true }));
      world.kill();
      const { disk } = world.ports();
      const segments = world.disk
        .files()
        .filter((file) => file.path.includes(`${TOPIC}-0-`) && file.path.endsWith('.log'));
      const last = segments.at(-1);
      if (last === undefined) throw new Error('there is a segment');
      if (how === 'changed') world.disk.flipBit(last.path, last.size - 2);
      else {
        const file = await world.settle(disk.open(last.path, { lane: 'bulk', mode: 'existing' }));
        await world.settle(file.truncate(last.size - 5));
      }
      await world.settle(disk.removeFile(`${PATH}/clean`));
      world.kill();
      const again = await world.open();
      expect(again.verdict).toBe('damaged');
      expect(again.damaged).toEqual([{ topicId: TOPIC, partition: 0, incarnation: 1 }]);
      const log = logOf(again);
      expect([log.endOffset, log.damagedAt]).toEqual([57, 57]);
      expect(await readAll(world, log)).toHaveLength(57);
      // A follower begins anew, and fetches what is missing.
      const missing = batchOf(['value-29', 'x']);
      new DataView(missing.buffer).setBigInt64(0, 57n);
      new DataView(missing.buffer).setInt32(12, 1);
      await world.settle(log.resetTo(57, [], NO_PRODUCERS));
      log.appendAsFollower(missing);
      await world.pass(50);
      world.crash();
      const repaired = await world.open();
      expect([repaired.verdict, repaired.damaged, logOf(repaired).endOffset]).toEqual(['crashed-intact', [], 59]);
      expect(await readAll(world, logOf(repaired))).toHaveLength(2);
    },
  );

  test('whose first batch is changed leaves the segments before it as they are', async () => {
    const world = new LogWorld(4);
    const directory = await filled(world, 30, true);
    const bound = logOf(directory).segmentFacts()[1]?.baseOffset ?? 0;
    await world.settle(directory.close({ clean: false }));
    world.kill();
    const segments = world.disk
      .files()
      .filter((file) => file.path.includes(`${TOPIC}-0-`) && file.path.endsWith('.log'));
    world.disk.flipBit(segments[1]?.path ?? '', 70);
    // Twice: what the first start made of it is what the second one finds.
    for (const verdict of ['damaged', 'crashed-intact']) {
      const again = await world.open();
      expect(again.verdict).toBe(verdict);
      const log = logOf(again);
      expect([log.endOffset, log.damagedAt, log.epochs.latest]).toEqual([bound, bound, 1]);
      expect(await readAll(world, log)).toHaveLength(bound);
      await world.settle(again.close({ clean: false }));
      world.kill();
    }
  });

  // What the checksum of a batch does not cover: by byte and bit of its header. Epochs 2, 3 and 8 have three batches each.
  test.each([
    ['the epoch of the last batch, up', 8, 12, 6],
    ['the epoch of the last batch, down', 8, 15, 3],
    ['the epoch of the first batch, down', 0, 15, 1],
    ['the epoch of a batch, to one between its neighbours', 6, 15, 2],
    ['the first epoch of a leader, to one between its neighbours', 3, 15, 0],
    ['the base offset of the last batch, up', 8, 7, 6],
    ['the base offset of the last batch, down', 8, 7, 0],
    ['the base offset of the first batch', 0, 7, 5],
    ['the base offset of a batch', 4, 6, 2],
  ])('with a flipped bit in %s ends there after a crash, and is damaged', async (_, batch, byte, bit) => {
    const world = new LogWorld(8);
    const directory = await world.open();
    const config = { ...CONFIG, segmentBytesMax: 1_000_000 };
    const log = await world.settle(directory.create({ topicId: TOPIC, partition: 0, incarnation: 1, config }));
    for (let round = 0; round < 9; round++) {
      if (round % 3 === 0) log.beginEpoch([2, 3, 8][round / 3] ?? 0);
      appended(log, batchOf([`first-${round}`, `second-${round}`]));
    }
    const sound = [...log.epochs.entries];
    await world.settle(directory.close({ clean: true }));
    world.kill();
    const path = pathOf(world, `${TOPIC}-0-`, '.log');
    const size = splitBatches(world.disk.contents(path) ?? new Uint8Array())[0]?.header.sizeBytes ?? 0;
    // No state file: every batch is read again for its producer.
    const { disk } = world.ports();
    for (const ending of ['.state', '/clean']) await world.settle(disk.removeFile(pathOf(world, PATH, ending)));
    world.kill();
    world.disk.flipBit(path, batch * size + byte, bit);
    const again = await world.open();
    const { endOffset, damagedAt, epochs } = logOf(again);
    expect([again.verdict, endOffset, damagedAt]).toEqual(['damaged', batch * 2, batch * 2]);
    expect(epochs.entries).toEqual(sound.filter(({ startOffset }) => startOffset < batch * 2));
    expect(await readAll(world, logOf(again))).toHaveLength(batch * 2);
  });

  test('that is missing is reported, and what follows it is kept aside', async () => {
    const world = new LogWorld(4);
    const directory = await filled(world, 30, true);
    await world.settle(directory.close({ clean: true }));
    world.kill();
    const segments = world.disk
      .files()
      .filter((file) => file.path.includes(`${TOPIC}-0-`) && file.path.endsWith('.log'));
    const { disk } = world.ports();
    await world.settle(disk.removeFile(segments[1]?.path ?? ''));
    world.kill();
    const again = await world.open();
    expect([again.verdict, again.damaged.length]).toEqual(['damaged', 1]);
    expect(world.disk.files().filter((file) => file.path.endsWith('.log.damaged'))).toHaveLength(segments.length - 2);
    expect(await readAll(world, logOf(again))).toHaveLength(logOf(again).endOffset);
  });

  test('with a changed byte is not served: its reader gets an error, the broker is told, other ranges serve', async () => {
    const world = new LogWorld(5);
    const directory = await filled(world, 40, true);
    const log = logOf(directory);
    const path = pathOf(world, `${TOPIC}-0-`, '00000.log');
    world.disk.flipBit(path, 100 + 90);
    const limits = { maxBytes: 100, end: log.endOffset, minOneBatch: true };
    const first = await world.settle(Promise.resolve(log.read(0, limits)));
    expect(first.nextOffset).toBe(1);
    const second = world.settle(Promise.resolve(log.read(1, limits)));
    await expect(second).rejects.toMatchObject({ code: 'KAFKA_STORAGE_ERROR' });
    expect(world.damaged).toEqual([log]);
    expect((await world.settle(Promise.resolve(log.read(21, limits)))).nextOffset).toBeGreaterThan(21);
    expect(log.appendAsLeader(batchOf(['no']), 1, 1_000)).toMatchObject({ kind: 'refused' });
    await world.pass(200);
    world.crash();
    const again = await world.open();
    expect([again.verdict, again.damaged]).toEqual(['crashed-intact', [log.name]]);
  });

  // By byte and bit of the third of its batches: records, epoch and base offset, which the checksum covers or does not.
  test.each([
    ['a changed byte', 90, 0],
    ['an epoch that is wrong', 15, 1],
    ['a base offset that is wrong', 7, 5],
  ])(
    'with %s is not searched past by time: what is behind may not be the first that is so young',
    async (_, byte, bit) => {
      const world = new LogWorld(9);
      const directory = await world.open();
      const log = await world.settle(
        directory.create({ topicId: TOPIC, partition: 0, incarnation: 1, config: CONFIG }),
      );
      log.beginEpoch(1);
      for (let round = 0; round < 40; round++) {
        appended(log, batchOf([`value-${round}`, 'x'.repeat(40)], { timestampMs: 1_000 + round }));
        await world.pass(5);
      }
      const path = pathOf(world, `${TOPIC}-0-`, '00000.log');
      const size = splitBatches(world.disk.contents(path) ?? new Uint8Array())[0]?.header.sizeBytes ?? 0;
      const second = log.segmentFacts()[1]?.baseOffset ?? 0;
      expect(second).toBeGreaterThan(4);
      world.disk.flipBit(path, 2 * size + byte, bit);
      const askedFor = (timestampMs: number, from = 0) => world.settle(log.offsetForTimestamp(timestampMs, from));
      expect(await askedFor(1_001)).toMatchObject({ record: { offset: 2 } });
      // The checkpoint knows that all of the first segment is older.
      expect(await askedFor(1_000 + second / 2)).toMatchObject({ record: { offset: second } });
      expect(world.damaged).toEqual([]);
      await expect(askedFor(1_002)).rejects.toMatchObject({ code: 'KAFKA_STORAGE_ERROR' });
      expect([log.damagedAt, world.damaged]).toEqual([4, [log]]);
      // Older records are asked for behind the damaged place only: it is none of theirs.
      expect(await askedFor(1_000, second)).toMatchObject({ record: { offset: second } });
      expect(world.offline).toEqual([]);
    },
  );

  test('whose last batch has another base offset is not cut there in silence', async () => {
    const world = new LogWorld(10);
    const directory = await world.open();
    const config = { ...CONFIG, segmentBytesMax: 1_000_000 };
    const log = await world.settle(directory.create({ topicId: TOPIC, partition: 0, incarnation: 1, config }));
    log.beginEpoch(1);
    for (let round = 0; round < 30; round++) appended(log, batchOf(['first', 'second']));
    await world.settle(directory.close({ clean: true }));
    world.kill();
    const path = pathOf(world, `${TOPIC}-0-`, '.log');
    const bytes = world.disk.contents(path) ?? new Uint8Array();
    const again = logOf(await world.open());
    world.disk.flipBit(path, (splitBatches(bytes).at(-1)?.position ?? 0) + 5, 0);
    // In the middle of the last batch: without it, the log ends before it.
    await world.settle(again.truncateTo(59));
    expect([again.damagedAt, world.damaged]).toEqual([58, [again]]);
  });

  test('index that is missing or damaged is built again', async () => {
    const world = new LogWorld(6);
    world.config = { ...world.config, checkpointBytes: 200_000 };
    const directory = await world.open();
    const config = { ...CONFIG, segmentBytesMax: 10_000_000 };
    const log = await world.settle(directory.create({ topicId: TOPIC, partition: 0, incarnation: 1, config }));
    log.beginEpoch(0);
    for (let round = 0; round < 60; round++) {
      appended(log, batchOf(['x'.repeat(10_000)], { timestampMs: 1_000 + round }));
      await world.pass(10);
    }
    await world.settle(directory.close({ clean: true }));
    world.kill();
    const index = pathOf(world, `${TOPIC}-0-`, '.index');
    expect(world.disk.contents(index)?.length).toBeGreaterThan(24 * 5);
    world.disk.flipBit(index, 24 * 2 + 3);
    const again = logOf(await world.open());
    expect(await readAll(world, again, 30_000)).toHaveLength(60);
    expect(await world.settle(again.offsetForTimestamp(1_042))).toEqual({
      kind: 'record',
      record: { offset: 42, timestampMs: 1_042, leaderEpoch: 0 },
    });
  });

  test('is dumped without a server, up to what is wrong with it', async () => {
    const world = new LogWorld(7);
    const directory = await filled(world, 10, true);
    await world.settle(directory.close({ clean: true }));
    world.kill();
    const path = pathOf(world, `${TOPIC}-0-`, '00000.log');
    const dump = async (): Promise<unknown> => {
      const offsets: number[] = [];
      const { disk, checksum } = world.ports();
      const visit = ({ header }: DumpedBatch): Promise<void> => {
        offsets.push(header.baseOffset);
        return Promise.resolve();
      };
      const { sizeBytes, faults } = await world.settle(dumpSegment({ disk, checksum }, path, visit));
      world.kill();
      return [offsets, faults.map(({ endBytes, reason }) => [sizeBytes - endBytes, reason])];
    };
    expect(await dump()).toEqual([[0, 1, 3, 5], []]);
    const size = world.disk.contents(path)?.length ?? 0;
    world.disk.flipBit(path, size - 3);
    expect(await dump()).toEqual([[0, 1, 3], [[0, 'the checksum of a batch is wrong']]]);
    // The batch at offset 1 begins where the first one ends; its fault ends where the next sound batch begins.
    world.disk.flipBit(path, 160);
    expect(await dump()).toEqual([
      [0, 3],
      [
        [expect.any(Number), 'the checksum of a batch is wrong'],
        [0, 'the checksum of a batch is wrong'],
      ],
    ]);
  });
});

test('one flipped bit anywhere after a clean stop: every record reads as it was written, or its loss is reported', async () => {
  const property = fc.asyncProperty(fc.nat({ max: 50 }), fc.nat(), fc.nat(), async (seed, victim, bit) => {
    const world = new LogWorld(seed);
    const directory = await filled(world, 40, true);
    await world.settle(directory.close({ clean: true }));
    world.crash();
    const files = world.disk.files().filter((file) => file.size > 0);
    const file = files[victim % files.length];
    if (file === undefined) throw new Error('there are files');
    world.disk.flipBit(file.path, Math.floor(bit / 8) % file.size, bit % 8);
    let again: LogDirectory;
    try {
      again = await world.open();
    } catch (error) {
      expect(error).toBeInstanceOf(DirectoryRefusedError);
      return;
    }
    for (const partition of [0, 1]) {
      const log = logOf(again, partition);
      const whole = partition === 0 ? 79 : 1;
      if (log.endOffset < whole) expect(log.damagedAt).toBeDefined();
      try {
        const records = await readAll(world, log);
        expect(records.map((record) => record.offset)).toEqual(records.map((_, index) => index));
        expect(records).toHaveLength(log.endOffset);
        for (const { offset, value } of records) {
          if (offset % 2 === 1) expect(value).toBe(`value-${(offset + 1) / 2}`);
        }
      } catch (error) {
        expect(error).toMatchObject({ code: 'KAFKA_STORAGE_ERROR' });
        expect(log.damagedAt).toBeDefined();
      }
    }
  });
  await fc.assert(property, { numRuns: 300 });
}, 60_000);

test('one failed operation anywhere: the directory is offline at once or unharmed, and nothing flushed is lost', async () => {
  const operations = fc.constantFrom('write' as const, 'sync' as const, 'syncDirectory' as const, 'rename' as const);
  let offline = 0;
  const property = fc.asyncProperty(
    fc.nat({ max: 1_000 }),
    operations,
    fc.nat({ max: 300 }),
    async (seed, operation, after) => {
      const world = new LogWorld(seed);
      const directory = await world.open();
      const log = await world.settle(
        directory.create({ topicId: TOPIC, partition: 0, incarnation: 1, config: CONFIG }),
      );
      log.beginEpoch(1);
      await world.pass(after / 3);
      world.disk.inject({ operation, code: 'EIO' });
      for (let round = 0; round < 30; round++) {
        if (log.appendAsLeader(batchOf([`value-${round}`, 'x'.repeat(60)]), 1, 1_000).kind === 'refused') break;
        await world.pass(5);
      }
      const flushedEnd = log.flushedEnd;
      expect(world.offline.length).toBe(directory.isOffline ? 1 : 0);
      if (directory.isOffline) offline++;
      world.crash();
      const again = await world.open();
      expect(logOf(again).endOffset).toBeGreaterThanOrEqual(flushedEnd);
      if (again.verdict === 'damaged') expect(again.damaged).toHaveLength(1);
      const records = await readAll(world, logOf(again));
      expect(records.map((record) => record.value).filter((value) => value.startsWith('value'))).toEqual(
        Array.from({ length: logOf(again).endOffset / 2 }, (_, index) => `value-${index}`),
      );
    },
  );
  await fc.assert(property, { numRuns: 200 });
  expect(offline).toBeGreaterThan(20);
}, 60_000);
