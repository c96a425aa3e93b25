import type { DiskFile, DiskLane } from '@moldau/base';
import { describe, expect, test } from 'vitest';
import { TailCache } from '../src/directory/tail-cache.ts';
import { DirectoryRefusedError, type LogDirectory, type PartitionLog } from '../src/index.ts';
import { appended, batchOf, LogWorld, PATH, readAll, SMALL, SMALL_LOG, TOPIC } from './log-world.ts';

const REPLICA = { topicId: TOPIC, partition: 0, incarnation: 1, config: SMALL_LOG };

function values(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `value-${from + index}`);
}

describe('a directory', () => {
  test('that is new is set up, and clean after an orderly stop', async () => {
    const world = new LogWorld(1);
    const first = await world.open();
    expect(first.verdict).toBe('new');
    await world.settle(first.close({ clean: true }));
    world.crash();
    const second = await world.open();
    expect([second.verdict, second.directoryId]).toEqual(['clean', first.directoryId]);
  });

  test('of another cluster or node is refused by name', async () => {
    const world = new LogWorld(1);
    await world.settle((await world.open()).close({ clean: true }));
    world.kill();
    await expect(world.open({ clusterId: 'DDDDDDDDDDDDDDDDDDDDDA' })).rejects.toThrow(/belongs to cluster CCCC/);
    world.kill();
    await expect(world.open({ nodeId: 2 })).rejects.toThrow(DirectoryRefusedError);
  });

  test('in use is refused, and is free again when its process is dead', async () => {
    const world = new LogWorld(1);
    await world.open();
    const other = new (await import('@moldau/sim')).SimProcess(world.scheduler, { name: 'other' });
    await expect(world.settle(world.disk.mount(other.start()).lock(PATH))).rejects.toMatchObject({ code: 'ELOCKED' });
    other.kill();
    world.kill();
    expect((await world.open()).verdict).toBe('crashed-intact');
  });

  test('without its meta file but with logs is refused', async () => {
    const world = new LogWorld(1);
    const directory = await world.open();
    await world.settle(directory.create(REPLICA));
    await world.settle(directory.close({ clean: true }));
    world.kill();
    const ports = world.ports();
    await world.settle(ports.disk.removeFile(`${PATH}/meta`));
    world.kill();
    await expect(world.open()).rejects.toThrow(/holds logs and no meta file/);
  });
});

describe('appends', () => {
  test('are visible at once, flushed once for all logs of a turn, and read back from memory and disk', async () => {
    const world = new LogWorld(2);
    const directory = await world.open();
    const logs: PartitionLog[] = [];
    for (const partition of [0, 1, 2]) logs.push(await world.settle(directory.create({ ...REPLICA, partition })));
    for (const log of logs) {
      log.beginEpoch(3);
      expect(appended(log, batchOf(values(2)))).toBe(2);
      expect([log.endOffset, log.flushedEnd]).toEqual([2, 0]);
    }
    await world.pass(50);
    expect(logs.map((log) => log.flushedEnd)).toEqual([2, 2, 2]);
    expect(world.flushed).toHaveLength(1);
    const [log] = logs;
    if (log === undefined) throw new Error('there is a log');
    for (let round = 1; round < 150; round++) {
      appended(log, batchOf(values(2, round * 2)));
      await world.pass(5);
    }
    // Some 24 appends: those that wait for a checkpoint, and those that are kept behind it.
    expect(log.memoryBytes).toBeLessThan(16_000);
    expect(log.segmentCount).toBeGreaterThan(3);
    const records = await readAll(world, log);
    expect(records.map((record) => record.value)).toEqual(values(300));
    expect(records.map((record) => record.offset)).toEqual(values(300).map((_, index) => index));
    expect(records.every((record) => record.epoch === 3)).toBe(true);
  });

  test('of a replicated topic wait for the lazy flush', async () => {
    const world = new LogWorld(2);
    const directory = await world.open();
    const config = { ...SMALL_LOG, durability: 'replicated' as const };
    const log = await world.settle(directory.create({ ...REPLICA, config }));
    log.beginEpoch(0);
    appended(log, batchOf(['a']));
    await world.pass(50);
    expect(log.flushedEnd).toBe(0);
    await world.pass(100);
    expect(log.flushedEnd).toBe(1);
  });

  test('are refused before the disk is full, and taken again when there is room', async () => {
    const world = new LogWorld(3);
    world.config = { ...SMALL, freeBytesMin: 5_000 };
    world.disk.capacityBytes = 20_000;
    const directory = await world.open();
    const log = await world.settle(directory.create(REPLICA));
    log.beginEpoch(0);
    let refused = false;
    for (let round = 0; round < 100 && !refused; round++) {
      const result = log.appendAsLeader(batchOf(values(5, round)), 0, 1_000);
      refused = result.kind === 'refused';
      if (result.kind === 'refused') expect(result).toMatchObject({ code: 'KAFKA_STORAGE_ERROR' });
      await world.pass(150);
    }
    expect([refused, directory.isOffline]).toEqual([true, false]);
    world.disk.capacityBytes = Infinity;
    expect(log.appendAsLeader(batchOf(['x']), 0, 1_000).kind).toBe('refused');
    await world.pass(200);
    expect(log.appendAsLeader(batchOf(['x']), 0, 1_000).kind).toBe('appended');
  });
});

describe('memory', () => {
  test('counts what an append costs beside its bytes: small ones are refused as soon as they take too much', async () => {
    const world = new LogWorld(3);
    world.config = { ...SMALL, checkpointBytes: 1_000_000, unwrittenBytesMax: 20_000 };
    const directory = await world.open();
    const log = await world.settle(directory.create(REPLICA));
    log.beginEpoch(0);
    world.disk.slowness = 100_000;
    let count = 0;
    while (log.appendAsLeader(batchOf(['x']), 0, 1_000).kind === 'appended') count++;
    expect(count).toBeGreaterThan(20);
    expect(count).toBeLessThan(40);
    // Not the bytes of the appends were due for a checkpoint, but their memory.
    world.disk.slowness = 1;
    await world.pass(2_000_000);
    world.kill();
    const again = await world.open();
    const reopened = again.get(TOPIC, 0);
    reopened?.beginEpoch(1);
    for (let round = 0; round < 50 && reopened !== undefined; round++) {
      appended(reopened, batchOf(['x']));
      await world.pass(5);
    }
    expect(reopened?.segmentCount).toBeGreaterThan(0);
  });

  test('is not held by logs that are gone, though one that is older lives on', async () => {
    const world = new LogWorld(3);
    const directory = await world.open();
    const live = await world.settle(directory.create(REPLICA));
    live.beginEpoch(0);
    appended(live, batchOf(['x']));
    const cache = new TailCache(1_000_000);
    cache.added(live, live.memoryBytes);
    for (let round = 1; round < 10; round++) {
      const gone = await world.settle(directory.create({ ...REPLICA, partition: round }));
      gone.beginEpoch(0);
      appended(gone, batchOf(['x'], { producerId: 7, baseSequence: 0 }));
      await world.settle(directory.delete(TOPIC, round));
      expect([gone.producerCount, gone.memoryBytes]).toEqual([0, 0]);
      for (let entry = 0; entry < 1_000; entry++) cache.added(gone, 0);
    }
    expect(cache.count).toBeLessThanOrEqual(4096);
    await world.settle(directory.delete(TOPIC, 0));
    cache.shrink();
    expect(cache.count).toBe(0);
  });
});

test('a checkpoint writes segments in its own lane, where no reader is before it', async () => {
  const lanes = { write: new Set<string>(), read: new Set<string>() };
  const world = new LogWorld(3);
  const watchedFile = (file: DiskFile, lane: DiskLane): DiskFile =>
    watched(file, {
      write: (position, parts) => {
        lanes.write.add(lane);
        return file.write(position, parts);
      },
      read: (position, into) => {
        lanes.read.add(lane);
        return file.read(position, into);
      },
    });
  world.watchDisk = (disk) =>
    watched(disk, {
      open: async (path, options) => {
        const file = await disk.open(path, options);
        return path.endsWith('.log') ? watchedFile(file, options.lane) : file;
      },
    });
  const directory = await world.open();
  const log = await world.settle(directory.create(REPLICA));
  log.beginEpoch(0);
  for (let round = 0; round < 100; round++) {
    appended(log, batchOf(values(2, round * 2)));
    await world.pass(5);
    if (round % 10 === 0) await readAll(world, log);
  }
  await world.settle(log.truncateTo(20));
  await world.settle(directory.close({ clean: true }));
  expect(lanes.write).toEqual(new Set(['checkpoint']));
  expect(lanes.read).toContain('bulk');
});

/** The same object, with some of its methods replaced. */
function watched<T extends object>(of: T, replaced: Partial<T>): T {
  return new Proxy(of, {
    get: (target, key): unknown => {
      const value: unknown = Reflect.get(replaced, key) ?? Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

describe('a failed sync', () => {
  test('takes the directory offline at once, is not retried, and the next start knows', async () => {
    const world = new LogWorld(4);
    const directory = await world.open();
    const log = await world.settle(directory.create(REPLICA));
    log.beginEpoch(0);
    world.disk.inject({ operation: 'sync', pathPart: 'journal', code: 'EIO' });
    appended(log, batchOf(['lost']));
    await world.pass(50);
    expect([directory.isOffline, world.offline.length, log.flushedEnd]).toEqual([true, 1, 0]);
    expect(log.appendAsLeader(batchOf(['more']), 0, 1_000)).toMatchObject({ code: 'KAFKA_STORAGE_ERROR' });
    await expect(world.settle(log.truncateTo(0))).rejects.toThrow();
    await world.settle(directory.close({ clean: true }));
    world.crash();
    const next = await world.open();
    expect([next.verdict, next.damaged]).toEqual(['damaged', [log.name]]);
    next.get(TOPIC, 0)?.beginEpoch(1);
    expect(next.get(TOPIC, 0)?.appendAsLeader(batchOf(['x']), 1, 1_000)).toMatchObject({ kind: 'refused' });
  });
});

test('letting go of a directory without a clean stop counts as a crash, not as damage', async () => {
  const world = new LogWorld(8);
  const directory = await world.open();
  const log = await world.settle(directory.create(REPLICA));
  log.beginEpoch(0);
  appended(log, batchOf(['one']));
  await world.pass(0.2);
  appended(log, batchOf(['two']));
  const truncation = log.truncateTo(1).catch((error: unknown) => error);
  await world.settle(directory.close({ clean: false }));
  await world.settle(truncation);
  expect(world.offline).toEqual([]);
  world.crash();
  expect((await world.open()).verdict).toBe('crashed-intact');
});

describe('replicas', () => {
  test('that are deleted stay deleted, and a new incarnation starts empty', async () => {
    const world = new LogWorld(5);
    let directory = await world.open();
    let log = await world.settle(directory.create(REPLICA));
    log.beginEpoch(0);
    appended(log, batchOf(values(20)));
    await world.settle(directory.delete(TOPIC, 0));
    world.crash();
    directory = await world.open();
    expect(directory.get(TOPIC, 0)).toBeUndefined();
    expect(world.disk.files().filter((file) => file.path.includes(TOPIC))).toEqual([]);
    log = await world.settle(directory.create({ ...REPLICA, incarnation: 2 }));
    expect([log.startOffset, log.endOffset, log.epochs.latest]).toEqual([0, 0, -1]);
  });

  test('that metadata does not know are put aside with all their data', async () => {
    const world = new LogWorld(6);
    const directory = await world.open();
    const log = await world.settle(directory.create(REPLICA));
    log.beginEpoch(0);
    const batch = batchOf(values(5));
    appended(log, batch);
    await world.settle(directory.moveToStray([log.name]));
    const strays = world.disk.files().filter((file) => file.path.includes('/stray/') && file.path.endsWith('.log'));
    expect(strays.map((file) => file.size)).toEqual([batch.length]);
    world.crash();
    expect([...(await world.open()).logs()]).toEqual([]);
  });

  test('that are put aside twice are kept twice, and go when nobody has missed them for long', async () => {
    const world = new LogWorld(6);
    world.config = { ...SMALL, strayMs: 8_000_000 };
    let directory = await world.open();
    const strays = (): number =>
      new Set(world.disk.files().flatMap(({ path }) => /stray[/]([^/]+)/.exec(path)?.[1] ?? [])).size;
    for (let round = 0; round < 2; round++) {
      const log = await world.settle(directory.create(REPLICA));
      log.beginEpoch(0);
      appended(log, batchOf(values(5)));
      await world.settle(directory.moveToStray([log.name]));
    }
    expect(strays()).toBe(2);
    directory.applyRetention();
    await world.pass(4_000_000);
    world.crash();
    directory = await world.open();
    const log = await world.settle(directory.create(REPLICA));
    await world.settle(directory.moveToStray([log.name]));
    directory.applyRetention();
    await world.pass(100);
    expect(strays()).toBe(3);
    await world.pass(5_000_000);
    directory.applyRetention();
    await world.pass(100);
    expect(strays()).toBe(1);
    expect(world.offline).toEqual([]);
  });

  test('on the disk that neither journal nor checkpoint knows are put aside, never deleted', async () => {
    const world = new LogWorld(7);
    const first = await world.open();
    await world.settle(first.close({ clean: true }));
    world.kill();
    const { disk } = world.ports();
    const path = `${PATH}/${TOPIC}-7-3`;
    await world.settle(disk.makeDirectory(path));
    const file = await world.settle(disk.open(`${path}/00000000000000000000.log`, { lane: 'bulk', mode: 'create' }));
    await world.settle(file.write(0, [batchOf(['precious'])]));
    world.kill();
    await world.open();
    expect(world.disk.files().some(({ path }) => path.startsWith(`${PATH}/stray/${TOPIC}-7-3.`))).toBe(true);
  });
});

describe('a verdict that nobody was told', () => {
  test('is found again, after a stop or a kill, until it is reported', async () => {
    for (const end of ['stopped', 'killed', 'crashed'] as const) {
      const world = new LogWorld(9);
      const leave = async (directory: LogDirectory): Promise<void> => {
        if (end === 'stopped') await world.settle(directory.close({ clean: true }));
        else if (end === 'killed') world.kill();
        else world.crash();
        world.kill();
      };
      const again = async (isReported: boolean): Promise<string> => {
        const directory = await world.open({ isReported });
        await leave(directory);
        return directory.verdict;
      };
      const afterwards = end === 'stopped' ? 'clean' : 'crashed-intact';
      expect([await again(false), await again(false), await again(true), await again(false)]).toEqual([
        'new',
        'new',
        'new',
        afterwards,
      ]);
      await again(true);
      const directory = await world.open();
      const log = await world.settle(directory.create(REPLICA));
      log.beginEpoch(0);
      for (let round = 0; round < 10; round++) {
        appended(log, batchOf(values(1)));
        await world.pass(5);
      }
      world.kill();
      expect([await again(false), await again(false)]).toEqual(['crashed-intact', 'crashed-intact']);
      await again(true);
      world.disk.flipBit(journalOf(world), 100);
      expect([await again(false), await again(false), await again(true), await again(true)]).toEqual([
        'damaged',
        'damaged',
        'damaged',
        afterwards,
      ]);
    }
  });

  test('is found again when the set-up of the directory was interrupted', async () => {
    for (let ms = 0; ms < 3; ms += 0.1) {
      const world = new LogWorld(10);
      world.opening().catch(() => undefined);
      await world.pass(ms);
      world.crash();
      expect((await world.open({ isReported: false })).verdict).toBe('new');
    }
  });
});

function journalOf(world: LogWorld): string {
  const file = world.disk.files().find(({ path }) => path.endsWith('.frames'));
  if (file === undefined) throw new Error('there is a journal');
  return file.path;
}
