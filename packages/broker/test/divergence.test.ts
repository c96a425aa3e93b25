import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareLogs, type EpochHistory, type FollowerLog, truncationOffset } from '../src/partition/divergence.ts';

/** A log as the epochs of its records: record i has epoch records[i - start]. */
class Records {
  readonly start: number;
  epochsOf: number[];

  constructor(start: number, epochs: readonly number[]) {
    this.start = start;
    this.epochsOf = [...epochs];
  }

  get end(): number {
    return this.start + this.epochsOf.length;
  }

  get lastEpoch(): number {
    return this.epochsOf.at(-1) ?? -1;
  }

  history(): EpochHistory {
    return {
      latest: this.lastEpoch,
      endOffsetFor: (epoch) => {
        if (epoch > this.lastEpoch) return undefined;
        const last = this.epochsOf.findLastIndex((each) => each <= epoch);
        if (last < 0) return { epoch, endOffset: this.start };
        return { epoch: this.epochsOf[last] ?? -1, endOffset: this.start + last + 1 };
      },
    };
  }

  truncateTo(offset: number): void {
    this.epochsOf = this.epochsOf.slice(0, Math.max(0, offset - this.start));
  }
}

function compare(leader: Records, follower: Records): ReturnType<typeof compareLogs> {
  return compareLogs(
    { firstBatch: leader.start, startOffset: leader.start, endOffset: leader.end, epochs: leader.history() },
    { startOffset: follower.start, endOffset: follower.end, lastEpoch: follower.lastEpoch },
  );
}

test.each<[string, number[], number[], ReturnType<typeof compareLogs>]>([
  ['both empty', [], [], { kind: 'agrees' }],
  ['the follower is empty', [1, 1], [], { kind: 'agrees' }],
  ['a prefix', [1, 1, 2], [1, 1], { kind: 'agrees' }],
  ['equal', [1, 2], [1, 2], { kind: 'agrees' }],
  ['longer in the same epoch', [1], [1, 1, 1], { kind: 'diverges', epoch: 1, endOffset: 1 }],
  ['an epoch the leader never had', [1, 1, 3], [1, 2, 2], { kind: 'diverges', epoch: 1, endOffset: 2 }],
  ['the leader is empty', [], [1], { kind: 'diverges', epoch: -1, endOffset: 0 }],
  ['all that the leader has is younger', [3], [1, 1], { kind: 'diverges', epoch: 1, endOffset: 0 }],
])('a subscription is compared: %s', (_name, leader, follower, expected) => {
  expect(compare(new Records(0, leader), new Records(0, follower))).toEqual(expected);
});

test.each<[string, FollowerLog, ReturnType<typeof compareLogs>['kind']]>([
  ['empty, at the start', { startOffset: 13, endOffset: 13, lastEpoch: -1 }, 'startOver'],
  ['empty, elsewhere in the batch', { startOffset: 12, endOffset: 12, lastEpoch: -1 }, 'startOver'],
  ['empty, where the batch begins', { startOffset: 11, endOffset: 11, lastEpoch: -1 }, 'agrees'],
  ['empty, below', { startOffset: 10, endOffset: 10, lastEpoch: -1 }, 'startOver'],
  ['with all before the batch', { startOffset: 4, endOffset: 11, lastEpoch: 1 }, 'agrees'],
  ['with the batch', { startOffset: 4, endOffset: 16, lastEpoch: 1 }, 'agrees'],
])('the start of the leader, 13, lies within the batch at 11; a follower %s', (_name, follower, kind) => {
  const leader = new Records(
    0,
    Array.from({ length: 20 }, () => 1),
  );
  const log = { firstBatch: 11, startOffset: 13, endOffset: 20, epochs: leader.history() };
  expect(compareLogs(log, follower).kind).toBe(kind);
});

test.each<[string, Records, Records]>([
  ['below the leader’s log start', new Records(10, [2, 2]), new Records(0, [1, 1])],
  ['wholly above the leader’s end', new Records(0, [1, 1]), new Records(5, [1])],
  ['parted below its own log start', new Records(0, [1, 3, 3, 3, 3, 3]), new Records(4, [2])],
])('a follower starts over: %s', (_name, leader, follower) => {
  expect(compare(leader, follower)).toEqual({ kind: 'startOver' });
});

/** Epochs of two logs that grew under common rules: one leader per epoch, whose log holds what it had before. */
const twoLogs = fc
  .array(fc.record({ leader: fc.constantFrom(0, 1), own: fc.nat(3), copied: fc.nat(4) }), { maxLength: 8 })
  .map((epochs) => {
    const logs: [number[], number[]] = [[], []];
    for (const [epoch, { leader, own, copied }] of epochs.entries()) {
      const from = logs[leader] ?? [];
      const other = 1 - leader === 0 ? logs[0] : logs[1];
      for (let count = 0; count < own; count++) from.push(epoch);
      // The follower of this epoch truncated to agree, then copied some of it.
      if (copied > 0) {
        let common = 0;
        while (common < other.length && common < from.length && other[common] === from[common]) common++;
        other.splice(common, other.length, ...from.slice(common, common + copied));
      }
    }
    return logs;
  });

test('truncating by epoch until the logs agree leaves a prefix, and removes nothing that they had in common', () => {
  fc.assert(
    fc.property(twoLogs, ([leaderEpochs, followerEpochs]) => {
      const leader = new Records(0, leaderEpochs);
      const follower = new Records(0, followerEpochs);
      let common = 0;
      while (common < follower.end && leaderEpochs[common] === followerEpochs[common] && common < leader.end) common++;
      for (let round = 0; ; round++) {
        expect(round).toBeLessThan(10);
        const answer = compare(leader, follower);
        if (answer.kind === 'agrees') break;
        if (answer.kind === 'startOver') throw new Error('both logs begin at 0');
        const before = follower.end;
        follower.truncateTo(truncationOffset(follower.history(), answer));
        expect(follower.end).toBeLessThan(before);
      }
      expect(follower.epochsOf).toEqual(leaderEpochs.slice(0, follower.end));
      expect(follower.end).toBe(common);
    }),
    { numRuns: 1000 },
  );
});

test('logs can need several rounds', () => {
  const leader = new Records(0, [1, 1, 3, 5]);
  const follower = new Records(0, [1, 1, 2, 4]);
  const first = compare(leader, follower);
  expect(first).toEqual({ kind: 'diverges', epoch: 3, endOffset: 3 });
  if (first.kind === 'diverges') follower.truncateTo(truncationOffset(follower.history(), first));
  expect(compare(leader, follower)).toEqual({ kind: 'diverges', epoch: 1, endOffset: 2 });
});
