import { cpuUsage, stdout } from 'node:process';
import type { PartitionChangeRecord } from '@moldau/proto';
import { describe, expect, test } from 'vitest';
import {
  type ClusterImage,
  EMPTY_IMAGE,
  isActive,
  partitionOf,
  partitionsAfterMinIsrChange,
  partitionsAtRegistration,
  partitionsToPreferredLeaders,
  partitionsWithBroker,
  partitionsWithoutBroker,
  partitionsWithoutReplicas,
} from '../src/index.ts';
import { apply, partitionState, record, step } from './fixtures.ts';

const NONE: ReadonlySet<string> = new Set();

function cluster(): ClusterImage {
  const base = apply(
    EMPTY_IMAGE,
    ...[1, 2, 3].map((id) => record.register(id)),
    record.topic('F', 'flushed'),
    record.partition(partitionState('F', 0, [1, 2, 3])),
    record.topic('R', 'replicated'),
    record.partition(partitionState('R', 0, [1, 2, 3])),
    record.topic('S', 'single'),
    record.partition(partitionState('S', 0, [1])),
    record.config('topic', 'replicated', 'durability', 'replicated'),
  );
  return apply(base, ...[1, 2, 3].map((id) => record.state(base, id, false)));
}

const active = (image: ClusterImage) => (id: number) => isActive(image.brokers.get(id));

function after(image: ClusterImage, changes: readonly PartitionChangeRecord[]): (topicId: string) => unknown {
  const now = apply(image, ...changes.map((value) => ({ record: { kind: 'partitionChange' as const, value } })));
  return (topicId) => {
    const state = partitionOf(now, topicId, 0);
    return [state?.isr, state?.elr, state?.leader];
  };
}

describe('a broker', () => {
  test('that is fenced leads nothing and is in no ISR', () => {
    const image = cluster();
    const state = after(image, partitionsWithoutBroker(image, 1, active(image)));
    expect(state('F')).toEqual([[2, 3], [], 2]);
    expect(state('S')).toEqual([[], [1], -1]);
  });

  test('that is back leads what waited for it', () => {
    const image = cluster();
    const fenced = apply(
      image,
      record.state(image, 1, true),
      ...partitionsWithoutBroker(image, 1, active(image)).map((value) => ({
        record: { kind: 'partitionChange' as const, value },
      })),
    );
    const state = after(fenced, partitionsWithBroker(fenced, 1, active(fenced)));
    expect(state('S')).toEqual([[1], [], 1]);
    expect(state('F')).toEqual([[2, 3], [], 2]);
  });

  test.each([
    ['clean', [[], [1], -1]],
    ['crashed-intact', [[], [1], -1]],
    // The only copy: it leads again, for what is intact.
    ['damaged', [[], [1], -1]],
    ['new', [[], [], -1]],
  ] as const)('that restarts with a %s directory', (verdict, single) => {
    const image = cluster();
    const directories = [{ directoryId: 'directory-1', verdict }];
    const state = after(image, partitionsAtRegistration(image, { brokerId: 1, directories }, NONE, active(image)));
    expect(state('F')).toEqual([[2, 3], [], 2]);
    expect(state('S')).toEqual(single);
  });

  test('that crashed keeps its place in the ELR of a flushed topic, and loses it in a replicated one', () => {
    const base = cluster();
    const shrunk = (topicId: string) => ({
      record: {
        kind: 'partitionChange' as const,
        value: {
          topicId,
          partition: 0,
          isr: { brokerIds: [2] },
          elr: { brokerIds: [1] },
          leader: 2,
          replicas: undefined,
          bumpLeaderEpoch: false,
          moved: undefined,
          addingReplicas: undefined,
          removingReplicas: undefined,
        },
      },
    });
    const image = apply(base, record.state(base, 1, true), shrunk('F'), shrunk('R'));
    const directories = [{ directoryId: 'directory-1', verdict: 'crashed-intact' as const }];
    const state = after(image, partitionsAtRegistration(image, { brokerId: 1, directories }, NONE, active(image)));
    expect(state('F')).toEqual([[2], [1], 2]);
    expect(state('R')).toEqual([[2], [], 2]);
  });

  test('whose disk was wiped has its replicas in the new directory', () => {
    const image = cluster();
    const changes = partitionsAtRegistration(
      image,
      { brokerId: 2, directories: [{ directoryId: 'fresh', verdict: 'new' }] },
      NONE,
      active(image),
    );
    const now = apply(image, ...changes.map((value) => ({ record: { kind: 'partitionChange' as const, value } })));
    expect(partitionOf(now, 'F', 0)?.replicas.map(({ directoryId }) => directoryId)).toEqual([
      'directory-1',
      'fresh',
      'directory-3',
    ]);
    expect(after(image, changes)('F')).toEqual([[1, 3], [], 1]);
  });

  test('that reports one damaged replica loses that one only', () => {
    const image = cluster();
    const clean = [{ directoryId: 'directory-1', verdict: 'clean' as const }];
    const registered = after(
      image,
      partitionsAtRegistration(image, { brokerId: 1, directories: clean }, new Set(['F:0']), active(image)),
    );
    expect(registered('F')).toEqual([[2, 3], [], 2]);
    const lost = new Map([['F:0', 'damaged' as const]]);
    const reported = after(image, partitionsWithoutReplicas(image, 1, lost, active(image)));
    expect(reported('F')).toEqual([[2, 3], [], 2]);
    expect(reported('R')).toEqual([[1, 2, 3], [], 1]);
  });

  test('that has the only copy leads on when it is damaged, and not when it is offline', () => {
    const image = cluster();
    const clean = [{ directoryId: 'directory-1', verdict: 'clean' as const }];
    const registered = after(
      image,
      partitionsAtRegistration(image, { brokerId: 1, directories: clean }, new Set(['S:0']), active(image)),
    );
    expect(registered('S')).toEqual([[], [1], -1]);
    const damaged = new Map([['S:0', 'damaged' as const]]);
    expect(partitionsWithoutReplicas(image, 1, damaged, active(image))).toEqual([]);
    const offline = new Map([['S:0', 'offline' as const]]);
    expect(after(image, partitionsWithoutReplicas(image, 1, offline, active(image)))('S')).toEqual([[], [], -1]);
  });
});

test('a lower min.insync.replicas empties the ELRs that no longer hold', () => {
  const base = cluster();
  const image = apply(base, {
    record: {
      kind: 'partitionChange',
      value: {
        topicId: 'F',
        partition: 0,
        isr: { brokerIds: [1] },
        elr: { brokerIds: [2] },
        leader: undefined,
        replicas: undefined,
        bumpLeaderEpoch: false,
        moved: undefined,
        addingReplicas: undefined,
        removingReplicas: undefined,
      },
    },
  });
  const lowered = apply(image, record.config('topic', 'flushed', 'min.insync.replicas', '1'));
  expect(after(lowered, partitionsAfterMinIsrChange(lowered, active(lowered), 'flushed'))('F')).toEqual([[1], [], 1]);
  expect(partitionsAfterMinIsrChange(image, active(image))).toEqual([]);
});

test('leadership goes back to the first replica once it is in sync', () => {
  const base = cluster();
  const image = apply(base, {
    record: {
      kind: 'partitionChange',
      value: {
        topicId: 'F',
        partition: 0,
        isr: undefined,
        elr: undefined,
        leader: 3,
        replicas: undefined,
        bumpLeaderEpoch: false,
        moved: undefined,
        addingReplicas: undefined,
        removingReplicas: undefined,
      },
    },
  });
  expect(partitionsToPreferredLeaders(image, active(image))).toMatchObject([{ topicId: 'F', leader: 1 }]);
});

test('fencing a broker that holds 6,667 of 10,000 partitions is one batch and one copy of the image', () => {
  let base = apply(EMPTY_IMAGE, ...[1, 2, 3].map((id) => record.register(id)));
  base = apply(base, ...[1, 2, 3].map((id) => record.state(base, id, false)));
  const rotation = [
    [1, 2],
    [2, 3],
    [3, 1],
  ];
  for (let topic = 0; topic < 100; topic++) {
    const states = Array.from({ length: 100 }, (_, index) =>
      partitionState(`T${topic}`, index, rotation[(topic * 100 + index) % 3] ?? []),
    );
    base = apply(base, record.topic(`T${topic}`, `topic-${topic}`), ...states.map((state) => record.partition(state)));
  }
  const start = cpuUsage();
  const changes = partitionsWithoutBroker(base, 1, active(base));
  const { image, delta } = step(
    base,
    record.state(base, 1, true),
    ...changes.map((value) => ({ record: { kind: 'partitionChange' as const, value } })),
  );
  const { user, system } = cpuUsage(start);
  const tookMs = (user + system) / 1000;
  stdout.write(
    `fenced a broker with ${changes.length} of 10,000 partitions in ${tookMs.toFixed(1)} ms of processor time, ${delta.copies.images} image copy, ${delta.copies.topics} topic copies\n`,
  );
  expect(changes.length).toBe(6667);
  expect(delta.copies).toMatchObject({ images: 1, topics: 100 });
  expect(delta.partitions).toHaveLength(6667);
  expect(image.topics.get('T0')?.partitions[0]).toMatchObject({ leader: 2, isr: [2], elr: [1], leaderEpoch: 1 });
});
