import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Entry, entryBytes } from '../src/entry.ts';

import { RaftLog } from '../src/log.ts';

const entry = (index: number, term: number): Entry => ({ index, term, kind: 'data', payload: new Uint8Array(10) });

const OPERATIONS = fc.array(
  fc.record({
    kind: fc.constantFrom('append', 'truncate', 'handOut', 'compact'),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { maxLength: 60 },
);

describe('log', () => {
  test('what storage is handed rebuilds the log, whatever was appended, cut and compacted between', () => {
    fc.assert(
      fc.property(OPERATIONS, (operations) => {
        const log = new RaftLog({ index: 0, term: 0 }, []);
        let stored: Entry[] = [];
        const handOut = (): void => {
          const { truncateFrom, append } = log.handOut();
          if (truncateFrom !== undefined) stored = stored.filter(({ index }) => index < truncateFrom);
          stored.push(...append);
        };
        let term = 1;
        for (const { kind, share } of operations) {
          const length = log.lastIndex - log.base.index;
          if (kind === 'append') log.append(entry(log.lastIndex + 1, term));
          else if (kind === 'handOut') handOut();
          else if (kind === 'truncate' && length > 0) {
            log.truncateFrom(log.base.index + 1 + Math.floor(share * (length - 1)));
            term += 1;
          } else if (kind === 'compact') {
            handOut();
            log.compactTo(log.base.index + Math.floor(share * length));
          }
        }
        handOut();
        const kept = log.slice(log.base.index + 1, log.lastIndex + 1, Number.MAX_SAFE_INTEGER);
        expect(stored.slice(log.base.index)).toEqual(kept);
        expect(stored.map(({ index }) => index)).toEqual(stored.map((_, position) => position + 1));
      }),
    );
  });

  test('a slice has at least one entry and otherwise keeps to its bytes', () => {
    const log = new RaftLog({ index: 0, term: 0 }, [entry(1, 1), entry(2, 1), entry(3, 1)]);
    expect(log.slice(1, 4, 1)).toHaveLength(1);
    expect(log.slice(1, 4, 90)).toHaveLength(2);
    expect(log.slice(2, 2, 90)).toHaveLength(0);
  });

  test('what is kept before a snapshot is bounded by entries and by bytes', () => {
    const log = new RaftLog(
      { index: 10, term: 1 },
      [11, 12, 13, 14, 15].map((index) => entry(index, 1)),
    );
    const bytes = entryBytes(entry(11, 1));
    expect(log.baseFor(15, { entriesMax: 2, bytesMax: 1000 })).toBe(13);
    expect(log.baseFor(15, { entriesMax: 100, bytesMax: 1000 })).toBe(10);
    expect(log.baseFor(15, { entriesMax: 100, bytesMax: 3 * bytes })).toBe(12);
    expect(log.baseFor(14, { entriesMax: 100, bytesMax: 3 * bytes })).toBe(11);
    expect(log.baseFor(15, { entriesMax: 100, bytesMax: 1 })).toBe(15);
  });

  test('stepping back skips a whole term at a time', () => {
    const log = new RaftLog({ index: 10, term: 1 }, [entry(11, 1), entry(12, 3), entry(13, 3), entry(14, 4)]);
    expect(log.lastPositionWithin(14, 2)).toEqual({ index: 11, term: 1 });
    expect(log.lastPositionWithin(99, 4)).toEqual({ index: 14, term: 4 });
    expect(log.lastPositionWithin(14, 0)).toEqual({ index: 10, term: 1 });
  });
});
