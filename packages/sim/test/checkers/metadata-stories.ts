import { encodeBatch } from '@moldau/metadata';
import type { MetadataRecord } from '@moldau/proto';
import { Ghost } from '../../src/ghost/ghost.ts';
import type { Observation } from '../../src/observation.ts';
import { broker, brokerState, image, node, observation, partition, type Story } from './states.ts';

type State = ReturnType<typeof image>;

/** What the controllers have committed, step by step. */
function committed(...states: readonly State[]): () => readonly Observation[] {
  return () => states.map((state) => observation({ quorum: [node(11, { image: state })] }));
}

/** From one image to another by these batches, all of them committed within one event. */
function atOnce(
  before: State,
  after: State,
  batches: readonly (readonly MetadataRecord[])[],
): () => readonly Observation[] {
  const log = batches.map((records) => ({ term: 1, payload: encodeBatch(records, 0) }));
  const leader = { log, baseIndex: before.offset, commitIndex: before.offset + log.length };
  return () => [
    observation({ quorum: [node(11, { ...leader, image: before })] }),
    observation({ quorum: [node(11, { ...leader, image: after })] }),
  ];
}

const change = (of: { readonly leader?: number; readonly isr?: readonly number[] }): MetadataRecord => ({
  record: {
    kind: 'partitionChange',
    value: {
      topicId: 'T',
      partition: 0,
      isr: of.isr && { brokerIds: of.isr },
      elr: undefined,
      leader: of.leader,
      replicas: undefined,
      moved: undefined,
      addingReplicas: undefined,
      removingReplicas: undefined,
      bumpLeaderEpoch: false,
    },
  },
});

const replicas = (...ids: readonly number[]) =>
  ids.map((brokerId) => ({ brokerId, directoryId: '', incarnationId: '' }));

const fence = (brokerId: number, fenced: boolean): MetadataRecord => ({
  record: { kind: 'brokerState', value: { brokerId, brokerEpoch: brokerId, fenced, shuttingDown: false } },
});

const registration = (brokerId: number, verdict: 'clean' | 'damaged'): MetadataRecord => {
  const { fenced, shuttingDown, ...record } = brokerState(brokerId, {
    brokerEpoch: 0,
    directories: [{ directoryId: `d${brokerId}`, verdict }],
  });
  return { record: { kind: 'registerBroker', value: record } };
};

const fencedThird = [brokerState(1), brokerState(2), brokerState(3, { fenced: true })];
const back = (verdict: 'clean' | 'damaged', brokerEpoch: number) => [
  brokerState(1),
  brokerState(2),
  brokerState(3, { brokerEpoch, directories: [{ directoryId: 'd3', verdict }] }),
];

/** Invariants 11 to 17. */
export const METADATA_STORIES: Readonly<Record<string, readonly Story[]>> = {
  '11-isr-and-elr-sets': [
    {
      complaint: /isr 1 and elr 1/,
      steps: committed(image(1, partition({ isr: [1], elr: [3] })), image(2, partition({ isr: [1], elr: [1] }))),
    },
    {
      complaint: /isr 1,1 names one twice/,
      steps: committed(image(1, partition()), image(2, partition({ isr: [1, 1] }))),
    },
    {
      complaint: /isr 1,4 of replicas 1,2,3/,
      steps: committed(image(1, partition()), image(2, partition({ isr: [1, 4] }))),
    },
    {
      complaint: /elr 4 of replicas 1,2,3/,
      steps: committed(image(1, partition()), image(2, partition({ isr: [1], elr: [4] }))),
    },
    {
      complaint: /elr 3 beside isr 1,2, which is enough/,
      steps: committed(image(1, partition({ isr: [1], elr: [3] })), image(2, partition({ isr: [1, 2], elr: [3] }))),
    },
    {
      complaint: /leader 4 of replicas 1,2,3/,
      steps: committed(image(1, partition()), image(2, partition({ leader: 4 }))),
    },
  ],
  '12-isr-is-active': [
    {
      complaint: /broker 3 of isr 1,2,3 is fenced/,
      steps: committed(image(1, partition({ isr: [1, 2] }), fencedThird), image(2, partition(), fencedThird)),
    },
  ],
  '13-leader-was-eligible': [
    {
      complaint: /leader 3 came from outside isr 1,2 and elr/,
      steps: committed(
        image(1, partition({ isr: [1, 2] })),
        image(2, partition({ isr: [3], leader: 3, leaderEpoch: 6, partitionEpoch: 8 })),
      ),
    },
    {
      complaint: /leader 3 came from outside isr 1,2 and elr/,
      // The second batch hides the first one in what is left in the end.
      steps: atOnce(
        image(4, partition({ isr: [1, 2] })),
        image(6, partition({ isr: [3, 1], leader: 3, leaderEpoch: 6, partitionEpoch: 9 })),
        [[change({ leader: 3, isr: [3] })], [change({ isr: [3, 1] })]],
      ),
    },
    {
      complaint: /broker 3 was elected while fenced/,
      steps: committed(
        image(1, partition(), fencedThird),
        image(2, partition({ leader: 3, leaderEpoch: 6, partitionEpoch: 8 }), fencedThird),
      ),
    },
    {
      complaint: /broker 3 was elected while fenced/,
      steps: atOnce(
        image(4, partition(), fencedThird),
        image(6, partition({ leader: 3, leaderEpoch: 6, partitionEpoch: 8 })),
        [[change({ leader: 3 })], [fence(3, false)]],
      ),
    },
    {
      complaint: /leader 1 is not in isr 2,3/,
      steps: committed(image(1, partition()), image(2, partition({ isr: [2, 3], partitionEpoch: 8 }))),
    },
  ],
  '14-epochs-grow': [
    {
      complaint: /leader changed within epoch 5/,
      steps: committed(image(1, partition()), image(2, partition({ leader: 2, partitionEpoch: 8 }))),
    },
    {
      complaint: /leader epoch 5 to 4/,
      steps: committed(image(1, partition()), image(2, partition({ leaderEpoch: 4, partitionEpoch: 8 }))),
    },
    {
      complaint: /partition epoch 7 to 6/,
      steps: committed(image(1, partition()), image(2, partition({ partitionEpoch: 6 }))),
    },
    {
      complaint: /changed within partition epoch 7/,
      steps: committed(image(1, partition()), image(2, partition({ isr: [1, 2] }))),
    },
    {
      complaint: /changed within partition epoch 7/,
      steps: committed(image(1, partition()), image(2, partition({ leaderEpoch: 6 }))),
    },
    {
      complaint: /one change from partition epoch 7 to 12/,
      steps: committed(image(1, partition()), image(2, partition({ isr: [1, 2], partitionEpoch: 12 }))),
    },
  ],
  '15-unclean-is-excluded': [
    {
      complaint: /broker 3 came back empty or damaged and is in isr 1 or elr 3/,
      steps: committed(
        image(4, partition({ isr: [1], elr: [3] })),
        image(5, partition({ isr: [1], elr: [3] }), back('clean', 5)),
        image(6, partition({ isr: [1], elr: [3] }), back('damaged', 6)),
      ),
    },
    {
      complaint: /broker 3 came back empty or damaged and is in isr 1 or elr 3/,
      // The registration and the next one within one event.
      steps: atOnce(
        image(4, partition({ isr: [1], elr: [3] })),
        image(6, partition({ isr: [1], elr: [3] }), back('clean', 6)),
        [[registration(3, 'damaged')], [registration(3, 'clean')]],
      ),
    },
    {
      complaint: /broker 3 crashed and registers in epoch 5 as cleanly stopped/,
      steps: () => {
        const ghost = new Ghost();
        ghost.afterCrash.add(3);
        const quorum = [node(11, { image: image(5, partition({ isr: [1, 2] }), back('clean', 5)) })];
        return [
          observation({ ghost, quorum, brokers: [broker(3, [], { brokerEpoch: 3 })] }),
          observation({ ghost, quorum, brokers: [broker(3, [], { brokerEpoch: 5 })] }),
        ];
      },
    },
  ],
  '16-reassignment-keeps-copies': [
    {
      complaint: /brokers 4 were added, and are in isr 1,4 or elr/,
      steps: committed(
        image(1, partition()),
        image(2, partition({ replicas: replicas(4, 1, 2, 3), isr: [1, 4], addingReplicas: [4], partitionEpoch: 8 })),
      ),
    },
    {
      complaint: /brokers 2,3 went with isr 1 of the others/,
      steps: committed(
        image(1, partition({ replicas: replicas(4, 1, 2, 3), addingReplicas: [4], removingReplicas: [2, 3] })),
        image(2, partition({ replicas: replicas(4, 1), isr: [1], partitionEpoch: 8 })),
      ),
    },
    {
      complaint: /of isr 1,4 and elr {2}only isr 1 is left/,
      steps: committed(
        image(1, partition({ replicas: replicas(4, 1, 2, 3), isr: [1, 4], addingReplicas: [4] })),
        image(2, partition({ isr: [1], partitionEpoch: 8 })),
      ),
    },
  ],
  '17-broker-epochs-are-unique': [
    {
      complaint: /epoch 4 is 1.i1's and 1.other's/,
      steps: committed(
        image(4, partition(), [brokerState(1, { brokerEpoch: 4 })]),
        image(5, partition(), [brokerState(1, { brokerEpoch: 4, incarnationId: 'other' })]),
      ),
    },
    {
      complaint: /broker 1 went from epoch 4 back to 3/,
      steps: committed(
        image(4, partition(), [brokerState(1, { brokerEpoch: 4 })]),
        image(5, partition(), [brokerState(1, { brokerEpoch: 3, incarnationId: 'other' })]),
      ),
    },
  ],
};
