import { errorNumber, RequestError } from '@moldau/base';
import {
  type AlterPartitionReassignmentsRequest,
  ApiService,
  type CreateTopicsRequest,
  type DeleteRecordsRequest,
  type MetadataRequest,
} from '@moldau/proto';
import { describe, expect, test } from 'vitest';
import { PartialFailureError } from '../src/index.ts';
import { FakeCluster } from './fake-cluster.ts';

const DONE = { errorCode: 0, message: '' };
const EXISTS = { errorCode: errorNumber('TOPIC_ALREADY_EXISTS'), message: 'topic b exists: choose another name' };

describe('admin', () => {
  test('a topic is created with the defaults of the cluster unless told otherwise', async () => {
    const cluster = new FakeCluster(1);
    let seen: CreateTopicsRequest | undefined;
    cluster.onCall = (path, request) => {
      expect(path).toBe(ApiService.createTopics.path);
      seen = request as CreateTopicsRequest;
      return { metadataOffset: 77, topics: [{ outcome: DONE, topicId: 'id', partitions: 6, replicationFactor: 3 }] };
    };
    const admin = cluster.client().client.admin();
    const created = admin.createTopics([{ name: 'a', configs: { 'retention.ms': '1000' } }]);
    expect(await cluster.settle(created)).toEqual([{ name: 'a', topicId: 'id', partitions: 6, replicationFactor: 3 }]);
    expect(seen?.topics[0]).toMatchObject({ partitions: -1, replicationFactor: -1 });
    expect(seen?.topics[0]?.configs).toEqual(new Map([['retention.ms', '1000']]));
  });

  test('what follows a change asks for a broker that has seen it', async () => {
    const cluster = new FakeCluster(2);
    cluster.onCall = () => ({ metadataOffset: 77, outcomes: [DONE], topics: [] });
    const { client } = cluster.client();
    await cluster.settle(client.admin().deleteTopics(['a']));
    cluster.metadataOffset = 77;
    expect((await cluster.settle(client.admin().describeCluster())).brokers.length).toBe(3);
    cluster.metadataOffset = 76;
    // The fake does not wait as a broker would: it answers what it has, and that is not taken for the truth.
    const producer = client.producer({ topicTimeoutMs: 1_000 });
    cluster.addTopic('t', 1);
    const sent = producer.send('t', { value: null });
    cluster.scheduler.after(300, () => {
      cluster.metadataOffset = 77;
    });
    expect(await cluster.settle(sent)).toMatchObject({ partition: 0 });
    expect(cluster.scheduler.nowMs).toBeGreaterThan(300);
  });

  test('some refused of several: an error that names each, with the first refusal as its code', async () => {
    const cluster = new FakeCluster(3);
    cluster.onCall = () => ({
      metadataOffset: 5,
      topics: [
        { outcome: DONE, topicId: 'id', partitions: 1, replicationFactor: 1 },
        { outcome: EXISTS, topicId: '', partitions: 0, replicationFactor: 0 },
      ],
    });
    const created = cluster
      .client()
      .client.admin()
      .createTopics([{ name: 'a' }, { name: 'b' }]);
    const error: unknown = await cluster.settle(created.catch((reason: unknown) => reason));
    expect(error).toBeInstanceOf(PartialFailureError);
    expect(error).toMatchObject({
      code: 'TOPIC_ALREADY_EXISTS',
      retriable: false,
      outcomes: [
        { name: 'a', error: undefined },
        { name: 'b', error: { code: 'TOPIC_ALREADY_EXISTS' } },
      ],
    });
  });

  test('a refusal that will pass is tried again, one that will not is not', async () => {
    const cluster = new FakeCluster(4);
    let calls = 0;
    cluster.onCall = () => {
      if (++calls < 4) throw new RequestError('NOT_CONTROLLER', 'no controller is known');
      throw new RequestError('INVALID_UPDATE_VERSION', 'level 9 is not known');
    };
    const update = cluster.client().client.admin().updateFeatures('metadata', 9);
    await expect(cluster.settle(update)).rejects.toMatchObject({ code: 'INVALID_UPDATE_VERSION', attempts: 4 });
  });

  test('a change of unknown outcome is not made again when a second try would be told that it is done already', async () => {
    const cluster = new FakeCluster(4);
    let calls = 0;
    cluster.onCall = () => {
      calls++;
      throw new RequestError('REQUEST_TIMED_OUT', 'look whether it took effect');
    };
    const admin = cluster.client().client.admin();
    const created = cluster.settle(admin.createTopics([{ name: 'once' }]));
    await expect(created).rejects.toMatchObject({ code: 'REQUEST_TIMED_OUT', message: 'look whether it took effect' });
    expect(calls).toBe(1);
    const altered = admin.alterConfigs([{ type: 'topic', name: 'once', setting: 'retention.ms', value: '1' }]);
    await expect(cluster.settle(altered)).rejects.toMatchObject({ code: 'REQUEST_TIMED_OUT' });
    expect(calls).toBeGreaterThan(2);
  });

  test('topics are listed and described by name; an unknown one is refused', async () => {
    const cluster = new FakeCluster(5);
    cluster.addTopic('b', 2);
    cluster.addTopic('a', 1);
    const admin = cluster.client().client.admin();
    expect(await cluster.settle(admin.listTopics())).toEqual(['a', 'b']);
    const [described] = await cluster.settle(admin.describeTopics(['b']));
    expect(described?.partitions.map(({ partition, leaderId }) => [partition, leaderId])).toEqual([
      [0, 1],
      [1, 2],
    ]);
    await expect(cluster.settle(admin.describeTopics(['c']))).rejects.toThrow(/topic c does not exist/);
  });

  test('a refusal names its topic and partition, and that a topic is not there is final', async () => {
    const cluster = new FakeCluster(5);
    const unknown = { errorCode: errorNumber('UNKNOWN_TOPIC_OR_PARTITION'), message: 'There is no such topic.' };
    cluster.onCall = (path) => {
      if (path === ApiService.describeConfigs.path) return { resources: [{ outcome: unknown, entries: [] }] };
      return { metadataOffset: 5, outcomes: [unknown], topics: [] };
    };
    const admin = cluster.client().client.admin();
    const asked: readonly (readonly [Promise<unknown>, object])[] = [
      [admin.describeTopics(['c']), { topic: 'c' }],
      [admin.deleteTopics(['c']), { topic: 'c' }],
      [admin.createPartitions([{ name: 'c', partitions: 2 }]), { topic: 'c' }],
      [admin.describeConfigs([{ type: 'topic', name: 'c' }]), { topic: 'c' }],
      [admin.electLeaders([{ topic: 'c', partition: 3 }]), { topic: 'c', partition: 3 }],
      [admin.listOffsets([{ topic: 'c', partition: 0, at: 'latest' }], { timeoutMs: 500 }), { topic: 'c' }],
      [admin.describeConfigs([{ type: 'broker', name: '1' }]), { topic: undefined }],
    ];
    for (const [promise, place] of asked) {
      const expected = { code: 'UNKNOWN_TOPIC_OR_PARTITION', retriable: false, ...place };
      await expect(cluster.settle(promise)).rejects.toMatchObject(expected);
    }
  });

  test('records are deleted at the leader; what is refused for now is asked again, what is no offset is not asked', async () => {
    const cluster = new FakeCluster(6);
    cluster.addTopic('t', 1);
    const asked: DeleteRecordsRequest[] = [];
    cluster.onCall = (path, request) => {
      if (path !== ApiService.deleteRecords.path) throw new Error(path);
      asked.push(request as DeleteRecordsRequest);
      const late = { errorCode: errorNumber('REQUEST_TIMED_OUT'), message: 'a replica lags', logStartOffset: -1 };
      const done = { errorCode: 0, message: '', logStartOffset: 8 };
      return { results: [{ ...(asked.length < 3 ? late : done), currentLeader: undefined }] };
    };
    const admin = cluster.client().client.admin();
    const deletion = { topic: 't', partition: 0, before: 7n };
    expect(await cluster.settle(admin.deleteRecords([deletion]))).toEqual([8n]);
    expect(asked.map(({ items }) => items[0]?.beforeOffset)).toEqual([7, 7, 7]);
    await expect(admin.deleteRecords([{ ...deletion, before: -1n }])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    expect(asked).toHaveLength(3);
  });

  test('offsets are found by time and at both ends', async () => {
    const cluster = new FakeCluster(6);
    cluster.addTopic('t', 1);
    const { client } = cluster.client();
    const producer = client.producer();
    await cluster.settle(producer.send('t', { value: null, timestamp: 1000 }));
    await cluster.settle(producer.send('t', { value: null, timestamp: 2000 }));
    const at = ['earliest' as const, 'latest' as const, { timestamp: 1500 }, { timestamp: 9000 }];
    const found = client.admin().listOffsets(at.map((each) => ({ topic: 't', partition: 0, at: each })));
    expect((await cluster.settle(found)).map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
      [0n, -1],
      [2n, -1],
      [1n, 2000],
      [-1n, -1],
    ]);
  });

  test('moves of replicas are asked for and called off; each that is refused is named', async () => {
    const cluster = new FakeCluster(7);
    const requests: AlterPartitionReassignmentsRequest[] = [];
    const none = { errorCode: errorNumber('NO_REASSIGNMENT_IN_PROGRESS'), message: 'nothing is under way' };
    cluster.onCall = (path, request) => {
      expect(path).toBe(ApiService.alterPartitionReassignments.path);
      requests.push(request as AlterPartitionReassignmentsRequest);
      return { metadataOffset: 5, outcomes: [DONE, none] };
    };
    const admin = cluster.client().client.admin();
    const moves = [
      { topic: 't', partition: 0, replicas: [4, 2, 3] },
      { topic: 't', partition: 1 },
    ];
    await expect(cluster.settle(admin.alterPartitionReassignments(moves))).rejects.toMatchObject({
      code: 'NO_REASSIGNMENT_IN_PROGRESS',
      outcomes: [
        { name: 't/0', error: undefined },
        { name: 't/1', error: { code: 'NO_REASSIGNMENT_IN_PROGRESS', topic: 't', partition: 1 } },
      ],
    });
    cluster.onCall = (_, request) => {
      requests.push(request as AlterPartitionReassignmentsRequest);
      return { metadataOffset: 5, outcomes: [DONE] };
    };
    const same = { allowReplicationFactorChange: false };
    await cluster.settle(admin.alterPartitionReassignments(moves.slice(0, 1), same));
    expect(requests).toEqual([
      {
        reassignments: [
          { topic: 't', partition: 0, replicas: { brokerIds: [4, 2, 3] } },
          { topic: 't', partition: 1, replicas: undefined },
        ],
        allowReplicationFactorChange: true,
      },
      {
        reassignments: [{ topic: 't', partition: 0, replicas: { brokerIds: [4, 2, 3] } }],
        allowReplicationFactorChange: false,
      },
    ]);
    await expect(admin.alterPartitionReassignments([{ topic: '', partition: 0 }])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  test('of the moves that are under way all are listed, or those of some topics', async () => {
    const cluster = new FakeCluster(7);
    for (const name of ['a', 'b', 'c']) cluster.addTopic(name, 2);
    const adds = { replicas: [4, 2, 3, 1], addingReplicas: [4], removingReplicas: [1] };
    const removes = { replicas: [1, 2, 3], addingReplicas: [], removingReplicas: [3] };
    cluster.partition('a', 1).assignment = adds;
    cluster.partition('c', 0).assignment = removes;
    const admin = cluster.client().client.admin();
    const ofA = { topic: 'a', partition: 1, ...adds };
    const ofC = { topic: 'c', partition: 0, ...removes };
    const listed = (topics?: readonly string[]): Promise<unknown> =>
      cluster.settle(admin.listPartitionReassignments(topics));
    expect(await listed()).toEqual([ofA, ofC]);
    expect(await listed(['b', 'c'])).toEqual([ofC]);
    expect(await listed(['b'])).toEqual([]);
    await expect(listed(['d'])).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', topic: 'd' });
  });

  test('an unclean election needs its partitions named', async () => {
    const admin = new FakeCluster(7).client().client.admin();
    await expect(admin.electLeaders('all', { unclean: true })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('a bootstrap list that names two clusters is refused', async () => {
    const cluster = new FakeCluster(8);
    cluster.addTopic('t', 1);
    const { client, ports } = cluster.client();
    await cluster.settle(client.producer().send('t', { value: null }));
    const { connect } = ports.rpc;
    const other = cluster.client().ports;
    other.rpc.connect = (address, options) => {
      const channel = connect(address, options);
      const call = channel.call.bind(channel);
      let asked = 0;
      channel.call = async (method, request, callOptions) => {
        const answer = await call(method, request, callOptions);
        const isMetadata = method.path === ApiService.metadata.path && (request as MetadataRequest).topics.length > 0;
        return isMetadata && asked++ > 0 ? { ...answer, clusterId: 'another' } : answer;
      };
      return channel;
    };
    const { Client } = await import('../src/index.ts');
    const confused = new Client(other, { bootstrap: ['broker-1:1'] }).consumer({
      assignments: [
        { topic: 't', from: 0n },
        { topic: 'missing', from: 0n },
      ],
    });
    await expect(cluster.settle(confused.start())).rejects.toMatchObject({ code: 'INCONSISTENT_CLUSTER_ID' });
  });

  test('a closed client says so', async () => {
    const cluster = new FakeCluster(9);
    const { client } = cluster.client();
    await cluster.settle(client.close());
    expect(() => client.producer()).toThrow(/closed/);
    await expect(cluster.settle(client.admin().listTopics())).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
