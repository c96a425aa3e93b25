import { errorCodeFromNumber, NO_ERROR } from '@moldau/base';
import { type ClusterImage, configResourceKey, partitionOf, topicByName, topicConfig } from '@moldau/metadata';
import { AlteredResource, ConfigChange, type MetadataRecord, type NewTopic, type Outcome } from '@moldau/proto';
import { describe, expect, test } from 'vitest';
import type { PlantedControllerBug } from '../src/index.ts';
import { fenceBroker, registerBroker, unfenceBroker, unregisterBroker } from '../src/managers/brokers.ts';
import { alterConfigs } from '../src/managers/configs.ts';
import { checkInitialConfigs, foundCluster, updateFeatures } from '../src/managers/features.ts';
import { allocateProducerIds } from '../src/managers/producer-ids.ts';
import { alterPartition, balanceLeaders, electLeaders, reportReplicas } from '../src/managers/replication.ts';
import { createPartitions, createTopics, deleteTopics } from '../src/managers/topics.ts';
import type { VoterFeatures } from '../src/quorum-node.ts';
import { apply, cluster, context, refused, registration, state } from './images.ts';

function newTopic(name: string, fields: Partial<NewTopic> = {}): NewTopic {
  return { name, partitions: 3, replicationFactor: 3, assignments: [], configs: new Map(), ...fields };
}

function withTopic(image: ClusterImage, name: string, assignments: readonly (readonly number[])[]): ClusterImage {
  const topic = newTopic(name, {
    partitions: -1,
    replicationFactor: -1,
    assignments: assignments.map((brokerIds, partition) => ({ partition, brokerIds })),
  });
  return apply(image, createTopics(image, { topics: [topic], validateOnly: false }, context()).records);
}

function codes(outcomes: readonly (Outcome | undefined)[]): string[] {
  return outcomes.map((outcome) =>
    outcome?.errorCode === NO_ERROR ? 'ok' : errorCodeFromNumber(outcome?.errorCode ?? -1),
  );
}

describe('a new topic', () => {
  test('has its partitions on different brokers, in sync from the start, with ids of its own', () => {
    const image = cluster();
    const decision = createTopics(
      image,
      { topics: [newTopic('prices', { configs: new Map([['retention.ms', '5']]) })], validateOnly: false },
      context(),
    );
    const after = apply(image, decision.records);
    const topic = topicByName(after, 'prices');
    expect(decision.respond(9)).toMatchObject({
      metadataOffset: 9,
      topics: [{ topicId: topic?.topicId, partitions: 3, replicationFactor: 3 }],
    });
    expect(topic?.topicId).toHaveLength(22);
    expect(topicConfig(after, 'prices').retentionMs).toBe(5);
    const incarnations = new Set<string>();
    for (const { replicas, isr, leader } of topic?.partitions ?? []) {
      expect(isr).toEqual(replicas.map(({ brokerId }) => brokerId));
      expect(leader).toBe(isr[0]);
      for (const { brokerId, directoryId, incarnationId } of replicas) {
        expect(directoryId).toBe(`directory-${brokerId}`);
        incarnations.add(incarnationId);
      }
    }
    expect(incarnations.size).toBe(9);
  });

  test.each([
    [{ name: '' }, 'INVALID_TOPIC_EXCEPTION', /empty/],
    [{ name: 'taken' }, 'TOPIC_ALREADY_EXISTS', /exists already/],
    [{ name: 'ta_ken' }, 'INVALID_TOPIC_EXCEPTION', /only in "\." and "_"/],
    [{ partitions: -2 }, 'INVALID_PARTITIONS', /at least 1/],
    [{ partitions: 5_001 }, 'POLICY_VIOLATION', /at most 5000/],
    [{ replicationFactor: 17 }, 'INVALID_REPLICATION_FACTOR', /at most 16/],
    [{ replicationFactor: 4 }, 'INVALID_REPLICATION_FACTOR', /there are 3\. Start more brokers/],
    [{ replicationFactor: -5 }, 'INVALID_REPLICATION_FACTOR', /at least 1/],
    [{ configs: new Map([['retention.ms', 'x']]) }, 'INVALID_CONFIG', /whole number/],
    [{ assignments: [{ partition: 0, brokerIds: [1] }] }, 'INVALID_REQUEST', /one of the two/],
    [
      { partitions: -1, replicationFactor: -1, assignments: [{ partition: 0, brokerIds: [9] }] },
      'INVALID_REPLICA_ASSIGNMENT',
      /not registered/,
    ],
  ] as const)('%o is refused, the others of the request are made', (fields, code, message) => {
    const image = withTopic(withTopic(cluster(), 'taken', [[1]]), 'ta.ken', [[1]]);
    const topics = [newTopic('new', fields), newTopic('fine')];
    const decision = createTopics(image, { topics, validateOnly: false }, context());
    const response = decision.respond(1);
    expect(codes(response.topics.map(({ outcome }) => outcome))).toEqual([code, 'ok']);
    expect(response.topics[0]?.outcome?.message).toMatch(message);
    expect(topicByName(apply(image, decision.records), 'fine')).toBeDefined();
  });

  test('does not collide with one of the same request either', () => {
    const topics = ['a', 'b.c', 'b_c', 'a.d'].map((name) => newTopic(name));
    const decision = createTopics(cluster(), { topics, validateOnly: false }, context());
    const outcomes = decision.respond(1).topics.map(({ outcome }) => outcome);
    expect(codes(outcomes)).toEqual(['ok', 'ok', 'INVALID_TOPIC_EXCEPTION', 'ok']);
  });

  test('named twice in one request is made once', () => {
    const decision = createTopics(
      cluster(),
      { topics: [newTopic('twice'), newTopic('twice')], validateOnly: false },
      context(),
    );
    expect(codes(decision.respond(1).topics.map(({ outcome }) => outcome))).toEqual(['ok', 'INVALID_REQUEST']);
  });

  test('takes the defaults of the cluster for what it does not say, and is not made when it is only validated', () => {
    const base = cluster();
    const image = apply(
      base,
      alterConfigs(
        base,
        {
          changes: [
            ConfigChange.create({ resourceType: 'cluster', resourceName: '', name: 'num.partitions', value: '4' }),
          ],
          resources: [],
          validateOnly: false,
        },
        context(),
      ).records,
    );
    const decision = createTopics(
      image,
      { topics: [newTopic('defaults', { partitions: -1, replicationFactor: -1 })], validateOnly: true },
      context(),
    );
    expect(decision.respond(1).topics[0]).toMatchObject({ partitions: 4, replicationFactor: 3 });
    expect(decision.records).toEqual([]);
  });

  test('leaves fenced brokers out', () => {
    const base = cluster();
    const image = apply(base, [state(base, 2, true)]);
    const after = apply(
      image,
      createTopics(image, { topics: [newTopic('prices', { replicationFactor: 2 })], validateOnly: false }, context())
        .records,
    );
    for (const { replicas } of topicByName(after, 'prices')?.partitions ?? [])
      expect(replicas.map(({ brokerId }) => brokerId)).not.toContain(2);
  });

  test('assigned to a fenced broker too has it outside the ISR', () => {
    const base = cluster();
    const after = withTopic(apply(base, [state(base, 1, true)]), 'prices', [[1, 2, 3]]);
    expect(topicByName(after, 'prices')?.partitions[0]).toMatchObject({ isr: [2, 3], leader: 2 });
  });
});

describe('a topic', () => {
  test('grows and never shrinks', () => {
    const image = withTopic(cluster(), 'prices', [
      [1, 2],
      [2, 3],
    ]);
    const grow = (fields: {
      name?: string;
      partitions?: number;
      assignments?: { partition: number; brokerIds: number[] }[];
    }) => {
      const decision = createPartitions(
        image,
        { topics: [{ name: 'prices', partitions: 4, assignments: [], ...fields }], validateOnly: false },
        context(),
      );
      return { ...decision, outcome: codes(decision.respond(1).outcomes)[0] };
    };
    const grown = grow({});
    expect(grown.outcome).toBe('ok');
    const partitions = topicByName(apply(image, grown.records), 'prices')?.partitions ?? [];
    expect(partitions.map(({ replicas }) => replicas.length)).toEqual([2, 2, 2, 2]);
    expect(new Set(partitions.map(({ leader }) => leader)).size).toBe(3);
    expect(grow({ partitions: 2 }).outcome).toBe('INVALID_PARTITIONS');
    expect(grow({ partitions: 20_000 }).outcome).toBe('POLICY_VIOLATION');
    expect(grow({ name: 'nothing' }).outcome).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(grow({ partitions: 3, assignments: [{ partition: 2, brokerIds: [3, 1] }] }).outcome).toBe('ok');
    expect(grow({ partitions: 4, assignments: [{ partition: 2, brokerIds: [3, 1] }] }).outcome).toBe(
      'INVALID_REPLICA_ASSIGNMENT',
    );
    expect(grow({ partitions: 3, assignments: [{ partition: 2, brokerIds: [3] }] }).outcome).toBe(
      'INVALID_REPLICA_ASSIGNMENT',
    );
  });

  test('is deleted by name', () => {
    const image = withTopic(cluster(), 'prices', [[1]]);
    const decision = deleteTopics(image, { names: ['prices', 'nothing', 'prices'], topicIds: [] });
    expect(codes(decision.respond(1).outcomes)).toEqual(['ok', 'UNKNOWN_TOPIC_OR_PARTITION', 'ok']);
    expect(apply(image, decision.records).topics.size).toBe(0);
  });

  test('is deleted by id, and the answer names it in both ways', () => {
    const image = withTopic(withTopic(cluster(), 'prices', [[1]]), 'orders', [[1]]);
    const topicId = topicByName(image, 'prices')?.topicId ?? '';
    const decision = deleteTopics(image, { names: ['orders', 'nothing'], topicIds: [topicId, 'unknown'] });
    const { outcomes, topics } = decision.respond(1);
    expect(codes(outcomes)).toEqual(['ok', 'UNKNOWN_TOPIC_OR_PARTITION', 'ok', 'UNKNOWN_TOPIC_ID']);
    expect(topics).toEqual([
      { name: 'orders', topicId: topicByName(image, 'orders')?.topicId },
      { name: 'nothing', topicId: '' },
      { name: 'prices', topicId },
      { name: '', topicId: 'unknown' },
    ]);
    expect(apply(image, decision.records).topics.size).toBe(0);
  });

  test.each(['__consumer_offsets', '__transaction_state'])(
    'is not deleted when brokers keep their state in %s',
    (name) => {
      const image = withTopic(cluster(), name, [[1]]);
      const decision = deleteTopics(image, { names: [name], topicIds: [topicByName(image, name)?.topicId ?? ''] });
      expect(codes(decision.respond(1).outcomes)).toEqual(['INVALID_TOPIC_EXCEPTION', 'INVALID_TOPIC_EXCEPTION']);
      expect(decision.records).toEqual([]);
    },
  );
});

describe('a registration', () => {
  const request = (fields: Parameters<typeof registration>[1] = {}, clusterId = '', id = 1) => ({
    clusterId,
    registration: registration(id, fields),
    damaged: [],
  });

  test.each([
    ['another cluster', request({}, 'other'), 'INCONSISTENT_CLUSTER_ID', /Point it at its own controllers/],
    ['no registration', { clusterId: '', registration: undefined, damaged: [] }, 'INVALID_REQUEST', /missing/],
    ['a negative id', request({ brokerId: -1 }), 'INVALID_REQUEST', /negative/],
    ['no address', request({ grpcAddress: '' }), 'INVALID_REQUEST', /address/],
    ['no directory', request({ directories: [] }), 'INVALID_REQUEST', /data directories/],
    ['a label without end', request({ rack: 'x'.repeat(300) }), 'INVALID_REQUEST', /longer than 255/],
    [
      'an old version',
      request({ features: [{ name: 'metadata.version', minLevel: 2, maxLevel: 3 }] }),
      'UNSUPPORTED_VERSION',
      /Run a version that does/,
    ],
    [
      'a double with another disk',
      request({ incarnationId: 'double', directories: [{ directoryId: 'other', verdict: 'new' }] }),
      'DUPLICATE_BROKER_REGISTRATION',
      /another node\.id/,
    ],
  ] as const)('%s', (_story, sent, code, message) => {
    const error = refused(() => registerBroker(cluster(), sent, context()));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test('with another disk is taken once the old run is fenced', () => {
    const base = cluster();
    const image = apply(base, [state(base, 1, true)]);
    const decision = registerBroker(
      image,
      request({ incarnationId: 'next', directories: [{ directoryId: 'other', verdict: 'new' }] }),
      context(),
    );
    expect(decision.respond(77).brokerEpoch).toBe(77);
  });

  test('with a replica that recovery found damaged takes it out of ISR and ELR in the same batch', () => {
    const image = withTopic(withTopic(cluster(), 'one', [[1, 2]]), 'two', [[1, 2]]);
    const [one, two] = ['one', 'two'].map((name) => topicByName(image, name)?.topicId ?? '');
    const sent = {
      ...request({ incarnationId: 'next' }),
      damaged: [{ topicId: one ?? '', partition: 0, fault: 'damaged' as const }],
    };
    const after = apply(image, registerBroker(image, sent, context()).records);
    expect(partitionOf(after, one ?? '', 0)).toMatchObject({ isr: [2], elr: [], leader: 2 });
    expect(partitionOf(after, two ?? '', 0)).toMatchObject({ isr: [2], elr: [1], leader: 2, leaderEpoch: 1 });
  });

  test('planted: a damaged directory keeps its claim', () => {
    const image = withTopic(cluster(), 'one', [[1, 2]]);
    const sent = request({ incarnationId: 'next', directories: [{ directoryId: 'directory-1', verdict: 'damaged' }] });
    const elr = (...bugs: PlantedControllerBug[]) =>
      topicByName(apply(image, registerBroker(image, sent, context(...bugs)).records), 'one')?.partitions[0]?.elr;
    expect(elr()).toEqual([]);
    expect(elr('unclean-broker-kept-in-elr')).toEqual([1]);
  });
});

describe('a broker', () => {
  test('is fenced and unfenced, each with its partitions in one batch', () => {
    const image = withTopic(cluster(), 'prices', [
      [1, 2],
      [2, 1],
    ]);
    const fenced = apply(image, fenceBroker(image, 1, context()));
    expect(topicByName(fenced, 'prices')?.partitions.map(({ leader, isr, elr }) => [leader, isr, elr])).toEqual([
      [2, [2], [1]],
      [2, [2], [1]],
    ]);
    const bothFenced = apply(fenced, fenceBroker(fenced, 2, context()));
    expect(topicByName(bothFenced, 'prices')?.partitions.map(({ leader }) => leader)).toEqual([-1, -1]);
    const back = apply(bothFenced, unfenceBroker(bothFenced, 1, context()));
    expect(topicByName(back, 'prices')?.partitions.map(({ leader, isr, elr }) => [leader, isr, elr])).toEqual([
      [1, [1], [2]],
      [1, [1], [2]],
    ]);
  });

  test('planted: a fenced member of the ELR is elected', () => {
    const base = withTopic(cluster(), 'prices', [[1, 2]]);
    const image = apply(base, fenceBroker(base, 2, context()));
    const leader = (...bugs: PlantedControllerBug[]) =>
      topicByName(apply(image, fenceBroker(image, 1, context(...bugs))), 'prices')?.partitions[0]?.leader;
    expect(leader()).toBe(-1);
    expect(leader('fenced-broker-elected')).toBe(2);
  });

  test('is unregistered once it is gone, and takes its claims with it', () => {
    const image = withTopic(cluster(), 'prices', [[1]]);
    expect(refused(() => unregisterBroker(image, { brokerId: 1 }, context())).message).toMatch(/Stop it first/);
    expect(refused(() => unregisterBroker(image, { brokerId: 9 }, context())).code).toBe('BROKER_ID_NOT_REGISTERED');
    const fenced = apply(image, fenceBroker(image, 1, context()));
    const gone = apply(fenced, unregisterBroker(fenced, { brokerId: 1 }, context()).records);
    expect(gone.brokers.has(1)).toBe(false);
    expect(topicByName(gone, 'prices')?.partitions[0]).toMatchObject({ isr: [], elr: [] });
  });
});

describe('a leader proposes', () => {
  const image = withTopic(cluster(), 'prices', [
    [1, 2, 3],
    [1, 2, 3],
  ]);
  const topicId = topicByName(image, 'prices')?.topicId ?? '';
  const epochOf = (brokerId: number) => image.brokers.get(brokerId)?.brokerEpoch ?? -1;
  const item = (ids: readonly number[], fields: object = {}) => ({
    topicId,
    partition: 0,
    leaderEpoch: 0,
    partitionEpoch: 0,
    isr: ids.map((brokerId) => ({ brokerId, brokerEpoch: epochOf(brokerId) })),
    ...fields,
  });

  test('several partitions at once, each judged for itself', () => {
    const partitions = [item([1, 2]), item([1], { partition: 1, leaderEpoch: 9 }), item([1, 3])];
    const decision = alterPartition(image, { brokerId: 1, brokerEpoch: epochOf(1), partitions }, context());
    expect(
      decision
        .respond(5)
        .partitions.map(({ errorCode, isr }) => [errorCode === 0 ? 'ok' : errorCodeFromNumber(errorCode), isr]),
    ).toEqual([
      ['ok', [1, 2]],
      ['NOT_CONTROLLER', []],
      ['INVALID_REQUEST', []],
    ]);
    expect(decision.records).toHaveLength(1);
  });

  test('what is so already, and nothing is written', () => {
    const decision = alterPartition(
      image,
      { brokerId: 1, brokerEpoch: epochOf(1), partitions: [item([1, 2, 3])] },
      context(),
    );
    expect(decision.records).toEqual([]);
    expect(decision.respond(5).partitions).toEqual([{ errorCode: 0, partitionEpoch: 0, isr: [1, 2, 3] }]);
  });

  test('with the epoch of an earlier run, and is sent away', () => {
    expect(refused(() => alterPartition(image, { brokerId: 1, brokerEpoch: 0, partitions: [] }, context())).code).toBe(
      'STALE_BROKER_EPOCH',
    );
    expect(refused(() => alterPartition(image, { brokerId: 9, brokerEpoch: 0, partitions: [] }, context())).code).toBe(
      'BROKER_ID_NOT_REGISTERED',
    );
  });

  test('planted: a member of an earlier run is taken', () => {
    const shrunk = apply(
      image,
      alterPartition(image, { brokerId: 1, brokerEpoch: epochOf(1), partitions: [item([1, 2])] }, context()).records,
    );
    const partitions = [
      {
        ...item([1, 2, 3], { partitionEpoch: 1 }),
        isr: [1, 2, 3].map((brokerId) => ({ brokerId, brokerEpoch: brokerId === 3 ? 0 : epochOf(brokerId) })),
      },
    ];
    const code = (...bugs: PlantedControllerBug[]) =>
      alterPartition(shrunk, { brokerId: 1, brokerEpoch: epochOf(1), partitions }, context(...bugs)).respond(1)
        .partitions[0]?.errorCode;
    expect(code()).toBe(107);
    expect(code('no-broker-epoch-check')).toBe(0);
  });
});

test('a broker reports a damaged replica; a leader is deposed by its own report', () => {
  const image = withTopic(cluster(), 'prices', [[1, 2, 3]]);
  const topicId = topicByName(image, 'prices')?.topicId ?? '';
  const sent = {
    brokerId: 1,
    brokerEpoch: image.brokers.get(1)?.brokerEpoch ?? -1,
    replicas: [{ topicId, partition: 0, fault: 'damaged' as const }],
  };
  const after = apply(image, reportReplicas(image, sent, context()).records);
  expect(partitionOf(after, topicId, 0)).toMatchObject({ isr: [2, 3], leader: 2, leaderEpoch: 1 });
  expect(refused(() => reportReplicas(image, { ...sent, brokerEpoch: 0 }, context())).code).toBe('STALE_BROKER_EPOCH');
});

describe('an election', () => {
  const base = withTopic(withTopic(cluster(), 'prices', [[1, 2]]), 'single', [[3]]);
  const elect = (image: ClusterImage, names: readonly (readonly [string, number])[], unclean = false) => {
    const decision = electLeaders(
      image,
      { partitions: names.map(([topic, partition]) => ({ topic, partition })), unclean },
      context(),
    );
    return { outcomes: codes(decision.respond(1).outcomes), after: apply(image, decision.records) };
  };
  const allFenced = [1, 2, 3].reduce((image, id) => apply(image, fenceBroker(image, id, context())), base);

  test('of the preferred leader', () => {
    expect(
      elect(base, [
        ['prices', 0],
        ['prices', 7],
      ]).outcomes,
    ).toEqual(['ELECTION_NOT_NEEDED', 'UNKNOWN_TOPIC_OR_PARTITION']);
    const fenced = apply(base, fenceBroker(base, 1, context()));
    expect(elect(fenced, [['prices', 0]]).outcomes).toEqual(['PREFERRED_LEADER_NOT_AVAILABLE']);
    const returned = apply(fenced, unfenceBroker(fenced, 1, context()));
    const caughtUp = apply(returned, [
      {
        record: {
          kind: 'partitionChange',
          value: {
            topicId: topicByName(base, 'prices')?.topicId ?? '',
            partition: 0,
            isr: { brokerIds: [2, 1] },
            elr: { brokerIds: [] },
            leader: undefined,
            replicas: undefined,
            bumpLeaderEpoch: false,
            moved: undefined,
            addingReplicas: undefined,
            removingReplicas: undefined,
          },
        },
      },
    ]);
    expect(balanceLeaders(caughtUp, context())).toHaveLength(1);
    const elected = elect(caughtUp, [['prices', 0]]);
    expect(elected.outcomes).toEqual(['ok']);
    expect(topicByName(elected.after, 'prices')?.partitions[0]).toMatchObject({ leader: 1, isr: [2, 1] });
    expect(balanceLeaders(elected.after, context())).toEqual([]);
  });

  test('that is unclean needs a name, a partition without a leader, and somebody alive', () => {
    expect(elect(base, [], true).outcomes).toEqual(['INVALID_REQUEST']);
    expect(elect(base, [['prices', 0]], true).outcomes).toEqual(['ELECTION_NOT_NEEDED']);
    expect(elect(allFenced, [['prices', 0]], true).outcomes).toEqual(['ELIGIBLE_LEADERS_NOT_AVAILABLE']);
    const lost = apply(
      base,
      registerBroker(
        base,
        {
          clusterId: '',
          registration: registration(3, {
            incarnationId: 'next',
            directories: [{ directoryId: 'directory-3', verdict: 'new' }],
          }),
          damaged: [],
        },
        context(),
      ).records,
    );
    const back = apply(lost, unfenceBroker(lost, 3, context()));
    expect(topicByName(back, 'single')?.partitions[0]).toMatchObject({ isr: [], elr: [], leader: -1 });
    const elected = elect(back, [['single', 0]], true);
    expect(elected.outcomes).toEqual(['ok']);
    expect(topicByName(elected.after, 'single')?.partitions[0]).toMatchObject({ isr: [3], leader: 3 });
  });
});

describe('configs', () => {
  const image = withTopic(cluster(), 'prices', [[1, 2]]);
  const change = (
    resourceType: ConfigChange['resourceType'],
    resourceName: string,
    name: string,
    value: string | undefined,
    listChange: ConfigChange['listChange'] = 'unspecified',
  ): ConfigChange => ({ resourceType, resourceName, name, value, listChange });
  const alter = (
    resourceType: 'topic' | 'broker' | 'cluster' | 'founding',
    resourceName: string,
    values: Record<string, string | undefined>,
  ) =>
    alterConfigs(
      image,
      {
        changes: Object.entries(values).map(([name, value]) => change(resourceType, resourceName, name, value)),
        resources: [],
        validateOnly: false,
      },
      context(),
    );

  test.each([
    ['topic', 'nothing', { 'retention.ms': '1' }, ['UNKNOWN_TOPIC_OR_PARTITION']],
    ['topic', 'prices', { 'retention.ms': '1', 'segment.ms': 'x' }, ['INVALID_CONFIG', 'INVALID_CONFIG']],
    ['topic', 'prices', { 'retention.ms': '1', 'segment.ms': '2' }, ['ok', 'ok']],
    ['broker', 'one', { 'replica.lag.time.max.ms': '1000' }, ['INVALID_REQUEST']],
    ['broker', '9', { 'replica.lag.time.max.ms': '1000' }, ['BROKER_ID_NOT_REGISTERED']],
    ['broker', '1', { 'replica.lag.time.max.ms': '1000' }, ['ok']],
    ['cluster', 'name', { 'num.partitions': '1' }, ['INVALID_REQUEST']],
    ['founding', '', { 'num.partitions': '1' }, ['INVALID_REQUEST']],
  ] as const)('%s %s %o', (type, name, values, expected) => {
    expect(codes(alter(type, name, values).respond(1).outcomes)).toEqual(expected);
  });

  test.each([
    ['of the topic itself', [['topic', 'prices', 'flushed']], ['INVALID_CONFIG']],
    ['of the topic, back to the default', [['topic', 'prices', undefined]], ['INVALID_CONFIG']],
    ['to what it is', [['topic', 'prices', 'replicated']], ['ok']],
    ['of a topic that is flushed, and back', [['topic', 'other', 'replicated']], ['ok']],
    ['of the default, which the topic does not follow', [['cluster', '', 'replicated']], ['ok']],
    [
      'of the default that the topic comes to follow in the same request',
      [
        ['cluster', '', 'replicated'],
        ['topic', 'prices', undefined],
        ['cluster', '', 'flushed'],
      ],
      ['ok', 'INVALID_CONFIG', 'ok'],
    ],
    [
      'of a default that a topic follows',
      [
        ['cluster', '', 'replicated'],
        ['topic', 'prices', undefined],
      ],
      ['ok', 'ok'],
    ],
  ] as const)('a replicated topic does not become flushed: durability %s', (_, durabilities, expected) => {
    const changed = (to: ClusterImage, name: string): ClusterImage =>
      apply(to, [
        {
          record: {
            kind: 'config',
            value: { resourceType: 'topic', resourceName: name, name: 'durability', value: 'replicated' },
          },
        },
      ]);
    const before = changed(withTopic(image, 'other', [[1, 2, 3]]), 'prices');
    const changes = durabilities.map(([type, name, value]) => change(type, name, 'durability', value));
    const { respond } = alterConfigs(before, { changes, resources: [], validateOnly: false }, context());
    expect(codes(respond(1).outcomes)).toEqual(expected);
  });

  const valuesOf = (of: ClusterImage, topic: string) => [
    ...(of.configs.get(configResourceKey({ type: 'topic', name: topic }))?.values ?? []),
  ];

  test('a resource that is replaced keeps what the changes name, and nothing else; its outcome is told', () => {
    const before = apply(image, alter('topic', 'prices', { 'retention.ms': '1', 'segment.ms': '2' }).records);
    const resources = ['prices', 'nothing', 'prices.dlq'].map((resourceName) =>
      AlteredResource.create({ resourceType: 'topic', resourceName, replace: true }),
    );
    const changes = [
      change('topic', 'prices', 'segment.ms', '3'),
      change('topic', 'prices', 'flush.ms', '9'),
      change('topic', 'prices.dlq', 'segment.ms', 'x'),
    ];
    const known = withTopic(before, 'prices.dlq', [[1, 2]]);
    const { records, respond } = alterConfigs(known, { changes, resources, validateOnly: false }, context());
    expect(codes(respond(1).resourceOutcomes)).toEqual(['ok', 'UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_CONFIG']);
    expect(codes(respond(1).outcomes)).toEqual(['ok', 'ok', 'INVALID_CONFIG']);
    expect(valuesOf(apply(known, records), 'prices')).toEqual([
      ['segment.ms', '3'],
      ['flush.ms', '9'],
    ]);
    const nothing = alterConfigs(known, { changes: [], resources, validateOnly: false }, context());
    expect(valuesOf(apply(known, nothing.records), 'prices')).toEqual([]);
  });

  test('a replacement that drops a higher min.insync.replicas empties ELRs as well', () => {
    const strict = apply(image, alter('cluster', '', { 'min.insync.replicas': '1' }).records);
    const own = change('topic', 'prices', 'min.insync.replicas', '2');
    const request = { changes: [own], resources: [], validateOnly: false };
    const raised = apply(strict, alterConfigs(strict, request, context()).records);
    const fenced = apply(raised, fenceBroker(raised, 2, context()));
    expect(topicByName(fenced, 'prices')?.partitions[0]).toMatchObject({ isr: [1], elr: [2] });
    const resources = [{ resourceType: 'topic' as const, resourceName: 'prices', replace: true }];
    const { records } = alterConfigs(fenced, { changes: [], resources, validateOnly: false }, context());
    expect(topicByName(apply(fenced, records), 'prices')?.partitions[0]).toMatchObject({ isr: [1], elr: [] });
  });

  test.each([
    ['append to the default', undefined, 'append', 'compact', 'delete,compact'],
    ['append what is there', 'compact', 'append', 'compact', 'compact'],
    ['append several', 'delete', 'append', 'compact,delete', 'delete,compact'],
    ['subtract one', 'delete,compact', 'subtract', 'delete', 'compact'],
    ['subtract what is not there', 'delete', 'subtract', 'compact', 'delete'],
    ['subtract all', 'delete', 'subtract', 'delete', 'INVALID_CONFIG'],
    ['append what cannot be', 'delete', 'append', 'shred', 'INVALID_CONFIG'],
  ] as const)('of a list: %s', (_, own, listChange, value, expected) => {
    const before = apply(image, alter('topic', 'prices', { 'cleanup.policy': own }).records);
    const changes = [change('topic', 'prices', 'cleanup.policy', value, listChange)];
    const { records, respond } = alterConfigs(before, { changes, resources: [], validateOnly: false }, context());
    const [code] = codes(respond(1).outcomes);
    expect(code === 'ok' ? new Map(valuesOf(apply(before, records), 'prices')).get('cleanup.policy') : code).toBe(
      expected,
    );
  });

  test('what is no list has nothing appended', () => {
    const changes = [change('topic', 'prices', 'retention.ms', '1', 'append')];
    const { respond } = alterConfigs(image, { changes, resources: [], validateOnly: false }, context());
    expect(codes(respond(1).outcomes)).toEqual(['INVALID_CONFIG']);
  });

  test('a lower min.insync.replicas empties ELRs in the same batch', () => {
    const fenced = apply(image, fenceBroker(image, 2, context()));
    expect(topicByName(fenced, 'prices')?.partitions[0]).toMatchObject({ isr: [1], elr: [2] });
    const request = { changes: [change('topic', 'prices', 'min.insync.replicas', '1')], resources: [] };
    const after = apply(fenced, alterConfigs(fenced, { ...request, validateOnly: false }, context()).records);
    expect(topicByName(after, 'prices')?.partitions[0]).toMatchObject({ isr: [1], elr: [] });
  });

  test('of a new cluster are checked before it is founded', () => {
    expect(refused(() => checkInitialConfigs(new Map([['num.partitions', '0']]))).code).toBe('INVALID_CONFIG');
    const [, , config, ...more] = foundCluster('moldau', new Map([['num.partitions', '3']]));
    expect(more).toEqual([]);
    const value = { resourceType: 'founding', resourceName: '', name: 'num.partitions', value: '3' };
    expect(config).toEqual({ record: { kind: 'config', value } });
  });
});

test('feature levels rise when everybody supports them, and never fall', () => {
  const image = cluster();
  const levels = (...maxLevels: readonly (number | undefined)[]): VoterFeatures[] =>
    maxLevels.map((maxLevel, index) => ({
      nodeId: 11 + index,
      features: maxLevel === undefined ? undefined : [{ name: 'metadata.version', minLevel: 1, maxLevel }],
    }));
  const update = (level: number, ...voters: readonly (number | undefined)[]): MetadataRecord[] => [
    ...updateFeatures(image, { name: 'metadata.version', level, validateOnly: false }, levels(...voters)).records,
  ];
  expect(update(1, 1, 1, 1)).toEqual([]);
  const features = [{ name: 'metadata.version', minLevel: 1, maxLevel: 2 }];
  const everybody = [1, 2, 3].reduce((before, id) => {
    const value = registration(id, { incarnationId: `newer-${id}`, features });
    return apply(before, [{ record: { kind: 'registerBroker', value } }]);
  }, image);
  const asked = (validateOnly: boolean): number =>
    updateFeatures(everybody, { name: 'metadata.version', level: 2, validateOnly }, levels(2, 2, 2)).records.length;
  expect([asked(false), asked(true)]).toEqual([1, 0]);
  expect(refused(() => update(2, 2, 1, 2)).message).toMatch(/Controller 12 does not support .* Upgrade it first/);
  expect(refused(() => update(2, 2, 2, undefined)).message).toMatch(/Controller 13 does not answer/);
  expect(refused(() => update(2, 2, 2, 2)).message).toMatch(/Broker 1 does not support/);
  expect(refused(() => update(0, 1, 1, 1)).code).toBe('INVALID_UPDATE_VERSION');
});

test('producer ids are given out in blocks that never overlap', () => {
  const image = cluster();
  const brokerEpoch = image.brokers.get(1)?.brokerEpoch ?? -1;
  const first = allocateProducerIds(image, { brokerId: 1, brokerEpoch });
  const second = allocateProducerIds(apply(image, first.records), { brokerId: 1, brokerEpoch });
  expect(first.respond(1)).toEqual({ firstProducerId: 0, count: 1000 });
  expect(second.respond(1)).toEqual({ firstProducerId: 1000, count: 1000 });
});
