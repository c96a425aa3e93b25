import { pureChecksum } from '@moldau/base';
import { assignBatch, parseBatchHeader } from '@moldau/records';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LogDirectory, NO_PRODUCERS, type PartitionLog } from '../src/index.ts';
import { EpochHistory } from '../src/partition/epoch-history.ts';
import { appended, batchOf, LogWorld, recordsOf, SMALL_LOG, TOPIC } from './log-world.ts';

async function opened(world: LogWorld, config = SMALL_LOG): Promise<{ directory: LogDirectory; log: PartitionLog }> {
  const directory = await world.open();
  const log = await world.settle(directory.create({ topicId: TOPIC, partition: 0, incarnation: 1, config }));
  log.beginEpoch(0);
  return { directory, log };
}

/** A batch as a leader pushes it. */
function pushed(values: readonly string[], baseOffset: number, leaderEpoch: number): Uint8Array {
  const bytes = batchOf(values);
  assignBatch(bytes, 0, { baseOffset, leaderEpoch });
  return bytes;
}

describe('an idempotent producer', () => {
  test('gets the first offsets for a batch sent again, and an error that says what is next', async () => {
    const { log } = await opened(new LogWorld(1));
    const send = (baseSequence: number, producerEpoch = 0): unknown => {
      const result = log.appendAsLeader(batchOf(['a', 'b'], { producerId: 9, producerEpoch, baseSequence }), 0, 1_000);
      return result.kind === 'refused' ? result.code : [result.kind, result.baseOffset, result.endOffset];
    };
    expect(send(2)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    expect(send(0)).toEqual(['appended', 0, 2]);
    expect(send(2)).toEqual(['appended', 2, 4]);
    expect(send(0)).toEqual(['duplicate', 0, 2]);
    expect(send(6)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    for (const sequence of [4, 6, 8, 10]) expect(send(sequence)).toEqual(['appended', sequence, sequence + 2]);
    expect(send(2)).toEqual(['duplicate', 2, 4]);
    expect(send(0)).toBe('DUPLICATE_SEQUENCE_NUMBER');
    expect(send(5, 1)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    expect(send(0, 1)).toEqual(['appended', 12, 14]);
    expect(send(12, 0)).toBe('INVALID_PRODUCER_EPOCH');
    expect(log.endOffset).toBe(14);
  });

  test('is answered with a new offset by the planted bug', async () => {
    const world = new LogWorld(1);
    world.plantedBugs = new Set(['duplicate-answered-with-new-offset']);
    const { log } = await opened(world);
    const batch = { producerId: 9, baseSequence: 0 };
    appended(log, batchOf(['a'], batch));
    expect(log.appendAsLeader(batchOf(['a'], batch), 0, 1_000)).toMatchObject({ kind: 'duplicate', baseOffset: 1 });
  });

  test('is forgotten after its expiry, and known to a replica that starts from a snapshot', async () => {
    const world = new LogWorld(1);
    world.config = { ...world.config, producerExpiryMs: 1_000 };
    const { directory, log } = await opened(world);
    appended(log, batchOf(['a'], { producerId: 9, baseSequence: 0 }));
    const other = await world.settle(
      directory.create({ topicId: TOPIC, partition: 1, incarnation: 1, config: SMALL_LOG }),
    );
    await world.settle(other.resetTo(1, log.epochs.entries, log.producerSnapshot(1)));
    other.beginEpoch(1);
    expect(other.appendAsLeader(batchOf(['a'], { producerId: 9, baseSequence: 0 }), 1, 1_000)).toMatchObject({
      kind: 'duplicate',
      baseOffset: 0,
    });
    await world.pass(2_000);
    directory.applyRetention();
    expect(log.producerCount).toBe(0);
  });

  test('takes a new epoch where it may have been forgotten; where it never was, its earlier batch is to come before', async () => {
    const world = new LogWorld(1);
    world.config = { ...world.config, producerExpiryMs: 1_000 };
    const { directory, log } = await opened(world);
    const laterBatch = (to: PartitionLog, producerId: number): unknown =>
      to.appendAsLeader(batchOf(['late'], { producerId, baseSequence: 1 }), to.epochs.latest, 1_000);
    const wasHere = { code: 'UNKNOWN_PRODUCER_ID' };
    const isNew = { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' };
    appended(log, batchOf(['a'], { producerId: 9, baseSequence: 0 }));
    await world.pass(2_000);
    directory.applyRetention();
    expect([laterBatch(log, 9), laterBatch(log, 10)]).toMatchObject([wasHere, isNew]);

    // A replica that begins anew has it from its leader, and keeps it over a restart.
    const other = await world.settle(
      directory.create({ topicId: TOPIC, partition: 1, incarnation: 1, config: SMALL_LOG }),
    );
    await world.settle(other.resetTo(1, log.epochs.entries, log.producerSnapshot(1)));
    await world.settle(directory.close({ clean: true }));
    world.crash();
    const again = (await world.open()).get(TOPIC, 1);
    if (again === undefined) throw new Error('partition 1 is gone');
    again.beginEpoch(1);
    expect([laterBatch(again, 9), laterBatch(again, 10)]).toMatchObject([wasHere, isNew]);
  });

  test('may have sent what was deleted, where no state file is left to tell', async () => {
    const world = new LogWorld(1);
    const { directory, log } = await opened(world);
    appended(log, batchOf(['a'], { producerId: 9, baseSequence: 0 }));
    await world.pass(50);
    log.setHighWatermark(1);
    log.advanceStartOffset(1);
    await world.settle(directory.close({ clean: true }));
    world.kill();
    const { disk } = world.ports();
    const states = world.disk.files().filter(({ path }) => path.endsWith('.state'));
    for (const { path } of states) await world.settle(disk.removeFile(path));
    world.kill();
    const again = (await world.open()).get(TOPIC, 0);
    again?.beginEpoch(1);
    const late = again?.appendAsLeader(batchOf(['b'], { producerId: 9, baseSequence: 1 }), 1, 1_000);
    expect([states.length, late]).toMatchObject([1, { code: 'UNKNOWN_PRODUCER_ID' }]);
  });
});

test('a snapshot tells of the batches below its offset alone: others may never come', async () => {
  const world = new LogWorld(1);
  const { directory, log } = await opened(world);
  const send = (to: PartitionLog, producerId: number, baseSequence: number, epoch = 0): unknown =>
    to.appendAsLeader(batchOf(['a'], { producerId, baseSequence }), epoch, 1_000);
  for (const sequence of [0, 1]) send(log, 7, sequence);
  for (const sequence of [0, 1, 2]) send(log, 8, sequence);
  const { entries } = log.epochs;
  const other = await world.settle(
    directory.create({ topicId: TOPIC, partition: 1, incarnation: 1, config: SMALL_LOG }),
  );
  await world.settle(other.resetTo(3, entries, log.producerSnapshot(3)));
  other.beginEpoch(1);
  expect(send(other, 7, 1, 1)).toMatchObject({ kind: 'duplicate', baseOffset: 1 });
  expect(send(other, 8, 0, 1)).toMatchObject({ kind: 'duplicate', baseOffset: 2 });
  expect(send(other, 8, 1, 1)).toMatchObject({ kind: 'appended', baseOffset: 3 });
  await world.settle(other.resetTo(2, entries, log.producerSnapshot(2)));
  expect(other.producerCount).toBe(1);
});

describe('a follower', () => {
  test('keeps offsets and epochs as they come, gaps too, and refuses what goes back', async () => {
    const { log } = await opened(new LogWorld(1));
    expect(log.appendAsFollower(pushed(['a', 'b'], 3, 1)).endOffset).toBe(5);
    expect(log.appendAsFollower(pushed(['c'], 9, 4)).endOffset).toBe(10);
    expect(log.epochs.entries.slice(-2)).toEqual([
      { epoch: 1, startOffset: 3 },
      { epoch: 4, startOffset: 9 },
    ]);
    expect(() => log.appendAsFollower(pushed(['d'], 9, 4))).toThrow(/cannot follow offset 10/);
    expect(() => log.appendAsFollower(pushed(['d'], 10, 3))).toThrow(/epoch 4/);
    const read = log.read(5, { maxBytes: 1_000, end: 10, minOneBatch: true });
    if (read instanceof Promise) throw new Error('the tail answers at once');
    expect(read.parts.flatMap(recordsOf)).toEqual([{ offset: 9, epoch: 4, value: 'c' }]);
  });

  test('takes an older epoch behind a gap when its own, younger one left nothing', async () => {
    const world = new LogWorld(1);
    const { log } = await opened(world);
    log.appendAsFollower(pushed(['a'], 0, 4));
    log.beginEpoch(5);
    log.appendAsFollower(pushed(['b'], 3, 4));
    log.appendAsFollower(pushed(['c'], 4, 6));
    expect(log.epochs.entries).toEqual([
      { epoch: 4, startOffset: 0 },
      { epoch: 6, startOffset: 4 },
    ]);
  });

  test('truncates by epoch: history and end go back together', async () => {
    const world = new LogWorld(1);
    const { log } = await opened(world);
    log.appendAsFollower(pushed(['a', 'b'], 0, 1));
    log.appendAsFollower(pushed(['c', 'd'], 2, 2));
    log.appendAsFollower(pushed(['e'], 4, 5));
    expect(log.epochs.endOffsetFor(3)).toEqual({ epoch: 2, endOffset: 4 });
    expect(log.epochs.endOffsetFor(5)).toEqual({ epoch: 5, endOffset: 5 });
    expect(log.epochs.endOffsetFor(6)).toBeUndefined();
    await world.settle(log.truncateTo(3));
    expect([log.endOffset, log.epochs.latest]).toEqual([2, 1]);
    expect(log.epochs.endOffsetFor(1)).toEqual({ epoch: 1, endOffset: 2 });
  });
});

describe('reads', () => {
  test('give whole batches within the limits, one at least when asked, none above the end', async () => {
    const { log } = await opened(new LogWorld(1));
    const size = batchOf(['a', 'b']).length;
    for (let round = 0; round < 4; round++) appended(log, batchOf(['a', 'b']));
    const read = (from: number, maxBytes: number, end = 8, minOneBatch = true): unknown => {
      const result = log.read(from, { maxBytes, end, minOneBatch });
      return result instanceof Promise ? 'later' : [result.bytes / size, result.nextOffset];
    };
    expect(read(0, 10)).toEqual([1, 2]);
    expect(read(0, 10, 8, false)).toEqual([0, 0]);
    expect(read(1, size * 2)).toEqual([2, 4]);
    expect(read(2, 10_000, 6)).toEqual([2, 6]);
    expect(read(2, 10_000, 5)).toEqual([1, 4]);
    expect(read(8, 10_000)).toEqual([0, 8]);
    expect(() => read(9, 10)).toThrow(/outside \[0, 8\]/);
  });

  test('end on a batch bound when many batches came in one append', async () => {
    const { log } = await opened(new LogWorld(1));
    const batches = new Uint8Array([...pushed(['a'], 0, 1), ...pushed(['b'], 1, 1), ...pushed(['c'], 2, 1)]);
    log.appendAsFollower(batches);
    const read = log.read(1, { maxBytes: batches.length / 3 + 5, end: 3, minOneBatch: true });
    expect(read).toMatchObject({ bytes: batches.length / 3, nextOffset: 2 });
  });

  test('after a truncation in the middle of such an append see only what is left', async () => {
    const world = new LogWorld(1);
    const { log } = await opened(world);
    log.appendAsFollower(new Uint8Array([...pushed(['a'], 0, 1), ...pushed(['b'], 1, 1), ...pushed(['c'], 2, 1)]));
    await world.settle(log.truncateTo(2));
    log.appendAsFollower(pushed(['new'], 2, 2));
    const read = log.read(0, { maxBytes: 10_000, end: 3, minOneBatch: true });
    if (read instanceof Promise) throw new Error('the tail answers at once');
    expect(read.parts.flatMap(recordsOf).map((record) => record.value)).toEqual(['a', 'b', 'new']);
  });
});

describe('retention', () => {
  async function aged(
    bugs: readonly string[] = [],
  ): Promise<{ world: LogWorld; log: PartitionLog; directory: LogDirectory }> {
    const world = new LogWorld(1);
    world.plantedBugs = new Set(bugs);
    const { directory, log } = await opened(world, { ...SMALL_LOG, segmentBytesMax: 500 });
    for (let round = 0; round < 60; round++) {
      appended(log, batchOf(['x'.repeat(100)], { timestampMs: 1_000 + round }));
      await world.pass(5);
    }
    return { world, log, directory };
  }

  test('deletes whole segments that are too old, never above the high watermark', async () => {
    const { world, log } = await aged();
    log.setConfig({ ...log.config, retentionMs: 100 });
    log.applyRetention(10_000);
    expect(log.startOffset).toBe(0);
    log.setHighWatermark(20);
    log.applyRetention(10_000);
    expect(log.startOffset).toBeGreaterThan(14);
    expect(log.startOffset).toBeLessThanOrEqual(20);
    for (let round = 0; round < 20; round++) appended(log, batchOf(['x'.repeat(200)], { timestampMs: 5_000 }));
    await world.pass(100);
    expect(world.disk.files().some((file) => file.path.endsWith('/00000000000000000000.log'))).toBe(false);
    expect(() => log.read(0, { maxBytes: 1, end: 1, minOneBatch: true })).toThrow(/outside/);
    expect(await world.settle(log.offsetForTimestamp(1_000))).toMatchObject({ record: { offset: log.startOffset } });
    world.crash();
    const again = (await world.open()).get(TOPIC, 0);
    expect(again?.startOffset).toBe(log.startOffset);
  });

  test('keeps at least so many bytes', async () => {
    const { log } = await aged();
    log.setHighWatermark(60);
    log.setConfig({ ...log.config, retentionBytes: 3_000 });
    const sizeBytes = log.sizeBytes;
    log.applyRetention(10_000);
    expect(log.startOffset).toBeGreaterThan(10);
    expect(sizeBytes - (log.startOffset * sizeBytes) / 60).toBeGreaterThanOrEqual(3_000);
  });

  test('and rolling go by the time of the write where records have none, or one that cannot be', async () => {
    const day = 86_400_000;
    const timesOf = {
      months: (round: number) => 946_684_800_000 + round * 30 * day,
      none: () => -1,
      mixed: (round: number) => (round < 60 ? 1_000 : -1),
      future: () => 32_472_144_000_000,
    };
    for (const [how, timeOf] of Object.entries(timesOf)) {
      const world = new LogWorld(how);
      const { directory, log } = await opened(world, { ...SMALL_LOG, segmentBytesMax: 1_000_000, retentionMs: 10_000 });
      for (let round = 0; round < 120; round++) {
        appended(log, batchOf(['x'.repeat(100)], { timestampMs: timeOf(round) }));
        await world.pass(5);
      }
      expect(log.segmentCount).toBe(1);
      if (how === 'months') continue;
      await world.pass(5_000);
      const end = log.endOffset;
      log.setHighWatermark(end);
      directory.applyRetention();
      expect(log.startOffset).toBe(0);
      await world.pass(40_000);
      directory.applyRetention();
      expect(log.startOffset).toBe(end);
    }
  });

  test('rolls a segment that was begun long enough ago', async () => {
    const world = new LogWorld(1);
    const { log } = await opened(world, { ...SMALL_LOG, segmentBytesMax: 1_000_000, segmentMsMax: 2_000 });
    for (let round = 0; round < 100; round++) {
      appended(log, batchOf(['x'.repeat(100)]));
      await world.pass(50);
    }
    expect([2, 3]).toContain(log.segmentCount);
  });

  test('deletes above the high watermark with the planted bug', async () => {
    const { log } = await aged(['retention-above-high-watermark']);
    log.setConfig({ ...log.config, retentionMs: 100 });
    log.applyRetention(10_000);
    expect(log.startOffset).toBeGreaterThan(log.flushedEnd / 2);
  });
});

test('a record is found by its timestamp, in segments and in memory', async () => {
  const world = new LogWorld(1);
  const { log } = await opened(world, { ...SMALL_LOG, segmentBytesMax: 500 });
  for (let round = 0; round < 60; round++) {
    appended(log, batchOf(['x'.repeat(50)], { timestampMs: 1_000 + 10 * round }));
    await world.pass(5);
  }
  for (const round of [0, 1, 17, 30, 58, 59]) {
    const found = await world.settle(log.offsetForTimestamp(1_000 + 10 * round - 5));
    const record = { offset: round, timestampMs: 1_000 + 10 * round, leaderEpoch: 0 };
    expect(found).toEqual({ kind: 'record', record });
  }
  expect(await world.settle(log.offsetForTimestamp(1_591))).toBeUndefined();
});

test('a batch whose records cannot be read is found by its time all the same', async () => {
  const world = new LogWorld(1);
  const { log } = await opened(world);
  const batch = batchOf(['a', 'b'], { timestampMs: 5_000 });
  batch.fill(0xff, 61);
  appended(log, batch);
  const record = { offset: 0, timestampMs: 5_000, leaderEpoch: 0 };
  expect(await world.settle(log.offsetForTimestamp(4_000))).toEqual({ kind: 'record', record });
});

test.each(['in memory', 'in segments'])('a compressed batch is given to whoever can open it, %s', async (where) => {
  const world = new LogWorld(1);
  const { log } = await opened(world, where === 'in segments' ? { ...SMALL_LOG, segmentBytesMax: 500 } : undefined);
  for (let round = 0; round < 30; round++) {
    const batch = batchOf(['x'.repeat(50), 'y'], { timestampMs: 1_000 + 10 * round });
    batch[22] = 1;
    new DataView(batch.buffer, batch.byteOffset).setUint32(17, pureChecksum.crc32c(batch.subarray(21)));
    appended(log, batch);
    await world.pass(5);
  }
  const found = await world.settle(log.offsetForTimestamp(1_045));
  expect(found).toMatchObject({ kind: 'compressed', header: { baseOffset: 10 } });
  if (found?.kind !== 'compressed') throw new Error('it is compressed');
  expect(parseBatchHeader(found.batch)).toEqual(found.header);
  expect(found.batch.length).toBe(found.header.sizeBytes);
  expect(await world.settle(log.offsetForTimestamp(1_045, 12))).toMatchObject({ header: { baseOffset: 12 } });
  expect(await world.settle(log.offsetForTimestamp(1_291))).toBeUndefined();
});

test('what lies below the offset that is asked from is not found', async () => {
  const world = new LogWorld(1);
  const { log } = await opened(world);
  appended(log, batchOf(['a', 'b', 'c'], { timestampMs: 5_000 }));
  appended(log, batchOf(['d'], { timestampMs: 4_500 }));
  const offsetFrom = async (from: number) => {
    const found = await world.settle(log.offsetForTimestamp(4_000, from));
    return found?.kind === 'record' ? found.record.offset : undefined;
  };
  expect([await offsetFrom(0), await offsetFrom(2), await offsetFrom(3), await offsetFrom(4)]).toEqual([
    0,
    2,
    3,
    undefined,
  ]);
});

test('a log whose offsets are used up refuses, and goes on serving', async () => {
  const world = new LogWorld(1);
  const { log } = await opened(world);
  await world.settle(log.resetTo(Number.MAX_SAFE_INTEGER - 3, [{ epoch: 0, startOffset: 0 }], NO_PRODUCERS));
  appended(log, batchOf(['a', 'b']));
  const refused = log.appendAsLeader(batchOf(['c', 'd']), 0, 1_000);
  expect(refused).toMatchObject({ kind: 'refused', code: 'INVALID_RECORD' });
  expect(appended(log, batchOf(['c']))).toBe(Number.MAX_SAFE_INTEGER);
  await world.pass(100);
  world.crash();
  expect((await world.open()).get(TOPIC, 0)?.endOffset).toBe(Number.MAX_SAFE_INTEGER);
});

test('an acknowledgement before the sync is a lie that a loss of power brings out', async () => {
  const losses = { honest: 0, planted: 0 };
  for (let seed = 0; seed < 30; seed++) {
    for (const kind of ['honest', 'planted'] as const) {
      const world = new LogWorld(seed);
      if (kind === 'planted') world.plantedBugs = new Set(['ack-before-fsync']);
      const { log } = await opened(world);
      appended(log, batchOf(['x'.repeat(2_000)]));
      await world.scheduler.run({ until: () => log.flushedEnd === 1 });
      world.crash();
      if ((await world.open()).get(TOPIC, 0)?.endOffset !== 1) losses[kind]++;
    }
  }
  expect(losses.honest).toBe(0);
  expect(losses.planted).toBeGreaterThan(0);
});

test('epoch history agrees with the log it is told of', () => {
  const batches = fc.array(fc.tuple(fc.nat({ max: 2 }), fc.integer({ min: 1, max: 4 })), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(batches, fc.nat({ max: 60 }), fc.nat({ max: 45 }), (steps, cut, asked) => {
      const history = new EpochHistory();
      let epochs: number[] = [];
      let epoch = 0;
      for (const [rise, count] of steps) {
        epoch += rise;
        if (epoch > history.latest) history.begin(epoch, epochs.length);
        for (let record = 0; record < count; record++) epochs.push(epoch);
      }
      epochs = epochs.slice(0, cut);
      history.truncateTo(epochs.length);
      expect(history.latest).toBe(epochs.at(-1) ?? -1);
      for (const [offset, each] of epochs.entries()) expect(history.epochAt(offset)).toBe(each);
      const end = history.endOffsetFor(asked, epochs.length);
      if (asked > (epochs.at(-1) ?? -1)) expect(end).toBeUndefined();
      else expect(end?.endOffset).toBe(epochs.filter((each) => each <= asked).length);
    }),
  );
});
