import { expect, test } from 'vitest';
import { DiskReads } from '../src/replication/disk-reads.ts';

/** A subscription whose reads end when the test says so. */
class Reader {
  isReading = false;
  hasRead = false;
  readonly #after: (() => void)[] = [];
  readonly cursor = this;

  afterRead(run: () => void): void {
    this.#after.push(run);
  }

  dropRead(): void {
    this.hasRead = false;
  }

  ended(): void {
    this.isReading = false;
    this.hasRead = true;
    for (const run of this.#after.splice(0)) run();
  }
}

function streamOf(budget: DiskReads): { dirty: Reader[]; reads: ReturnType<typeof budget.open<Reader>> } {
  const dirty: Reader[] = [];
  return { dirty, reads: budget.open<Reader>((reader) => dirty.push(reader)) };
}

const readers = (count: number): Reader[] => Array.from({ length: count }, () => new Reader());

test('a stream reads four at once, and the next when one was taken', () => {
  const { dirty, reads } = streamOf(new DiskReads(32));
  const [first, ...others] = readers(5);
  expect([first, ...others].map((reader) => reader !== undefined && reads.begin(reader))).toEqual([
    true,
    true,
    true,
    true,
    false,
  ]);
  if (first !== undefined) reads.end(first);
  expect(dirty).toEqual([others[3]]);
});

test('all streams together have a bound, and those that wait are woken one after the other', () => {
  const budget = new DiskReads(2);
  const [a, b, c] = [streamOf(budget), streamOf(budget), streamOf(budget)];
  const [first = new Reader(), second = new Reader(), third = new Reader(), fourth = new Reader()] = readers(4);
  expect([a.reads.begin(first), a.reads.begin(second)]).toEqual([true, true]);
  expect([b.reads.begin(third), c.reads.begin(fourth)]).toEqual([false, false]);
  a.reads.end(first);
  expect([b.dirty, c.dirty]).toEqual([[third], []]);
  expect(b.reads.begin(third)).toBe(true);
  a.reads.end(second);
  expect(c.dirty).toEqual([fourth]);
  expect(budget.count).toBe(2);
});

test('what a peer does not take makes room for one that waits, and is read again', () => {
  const budget = new DiskReads(2);
  const [slow, quick] = [streamOf(budget), streamOf(budget)];
  const [taken = new Reader(), under = new Reader(), wanted = new Reader()] = readers(3);
  slow.reads.begin(taken);
  slow.reads.begin(under);
  under.isReading = true;
  taken.ended();
  slow.reads.stall();
  expect(quick.reads.begin(wanted)).toBe(true);
  expect(slow.dirty).toEqual([taken]);
  expect(taken.hasRead).toBe(false);
  const late = new Reader();
  expect(quick.reads.begin(late)).toBe(false);
  under.ended();
  slow.reads.stall();
  expect(quick.dirty).toEqual([late]);
});

test('room that a stream cannot use goes to the next, however many wait', () => {
  const budget = new DiskReads(1);
  const [first, last] = [streamOf(budget), streamOf(budget)];
  const [held = new Reader(), wanted = new Reader()] = readers(2);
  first.reads.begin(held);
  const stalled = readers(100).map((reader) => ({ reader, ...streamOf(budget) }));
  for (const { reads, reader } of stalled) reads.begin(reader);
  last.reads.begin(wanted);
  for (const { reads, reader } of stalled.slice(50)) reads.end(reader);
  first.reads.end(held);
  for (const { reads, dirty } of stalled) {
    if (dirty.length > 0) reads.stall();
  }
  expect(last.dirty).toEqual([wanted]);
  expect(last.reads.begin(wanted)).toBe(true);
  expect(budget.count).toBe(1);
});

test('a read that nobody wants any more counts until the disk has answered', () => {
  const budget = new DiskReads(1);
  const { reads } = streamOf(budget);
  const [gone = new Reader(), next = new Reader()] = readers(2);
  reads.begin(gone);
  gone.isReading = true;
  reads.close();
  const other = streamOf(budget);
  expect(other.reads.begin(next)).toBe(false);
  gone.ended();
  expect(other.dirty).toEqual([next]);
  other.reads.end(next);
  expect(budget.count).toBe(0);
});

test('reads that belong to no stream wait for room, and go on when it is there', async () => {
  const budget = new DiskReads(2);
  const ends: (() => void)[] = [];
  let begun = 0;
  const reads = Array.from({ length: 4 }, (_, index) =>
    budget.run(async () => {
      begun++;
      await new Promise<void>((resolve) => ends.push(resolve));
      if (index === 1) throw new Error('the disk');
      return index;
    }),
  );
  const settled = Promise.allSettled(reads);
  while (ends.length < 2) await Promise.resolve();
  expect([begun, budget.count]).toEqual([2, 2]);
  for (let ended = 0; ended < 4; ended++) {
    while (ends.length === 0) await Promise.resolve();
    ends.shift()?.();
  }
  expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(budget.count).toBe(0);
});
