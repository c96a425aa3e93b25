import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  changePartition,
  type ElectionKind,
  EMPTY_IMAGE,
  effectiveMinIsr,
  inactiveIsrMembers,
  judgeAlterPartition,
  type PartitionChangeRequest,
  type PartitionState,
  partitionViolation,
  survivesRestart,
  transitionViolation,
  verdictForReplica,
} from '../src/index.ts';
import { apply, partitionState, record } from './fixtures.ts';

interface Row {
  readonly story: string;
  readonly isr: readonly number[];
  readonly elr?: readonly number[];
  readonly leader: number;
  readonly active: readonly number[];
  readonly min?: number;
  readonly request: PartitionChangeRequest;
  /** ISR, ELR, leader after; undefined: no record. */
  readonly after: readonly [readonly number[], readonly number[], number] | undefined;
}

const fenceOne = { election: 'when-needed', isr: [2, 3] } as const;

const ROWS: readonly Row[] = [
  {
    story: 'a fenced leader hands over to the next of the ISR',
    isr: [1, 2, 3],
    leader: 1,
    active: [2, 3],
    request: fenceOne,
    after: [[2, 3], [], 2],
  },
  {
    story: 'the order is that of the replicas, not that of the ISR',
    isr: [3, 2, 1],
    leader: 1,
    active: [2, 3],
    request: { election: 'when-needed', isr: [3, 2] },
    after: [[3, 2], [], 2],
  },
  {
    story: 'a fenced follower leaves, the leader stays',
    isr: [1, 2, 3],
    leader: 1,
    active: [1, 3],
    request: { election: 'when-needed', isr: [1, 3] },
    after: [[1, 3], [], 1],
  },
  {
    story: 'below the minimum the one that leaves stays eligible',
    isr: [1, 2],
    leader: 1,
    active: [2, 3],
    request: { election: 'when-needed', isr: [2] },
    after: [[2], [1], 2],
  },
  {
    story: 'the last one leaves: no leader, an empty ISR, all of them eligible',
    isr: [2],
    elr: [1],
    leader: 2,
    active: [],
    request: { election: 'when-needed', isr: [] },
    after: [[], [1, 2], -1],
  },
  {
    story: 'nobody outside ISR and ELR is elected',
    isr: [2],
    leader: 2,
    active: [1, 3],
    min: 1,
    request: { election: 'when-needed', isr: [] },
    after: [[], [2], -1],
  },
  {
    story: 'an active member of the ELR is elected when the ISR is empty, and is the ISR alone',
    isr: [],
    elr: [1, 2],
    leader: -1,
    active: [2],
    request: { election: 'when-needed' },
    after: [[2], [1], 2],
  },
  {
    story: 'the ISR goes before the ELR, whatever the order of the replicas',
    isr: [1, 3],
    elr: [2],
    leader: 1,
    active: [2, 3],
    min: 3,
    request: { election: 'when-needed', isr: [3] },
    after: [[3], [1, 2], 3],
  },
  {
    story: 'the ELR is emptied when the ISR is at the minimum',
    isr: [1],
    elr: [2],
    leader: 1,
    active: [1, 3],
    request: { election: 'when-needed', isr: [1, 3] },
    after: [[1, 3], [], 1],
  },
  {
    story: 'a damaged follower keeps no eligibility',
    isr: [1, 2],
    leader: 1,
    active: [1, 2],
    request: { election: 'when-needed', ineligible: [2] },
    after: [[1], [], 1],
  },
  {
    story: 'a damaged leader is deposed',
    isr: [1, 2],
    leader: 1,
    active: [1, 2],
    request: { election: 'when-needed', ineligible: [1] },
    after: [[2], [], 2],
  },
  {
    story: 'a damaged sole replica leaves nobody',
    isr: [1],
    leader: 1,
    active: [1, 2, 3],
    min: 1,
    request: { election: 'when-needed', ineligible: [1] },
    after: [[], [], -1],
  },
  {
    story: 'a damaged member of the ELR leaves it',
    isr: [1],
    elr: [2, 3],
    leader: 1,
    active: [1],
    request: { election: 'when-needed', ineligible: [3] },
    after: [[1], [2], 1],
  },
  {
    story: 'the preferred leader takes over when it is in the ISR',
    isr: [2, 1],
    leader: 2,
    active: [1, 2],
    request: { election: 'preferred' },
    after: [[2, 1], [], 1],
  },
  {
    story: 'the preferred leader waits outside the ISR',
    isr: [2, 3],
    leader: 2,
    active: [1, 2, 3],
    request: { election: 'preferred' },
    after: undefined,
  },
  {
    story: 'an unclean election takes the first active replica and forgets the rest',
    isr: [],
    elr: [1],
    leader: -1,
    active: [2, 3],
    request: { election: 'unclean' },
    after: [[2], [], 2],
  },
  {
    story: 'an unclean election prefers the clean one',
    isr: [],
    elr: [3],
    leader: -1,
    active: [2, 3],
    request: { election: 'unclean' },
    after: [[3], [], 3],
  },
  {
    story: 'nothing changes, nothing is written',
    isr: [1, 2, 3],
    leader: 1,
    active: [1, 2, 3],
    request: { election: 'when-needed' },
    after: undefined,
  },
  {
    story: 'an unclean election of a partition that has a leader does nothing',
    isr: [1],
    elr: [2],
    leader: 1,
    active: [1, 2, 3],
    request: { election: 'unclean' },
    after: undefined,
  },
];

describe('changePartition', () => {
  test.each(ROWS)('$story', ({ isr, elr = [], leader, active, min = 2, request, after }) => {
    const before = partitionState('T', 0, [1, 2, 3], { isr, elr, leader, leaderEpoch: 5, partitionEpoch: 7 });
    const now = changed(before, request, active, min);
    if (after === undefined) return expect(now).toBe(before);
    expect([now.isr, now.elr, now.leader]).toEqual(after);
    expect(now.partitionEpoch).toBe(8);
    expect(now.leaderEpoch).toBe(after[2] === leader ? 5 : 6);
  });

  test('the effective minimum is never more than there are replicas', () => {
    const alone = partitionState('T', 0, [1]);
    const gone = changed(alone, { election: 'when-needed', isr: [] }, [], 2);
    expect([gone.isr, gone.elr, gone.leader]).toEqual([[], [1], -1]);
    const back = changed(gone, { election: 'when-needed' }, [1], 2);
    expect([back.isr, back.elr, back.leader, back.leaderEpoch]).toEqual([[1], [], 1, 2]);
  });
});

function changed(
  before: PartitionState,
  request: PartitionChangeRequest,
  active: readonly number[],
  min: number,
): PartitionState {
  const change = changePartition(before, request, { minInsyncReplicas: min, isActive: (id) => active.includes(id) });
  if (change === undefined) return before;
  const image = apply(EMPTY_IMAGE, record.topic('T', 'topic'), record.partition({ ...before, partition: 0 }));
  return apply(image, { record: { kind: 'partitionChange', value: change } }).topics.get('T')?.partitions[0] ?? before;
}

test('invariants 11 to 14 hold after any history; only a replica that holds all committed records is ever elected cleanly', () => {
  const event = fc.record({
    kind: fc.constantFrom('fence', 'unfence', 'alter', 'damage', 'preferred', 'unclean'),
    broker: fc.integer({ min: 1, max: 4 }),
    subset: fc.nat(15),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(event, { maxLength: 60 }),
      (replicaCount, min, events) => {
        const brokers = [1, 2, 3, 4].slice(0, replicaCount);
        const minIsr = effectiveMinIsr(min, partitionState('T', 0, brokers));
        const active = new Set(brokers);
        let state = partitionState('T', 0, brokers);
        // The dumb model: records committed so far by number, and the highest that each replica surely holds.
        let committed = 0;
        const held = new Map(brokers.map((id) => [id, 0]));
        for (const { kind, broker, subset } of events) {
          if (!brokers.includes(broker)) continue;
          let request: PartitionChangeRequest = { election: 'when-needed' };
          if (kind === 'fence') {
            active.delete(broker);
            request = { election: 'when-needed', isr: state.isr.filter((id) => id !== broker) };
          } else if (kind === 'unfence') active.add(broker);
          else if (kind === 'damage') {
            held.set(broker, 0);
            request = { election: 'when-needed', ineligible: [broker] };
          } else if (kind === 'alter' && state.leader !== -1) {
            // A leader takes in whoever is active and drops whom it likes; joiners have caught up.
            const isr = brokers.filter(
              (id) => id === state.leader || (((subset >> (id - 1)) & 1) === 1 && active.has(id)),
            );
            for (const id of isr) held.set(id, committed);
            request = { election: 'when-needed', isr };
          } else if (kind === 'preferred' || kind === 'unclean') request = { election: kind as ElectionKind };
          const before = state;
          state = changed(state, request, [...active], min);

          expect(partitionViolation(state, minIsr)).toBeUndefined();
          expect(inactiveIsrMembers(state, (id) => active.has(id))).toEqual([]);
          if (state !== before) expect(transitionViolation(before, state)).toBeUndefined();
          if (state.leader !== before.leader && state.leader !== -1) {
            expect(active.has(state.leader)).toBe(true);
            const clean = [...before.isr, ...before.elr].includes(state.leader);
            if (clean) expect(held.get(state.leader)).toBe(committed);
            else {
              expect(kind).toBe('unclean');
              // Declared loss: what the others had does not count any more.
              committed = held.get(state.leader) ?? 0;
              for (const id of brokers) held.set(id, Math.min(held.get(id) ?? 0, committed));
            }
          }
          // The leader commits only with enough in sync, and then on all of them.
          if (state.leader !== -1 && state.isr.length >= minIsr) {
            committed++;
            for (const id of state.isr) held.set(id, committed);
          }
        }
      },
    ),
    { numRuns: 1000 },
  );
});

describe('a proposal of a leader is judged in this order', () => {
  const base = apply(
    EMPTY_IMAGE,
    record.register(1),
    record.register(2),
    record.register(3),
    record.topic('T', 'topic'),
    record.partition(partitionState('T', 0, [1, 2, 3], { isr: [1, 2], leaderEpoch: 5, partitionEpoch: 7 })),
  );
  const image = apply(base, record.state(base, 1, false), record.state(base, 2, false), record.state(base, 3, false));
  const item = {
    topicId: 'T',
    partition: 0,
    leaderEpoch: 5,
    partitionEpoch: 7,
    isr: [1, 2, 3].map((brokerId) => ({ brokerId, brokerEpoch: 1 })),
  };
  const members = (...isr: readonly (readonly [number, number])[]) =>
    isr.map(([brokerId, brokerEpoch]) => ({ brokerId, brokerEpoch }));

  test.each([
    ['an unknown topic', { topicId: 'X' }, 1, 'UNKNOWN_TOPIC_ID'],
    ['an unknown partition', { partition: 1 }, 1, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['epochs newer than the controller knows', { leaderEpoch: 6, partitionEpoch: 1 }, 2, 'NOT_CONTROLLER'],
    ['a partition epoch newer than the controller knows', { partitionEpoch: 8 }, 1, 'NOT_CONTROLLER'],
    ['an old leader epoch', { leaderEpoch: 4, partitionEpoch: 1 }, 2, 'FENCED_LEADER_EPOCH'],
    ['a sender that does not lead', { partitionEpoch: 1 }, 2, 'INVALID_REQUEST'],
    ['an old partition epoch', { partitionEpoch: 6, isr: members([9, 9]) }, 1, 'INVALID_UPDATE_VERSION'],
    ['an ISR without its leader', { isr: members([2, 1]) }, 1, 'INVALID_REQUEST'],
    ['an ISR with a stranger', { isr: members([1, 1], [4, 1]) }, 1, 'INVALID_REQUEST'],
    ['an ISR that names a broker twice', { isr: members([1, 1], [1, 1]) }, 1, 'INVALID_REQUEST'],
    ['a member of an earlier uptime', { isr: members([1, 1], [2, 0]) }, 1, 'INELIGIBLE_REPLICA'],
    ['a member without a broker epoch', { isr: members([1, 1], [2, -1]) }, 1, 'INELIGIBLE_REPLICA'],
  ] as const)('%s', (_story, fields, sender, error) => {
    expect(judgeAlterPartition(image, sender, { ...item, ...fields })).toEqual({ ok: false, error });
  });

  test('a good one is taken', () => {
    expect(judgeAlterPartition(image, 1, item)).toMatchObject({ ok: true, isr: [1, 2, 3] });
  });

  test.each([
    ['fenced', true, false],
    ['shutting down', false, true],
  ])('a member that is %s', (_story, fenced, shuttingDown) => {
    const changedImage = apply(image, record.state(image, 3, fenced, shuttingDown));
    expect(judgeAlterPartition(changedImage, 1, item)).toEqual({ ok: false, error: 'INELIGIBLE_REPLICA' });
  });
});

test.each([
  ['clean', 'flushed', true],
  ['clean', 'replicated', true],
  ['crashed-intact', 'flushed', true],
  ['crashed-intact', 'replicated', false],
  ['damaged', 'flushed', false],
  ['new', 'flushed', false],
  ['unspecified', 'flushed', false],
] as const)('a %s directory of a %s topic keeps its claim to lead: %s', (verdict, durability, keeps) => {
  expect(survivesRestart(verdict, durability)).toBe(keeps);
});

test('a replica whose directory did not come back is as good as new; where it is not known the worst counts', () => {
  const directories = [
    { directoryId: 'A', verdict: 'clean' },
    { directoryId: 'B', verdict: 'damaged' },
  ] as const;
  const at = (directoryId: string) => verdictForReplica({ brokerId: 1, directoryId, incarnationId: '' }, directories);
  expect([at('A'), at('B'), at('C'), at('')]).toEqual(['clean', 'damaged', 'new', 'damaged']);
  expect(verdictForReplica({ brokerId: 1, directoryId: '', incarnationId: '' }, [])).toBe('unspecified');
});
