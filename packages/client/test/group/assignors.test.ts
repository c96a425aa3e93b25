import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Assignor, GroupAssignment, MemberView, PartitionCounts } from '../../src/group/assignor.ts';
import { cooperativeStickyAssignor, generationOfUserData } from '../../src/group/cooperative-sticky-assignor.ts';
import { rangeAssignor } from '../../src/group/range-assignor.ts';
import { type PartitionName, partitionKey } from '../../src/partition-name.ts';

const TOPICS = ['a', 'b', 'c', 'd'];

function member(memberId: string, topics: readonly string[], more: Partial<MemberView> = {}): MemberView {
  return { memberId, instanceId: '', topics, owned: [], generation: -1, ...more };
}

function textOf(assignment: GroupAssignment): Record<string, string> {
  return Object.fromEntries([...assignment].map(([id, parts]) => [id, parts.map(partitionKey).join(' ')]));
}

const counts = fc
  .array(fc.nat(9), { minLength: TOPICS.length, maxLength: TOPICS.length })
  .map((numbers): PartitionCounts => new Map(TOPICS.map((topic, index) => [topic, numbers[index] ?? 0])));

/** Members that want some of the topics each, and claim whatever. */
const members = fc.uniqueArray(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 7 }).chain((ids) =>
  fc
    .tuple(
      ...ids.map((id) =>
        fc.record({
          topics: fc.subarray([...TOPICS, 'unknown']),
          owned: fc.array(fc.record({ topic: fc.constantFrom(...TOPICS), partition: fc.nat(10) }), { maxLength: 6 }),
          generation: fc.integer({ min: -1, max: 3 }),
          instanceId: fc.constantFrom('', `i-${id}`),
        }),
      ),
    )
    .map((parts) => parts.map((part, index) => ({ memberId: `m-${ids[index]}`, ...part }))),
);

function expectWhole(assignment: GroupAssignment, all: readonly MemberView[], of: PartitionCounts): void {
  expect([...assignment.keys()].sort()).toEqual(all.map(({ memberId }) => memberId).sort());
  const given = new Map<string, string>();
  for (const { memberId, topics } of all) {
    for (const each of assignment.get(memberId) ?? []) {
      expect(topics).toContain(each.topic);
      expect(each.partition).toBeLessThan(of.get(each.topic) ?? 0);
      expect(given.get(partitionKey(each))).toBeUndefined();
      given.set(partitionKey(each), memberId);
    }
  }
  const read = TOPICS.filter((topic) => all.some(({ topics }) => topics.includes(topic)));
  expect(given.size).toBe(read.reduce((sum, topic) => sum + (of.get(topic) ?? 0), 0));
}

/** Rounds of a group as members live them, until nobody has to give anything up. */
function settle(all: readonly MemberView[], of: PartitionCounts): { final: GroupAssignment; rounds: number } {
  let now = all;
  for (let rounds = 1; ; rounds++) {
    const assignment = cooperativeStickyAssignor.assign(now, of);
    const before = now;
    // A held partition is nobody else's.
    for (const { memberId } of now) {
      for (const each of assignment.get(memberId) ?? []) {
        const holders = before.filter(({ owned }) => owned.some((one) => partitionKey(one) === partitionKey(each)));
        expect(holders.every((holder) => holder.memberId === memberId)).toBe(true);
      }
    }
    const revokes = now.some(({ memberId, owned }) => {
      const keys = new Set((assignment.get(memberId) ?? []).map(partitionKey));
      return owned.some((each) => !keys.has(partitionKey(each)));
    });
    now = now.map((each) => ({ ...each, owned: assignment.get(each.memberId) ?? [], generation: rounds + 3 }));
    if (!revokes) return { final: assignment, rounds };
    expect(rounds).toBeLessThan(4);
  }
}

describe.each([rangeAssignor, cooperativeStickyAssignor])('$name', (assignor: Assignor) => {
  test('what is free goes to exactly one of those who want it, whatever the order of the members', () => {
    fc.assert(
      fc.property(members, counts, (all, of) => {
        const fresh = all.map((each) => ({ ...each, owned: [] }));
        const assignment = assignor.assign(fresh, of);
        expectWhole(assignment, fresh, of);
        expect(textOf(assignor.assign([...fresh].reverse(), of))).toEqual(
          Object.fromEntries(Object.entries(textOf(assignment)).reverse()),
        );
      }),
    );
  });
});

describe('range', () => {
  test('neighbours, the first members one more', () => {
    const all = [member('m2', ['a', 'b']), member('m1', ['a', 'b']), member('m3', ['a'])];
    const of = new Map([
      ['a', 7],
      ['b', 3],
    ]);
    expect(textOf(rangeAssignor.assign(all, of))).toEqual({
      m1: 'a/0 a/1 a/2 b/0 b/1',
      m2: 'a/3 a/4 b/2',
      m3: 'a/5 a/6',
    });
  });

  test('static members come first, by their lasting names, so that a restart moves nothing', () => {
    const of = new Map([['a', 3]]);
    const before = [
      member('z-1', ['a'], { instanceId: 'x' }),
      member('k', ['a']),
      member('b-1', ['a'], { instanceId: 'y' }),
    ];
    expect(textOf(rangeAssignor.assign(before, of))).toEqual({ 'z-1': 'a/0', 'b-1': 'a/1', k: 'a/2' });
    const after = before.map((each) => (each.instanceId === 'x' ? { ...each, memberId: 'a-9' } : each));
    expect(textOf(rangeAssignor.assign(after, of))).toEqual({ 'a-9': 'a/0', 'b-1': 'a/1', k: 'a/2' });
  });
});

describe('cooperative-sticky', () => {
  test('nobody has two more than somebody who could have one of them', () => {
    fc.assert(
      fc.property(members, counts, (all, of) => {
        const { final } = settle(all, of);
        expectWhole(final, all, of);
        for (const rich of all) {
          const mine = final.get(rich.memberId) ?? [];
          for (const poor of all) {
            const theirs = final.get(poor.memberId)?.length ?? 0;
            if (mine.length > theirs + 1) {
              expect(mine.some(({ topic }) => poor.topics.includes(topic))).toBe(false);
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('who wants the same has the same, up to one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), counts, (size, of) => {
        const all = Array.from({ length: size }, (_, id) => member(`m${id}`, TOPICS));
        const sizes = [...cooperativeStickyAssignor.assign(all, of).values()].map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('nothing moves when nothing has changed', () => {
    fc.assert(
      fc.property(members, counts, (all, of) => {
        const { final } = settle(all, of);
        const same = all.map((each) => ({ ...each, owned: final.get(each.memberId) ?? [], generation: 9 }));
        expect(textOf(cooperativeStickyAssignor.assign(same, of))).toEqual(textOf(final));
      }),
    );
  });

  test('a member that goes: the others keep all they have', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), counts, (size, of) => {
        const all = Array.from({ length: size }, (_, id) => member(`m${id}`, TOPICS));
        const { final } = settle(all, of);
        const rest = all.slice(1).map((each) => ({ ...each, owned: final.get(each.memberId) ?? [], generation: 9 }));
        const next = cooperativeStickyAssignor.assign(rest, of);
        for (const { memberId, owned } of rest) {
          const keys = new Set((next.get(memberId) ?? []).map(partitionKey));
          expect(owned.filter((each) => !keys.has(partitionKey(each)))).toEqual([]);
        }
        expectWhole(next, rest, of);
      }),
    );
  });

  test('a member that comes: it is given its share and no more, in two steps', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), counts, (size, of) => {
        const all = Array.from({ length: size }, (_, id) => member(`m${id}`, TOPICS));
        const { final } = settle(all, of);
        const had = all.map((each) => ({ ...each, owned: final.get(each.memberId) ?? [], generation: 9 }));
        const grown = [...had, member('new', TOPICS)];
        const first = cooperativeStickyAssignor.assign(grown, of);
        expect(first.get('new')).toEqual([]);
        const { final: last } = settle(grown, of);
        const total = [...of.values()].reduce((sum, count) => sum + count, 0);
        const moved = had.flatMap(({ memberId, owned }) => {
          const keys = new Set((last.get(memberId) ?? []).map(partitionKey));
          return owned.filter((each) => !keys.has(partitionKey(each)));
        });
        expect(moved.length).toBe(Math.floor(total / (size + 1)));
        expect(last.get('new')?.length).toBe(moved.length);
      }),
    );
  });

  test('of two who claim the same, the one of the later generation keeps it; none when both are of one', () => {
    const of = new Map([['a', 2]]);
    const owned: readonly PartitionName[] = [{ topic: 'a', partition: 0 }];
    const claims = (one: number, other: number) => [
      member('m1', ['a'], { owned, generation: one }),
      member('m2', ['a'], { owned, generation: other }),
    ];
    // Both still hold it: nobody is given it until they have let go, and it is the later one's turn then.
    expect(textOf(cooperativeStickyAssignor.assign(claims(3, 2), of))).toEqual({ m1: '', m2: 'a/1' });
    expect(textOf(cooperativeStickyAssignor.assign(claims(2, 3), of))).toEqual({ m1: 'a/1', m2: '' });
    expect(textOf(cooperativeStickyAssignor.assign(claims(2, 2), of))['m1']).not.toContain('a/0');
  });

  // In minutes instead, were each move looked for among all pairs.
  test('a large group in which one had all is shared', () => {
    const all = Array.from({ length: 200 }, (_, id) => member(`m${id}`, TOPICS));
    const of = new Map(TOPICS.map((topic) => [topic, 1000]));
    const owned = TOPICS.flatMap((topic) => Array.from({ length: 1000 }, (_, partition) => ({ topic, partition })));
    const lopsided = all.map((each, index) => (index === 0 ? { ...each, owned, generation: 1 } : each));
    expect(cooperativeStickyAssignor.assign(lopsided, of).get('m0')?.length).toBe(20);
  });

  test("its user data is Kafka's: the generation in 32 bits", () => {
    expect([...(cooperativeStickyAssignor.userData(258) ?? [])]).toEqual([0, 0, 1, 2]);
    expect(generationOfUserData(new Uint8Array([0, 0, 1, 2]))).toBe(258);
    expect(generationOfUserData(null)).toBe(-1);
    expect(generationOfUserData(new Uint8Array(9))).toBe(-1);
  });
});
