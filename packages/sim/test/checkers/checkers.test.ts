import { pureChecksum } from '@moldau/base';
import { assignBatch, BatchBuilder } from '@moldau/records';
import { expect, test } from 'vitest';
import { INVARIANTS } from '../../src/checkers/index.ts';
import { Ghost } from '../../src/ghost/ghost.ts';
import type { Observation } from '../../src/observation.ts';
import { broker, brokerState, ghostWith, image, KEY, node, observation, partition, replica } from './states.ts';

/** A run that is right to its last step, and in that one breaks exactly the named invariant. */
type Story = () => readonly Observation[];

const withImage = (state: ReturnType<typeof image>) => observation({ quorum: [node(11, { image: state })] });
const term2 = { term: 2, role: 'leader' as const };

function logged(ghost: Ghost, brokerId: number, records: readonly (readonly [epoch: number, value: string])[]): Ghost {
  const log = ghost.log(brokerId, KEY);
  for (const [epoch, value] of records) log.append(batch(log.endOffset, epoch, value));
  return ghost;
}

const STORIES: Readonly<Record<string, Story>> = {
  '01-election-safety': () => [
    observation({ quorum: [node(1, term2), node(2, { term: 2 })] }),
    observation({ quorum: [node(1, term2), node(2, term2)] }),
  ],
  '02-one-vote-per-term': () => {
    const ghost = new Ghost();
    ghost.voteSeen(4, '1/d1', '2/d2');
    ghost.voteSeen(4, '1/d1', '2/d2');
    const twice = new Ghost();
    twice.voteSeen(4, '1/d1', '2/d2');
    twice.voteSeen(4, '1/d1', '3/d3');
    return [observation({ ghost }), observation({ ghost: twice })];
  },
  '03-log-matching': () => [
    observation({ quorum: [node(1, { log: [{ term: 1 }, { term: 1 }] }), node(2, { log: [{ term: 1 }] })] }),
    observation({ quorum: [node(2, { log: [{ term: 1 }, { term: 1, text: 'another' }] })] }),
  ],
  '04-leader-completeness': () => {
    const ghost = new Ghost();
    ghost.committed.set(1, { term: 1, hash: 0 });
    ghost.committedEnd = 1;
    return [
      observation({ ghost, quorum: [node(1, { ...term2, log: [{ term: 1 }] })] }),
      observation({ ghost, quorum: [node(2, { term: 3, role: 'leader', log: [{ term: 2 }] })] }),
    ];
  },
  '05-state-machine-safety': () => {
    const ghost = new Ghost();
    return [
      observation({ ghost, quorum: [node(1, { log: [{ term: 1 }], commitIndex: 1 })] }),
      observation({ ghost, quorum: [node(2, { log: [{ term: 1, text: 'x' }], commitIndex: 1 })] }),
    ];
  },
  '06-commit-on-majority': () => {
    const log = [{ term: 2 }];
    const leader = (commitIndex: number) => node(1, { ...term2, log, commitIndex });
    return [
      observation({ quorum: [leader(0), node(2, { persistedIndex: 0 }), node(3, { persistedIndex: 0 })] }),
      observation({ quorum: [leader(1), node(2, { persistedIndex: 0 }), node(3, { persistedIndex: 0 })] }),
    ];
  },
  '07-commit-own-term': () => {
    const log = [{ term: 1 }, { term: 2 }];
    return [0, 1].map((commitIndex) => observation({ quorum: [node(1, { ...term2, log, commitIndex })] }));
  },
  '08-one-voter-change': () => {
    const log = [{ term: 1 }, { term: 2, kind: 'voters' }];
    const fourth = [1, 2, 3, 4].map((nodeId) => ({ nodeId, directoryId: `d${nodeId}` }));
    return [
      observation({ quorum: [node(1, { ...term2, log, commitIndex: 1 })] }),
      observation({ quorum: [node(1, { ...term2, log, commitIndex: 1, voters: fourth, votersIndex: 2 })] }),
    ];
  },
  '09-snapshot-at-log-start': () => [
    observation({
      quorum: [node(1, { baseIndex: 5, snapshotIndex: 7, commitIndex: 8, log: [1, 1, 1].map((term) => ({ term })) })],
    }),
    observation({ quorum: [node(1, { baseIndex: 8, snapshotIndex: 7, commitIndex: 8 })] }),
  ],
  '10-roles': () => [
    observation({ quorum: [node(4, { role: 'observer' })] }),
    observation({ quorum: [node(4, { role: 'candidate' })] }),
  ],
  '11-isr-and-elr-sets': () => [
    withImage(image(1, partition({ isr: [1, 2], elr: [3] }))),
    withImage(image(2, partition({ isr: [1, 2], elr: [2] }))),
  ],
  '12-isr-is-active': () => {
    const fenced = [brokerState(1), brokerState(2), brokerState(3, { fenced: true })];
    return [withImage(image(1, partition({ isr: [1, 2] }), fenced)), withImage(image(2, partition(), fenced))];
  },
  '13-leader-was-eligible': () => [
    withImage(image(1, partition({ isr: [1, 2] }))),
    withImage(image(2, partition({ isr: [3], leader: 3, leaderEpoch: 6, partitionEpoch: 8 }))),
  ],
  '14-epochs-grow': () => [
    withImage(image(1, partition())),
    withImage(image(2, partition({ leader: 2, partitionEpoch: 8 }))),
  ],
  '15-unclean-is-excluded': () => {
    const back = (verdict: 'clean' | 'damaged', brokerEpoch: number) => [
      brokerState(1),
      brokerState(2),
      brokerState(3, { brokerEpoch, directories: [{ directoryId: 'd3', verdict }] }),
    ];
    return [
      withImage(image(4, partition({ isr: [1], elr: [3] }))),
      withImage(image(5, partition({ isr: [1], elr: [3] }), back('clean', 5))),
      withImage(image(6, partition({ isr: [1], elr: [3] }), back('damaged', 6))),
    ];
  },
  '17-broker-epochs-are-unique': () => [
    withImage(image(4, partition(), [brokerState(1, { brokerEpoch: 4 })])),
    withImage(image(5, partition(), [brokerState(1, { brokerEpoch: 4, incarnationId: 'other' })])),
  ],
  '18-true-high-watermark': () => {
    const ghost = ghostWith(['a', 'b']);
    const leading = (highWatermark: number) =>
      broker(1, [replica(1, { role: 'leader', highWatermark, endOffset: 2, epochs: [{ epoch: 5, startOffset: 1 }] })]);
    const quorum = [node(11, { image: image(9, partition()) })];
    return [
      observation({ ghost, quorum, brokers: [leading(0)] }),
      observation({ ghost, quorum, brokers: [leading(1)] }),
    ];
  },
  '19-leader-candidate-completeness': () => {
    const ghost = logged(ghostWith(['a', 'b']), 2, [[1, 'a']]);
    const brokers = [broker(2, [replica(2)])];
    const quorum = (isr: number[]) => [node(11, { image: image(isr.length, partition({ isr })) })];
    return [
      observation({ ghost, brokers, quorum: quorum([1]) }),
      observation({ ghost, brokers, quorum: quorum([1, 2]) }),
    ];
  },
  '20-replication-quorum-superset': () => {
    const leading = (maximalIsr: number[]) => [
      broker(1, [replica(1, { role: 'leader', proposing: true, maximalIsr })]),
    ];
    const quorum = [node(11, { image: image(9, partition({ isr: [1, 2] })) })];
    return [observation({ quorum, brokers: leading([1, 2, 3]) }), observation({ quorum, brokers: leading([1, 3]) })];
  },
  '21-leader-completeness': () => {
    const brokers = [broker(1, [replica(1, { role: 'leader' })])];
    const quorum = [node(11, { image: image(9, partition()) })];
    const right = logged(ghostWith(['a']), 1, [[1, 'a']]);
    return [
      observation({ ghost: right, quorum, brokers }),
      observation({
        ghost: logged(ghostWith(['a', 'b']), 1, [
          [1, 'a'],
          [1, 'x'],
        ]),
        quorum,
        brokers,
      }),
    ];
  },
  '22-nothing-acknowledged-is-lost': () => {
    const ghost = logged(ghostWith(['a']), 1, [[1, 'a']]);
    const lost = logged(ghostWith(['a']), 1, [[1, 'a']]);
    lost.log(1, KEY).truncateTo(0);
    lost.log(2, KEY).truncateTo(0);
    return [observation({ ghost }), observation({ ghost: lost })];
  },
  '23-logs-agree': () => {
    const brokers = (highWatermark: number) => [1, 2].map((id) => broker(id, [replica(id, { highWatermark })]));
    const ghost = logged(
      logged(new Ghost(), 1, [
        [1, 'a'],
        [1, 'b'],
      ]),
      2,
      [
        [1, 'a'],
        [2, 'c'],
      ],
    );
    return [observation({ ghost, brokers: brokers(1) }), observation({ ghost, brokers: brokers(2) })];
  },
  '24-offsets-in-order': () => {
    const ghost = logged(new Ghost(), 1, [
      [1, 'a'],
      [2, 'b'],
    ]);
    const offsets = { endOffset: 2, flushedEnd: 2, highWatermark: 1, lastStableOffset: 1 };
    const one = (epochs: { epoch: number; startOffset: number }[]) =>
      observation({ ghost, brokers: [broker(1, [replica(1, { ...offsets, epochs })])] });
    return [
      one([
        { epoch: 1, startOffset: 0 },
        { epoch: 2, startOffset: 1 },
      ]),
      one([{ epoch: 1, startOffset: 0 }]),
    ];
  },
  '25-nothing-safe-is-cut': () => {
    const ghost = new Ghost();
    const cut = new Ghost();
    cut.truncationsBelowHighWatermark.push('broker 1 T:0 to 3, high watermark 5');
    return [observation({ ghost }), observation({ ghost: cut })];
  },
  '26-one-fetcher': () =>
    [1, 2].map((fetcherCount) => observation({ brokers: [broker(1, [replica(1, { fetcherCount })])] })),
  '27-consistent-read': () => {
    const ghost = ghostWith(['a']);
    const changed = ghostWith(['a']);
    changed.partition(KEY)?.witness('consumed', { offset: 0, value: 'b' });
    return [observation({ ghost }), observation({ ghost: changed })];
  },
  '37-deposed-leader-is-silent': () => {
    const leading = (serving: boolean, mayServe: boolean) =>
      observation({ brokers: [broker(1, [replica(1, { role: 'leader', serving, mayServe })])] });
    return [leading(true, true), leading(false, false), leading(true, false)];
  },
};

function batch(baseOffset: number, leaderEpoch: number, value: string): Uint8Array {
  const builder = new BatchBuilder();
  builder.append({ key: null, value: new TextEncoder().encode(value), headers: [] }, 0);
  const bytes = builder.finish(pureChecksum);
  assignBatch(bytes, 0, { baseOffset, leaderEpoch });
  return bytes;
}

test.each(INVARIANTS)('$name fires on a state that breaks it, and not before', ({ name, create }) => {
  const story = STORIES[name];
  expect(story, `${name} has a story`).toBeDefined();
  const observations = story?.() ?? [];
  const look = create();
  for (const right of observations.slice(0, -1)) look(right);
  const wrong = observations.at(-1);
  expect(() => wrong && look(wrong)).toThrow(name);
});

test('a healthy cluster breaks nothing', () => {
  const ghost = logged(logged(ghostWith(['a']), 1, [[5, 'a']]), 2, [[5, 'a']]);
  const offsets = {
    endOffset: 1,
    flushedEnd: 1,
    highWatermark: 1,
    lastStableOffset: 1,
    epochs: [{ epoch: 5, startOffset: 0 }],
  };
  const looks = INVARIANTS.map(({ create }) => create());
  const state = observation({
    ghost,
    quorum: [node(11, { voters: [{ nodeId: 11, directoryId: 'd11' }], image: image(9, partition({ isr: [1, 2] })) })],
    brokers: [
      broker(1, [replica(1, { ...offsets, role: 'leader', isr: [1, 2], maximalIsr: [1, 2] })]),
      broker(2, [replica(2, { ...offsets, fetcherCount: 1 })]),
    ],
  });
  for (const look of [...looks, ...looks]) look(state);
});
