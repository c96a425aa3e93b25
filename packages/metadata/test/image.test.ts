import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyBatch,
  type ClusterImage,
  decodeBatch,
  decodeSnapshot,
  diffImages,
  EMPTY_IMAGE,
  encodeBatch,
  encodeSnapshot,
  imageToBatches,
  MetadataError,
  MetadataStore,
  topicByName,
  topicConfig,
} from '../src/index.ts';
import { apply, contents, MemoryStore, partitionState, record, step } from './fixtures.ts';

const EXAMPLE = [
  [
    { record: { kind: 'cluster', value: { clusterId: 'moldau' } } },
    { record: { kind: 'featureLevel', value: { name: 'metadata.version', level: 1 } } },
  ],
  [record.register(1), record.register(2, { rack: 'north' })],
  [
    record.topic('T1', 'prices'),
    record.partition(partitionState('T1', 0, [1, 2])),
    record.partition(partitionState('T1', 1, [2, 1])),
  ],
  [record.topic('T2', 'orders'), record.partition(partitionState('T2', 0, [1]))],
  [record.config('topic', 'prices', 'retention.ms', '1000'), record.config('cluster', '', 'num.partitions', '6')],
  [{ record: { kind: 'producerIds', value: { brokerId: 1, brokerEpoch: 2, nextProducerId: 1000 } } }],
  [record.quota('alice', 'producer_byte_rate', 1024.5), record.credential('alice', 3)],
] as const;

function example(): ClusterImage {
  return EXAMPLE.reduce<ClusterImage>((image, records) => apply(image, ...records), EMPTY_IMAGE);
}

describe('an image', () => {
  test('is not changed by the batches that come after it', () => {
    const before = example();
    const snapshot = JSON.stringify(contents(before));
    apply(
      before,
      record.removeTopic('T2'),
      {
        record: {
          kind: 'partitionChange',
          value: {
            topicId: 'T1',
            partition: 0,
            isr: { brokerIds: [1] },
            elr: undefined,
            leader: undefined,
            replicas: undefined,
            bumpLeaderEpoch: false,
            moved: undefined,
            addingReplicas: undefined,
            removingReplicas: undefined,
          },
        },
      },
      record.register(3),
    );
    expect(JSON.stringify(contents(before))).toBe(snapshot);
  });

  test('takes the broker epoch from the offset of the registration and starts the broker fenced', () => {
    const image = example();
    expect(image.brokers.get(1)).toMatchObject({ brokerEpoch: 2, fenced: true, shuttingDown: false });
    const again = apply(image, record.register(1));
    expect(again.brokers.get(1)?.brokerEpoch).toBe(8);
  });

  test('raises the partition epoch at each change, the leader epoch when a leader is named', () => {
    const base = {
      topicId: 'T1',
      partition: 0,
      isr: undefined,
      elr: undefined,
      leader: undefined,
      replicas: undefined,
      bumpLeaderEpoch: false,
      moved: undefined,
      addingReplicas: undefined,
      removingReplicas: undefined,
    };
    const change = (fields: object) =>
      apply(example(), { record: { kind: 'partitionChange', value: { ...base, ...fields } } }).topics.get('T1')
        ?.partitions[0];
    expect(change({ isr: { brokerIds: [1] } })).toMatchObject({
      leaderEpoch: 0,
      partitionEpoch: 1,
      isr: [1],
      leader: 1,
    });
    expect(change({ leader: 1 })).toMatchObject({ leaderEpoch: 1, partitionEpoch: 1 });
    expect(change({ leader: -1 })).toMatchObject({ leaderEpoch: 1, leader: -1 });
    expect(change({ bumpLeaderEpoch: true })).toMatchObject({ leaderEpoch: 1, leader: 1 });
  });

  test('forgets the configs of a deleted topic, and knows a new topic of that name apart', () => {
    const { image, delta } = step(
      example(),
      record.removeTopic('T1'),
      record.topic('T3', 'prices'),
      record.partition(partitionState('T3', 0, [1])),
    );
    expect(topicByName(image, 'prices')?.topicId).toBe('T3');
    expect(topicConfig(image, 'prices').retentionMs).toBe(604_800_000);
    expect(delta.topicsDeleted.map(({ topicId }) => topicId)).toEqual(['T1']);
    expect(delta.topicsCreated.map(({ topicId }) => topicId)).toEqual(['T3']);
    expect(delta.configs).toEqual([{ type: 'topic', name: 'prices' }]);
  });

  test('copies each touched topic once, however many of its partitions change', () => {
    const change = (partition: number) => ({
      record: {
        kind: 'partitionChange' as const,
        value: {
          topicId: 'T1',
          partition,
          isr: { brokerIds: [1] },
          elr: undefined,
          leader: 1,
          replicas: undefined,
          bumpLeaderEpoch: false,
          moved: undefined,
          addingReplicas: undefined,
          removingReplicas: undefined,
        },
      },
    });
    const before = example();
    const { image, delta } = step(before, change(0), change(1), change(0));
    expect(delta.copies).toEqual({ images: 1, topicShards: 1, topics: 1 });
    expect(delta.partitions.map(({ before: old, after }) => [old?.partitionEpoch, after.partitionEpoch])).toEqual([
      [0, 2],
      [0, 1],
    ]);
    expect(image.topics.get('T2')).toBe(before.topics.get('T2'));
  });

  test('refuses records and formats of a later version, and says what to do', () => {
    expect(() => apply(EMPTY_IMAGE, { record: undefined })).toThrow(MetadataError);
    expect(() =>
      apply(EMPTY_IMAGE, { record: { kind: 'featureLevel', value: { name: 'metadata.version', level: 99 } } }),
    ).toThrow(/Upgrade this node/);
    expect(() => applyBatch(EMPTY_IMAGE, { version: 2, records: [], timestampMs: 0 }, { offset: 1, epoch: 1 })).toThrow(
      /Upgrade this node/,
    );
  });

  test('stops the process when batches come out of order or contradict what is applied', () => {
    expect(() => applyBatch(example(), { version: 1, records: [], timestampMs: 0 }, { offset: 7, epoch: 1 })).toThrow(
      /in order/,
    );
    expect(() => apply(example(), record.topic('T9', 'prices'))).toThrow(/taken once/);
    expect(() => apply(example(), record.partition(partitionState('T1', 5, [1])))).toThrow(/in order/);
  });
});

describe('a snapshot', () => {
  test('gives the same image again, epochs of brokers included', () => {
    const image = example();
    expect(contents(decodeSnapshot(encodeSnapshot(image)))).toEqual(contents(image));
    expect(contents(decodeSnapshot(encodeSnapshot(EMPTY_IMAGE)))).toEqual(contents(EMPTY_IMAGE));
  });

  test('is cut into batches of bounded size', () => {
    const batches = [...imageToBatches(example(), 100)];
    expect(batches.length).toBeGreaterThan(3);
    expect(decodeBatch(encodeBatch(batches[0]?.records ?? [], 5))).toEqual({
      version: 1,
      records: batches[0]?.records,
      timestampMs: 5,
    });
  });
});

/** A random history over few topics and brokers, as records that are legal one after the other. */
const histories = fc.array(fc.record({ kind: fc.nat(9), topic: fc.nat(5), broker: fc.nat(3), value: fc.nat(2) }), {
  maxLength: 60,
});

function play(
  image: ClusterImage,
  moves: readonly { kind: number; topic: number; broker: number; value: number }[],
  onStep?: (delta: ReturnType<typeof step>['delta'], image: ClusterImage) => void,
): ClusterImage {
  let now = image;
  for (const { kind, topic, broker, value } of moves) {
    const id = `T${topic}`;
    const exists = now.topics.has(id);
    const states = now.topics.get(id)?.partitions ?? [];
    const records =
      kind === 0 && !exists
        ? [record.topic(id, `name-${topic}`), record.partition(partitionState(id, 0, [1, 2]))]
        : kind === 1 && exists
          ? [record.removeTopic(id)]
          : kind === 2 && exists
            ? [record.partition(partitionState(id, states.length, [2, 1]))]
            : kind === 3 && exists
              ? [
                  {
                    record: {
                      kind: 'partitionChange' as const,
                      value: {
                        topicId: id,
                        partition: 0,
                        isr: { brokerIds: [1 + value] },
                        elr: undefined,
                        leader: 1 + value,
                        replicas: undefined,
                        bumpLeaderEpoch: false,
                        moved: undefined,
                        addingReplicas: undefined,
                        removingReplicas: undefined,
                      },
                    },
                  },
                ]
              : kind === 4
                ? [record.register(broker)]
                : kind === 5 && now.brokers.has(broker)
                  ? [record.state(now, broker, value === 0)]
                  : kind === 6
                    ? [record.quota(`user-${topic}`, 'producer_byte_rate', value === 0 ? undefined : value)]
                    : kind === 7
                      ? [record.credential(`user-${topic}`, value)]
                      : kind === 8
                        ? [record.noCredential(`user-${topic}`)]
                        : [
                            record.config(
                              'topic',
                              `name-${topic}`,
                              'retention.ms',
                              value === 0 ? undefined : String(value),
                            ),
                          ];
    const result = step(now, ...records);
    now = result.image;
    onStep?.(result.delta, now);
  }
  return now;
}

test('a snapshot, a difference and the store agree with applying every record', async () => {
  await fc.assert(
    fc.asyncProperty(histories, histories, async (first, second) => {
      const store = new MemoryStore();
      const saved = new MetadataStore(store);
      const early = play(EMPTY_IMAGE, first);
      await saved.replace(early);
      const deltas: ReturnType<typeof step>['delta'][] = [];
      const late = play(early, second, (delta) => deltas.push(delta));
      await saved.save(deltas, late);

      expect(contents(decodeSnapshot(encodeSnapshot(late)))).toEqual(contents(late));
      expect(contents(await new MetadataStore(store).load())).toEqual(contents(late));
      expect(store.writes).toBe(2);

      const jump = diffImages(early, late);
      const touched = new Set(jump.partitions.map(({ after }) => `${after.topicId}:${after.partition}`));
      for (const topic of late.topics.values()) {
        for (const state of topic.partitions) {
          const old = early.topics.get(topic.topicId)?.partitions[state.partition];
          if (old !== undefined && !touched.has(`${topic.topicId}:${state.partition}`))
            expect(state.partitionEpoch).toBe(old.partitionEpoch);
          if (old === undefined) expect(touched).toContain(`${topic.topicId}:${state.partition}`);
        }
      }
      const differ = (name: 'quotas' | 'credentials'): string[] => {
        const keys = new Set([...early[name].keys(), ...late[name].keys()]);
        return [...keys].filter((key) => !isDeepStrictEqual(early[name].get(key), late[name].get(key)));
      };
      expect([...jump.quotas].sort()).toEqual(differ('quotas').sort());
      expect([...jump.credentials].sort()).toEqual(differ('credentials').sort());
      for (const topic of early.topics.values()) {
        expect(jump.topicsDeleted.includes(topic)).toBe(!late.topics.has(topic.topicId));
      }
    }),
    { numRuns: 200 },
  );
});

test('a store that another version wrote is emptied, not read', async () => {
  const store = new MemoryStore();
  await new MetadataStore(store).replace(example());
  await store.write([{ key: 'applied', value: new Uint8Array([0, 0, 0, 9]) }]);
  expect(await new MetadataStore(store).load()).toBe(EMPTY_IMAGE);
  expect(contents(await new MetadataStore(store).load())).toEqual(contents(EMPTY_IMAGE));
});

test.each([
  ['a topic', 'topic/T2', undefined],
  ['a partition', 'topic/T1/0000000001', undefined],
  ['the position', 'applied', undefined],
  ['a changed value', 'config/topic/prices', encodeBatch([], 0)],
  ['an old value that came back', 'broker/1', encodeBatch([record.register(1, { brokerEpoch: 1 })], 0)],
] as const)('a store that lost %s is emptied: nothing is deleted for want of metadata', async (_story, key, value) => {
  const store = new MemoryStore();
  await new MetadataStore(store).replace(example());
  expect(await store.get(key)).toBeDefined();
  await store.write([{ key, value }]);
  const again = new MetadataStore(store);
  expect(await again.load()).toBe(EMPTY_IMAGE);
  await again.replace(example());
  expect(contents(await new MetadataStore(store).load())).toEqual(contents(example()));
});

test('a store goes on after it was loaded', async () => {
  const store = new MemoryStore();
  await new MetadataStore(store).replace(example());
  const again = new MetadataStore(store);
  const { image, delta } = step(await again.load(), record.removeTopic('T1'));
  await again.save([delta], image);
  expect(contents(await new MetadataStore(store).load())).toEqual(contents(image));
});
