import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LogDirectory, type LogPlantedBug, NO_PRODUCERS, type PartitionLog } from '../src/index.ts';
import { batchOf, LogWorld, type ReadRecord, readAll, SMALL, SMALL_LOG, TOPIC } from './log-world.ts';

const TINY = { ...SMALL, tailBytesMax: 2_000, checkpointBytes: 800, journalFileBytesMax: 1_000 };
const TINY_LOG = { ...SMALL_LOG, segmentBytesMax: 400 };

/**
 * Random histories of one data directory against a model that is a list of records per partition. After each crash the
 * log must be a prefix of what the model says was appended, no shorter than what was reported flushed, and hold
 * nothing that was truncated.
 */
type Step =
  | { readonly kind: 'append'; readonly partition: number; readonly records: number }
  | { readonly kind: 'epoch'; readonly partition: number }
  | { readonly kind: 'truncate'; readonly partition: number; readonly share: number }
  | { readonly kind: 'retain'; readonly partition: number; readonly share: number }
  | { readonly kind: 'reset'; readonly partition: number; readonly skip: number }
  | { readonly kind: 'recreate'; readonly partition: number }
  | { readonly kind: 'pass'; readonly durationMs: number }
  | { readonly kind: 'stop'; readonly how: 'kill' | 'power' | 'clean' };

const partition = fc.nat({ max: 2 });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('append' as const), partition, records: fc.integer({ min: 1, max: 8 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      durationMs: fc.double({ min: 0, max: 8, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('epoch' as const), partition }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('truncate' as const), partition, share }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('retain' as const), partition, share }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const), partition, skip: fc.nat({ max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('recreate' as const), partition }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('stop' as const),
      how: fc.constantFrom('kill' as const, 'power' as const, 'clean' as const),
    }),
  },
);

interface Model {
  startOffset: number;
  endOffset: number;
  /** What was reported flushed, and not truncated since. */
  flushedEnd: number;
  epoch: number;
  records: ReadRecord[];
  producerEpoch: number;
  batches: SentBatch[];
}

interface SentBatch {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly nextSequence: number;
  readonly values: readonly string[];
  readonly baseOffset: number;
  readonly endOffset: number;
}

class Run {
  readonly world: LogWorld;
  readonly models: Model[] = [];
  #directory: LogDirectory | undefined;
  #incarnation = 0;
  #value = 0;

  constructor(seed: number, bugs: readonly LogPlantedBug[]) {
    this.world = new LogWorld(seed);
    this.world.plantedBugs = new Set(bugs);
    this.world.config = TINY;
    // On a slow disk a crash meets flushes and checkpoints halfway.
    this.world.disk.slowness = 1 + (seed % 20);
  }

  async perform(steps: readonly Step[]): Promise<void> {
    this.#directory = await this.world.open();
    for (const each of [0, 1, 2]) await this.#create(each);
    for (const step of steps) await this.#step(step);
    await this.#stop('power');
    await this.#stop('clean');
  }

  log(each: number): PartitionLog {
    const log = this.#directory?.get(TOPIC, each);
    if (log === undefined) throw new Error(`partition ${each} is gone`);
    return log;
  }

  model(each: number): Model {
    const model = this.models[each];
    if (model === undefined) throw new Error(`partition ${each} has no model`);
    return model;
  }

  async #step(step: Step): Promise<void> {
    if (step.kind === 'pass') await this.world.pass(step.durationMs);
    else if (step.kind === 'stop') await this.#stop(step.how);
    else await this.#change(step);
    this.#note();
  }

  async #change(step: Extract<Step, { partition: number }>): Promise<void> {
    const log = this.log(step.partition);
    const model = this.model(step.partition);
    switch (step.kind) {
      case 'append':
        this.#append(log, model, step.records);
        return;
      case 'epoch':
        log.beginEpoch(++model.epoch);
        return;
      case 'truncate': {
        const wanted = model.startOffset + Math.floor(step.share * (model.endOffset - model.startOffset));
        await this.world.settle(log.truncateTo(wanted));
        expect(log.endOffset).toBeLessThanOrEqual(wanted);
        this.#shorten(step.partition, log.endOffset);
        log.beginEpoch(++model.epoch);
        this.#checkDuplicates(log, model);
        return;
      }
      case 'retain': {
        const offset = model.startOffset + Math.floor(step.share * (model.flushedEnd - model.startOffset));
        log.setHighWatermark(Math.max(offset, log.highWatermark));
        log.advanceStartOffset(offset);
        model.startOffset = Math.max(offset, model.startOffset);
        return;
      }
      case 'reset':
        await this.world.settle(log.resetTo(model.endOffset + step.skip, [], NO_PRODUCERS));
        model.endOffset += step.skip;
        model.startOffset = model.endOffset;
        model.flushedEnd = model.endOffset;
        model.records = [];
        model.batches = [];
        log.beginEpoch(++model.epoch);
        return;
      case 'recreate': {
        if (this.#directory === undefined) return;
        await this.world.settle(this.#directory.delete(TOPIC, step.partition));
        await this.#create(step.partition);
      }
    }
  }

  #append(log: PartitionLog, model: Model, count: number): void {
    const values = Array.from({ length: count }, () => `value-${this.#value++}`);
    const baseSequence = model.batches.at(-1)?.nextSequence ?? 0;
    const producer = { producerId: 7, producerEpoch: model.producerEpoch, baseSequence };
    const result = log.appendAsLeader(batchOf(values, producer), model.epoch, 1_000);
    if (result.kind === 'refused' && result.code === 'UNKNOWN_PRODUCER_ID') {
      // Only what lies below the log's start may be forgotten.
      expect(model.batches.at(-1)?.endOffset).toBeLessThanOrEqual(model.startOffset);
      model.batches = [];
      this.#append(log, model, count);
      return;
    }
    if (result.kind !== 'appended') throw new Error(JSON.stringify(result));
    const { baseOffset, endOffset } = result;
    values.forEach((value, index) => {
      model.records.push({ offset: baseOffset + index, epoch: model.epoch, value });
    });
    const nextSequence = baseSequence + count;
    model.batches.push({ ...producer, values, baseOffset, endOffset, nextSequence });
    model.endOffset = endOffset;
  }

  /** The batches that a producer may send again are answered with the offsets they got first. */
  #checkDuplicates(log: PartitionLog, model: Model): void {
    for (const batch of model.batches.slice(-5)) {
      if (batch.producerEpoch !== model.producerEpoch || batch.baseOffset < model.startOffset) continue;
      const { baseOffset, endOffset } = batch;
      const result = log.appendAsLeader(batchOf(batch.values, batch), log.epochs.latest, 1_000);
      expect(result).toEqual({ kind: 'duplicate', baseOffset, endOffset });
    }
  }

  async #create(each: number): Promise<void> {
    if (this.#directory === undefined) return;
    const replica = { topicId: TOPIC, partition: each, incarnation: this.#incarnation++, config: TINY_LOG };
    const log = await this.world.settle(this.#directory.create(replica));
    log.beginEpoch(0);
    this.models[each] = {
      startOffset: 0,
      endOffset: 0,
      flushedEnd: 0,
      epoch: 0,
      records: [],
      batches: [],
      producerEpoch: 0,
    };
  }

  #note(): void {
    for (const each of [0, 1, 2]) {
      const model = this.model(each);
      expect(this.log(each).endOffset).toBe(model.endOffset);
      model.flushedEnd = Math.max(model.flushedEnd, this.log(each).flushedEnd);
    }
  }

  #shorten(each: number, endOffset: number): void {
    const model = this.model(each);
    model.endOffset = endOffset;
    model.flushedEnd = Math.min(model.flushedEnd, endOffset);
    model.records = model.records.filter((record) => record.offset < endOffset);
    model.batches = model.batches.filter((batch) => batch.endOffset <= endOffset);
  }

  async #stop(how: 'kill' | 'power' | 'clean'): Promise<void> {
    this.#note();
    if (how === 'clean') await this.world.settle(this.#directory?.close({ clean: true }) ?? Promise.resolve());
    const flushedStarts = [0, 1, 2].map((each) => this.log(each).flushedStart);
    if (how === 'kill') this.world.kill();
    else this.world.crash();
    this.#directory = await this.world.open();
    expect(this.#directory.verdict).toBe(how === 'clean' ? 'clean' : 'crashed-intact');
    expect(this.#directory.damaged).toEqual([]);
    for (const each of [0, 1, 2]) {
      const log = this.log(each);
      const model = this.model(each);
      log.setConfig(TINY_LOG);
      expect(log.flushedEnd).toBe(log.endOffset);
      expect(log.endOffset).toBeGreaterThanOrEqual(how === 'clean' ? model.endOffset : model.flushedEnd);
      expect(log.endOffset).toBeLessThanOrEqual(model.endOffset);
      // An advance of the start that no flush has followed yet may be forgotten.
      expect(log.startOffset).toBeLessThanOrEqual(model.startOffset);
      expect(log.startOffset).toBeGreaterThanOrEqual(flushedStarts[each] ?? 0);
      this.#shorten(each, log.endOffset);
      log.setHighWatermark(Math.max(log.highWatermark, model.startOffset));
      log.advanceStartOffset(model.startOffset);
      const expected = model.records.filter((record) => record.offset >= log.startOffset);
      expect(await readAll(this.world, log)).toEqual(expected);
      for (const entry of log.epochs.entries) {
        const first = expected.find((record) => record.offset >= entry.startOffset);
        if (first !== undefined) expect(first.epoch).toBeGreaterThanOrEqual(entry.epoch);
      }
      model.epoch = Math.max(model.epoch, log.epochs.latest) + 1;
      log.beginEpoch(model.epoch);
      this.#checkDuplicates(log, model);
    }
  }
}

const historyArbitrary = fc.tuple(fc.nat(), fc.array(stepArbitrary, { minLength: 5, maxLength: 120 }));

describe('a directory that crashes', () => {
  test('loses nothing flushed and brings back nothing truncated', async () => {
    const property = fc.asyncProperty(historyArbitrary, ([seed, steps]) => new Run(seed, []).perform(steps));
    await fc.assert(property, { numRuns: 400 });
  }, 300_000);

  const bugs: LogPlantedBug[] = ['truncation-not-journaled', 'clean-marker-not-deleted'];
  test.each(bugs)(
    '%s would be noticed',
    async (bug) => {
      const property = fc.asyncProperty(historyArbitrary, ([seed, steps]) => new Run(seed, [bug]).perform(steps));
      const outcome = await fc.check(property, { numRuns: 300, endOnFailure: true });
      expect(outcome.failed).toBe(true);
    },
    300_000,
  );
});
