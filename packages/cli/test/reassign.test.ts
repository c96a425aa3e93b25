import { errorNumber } from '@moldau/base';
import { type AlterPartitionReassignmentsRequest, ApiService } from '@moldau/proto';
import { describe, expect, test } from 'vitest';
import { type Said, ScriptedCluster } from './scripted-cluster.ts';

/** Four brokers; `orders` has two partitions on 1, 2 and 3, and a record. What is moved is there at once. */
async function fourBrokers(): Promise<ScriptedCluster> {
  const cluster = new ScriptedCluster();
  cluster.brokerIds = [1, 2, 3, 4];
  cluster.addTopic('orders', 2);
  cluster.addTopic('prices', 1);
  await cluster.run(['produce', 'orders', '-p', '0', '-q'], { stdin: 'a\nb\n' });
  cluster.onChange = (path, request) => {
    expect(path).toBe(ApiService.alterPartitionReassignments.path);
    const { reassignments } = request as AlterPartitionReassignmentsRequest;
    for (const { topic, partition, replicas } of reassignments) {
      const found = cluster.topics.get(topic)?.[partition];
      if (found !== undefined && replicas !== undefined) found.replicas = replicas.brokerIds;
    }
    return { metadataOffset: 1, outcomes: reassignments.map(() => ({ errorCode: 0, message: '' })) };
  };
  return cluster;
}

/** As after a move to 4 instead of 1 has begun. */
function begin(cluster: ScriptedCluster): void {
  const [first] = cluster.topics.get('orders') ?? [];
  Object.assign(first ?? {}, { replicas: [4, 2, 3, 1], addingReplicas: [4], removingReplicas: [1] });
}

function asked(cluster: ScriptedCluster): unknown[] {
  return cluster.changes.flatMap(([, request]) =>
    (request as AlterPartitionReassignmentsRequest).reassignments.map(({ topic, partition, replicas }) => [
      `${topic}/${partition}`,
      replicas?.brokerIds,
    ]),
  );
}

function items({ out }: Said): Record<string, unknown>[] {
  return (JSON.parse(out) as { items: Record<string, unknown>[] }).items;
}

describe('reassign apply', () => {
  test('shows the plan, asks with no as the default, and moves on a yes', async () => {
    const cluster = await fourBrokers();
    const argv = ['reassign', 'apply', 'orders/0', '--brokers', '2,3,4'];
    const answered = await cluster.run(argv, { terminal: true, stdin: '\n' });
    expect(answered.code).toBe(2);
    expect(answered.out).toMatchInlineSnapshot(`
      "TOPIC   PARTITION  FROM   TO     ADDS  REMOVES  RECORDS
      orders          0  1,2,3  4,2,3  4     1              2
      "
    `);
    expect(answered.err).toContain('this changes 1 partition: 1 new replica, 2 records to copy. Continue? [y/N]');
    const refused = await cluster.run(argv);
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('add -y')]);
    const tried = await cluster.run([...argv, '--dry-run', '-o', 'json']);
    expect([tried.code, tried.err]).toEqual([0, 'nothing was changed: --dry-run\n']);
    expect(items(tried)).toMatchObject([{ topic: 'orders', partition: 0, adding: [4], removing: [1], records: 2 }]);
    expect(cluster.changes).toEqual([]);
    const done = await cluster.run([...argv, '-y']);
    expect([done.code, done.err]).toEqual([0, 'begun: 1 partition; see how far with npx moldau reassign status\n']);
    expect(asked(cluster)).toEqual([['orders/0', [4, 2, 3]]]);
  });

  test.each<[string, string[], unknown[]]>([
    [
      'to exactly these',
      ['orders', '--replicas', '3,4'],
      [
        ['orders/0', [3, 4]],
        ['orders/1', [3, 4]],
      ],
    ],
    ['fewer of them, even over all', ['orders/1', '-r', '2'], [['orders/1', [4, 2]]]],
    ['one more of them', ['prices', '-r', '4'], [['prices/0', [1, 2, 3, 4]]]],
    ['another preferred leader alone', ['prices', '--replicas', '2,1,3'], [['prices/0', [2, 1, 3]]]],
    ['nowhere, where all is well', ['prices'], []],
  ])('moves %s', async (_, argv, expected) => {
    const cluster = await fourBrokers();
    const { code } = await cluster.run(['reassign', 'apply', ...argv, '-y']);
    expect([code, asked(cluster)]).toEqual([0, expected]);
  });

  test.each<[string, string[], number, string]>([
    ['a broker that is not there', ['orders', '--brokers', '1,9'], 2, 'there is no broker 9'],
    ['a broker named twice', ['orders', '--replicas', '1,2,1'], 2, 'broker 1 is named twice'],
    ['too few brokers', ['orders', '--brokers', '1,2'], 1, 'orders/0 finds too few brokers'],
    ['two ways at once', ['orders', '--replicas', '1,2', '-r', '2'], 2, '--replicas says all'],
    ['a partition that is not there', ['orders/7'], 2, 'topic orders has partitions 0 to 1, not 7'],
    ['an unknown topic', ['ordres'], 1, 'topic ordres does not exist'],
    ['no whole numbers', ['orders', '--brokers', 'all'], 2, 'whole number'],
  ])('%s', async (_, argv, code, message) => {
    const cluster = await fourBrokers();
    const said = await cluster.run(['reassign', 'apply', ...argv, '-y']);
    expect(said.err).toContain(message);
    expect(said.code).toBe(code);
    expect(cluster.changes).toEqual([]);
  });

  test('a broker that does not serve gets nothing new', async () => {
    const cluster = await fourBrokers();
    cluster.fencedBroker = true;
    const [prices] = cluster.topics.get('prices') ?? [];
    Object.assign(prices ?? {}, { replicas: [1, 2], isr: [1, 2] });
    const said = await cluster.run(['reassign', 'apply', 'prices', '--replicas', '1,3', '-y']);
    expect([said.code, said.err]).toEqual([2, expect.stringContaining('broker 3 does not serve')]);
    await cluster.run(['reassign', 'apply', 'prices', '-r', '3', '-y']);
    expect(asked(cluster)).toEqual([['prices/0', [1, 2, 4]]]);
  });

  test('what is refused is told, with exit code 1; the others begin', async () => {
    const cluster = await fourBrokers();
    const full = { errorCode: errorNumber('INVALID_REPLICA_ASSIGNMENT'), message: 'not there' };
    cluster.onChange = () => ({ metadataOffset: 1, outcomes: [{ errorCode: 0, message: '' }, full] });
    const said = await cluster.run(['reassign', 'apply', 'orders', '--replicas', '4,2,3', '-y']);
    expect(said.code).toBe(1);
    expect(said.err).toContain('error: orders/1: not there');
    expect(said.err).toContain('begun: 1 partition');
  });
});

describe('waiting', () => {
  test('ends when all have moved', async () => {
    const cluster = await fourBrokers();
    const said = await cluster.run(['reassign', 'apply', 'orders', '--replicas', '4,2,3', '-y', '--wait']);
    expect([said.code, said.err]).toEqual([0, 'done: 2 partitions\n']);
  });

  test('ends with exit code 1 when a move went elsewhere meanwhile', async () => {
    const cluster = await fourBrokers();
    cluster.onChange = () => ({ metadataOffset: 1, outcomes: [{ errorCode: 0, message: '' }] });
    const said = await cluster.run(['reassign', 'apply', 'prices', '--replicas', '4,2,3', '-y', '--wait']);
    expect(said.code).toBe(1);
    expect(said.err).toContain('it is on 1,2,3, not on 4,2,3');
  });

  test('is ended by Ctrl-C, which leaves the move going and says so', async () => {
    const cluster = await fourBrokers();
    const interrupt = new AbortController();
    cluster.onChange = () => {
      begin(cluster);
      setTimeout(() => interrupt.abort(), 50);
      return { metadataOffset: 1, outcomes: [{ errorCode: 0, message: '' }] };
    };
    const argv = ['reassign', 'apply', 'orders/0', '--replicas', '4,2,3', '-y', '--wait'];
    const said = await cluster.run(argv, { signal: interrupt.signal });
    expect(said.code).toBe(130);
    expect(said.err).toContain('1 partition still to go, and it goes on');
    expect(cluster.changes).toHaveLength(1);
  });
});

test('draining a broker moves what is on it, and nothing else', async () => {
  const cluster = await fourBrokers();
  const [prices] = cluster.topics.get('prices') ?? [];
  Object.assign(prices ?? {}, { replicas: [2, 3] });
  expect((await cluster.run(['broker', 'drain', '9', '-y'])).err).toContain('there is no broker 9');
  const said = await cluster.run(['broker', 'drain', '1', '-y', '--wait']);
  expect([said.code, said.err]).toEqual([0, 'done: 2 partitions\n']);
  expect(asked(cluster)).toEqual([
    ['orders/0', [4, 2, 3]],
    ['orders/1', [4, 2, 3]],
  ]);
  expect((await cluster.run(['broker', 'drain', '1', '-y'])).err).toBe('nothing is to be moved\n');
});

test('moves under way are shown with what has caught up', async () => {
  const cluster = await fourBrokers();
  expect((await cluster.run(['reassign', 'status'])).err).toBe('no partition is being moved\n');
  begin(cluster);
  expect((await cluster.run(['reassign', 'status'])).out).toMatchInlineSnapshot(`
    "TOPIC   PARTITION  LEADER  TARGET  ADDS  REMOVES  CAUGHT-UP
    orders          0       1  4,2,3   4     1              0/1
    "
  `);
  expect(items(await cluster.run(['reassign', 'status', 'prices', '-o', 'json']))).toEqual([]);
});

describe('reassign cancel', () => {
  test('shows what goes back to where, asks, and calls it off', async () => {
    const cluster = await fourBrokers();
    begin(cluster);
    const said = await cluster.run(['reassign', 'cancel', '--all', '-y']);
    expect(said).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "called off: 1 partition
      ",
        "out": "TOPIC   PARTITION  FROM   TO
      orders          0  4,2,3  2,3,1
      ",
      }
    `);
    expect(asked(cluster)).toEqual([['orders/0', undefined]]);
    const other = await cluster.run(['reassign', 'cancel', 'orders/1', 'prices', '-y']);
    expect([other.code, other.err]).toEqual([0, 'no partition of these is being moved\n']);
    expect((await cluster.run(['reassign', 'cancel', 'orders'])).code).toBe(2);
    expect(cluster.changes).toHaveLength(1);
  });

  test.each([[['orders', '--all']], [[]]])('%j is wrong usage', async (argv) => {
    const said = await (await fourBrokers()).run(['reassign', 'cancel', ...argv]);
    expect([said.code, said.err]).toEqual([2, expect.stringContaining('or say --all')]);
  });
});
