import type { SendOutcome } from '@moldau/history';
import { expect, test } from 'vitest';
import { History, type Judgement } from '../src/history/history.ts';

const ACKNOWLEDGED: SendOutcome = { kind: 'acknowledged', partition: 0, offset: 7n };
const KEPT: SendOutcome = { kind: 'kept' };
const UNKNOWN: SendOutcome = { kind: 'unknown' };
const REFUSED: SendOutcome = { kind: 'refused' };

/** What is asked of one record of partition 0, when all below the start may have been deleted. */
function judged(outcome: SendOutcome, start: bigint, others: Partial<Judgement> = {}): SendOutcome | undefined {
  const history = new History();
  history.sent({ key: 'p1.0.0/t/0', sequence: 3 }, 't', 0)(outcome);
  const judgement: Judgement = {
    isPromised: () => true,
    isDeleted: (_topic, _partition, offset) => offset < start,
    numbers: new Map([['t/0', 0]]),
    ...others,
  };
  return [...history.judged(judgement)][0]?.outcome;
}

test.each([
  ['acknowledged, nothing deleted', ACKNOWLEDGED, 0n, ACKNOWLEDGED],
  ['acknowledged at the start', ACKNOWLEDGED, 7n, ACKNOWLEDGED],
  ['acknowledged below the start', ACKNOWLEDGED, 8n, UNKNOWN],
  ['acknowledged without an offset, nothing deleted', KEPT, 0n, KEPT],
  ['acknowledged without an offset, something deleted', KEPT, 1n, UNKNOWN],
  ['refused', REFUSED, 8n, REFUSED],
  ['unknown', UNKNOWN, 0n, UNKNOWN],
])('%s', (_what, outcome, start, asked) => {
  expect(judged(outcome, start)).toEqual(asked);
});

test('nothing is asked of a partition of which nothing is promised', () => {
  expect(judged(ACKNOWLEDGED, 0n, { isPromised: () => false })).toBeUndefined();
});
