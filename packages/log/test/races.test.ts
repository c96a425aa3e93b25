import { describe, expect, test } from 'vitest';
import { Redo } from '../src/directory/redo.ts';
import type { LogDirectory, PartitionLog } from '../src/index.ts';
import { appended, batchOf, LogWorld, SMALL_LOG, TOPIC } from './log-world.ts';

/* What happens to a log while somebody waits for its disk. */

async function filled(world: LogWorld, count = 100): Promise<{ directory: LogDirectory; log: PartitionLog }> {
  const directory = await world.open();
  const log = await world.settle(
    directory.create({ topicId: TOPIC, partition: 0, incarnation: 1, config: { ...SMALL_LOG, retentionBytes: 1_500 } }),
  );
  log.beginEpoch(1);
  for (let round = 0; round < count; round++) {
    appended(log, batchOf(['x'.repeat(100)], { timestampMs: 1_000 + round }));
    await world.pass(5);
  }
  await world.pass(500);
  return { directory, log };
}

async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    return String(error);
  }
}

describe('a truncation that waits for the disk', () => {
  test('is given up when the log is deleted meanwhile, and the next start is sound', async () => {
    const world = new LogWorld('deleted');
    const { directory, log } = await filled(world);
    const truncation = outcome(log.truncateTo(5));
    await world.settle(directory.delete(TOPIC, 0));
    expect(await world.settle(truncation)).toMatch(/this replica is gone/);
    world.kill();
    const again = await world.open();
    expect([again.verdict, [...again.logs()]]).toEqual(['crashed-intact', []]);
  });

  test.each([true, false])('is given up when the directory is closed meanwhile (clean: %s)', async (clean) => {
    for (let seed = 0; seed < 10; seed++) {
      const world = new LogWorld(`closed ${seed}`);
      const { directory, log } = await filled(world, 30);
      const closing = directory.close({ clean });
      await world.pass(seed / 10);
      const truncation = outcome(log.truncateTo(2));
      await world.settle(closing);
      expect(await world.settle(truncation)).toMatch(/done|being closed|this replica is gone|was closed/);
      expect(world.offline).toEqual([]);
    }
  });
});

test.each(['create', 'moveToStray'] as const)('%s gives up when the directory is closed meanwhile', async (what) => {
  for (let seed = 0; seed < 10; seed++) {
    const world = new LogWorld(`${what} ${seed}`);
    const { directory, log } = await filled(world, 5);
    const replica = { topicId: TOPIC, partition: 1, incarnation: 1, config: SMALL_LOG };
    const work = outcome(what === 'create' ? directory.create(replica) : directory.moveToStray([log.name]));
    await world.pass(seed / 20);
    await world.settle(directory.close({ clean: true }));
    expect(await world.settle(work)).toMatch(/done|was closed/);
    expect(world.offline).toEqual([]);
  }
});

test('a replica that is put aside twice at once goes once, and one that is deleted meanwhile not at all', async () => {
  const world = new LogWorld('twice');
  const { directory, log } = await filled(world, 5);
  const other = await world.settle(
    directory.create({ topicId: TOPIC, partition: 1, incarnation: 1, config: SMALL_LOG }),
  );
  const both = [directory.moveToStray([log.name, other.name]), directory.moveToStray([log.name])];
  await world.settle(Promise.all([...both, directory.delete(TOPIC, 1)]));
  await world.pass(50);
  expect([...directory.logs()]).toEqual([]);
  const strays = new Set(world.disk.files().flatMap(({ path }) => /stray[/]([^/.]+)/.exec(path)?.[1] ?? []));
  expect([...strays]).toEqual([`${TOPIC}-0-1`]);
});

test('a frame behind the deletion of its log is skipped, one of a log that never was is not', () => {
  const redo = new Redo({ sequence: 0, nextLogNumber: 3, logs: [] });
  redo.apply({ kind: 'create', log: 3, name: { topicId: TOPIC, partition: 0, incarnation: 1 } });
  redo.apply({ kind: 'delete', log: 3 });
  for (const log of [3, 2]) redo.apply({ kind: 'truncate', log, durableEnd: 0, endOffset: 0 });
  expect([redo.logs.size, redo.deleted.length]).toEqual([0, 1]);
  expect(() => redo.apply({ kind: 'truncate', log: 4, durableEnd: 0, endOffset: 0 })).toThrow(/were created/);
});

test('a search by time does not mind that retention removes the segments it was about to look into', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const world = new LogWorld(`time ${seed}`);
    const { directory, log } = await filled(world);
    log.setHighWatermark(log.flushedEnd);
    directory.applyRetention();
    const asked: Promise<string>[] = [];
    for (let round = 0; round < 200; round++) {
      if (round === 20) for (let more = 0; more < 30; more++) appended(log, batchOf(['x'.repeat(100)]));
      asked.push(outcome(log.offsetForTimestamp(1_000 + (round % 80))));
      await world.pass(0.2);
    }
    await world.pass(500);
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['done']));
    expect(world.offline).toEqual([]);
  }
});

test('a search by time finds what leaves the memory for a segment while it searches', async () => {
  for (let seed = 0; seed < 40; seed++) {
    const world = new LogWorld(`moved ${seed}`);
    world.config = { ...world.config, tailBytesMax: 2_500, checkpointBytes: 1_000 };
    const { log } = await filled(world, 30);
    const first = log.endOffset;
    const asked: Promise<number>[] = [];
    for (let round = 0; round < 60; round++) {
      // All the same time: the first of them is the answer from its append on.
      appended(log, batchOf(['x'.repeat(100)], { timestampMs: 5_000 }));
      asked.push(log.offsetForTimestamp(4_000).then((found) => (found?.kind === 'record' ? found.record.offset : -1)));
      await world.pass(0.3);
    }
    await world.pass(500);
    expect(log.memoryStart).toBeGreaterThan(first);
    expect(new Set(await Promise.all(asked))).toEqual(new Set([first]));
  }
});

test('a checkpoint that cuts the file under a reader, or under another truncation, is not taken for damage', async () => {
  for (let seed = 0; seed < 60; seed++) {
    const world = new LogWorld(`cut ${seed}`);
    world.config = { ...world.config, checkpointBytes: 1_000_000 };
    const directory = await world.open();
    const config = { ...SMALL_LOG, segmentBytesMax: 1_000_000 };
    const log = await world.settle(directory.create({ topicId: TOPIC, partition: 0, incarnation: 1, config }));
    log.beginEpoch(1);
    for (let round = 0; round < 20; round++)
      appended(log, batchOf(['first', 'second'], { timestampMs: 1_000 + round }));
    await world.settle(directory.close({ clean: true }));
    world.kill();
    const directoryAgain = await world.open();
    const again = directoryAgain.get(TOPIC, 0);
    if (again === undefined) throw new Error('the log is there');
    const end = 8 + 2 * (seed % 10);
    await world.settle(again.truncateTo(end));
    await world.pass(seed / 60);
    // What is asked for stands right before the cut.
    const checkpoint = directoryAgain.moveToStray([]);
    const asked: Promise<string>[] = [];
    for (let round = 0; round < 20; round++) {
      asked.push(outcome(Promise.resolve(again.read(end - 2, { maxBytes: 1_000, end, minOneBatch: true }))));
      asked.push(outcome(again.offsetForTimestamp(1_000 + end / 2 - 1)));
      await world.pass(0.05);
    }
    asked.push(outcome(again.truncateTo(end - 1)));
    await world.settle(checkpoint);
    expect(new Set(await world.settle(Promise.all(asked)))).toEqual(new Set(['done']));
    expect([again.endOffset, again.damagedAt, world.damaged]).toEqual([end - 2, undefined, []]);
  }
});

test('a read of a log that is deleted while its segment is being opened says so', async () => {
  const world = new LogWorld('read');
  const { directory, log } = await filled(world);
  world.disk.slowness = 1_000;
  const asked = outcome(Promise.resolve(log.read(0, { maxBytes: 400, end: 90, minOneBatch: true })));
  world.disk.slowness = 1;
  await world.settle(directory.delete(TOPIC, 0));
  expect(await world.settle(asked)).toMatch(/this replica is gone/);
  expect(world.offline).toEqual([]);
});
