import { Ghost } from '../../src/ghost/ghost.ts';
import type { ReplicaView } from '../../src/observation.ts';
import {
  batch,
  broker,
  ghostWith,
  image,
  KEY,
  logged,
  node,
  observation,
  partition,
  replica,
  type Story,
} from './states.ts';

const quorum = [node(11, { image: image(9, partition()) })];
const leading = (options: Partial<ReplicaView>) => broker(1, [replica(1, { role: 'leader', ...options })]);
const two = [
  [1, 'a'],
  [2, 'b'],
] as const;
const twoEpochs = [
  { epoch: 1, startOffset: 0 },
  { epoch: 2, startOffset: 1 },
];

/** Broker 1 holds these records and shows them like this; what it does not show is right. */
function shown(records: readonly (readonly [number, string])[], options: Partial<ReplicaView>, ghost = new Ghost()) {
  logged(ghost, 1, records);
  const end = ghost.log(1, KEY).endOffset;
  const offsets = { endOffset: end, flushedEnd: end, highWatermark: Math.min(1, end), epochs: twoEpochs };
  return observation({ ghost, brokers: [broker(1, [replica(1, { ...offsets, ...options })])] });
}

/** Invariants 18 to 27, and 37. */
export const PARTITION_STORIES: Readonly<Record<string, readonly Story[]>> = {
  '18-true-high-watermark': [
    {
      complaint: /high watermark 1, acknowledged to 2/,
      steps: () => {
        const ghost = ghostWith(['a', 'b']);
        const epochs = [{ epoch: 5, startOffset: 1 }];
        return [0, 1].map((highWatermark) =>
          observation({ ghost, quorum, brokers: [leading({ highWatermark, endOffset: 2, epochs })] }),
        );
      },
    },
    {
      complaint: /from 2 back to 1/,
      steps: () => [2, 1].map((highWatermark) => observation({ quorum, brokers: [leading({ highWatermark })] })),
    },
    {
      complaint: /names 1 as the end/,
      steps: () => {
        const short = new Ghost();
        short.shortEndSeen('b1:19100 names 1 as the end of T:0, known was 2');
        return [observation(), observation({ ghost: short })];
      },
    },
  ],
  '19-leader-candidate-completeness': [
    {
      complaint: /broker 2 may lead .* and has undefined at 1, witnessed was b/,
      steps: () => {
        const ghost = logged(ghostWith(['a', 'b']), 2, [[1, 'a']]);
        const brokers = [broker(2, [replica(2)])];
        const isrs = [[1], [1, 2]];
        return isrs.map((isr) =>
          observation({ ghost, brokers, quorum: [node(11, { image: image(isr.length, partition({ isr })) })] }),
        );
      },
    },
    {
      complaint: /broker 2 may lead .* and has undefined at 0, witnessed was a/,
      // A log that begins behind what was acknowledged excuses nothing: nobody may delete here.
      steps: () => {
        const beheaded = logged(ghostWith(['a', 'b']), 2, two);
        beheaded.log(2, KEY).resetTo(2);
        const brokers = [broker(2, [replica(2, { flushedEnd: 2 })])];
        return [
          observation({ ghost: logged(ghostWith(['a', 'b']), 2, two), brokers, quorum }),
          observation({ ghost: beheaded, brokers, quorum }),
        ];
      },
    },
    {
      complaint: /has flushed up to 1, not to 2/,
      steps: () => {
        const ghost = logged(ghostWith(['a', 'b']), 2, two);
        return [2, 1].map((flushedEnd) =>
          observation({ ghost, quorum, brokers: [broker(2, [replica(2, { flushedEnd })])] }),
        );
      },
    },
  ],
  '20-replication-quorum-superset': [
    {
      complaint: /does not wait for 2 of isr 1,2/,
      steps: () => {
        const smaller = [node(11, { image: image(9, partition({ isr: [1, 2] })) })];
        const sets = [
          [1, 2, 3],
          [1, 3],
        ];
        return sets.map((maximalIsr) =>
          observation({ quorum: smaller, brokers: [leading({ proposing: true, maximalIsr })] }),
        );
      },
    },
    {
      complaint: /proposes nothing, yet 1,2,3 is not 1,2/,
      steps: () =>
        [true, false].map((proposing) => observation({ quorum, brokers: [leading({ proposing, isr: [1, 2] })] })),
    },
  ],
  '21-leader-completeness': [
    {
      complaint: /leader 1 of T:0 in epoch 5 has x at 1, witnessed was b/,
      steps: () => {
        const other = logged(ghostWith(['a', 'b']), 1, [
          [1, 'a'],
          [1, 'x'],
        ]);
        return [
          observation({ ghost: logged(ghostWith(['a']), 1, [[1, 'a']]), quorum, brokers: [leading({})] }),
          observation({ ghost: other, quorum, brokers: [leading({})] }),
        ];
      },
    },
  ],
  '22-nothing-acknowledged-is-lost': [
    {
      complaint: /T:0 offset 0, known as a, is in no log/,
      steps: () => {
        const lost = logged(ghostWith(['a']), 1, [[1, 'a']]);
        lost.log(1, KEY).truncateTo(0);
        lost.log(2, KEY).truncateTo(0);
        return [observation({ ghost: logged(ghostWith(['a']), 1, [[1, 'a']]) }), observation({ ghost: lost })];
      },
    },
    {
      complaint: /T:0 offset 0, known as a, is in no log/,
      // Every log has dropped its head: the system's own word for where logs begin would excuse all of them.
      steps: () => {
        const whole = ghostWith(['a', 'b']);
        const beheaded = ghostWith(['a', 'b']);
        for (const brokerId of [1, 2, 3]) {
          logged(whole, brokerId, two);
          logged(beheaded, brokerId, two).log(brokerId, KEY).resetTo(9);
        }
        return [observation({ ghost: whole }), observation({ ghost: beheaded })];
      },
    },
    {
      complaint: /T:0 offset 1, known as b, is in no log/,
      // Retention has deleted offset 0, and no more.
      steps: () => {
        const [deleted, more] = [1, 2].map((startOffset) => {
          const ghost = logged(ghostWith(['a', 'b'], { hasRetention: true }), 1, two);
          const known = ghost.partition(KEY);
          if (known !== undefined) known.committedEnd = 2;
          known?.retained(1);
          ghost.log(1, KEY).resetTo(startOffset);
          if (startOffset === 1) ghost.log(1, KEY).append(batch(1, 2, 'b'));
          else ghost.log(1, KEY).truncateTo(2);
          return ghost;
        });
        return [deleted, more].map((ghost) => observation(ghost && { ghost }));
      },
    },
    {
      complaint: /T:0 offset 1, known as b, is in no log/,
      // Acknowledged, and nobody was ever given it.
      steps: () => {
        const ghost = logged(ghostWith(['a']), 1, [[1, 'a']]);
        const told = logged(ghostWith(['a', 'b']), 1, [[1, 'a']]);
        return [observation({ ghost }), observation({ ghost: told })];
      },
    },
  ],
  '23-logs-agree': [
    {
      complaint: /T:0 offset 1: broker 1 has b of epoch 1, broker 2 has c of epoch 2/,
      steps: () => {
        const ghost = new Ghost();
        logged(ghost, 1, [
          [1, 'a'],
          [1, 'b'],
        ]);
        logged(ghost, 2, [
          [1, 'a'],
          [2, 'c'],
        ]);
        return [1, 2].map((highWatermark) =>
          observation({ ghost, brokers: [1, 2].map((id) => broker(id, [replica(id, { highWatermark })])) }),
        );
      },
    },
  ],
  '24-offsets-in-order': [
    {
      complaint: /offset 1 has epoch 2, the history says 1/,
      steps: () => [shown(two, {}), shown(two, { epochs: [{ epoch: 1, startOffset: 0 }] })],
    },
    {
      complaint: /offset 2 has epoch 3, the history says 2/,
      // The history is as it was; what is new does not fit it.
      steps: () => [shown(two, {}), shown([...two, [3, 'c']], {})],
    },
    {
      complaint: /epoch 2 from 1 is followed by 1 from 2/,
      steps: () => [shown(two, {}), shown(two, { epochs: [...twoEpochs, { epoch: 1, startOffset: 2 }] })],
    },
    { complaint: /start 2 high watermark 1/, steps: () => [shown(two, {}), shown(two, { startOffset: 2 })] },
    { complaint: /high watermark 3 flushed 2 end 2/, steps: () => [shown(two, {}), shown(two, { highWatermark: 3 })] },
    { complaint: /flushed 3 end 2/, steps: () => [shown(two, {}), shown(two, { flushedEnd: 3 })] },
    {
      complaint: /the log ends at 1, it was given up to 2/,
      steps: () => [shown(two, {}), shown(two, { endOffset: 1, flushedEnd: 1 })],
    },
    {
      complaint: /1 records in \[0, 5\)/,
      steps: () => {
        const gap = new Ghost();
        gap.log(1, KEY).endAt(4);
        return [shown(two, {}), shown([[1, 'a']], { epochs: [{ epoch: 1, startOffset: 0 }] }, gap)];
      },
    },
  ],
  '25-deleted-stays-deleted': [
    {
      complaint: /broker 1, in the ISR of T:0, begins at 1 when what is below 2 is said to be deleted/,
      steps: () => {
        const [right, wrong] = [ghostWith(['a', 'b']), ghostWith(['a', 'b'])];
        wrong.deletionAnswered(KEY, 2);
        return [right, wrong].map((ghost) => observation({ ghost, quorum, brokers: [leading({ startOffset: 1 })] }));
      },
    },
    {
      complaint: /begins at 1, and has begun at 2 before/,
      steps: () => {
        const ghost = ghostWith(['a', 'b']);
        ghost.deletionAnswered(KEY, 2);
        return [2, 1].map((startOffset) => observation({ ghost, quorum, brokers: [leading({ startOffset })] }));
      },
    },
  ],
  '25-nothing-safe-is-cut': [
    {
      complaint: /broker 1 cuts T:0 at 3/,
      steps: () => {
        const cut = new Ghost();
        cut.truncationsBelowHighWatermark.push('broker 1 cuts T:0 at 3, its high watermark is 5');
        return [observation(), observation({ ghost: cut })];
      },
    },
    {
      complaint: /broker 1 deletes T:0/,
      steps: () => {
        const deleted = new Ghost();
        deleted.unfoundedDeletions.push('broker 1 deletes T:0 on metadata of 3');
        return [observation(), observation({ ghost: deleted })];
      },
    },
    {
      complaint: /the log of T:0 on broker 1 begins at 2, not at 1 or before/,
      // Retention, above what any leader knew to be replicated.
      steps: () => {
        const [right, wrong] = [1, 2].map((startOffset) => {
          const ghost = logged(ghostWith([], { hasRetention: true }), 1, two);
          const known = ghost.partition(KEY);
          if (known !== undefined) known.committedEnd = 1;
          known?.retained(startOffset);
          ghost.log(1, KEY).advanceStart(startOffset);
          return observation({ ghost });
        });
        return right && wrong ? [right, wrong] : [];
      },
    },
    {
      complaint: /the log of T:0 on broker 1 begins at 1, not at 0 or before/,
      // The topic keeps everything.
      steps: () => {
        const ghost = logged(ghostWith(['a', 'b']), 1, two);
        const kept = observation({ ghost: logged(ghostWith(['a', 'b']), 1, two) });
        ghost.partition(KEY)?.retained(1);
        ghost.log(1, KEY).advanceStart(1);
        return [kept, observation({ ghost })];
      },
    },
  ],
  '26-one-fetcher': [
    {
      complaint: /broker 1, follower of T:0, has 2 subscriptions/,
      steps: () => [1, 2].map((fetcherCount) => observation({ brokers: [broker(1, [replica(1, { fetcherCount })])] })),
    },
    {
      complaint: /broker 1, leader of T:0, has 1 subscriptions/,
      steps: () => [0, 1].map((fetcherCount) => observation({ brokers: [leading({ fetcherCount })] })),
    },
  ],
  '27-consistent-read': [
    {
      complaint: /offset 0 was a, consumed is b/,
      steps: () => {
        const changed = ghostWith(['a']);
        changed.partition(KEY)?.witness('consumed', { offset: 0, value: 'b' });
        return [observation({ ghost: ghostWith(['a']) }), observation({ ghost: changed })];
      },
    },
  ],
  '37-deposed-leader-is-silent': [
    {
      complaint: /broker 1 still serves T:0 in epoch 5, and knows that it is fenced or deposed/,
      steps: () =>
        [{}, { serving: false, isNamed: false }, { isNamed: false }].map((options) =>
          observation({ brokers: [leading(options)] }),
        ),
    },
    {
      complaint: /broker 1 still serves T:0 in epoch 5, without lease and without its followers/,
      steps: () => {
        const states = [
          { leaseOver: true, isrStreamDown: false },
          { leaseOver: false, isrStreamDown: true },
          { leaseOver: true, isrStreamDown: true },
        ];
        return states.map(({ leaseOver, isrStreamDown }) =>
          observation({ brokers: [{ ...leading({ isrStreamDown }), leaseOver }] }),
        );
      },
    },
    {
      complaint: /node 1 leads term 2, and no majority has answered for 4200 ms/,
      steps: () =>
        [2_600, 3_900, 4_200].map((majoritySilentMs) =>
          observation({ quorum: [node(1, { term: 2, role: 'leader', majoritySilentMs })] }),
        ),
    },
  ],
};
