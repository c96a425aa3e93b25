import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cancelReassignment,
  changePartition,
  decodeSnapshot,
  diffImages,
  EMPTY_IMAGE,
  effectiveMinIsr,
  encodeSnapshot,
  inactiveIsrMembers,
  isReassigning,
  isSoleCopy,
  originReplicas,
  type PartitionChangeRequest,
  type PartitionState,
  partitionViolation,
  type ReassignmentVerdict,
  reassign,
  targetReplicas,
  transitionViolation,
} from '../src/index.ts';
import { apply, contents, partitionState, record, step } from './fixtures.ts';

const image = apply(EMPTY_IMAGE, record.topic('T', 'topic'));
let created = 0;

function changed(before: PartitionState, request: PartitionChangeRequest, active: readonly number[], min = 2) {
  const change = changePartition(before, request, { minInsyncReplicas: min, isActive: (id) => active.includes(id) });
  if (change === undefined) return before;
  const after = apply(apply(image, record.partition(before)), { record: { kind: 'partitionChange', value: change } });
  return after.topics.get('T')?.partitions[0] ?? before;
}

function asked(partition: PartitionState, target: readonly number[] | 'cancel', min: number): ReassignmentVerdict {
  return target === 'cancel'
    ? cancelReassignment(partition, min)
    : reassign(partition, target, min, (brokerId) => ({
        brokerId,
        directoryId: '',
        incarnationId: `new-${++created}`,
      }));
}

const ALL = [1, 2, 3, 4, 5, 6];

/** A partition, the calls and reports that follow, and what it is at last: replicas, adding, removing, ISR, leader. */
interface Row {
  readonly story: string;
  readonly replicas: readonly number[];
  readonly isr?: readonly number[];
  readonly elr?: readonly number[];
  readonly min?: number;
  readonly active?: readonly number[];
  /** Targets that are asked for, and ISRs that the leader proposes. */
  readonly steps: readonly ({ readonly to: readonly number[] | 'cancel' } | { readonly isr: readonly number[] })[];
  readonly after: readonly [readonly number[], readonly number[], readonly number[], readonly number[], number];
  readonly refused?: string;
}

const ROWS: readonly Row[] = [
  {
    story: 'begins with all replicas, those of the target first',
    replicas: [1, 2, 3],
    steps: [{ to: [4, 2, 5] }],
    after: [[4, 2, 5, 1, 3], [4, 5], [1, 3], [1, 2, 3], 1],
  },
  {
    story: 'goes on while one of the target is missing',
    replicas: [1, 2, 3],
    steps: [{ to: [4, 2, 5] }, { isr: [1, 2, 3, 4] }],
    after: [[4, 2, 5, 1, 3], [4, 5], [1, 3], [1, 2, 3, 4], 1],
  },
  {
    story: 'ends when all of the target are in sync; the leader that goes hands over',
    replicas: [1, 2, 3],
    steps: [{ to: [4, 2, 5] }, { isr: [1, 2, 3, 4, 5] }],
    after: [[4, 2, 5], [], [], [2, 4, 5], 4],
  },
  {
    story: 'a leader that stays leads on',
    replicas: [1, 2, 3],
    steps: [{ to: [4, 1, 5] }, { isr: [1, 4, 5] }],
    after: [[4, 1, 5], [], [], [1, 4, 5], 1],
  },
  {
    story: 'of one replica moves without a moment of none',
    replicas: [1],
    steps: [{ to: [2] }, { isr: [1, 2] }],
    after: [[2], [], [], [2], 2],
  },
  {
    story: 'fewer replicas: at once, when the others are in sync',
    replicas: [1, 2, 3],
    steps: [{ to: [2, 3] }],
    after: [[2, 3], [], [], [2, 3], 2],
  },
  {
    story: 'fewer replicas: not before the others are in sync',
    replicas: [1, 2, 3],
    isr: [1, 3],
    steps: [{ to: [1, 2] }],
    after: [[1, 2, 3], [], [3], [1, 3], 1],
  },
  {
    story: 'another order is no move',
    replicas: [1, 2, 3],
    steps: [{ to: [3, 1, 2] }],
    after: [[3, 1, 2], [], [], [1, 2, 3], 1],
  },
  {
    story: 'called off, it is where it began',
    replicas: [1, 2, 3],
    steps: [{ to: [4, 5, 6] }, { isr: [1, 2, 3, 4] }, { to: 'cancel' }],
    after: [[1, 2, 3], [], [], [1, 2, 3], 1],
  },
  {
    story: 'called off while an added replica leads, an old one does',
    replicas: [1, 2, 3],
    isr: [2, 3],
    active: [2, 3, 4],
    steps: [{ to: [4, 5] }, { isr: [2, 3, 4] }, { to: 'cancel' }],
    after: [[1, 2, 3], [], [], [2, 3], 2],
  },
  {
    story: 'turned to another target, what was added for the first goes at once',
    replicas: [1, 2],
    steps: [{ to: [3, 4] }, { isr: [1, 2, 3] }, { to: [4, 5] }],
    after: [[4, 5, 1, 2], [4, 5], [1, 2], [1, 2], 1],
  },
  {
    story: 'turned, and called off: still where it began',
    replicas: [1, 2],
    steps: [{ to: [3, 4] }, { to: [4, 5] }, { to: 'cancel' }],
    after: [[1, 2], [], [], [1, 2], 1],
  },
  {
    story: 'turned back to where it began, it is over',
    replicas: [1, 2],
    steps: [{ to: [3, 4] }, { isr: [1, 2, 3] }, { to: [2, 1] }],
    after: [[2, 1], [], [], [1, 2], 1],
  },
  {
    story: 'is not called off while too few of the old ones are in sync',
    replicas: [1, 2],
    isr: [1],
    steps: [{ to: [3, 4] }, { isr: [1, 3] }, { to: 'cancel' }],
    after: [[3, 4, 1, 2], [3, 4], [1, 2], [1, 3], 1],
    refused: 'INVALID_REPLICA_ASSIGNMENT',
  },
  {
    story: 'is called off when nothing of what it added is in sync, however few are',
    replicas: [1, 2],
    isr: [1],
    elr: [2],
    steps: [{ to: [3, 4] }, { to: 'cancel' }],
    after: [[1, 2], [], [], [1], 1],
  },
  {
    story: 'what is not under way cannot be called off',
    replicas: [1, 2],
    steps: [{ to: 'cancel' }],
    after: [[1, 2], [], [], [1, 2], 1],
    refused: 'NO_REASSIGNMENT_IN_PROGRESS',
  },
];

describe('a reassignment', () => {
  test.each(ROWS)('$story', ({ replicas, isr = replicas, elr = [], min = 2, active = ALL, steps, after, refused }) => {
    const leader = isr[0] ?? -1;
    let state = partitionState('T', 0, replicas, { isr, elr, leader });
    let error: string | undefined;
    for (const each of steps) {
      let request: PartitionChangeRequest = { election: 'when-needed' };
      if ('isr' in each) request = { election: 'when-needed', isr: each.isr };
      else {
        const verdict = asked(state, each.to, min);
        if (verdict.ok) request = { election: 'when-needed', assignment: verdict.assignment };
        else error = verdict.error;
      }
      const before = state;
      state = changed(state, request, active, min);
      if (state !== before) expect(transitionViolation(before, state)).toBeUndefined();
    }
    expect(error).toBe(refused);
    const ids = state.replicas.map(({ brokerId }) => brokerId);
    expect([ids, state.addingReplicas, state.removingReplicas, state.isr, state.leader]).toEqual(after);
  });

  test('of a partition with one replica asks for no more in-sync replicas before it has ended', () => {
    const alone = partitionState('T', 0, [1]);
    const verdict = asked(alone, [2, 3, 4], 2);
    if (!verdict.ok) throw new Error(verdict.message);
    const moving = changed(alone, { election: 'when-needed', assignment: verdict.assignment }, ALL);
    expect(effectiveMinIsr(2, moving)).toBe(1);
    expect(effectiveMinIsr(2, changed(moving, { election: 'when-needed', isr: [1, 2, 3, 4] }, ALL))).toBe(2);
  });

  test('brings new incarnations, of a broker that had one before too', () => {
    const before = partitionState('T', 0, [1, 2]);
    const away = asked(before, [1, 3], 1);
    const back = away.ok ? asked({ ...before, ...away.assignment }, [2, 3], 1) : away;
    if (!away.ok || !back.ok) throw new Error('refused');
    const incarnation = ({ replicas }: Pick<PartitionState, 'replicas'>, id: number) =>
      replicas.find(({ brokerId }) => brokerId === id)?.incarnationId;
    expect(incarnation(back.assignment, 2)).toBe('replica-2');
    expect(incarnation(back.assignment, 3)).toBe(incarnation(away.assignment, 3));
    const settled = {
      ...before,
      replicas: [1, 3].map((brokerId) => ({ brokerId, directoryId: '', incarnationId: 'x' })),
    };
    const again = asked(settled, [1, 2], 1);
    expect(again.ok && incarnation(again.assignment, 2)).toMatch(/^new-/);
  });

  test('leaves a replica the only copy while the added ones were never in sync', () => {
    const moving = partitionState('T', 0, [2, 1], { isr: [1], leader: 1, addingReplicas: [2], removingReplicas: [1] });
    expect(isSoleCopy(moving, 1)).toBe(true);
    expect(isSoleCopy(moving, 2)).toBe(false);
    expect(isSoleCopy({ ...moving, isr: [1, 2] }, 1)).toBe(false);
  });

  test('an unclean election takes an added replica last', () => {
    const moving = partitionState('T', 0, [3, 2, 1], {
      isr: [],
      leader: -1,
      addingReplicas: [3],
      removingReplicas: [1],
    });
    expect(changed(moving, { election: 'unclean' }, [1, 3]).leader).toBe(1);
    expect(changed(moving, { election: 'unclean' }, [3]).leader).toBe(3);
  });

  test('is in snapshots, and between images', () => {
    const moving = partitionState('T', 0, [3, 2, 1], { isr: [1, 2], addingReplicas: [3], removingReplicas: [1] });
    const before = apply(image, record.partition(partitionState('T', 0, [1, 2])));
    const after = apply(image, record.partition({ ...moving, partitionEpoch: 1 }));
    expect(contents(decodeSnapshot(encodeSnapshot(after)))).toEqual(contents(after));
    expect(diffImages(before, after).partitions).toHaveLength(1);
    const change = changePartition(
      moving,
      { election: 'when-needed', isr: [1, 2, 3] },
      { minInsyncReplicas: 2, isActive: () => true },
    );
    expect(change).toMatchObject({ addingReplicas: { brokerIds: [] }, removingReplicas: { brokerIds: [] } });
    if (change === undefined) return;
    const { delta } = step(after, { record: { kind: 'partitionChange', value: change } });
    expect(delta.partitions[0]?.after).toMatchObject({ addingReplicas: [], removingReplicas: [], isr: [2, 3] });
  });
});

test('whatever is asked for meanwhile, and whoever dies, a clean leader holds all committed records', () => {
  const event = fc.record({
    kind: fc.constantFrom(
      'fence',
      'unfence',
      'alter',
      'alter',
      'damage',
      'reassign',
      'reassign',
      'cancel',
      'preferred',
    ),
    broker: fc.integer({ min: 1, max: 5 }),
    subset: fc.nat(31),
  });
  let ended = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      fc.array(event, { maxLength: 60 }),
      (factor, min, events) => {
        const brokers = [1, 2, 3, 4, 5];
        const active = new Set(brokers);
        let state = partitionState('T', 0, brokers.slice(0, factor));
        let committed = 0;
        // By incarnation: a replica that comes back is another one, and empty.
        const held = new Map(state.replicas.map(({ incarnationId }) => [incarnationId, 0]));
        const replicaOf = (id: number): string =>
          state.replicas.find(({ brokerId }) => brokerId === id)?.incarnationId ?? 'none';
        for (const { kind, broker, subset } of events) {
          let request: PartitionChangeRequest | undefined;
          const chosen = brokers.filter((id) => ((subset >> (id - 1)) & 1) === 1);
          if (kind === 'fence') {
            active.delete(broker);
            request = { election: 'when-needed', isr: state.isr.filter((id) => id !== broker) };
          } else if (kind === 'unfence') {
            active.add(broker);
            request = { election: 'when-needed' };
          } else if (kind === 'damage' && !isSoleCopy(state, broker)) {
            held.set(replicaOf(broker), 0);
            request = { election: 'when-needed', ineligible: [broker] };
          } else if (kind === 'alter' && state.leader !== -1) {
            const isr = state.replicas
              .map(({ brokerId }) => brokerId)
              .filter((id) => id === state.leader || (active.has(id) && (subset > 15 || chosen.includes(id))));
            for (const id of isr) held.set(replicaOf(id), committed);
            request = { election: 'when-needed', isr };
          } else if (kind === 'preferred') request = { election: 'preferred' };
          else if (kind === 'reassign' || kind === 'cancel') {
            if (kind === 'reassign' && chosen.length === 0) continue;
            const verdict = asked(state, kind === 'cancel' ? 'cancel' : chosen, min);
            if (verdict.ok) request = { election: 'when-needed', assignment: verdict.assignment };
          }
          if (request === undefined) continue;
          const before = state;
          state = changed(state, request, [...active], min);
          if (isReassigning(before) && !isReassigning(state) && kind === 'alter') ended++;

          expect(partitionViolation(state, effectiveMinIsr(min, state))).toBeUndefined();
          expect(inactiveIsrMembers(state, (id) => active.has(id))).toEqual([]);
          if (state !== before) expect(transitionViolation(before, state)).toBeUndefined();
          if (kind === 'reassign' || kind === 'cancel') {
            expect(state.isr.filter((id) => !before.isr.includes(id) && !before.elr.includes(id))).toEqual([]);
            if (state.isr.length < before.isr.length)
              expect(state.isr.length).toBeGreaterThanOrEqual(effectiveMinIsr(min, state));
          }
          expect(originReplicas(state).length * targetReplicas(state).length).toBeGreaterThan(0);
          for (const id of [...state.isr, ...state.elr]) expect(held.get(replicaOf(id)) ?? 0).toBe(committed);
          if (state.leader !== -1 && state.isr.length >= effectiveMinIsr(min, state)) {
            committed++;
            for (const id of state.isr) held.set(replicaOf(id), committed);
          }
        }
      },
    ),
    { numRuns: 2000 },
  );
  expect(ended).toBeGreaterThan(200);
});
