import { EMPTY_IMAGE } from '@moldau/metadata';
import { Ghost } from '../../src/ghost/ghost.ts';
import type { Observation } from '../../src/observation.ts';
import { broker, node, observation, type Story } from './states.ts';

const term2 = { term: 2, role: 'leader' as const };
const log = [{ term: 1 }, { term: 2, kind: 'voters' }];
const voters = (...ids: number[]) => ids.map((nodeId) => ({ nodeId, directoryId: `d${nodeId}` }));

/** One node, step by step. */
function alone(id: number, ...states: readonly Parameters<typeof node>[1][]): () => readonly Observation[] {
  return () => states.map((state) => observation({ quorum: [node(id, state)] }));
}

/** What the ghost noted before each look. */
function noted(...notes: readonly ((ghost: Ghost) => void)[]): Ghost[] {
  return notes.map((note) => {
    const ghost = new Ghost();
    note(ghost);
    return ghost;
  });
}

/** Invariants 1 to 10, and what else controllers alone can break. */
export const QUORUM_STORIES: Readonly<Record<string, readonly Story[]>> = {
  '01-election-safety': [
    {
      complaint: /nodes 1 and 2 lead term 2/,
      steps: () => [
        observation({ quorum: [node(1, term2), node(2, { term: 2 })] }),
        observation({ quorum: [node(1, term2), node(2, term2)] }),
      ],
    },
  ],
  '02-one-vote-per-term': [
    {
      complaint: /1.d1 voted in term 4/,
      steps: () =>
        noted(
          (ghost) => {
            ghost.voteSeen(4, '1/d1', '2/d2');
            ghost.voteSeen(4, '1/d1', '2/d2');
          },
          (ghost) => {
            ghost.voteSeen(4, '1/d1', '2/d2');
            ghost.voteSeen(4, '1/d1', '3/d3');
          },
        ).map((ghost) => observation({ ghost })),
    },
    { complaint: /went from term 4 back to 3/, steps: alone(1, { term: 3 }, { term: 4 }, { term: 3 }) },
    {
      complaint: /spoke in term 4 and is back in 3/,
      steps: () => {
        const ghost = new Ghost();
        const silent = { ghost: new Ghost(), quorum: [node(1, { life: 2, term: 3 })] };
        ghost.termSeen('1/d1', 4);
        ghost.termSeen('1/d1', 3);
        return [observation(silent), observation({ ghost, quorum: [node(1, { life: 2, term: 3 })] })];
      },
    },
  ],
  '03-log-matching': [
    {
      complaint: /entry 2@1 differs on node 2/,
      steps: () => [
        observation({ quorum: [node(1, { log: [{ term: 1 }, { term: 1 }] }), node(2, { log: [{ term: 1 }] })] }),
        observation({ quorum: [node(2, { log: [{ term: 1 }, { term: 1, text: 'another' }] })] }),
      ],
    },
    {
      complaint: /before 2@3 stands term 2 on node 2, 1 elsewhere/,
      steps: () => [
        observation({ quorum: [node(1, { log: [{ term: 1 }, { term: 3 }] }), node(2, { log: [{ term: 2 }] })] }),
        observation({ quorum: [node(2, { log: [{ term: 2 }, { term: 3 }] })] }),
      ],
    },
  ],
  '04-leader-completeness': [
    {
      complaint: /leader 2 of term 3 has term 2 at 1, committed is 1/,
      steps: () => {
        const ghost = new Ghost();
        ghost.committed.set(1, { term: 1, hash: 0 });
        ghost.committedEnd = 1;
        return [
          observation({ ghost, quorum: [node(1, { ...term2, log: [{ term: 1 }] })] }),
          observation({ ghost, quorum: [node(2, { term: 3, role: 'leader', log: [{ term: 2 }] })] }),
        ];
      },
    },
  ],
  '05-state-machine-safety': [
    {
      complaint: /node 2 commits term 1 at 1/,
      steps: () => {
        const ghost = new Ghost();
        return [
          observation({ ghost, quorum: [node(1, { log: [{ term: 1 }], commitIndex: 1 })] }),
          observation({ ghost, quorum: [node(2, { log: [{ term: 1, text: 'x' }], commitIndex: 1 })] }),
        ];
      },
    },
    {
      complaint: /broker 1 applied term 2 at 1, committed is term 1/,
      steps: () => {
        const ghost = new Ghost();
        const quorum = [node(1, { log: [{ term: 1 }], commitIndex: 1 })];
        return [1, 2].map((epoch) => {
          const applied = { ...EMPTY_IMAGE, offset: 1, epoch };
          return observation({ ghost, quorum, brokers: [broker(1, [], { image: applied })] });
        });
      },
    },
  ],
  '06-commit-on-majority': [
    {
      complaint: /leader 1 commits 1, not on the disks of 2,3/,
      steps: () =>
        [0, 1].map((commitIndex) => {
          const leader = node(1, { ...term2, log: [{ term: 2 }], commitIndex });
          return observation({ quorum: [leader, node(2, { persistedIndex: 0 }), node(3, { persistedIndex: 0 })] });
        }),
    },
    { complaint: /went from commit 2 back to 1/, steps: alone(1, { commitIndex: 2 }, { commitIndex: 1 }) },
  ],
  '07-commit-own-term': [
    {
      complaint: /leader 1 of term 2 committed 1 of term 1/,
      steps: alone(1, { ...term2, log, commitIndex: 0 }, { ...term2, log, commitIndex: 1 }),
    },
  ],
  '08-one-voter-change': [
    {
      complaint: /changes voters in term 2 before an entry of it is committed/,
      steps: alone(
        1,
        { ...term2, log, commitIndex: 1 },
        { ...term2, log, commitIndex: 1, voters: voters(1, 2, 3, 4), votersIndex: 2 },
      ),
    },
    {
      complaint: /changes 2 voters at once at 2/,
      steps: alone(
        1,
        { ...term2, log, commitIndex: 2 },
        { ...term2, log, commitIndex: 2, voters: voters(1, 2, 4), votersIndex: 2 },
      ),
    },
    {
      complaint: /begins a change at 3 while that of 2 is open/,
      steps: () => {
        const three = [{ term: 2 }, { term: 2, kind: 'voters' }, { term: 2, kind: 'voters' }];
        const leader = { ...term2, log: three, commitIndex: 1 };
        return [
          observation({ quorum: [node(1, { ...leader, voters: voters(1, 2, 3, 4), votersIndex: 2 })] }),
          observation({ quorum: [node(1, { ...leader, voters: voters(1, 2, 3, 4, 5), votersIndex: 3 })] }),
        ];
      },
    },
  ],
  '09-snapshot-at-log-start': [
    {
      complaint: /begins behind 8, its snapshot ends at 7/,
      steps: alone(
        1,
        { baseIndex: 5, snapshotIndex: 7, commitIndex: 8, log: [1, 1, 1].map((term) => ({ term })) },
        { baseIndex: 8, snapshotIndex: 7, commitIndex: 8 },
      ),
    },
    {
      complaint: /has a snapshot of what is not committed/,
      steps: alone(1, { log, commitIndex: 1, snapshotIndex: 1 }, { log, commitIndex: 1, snapshotIndex: 2 }),
    },
    {
      complaint: /leader 1 installed a snapshot of 50, committed was 3/,
      steps: alone(
        1,
        { ...term2, log: [{ term: 2 }, { term: 2 }, { term: 2 }], commitIndex: 3 },
        { ...term2, baseIndex: 50, snapshotIndex: 50, commitIndex: 50 },
      ),
    },
    {
      complaint: /leader 1 lost its log to a snapshot/,
      steps: alone(
        1,
        { ...term2, log: [{ term: 2 }, { term: 2 }, { term: 2 }], commitIndex: 3 },
        { ...term2, baseIndex: 2, snapshotIndex: 2, commitIndex: 3 },
      ),
    },
  ],
  '10-roles': [
    {
      complaint: /node 4 is candidate and no voter/,
      steps: alone(4, { role: 'observer' }, { role: 'candidate' }),
    },
    {
      complaint: /node 4 follows as a voter on a disk that is none/,
      steps: alone(4, { role: 'observer' }, { role: 'follower' }),
    },
    { complaint: /voter 1 is an observer/, steps: alone(1, { role: 'follower' }, { role: 'observer' }) },
    {
      complaint: /node 1 committed 3 and holds 2/,
      steps: alone(1, { log, commitIndex: 2 }, { log, commitIndex: 3 }),
    },
  ],
};
