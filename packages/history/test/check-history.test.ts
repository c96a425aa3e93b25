import { describe, expect, test } from 'vitest';
import { checkHistory, type ReadRecord, type SentRecord, type ViolationKind } from '../src/check-history.ts';

const acknowledged = (key: string, sequence: number, offset: number): SentRecord => ({
  key,
  sequence,
  outcome: { kind: 'acknowledged', partition: 0, offset: BigInt(offset) },
});
const sentAs = (key: string, sequence: number, kind: 'unknown' | 'refused'): SentRecord => ({
  key,
  sequence,
  outcome: { kind },
});
const at = (offset: number, key: string, sequence: number): ReadRecord => ({
  partition: 0,
  offset: BigInt(offset),
  key,
  sequence,
});

const SENT = [acknowledged('a', 0, 0), acknowledged('b', 0, 1), acknowledged('a', 1, 2)];
const READ = [at(0, 'a', 0), at(1, 'b', 0), at(2, 'a', 1)];

test('a log that kept its promises passes', () => {
  const verdict = checkHistory(SENT, READ);
  expect(verdict).toMatchObject({ acknowledged: 3, read: 3, unknown: 0, violations: [] });
  expect(Object.values(verdict.counts)).toEqual([0, 0, 0, 0, 0]);
});

test('a record of unknown outcome may be there once, or not', () => {
  const sent = [...SENT, sentAs('a', 2, 'unknown'), sentAs('a', 3, 'unknown')];
  expect(checkHistory(sent, [...READ, at(3, 'a', 3)])).toMatchObject({ unknown: 2, unknownFound: 1, violations: [] });
});

test('a refused record need not be there', () => {
  expect(checkHistory([...SENT, sentAs('a', 2, 'refused')], READ).violations).toEqual([]);
});

describe('each way to break the promise is seen', () => {
  test.each<[string, readonly SentRecord[], readonly ReadRecord[], ViolationKind[]]>([
    ['an acknowledged record is gone', SENT, READ.slice(0, 2), ['lost']],
    ['a record stands there twice', SENT, [...READ, at(3, 'a', 1)], ['duplicate']],
    [
      'an unknown one stands there twice',
      [...SENT, sentAs('c', 0, 'unknown')],
      [...READ, at(3, 'c', 0), at(4, 'c', 0)],
      ['duplicate'],
    ],
    ['a record moved', SENT, [at(0, 'a', 0), at(1, 'b', 0), at(3, 'a', 1)], ['moved']],
    [
      'the records of a key changed places',
      SENT,
      [at(0, 'a', 1), at(1, 'b', 0), at(2, 'a', 0)],
      ['disorder', 'moved', 'moved'],
    ],
    [
      'an unknown one came after its successor',
      [sentAs('a', 0, 'unknown'), acknowledged('a', 1, 0)],
      [at(0, 'a', 1), at(1, 'a', 0)],
      ['disorder'],
    ],
    ['offsets go back', SENT, [at(1, 'b', 0), at(0, 'a', 0), at(2, 'a', 1)], ['disorder']],
    ['a record that nobody sent', SENT, [...READ, at(3, 'x', 0)], ['phantom']],
    ['a refused one is there', [...SENT, sentAs('a', 2, 'refused')], [...READ, at(3, 'a', 2)], ['phantom']],
  ])('%s', (_, sent, read, kinds) => {
    expect(checkHistory(sent, read).violations.map(({ kind }) => kind)).toEqual(kinds);
  });

  test('many violations are counted and only the first told', () => {
    const verdict = checkHistory(
      Array.from({ length: 50 }, (_, i) => acknowledged('a', i, i)),
      [],
    );
    expect(verdict.counts.lost).toBe(50);
    expect(verdict.violations).toHaveLength(20);
  });
});
