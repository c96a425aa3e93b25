import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { majorityIndex, majorityOf } from '../src/quorum/majority.ts';
import { type VoteOutcome, Votes } from '../src/quorum/votes.ts';

/** The definition itself: the highest index that more than half of the voters have reached. */
function dumbMajorityIndex(matchIndexes: readonly number[]): number {
  let best = 0;
  for (const candidate of matchIndexes) {
    const reached = matchIndexes.filter((each) => each >= candidate).length;
    if (reached * 2 > matchIndexes.length && candidate > best) best = candidate;
  }
  return best;
}

/** Won when the missing answers cannot matter, lost when they cannot help: by trying all of them. */
function dumbOutcome(answers: readonly (boolean | undefined)[]): VoteOutcome {
  const wins = (filler: boolean): boolean => answers.filter((each) => each ?? filler).length * 2 > answers.length;
  if (wins(false)) return 'won';
  return wins(true) ? 'open' : 'lost';
}

describe('majority', () => {
  test('any two majorities of one set share a voter', () => {
    for (let count = 1; count <= 31; count++) {
      expect(majorityOf(count) * 2).toBeGreaterThan(count);
      expect((majorityOf(count) - 1) * 2).toBeLessThanOrEqual(count);
    }
  });

  test('the majority index is what the definition says', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 9 }), (indexes) => {
        expect(majorityIndex(indexes)).toBe(dumbMajorityIndex(indexes));
      }),
    );
  });

  test('nobody cannot commit', () => {
    expect(majorityIndex([])).toBe(0);
  });
});

describe('votes', () => {
  test('the outcome is what the definition says', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.boolean(), { nil: undefined }), { minLength: 1, maxLength: 9 }), (answers) => {
        const votes = new Votes();
        const voters = answers.map((_, position) => `voter ${position}`);
        for (const [position, answer] of answers.entries()) {
          if (answer !== undefined) votes.record(`voter ${position}`, answer);
        }
        expect(votes.outcome(voters)).toBe(dumbOutcome(answers));
      }),
    );
  });

  test('votes of replicas that are no voters do not count, and a second answer changes nothing', () => {
    const votes = new Votes();
    votes.record('1/a', true);
    votes.record('2/wiped', true);
    votes.record('3/a', false);
    votes.record('3/a', true);
    expect(votes.outcome(['1/a', '2/a', '3/a'])).toBe('open');
  });
});
