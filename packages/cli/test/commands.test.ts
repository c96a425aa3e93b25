import { errorNumber } from '@moldau/base';
import { ApiService } from '@moldau/proto';
import { describe, expect, test } from 'vitest';
import { Collector, ScriptedCluster } from './scripted-cluster.ts';

const DONE = { errorCode: 0, message: '' };
const EXISTS = { errorCode: errorNumber('TOPIC_ALREADY_EXISTS'), message: 'topic b exists' };

function withTopics(): ScriptedCluster {
  const cluster = new ScriptedCluster();
  cluster.addTopic('orders', 2);
  cluster.addTopic('prices', 1);
  return cluster;
}

function jsonOf(text: string): { kind: string; items: Record<string, unknown>[]; errors: Record<string, unknown>[] } {
  return JSON.parse(text) as ReturnType<typeof jsonOf>;
}

describe('topics', () => {
  test('the list, as a table and as JSON', async () => {
    const cluster = withTopics();
    const [orders] = cluster.topics.get('orders') ?? [];
    if (orders !== undefined) orders.isr = [1];
    expect(await cluster.run(['topic', 'list'])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "NAME    PARTITIONS  REPLICAS  UNDER-REPLICATED  OFFLINE
      orders           2         3                 1        0
      prices           1         3                 0        0
      ",
      }
    `);
    const { out } = await cluster.run(['topic', 'list', '-o', 'json']);
    expect(jsonOf(out)).toMatchObject({
      apiVersion: 'v1',
      kind: 'TopicList',
      errors: [],
      items: [{ name: 'orders' }, {}],
    });
    const asLines = await cluster.run(['-o', 'jsonl', 'topic', 'list']);
    expect(
      asLines.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([{ name: 'orders' }, { name: 'prices' }]);
  });

  test('a description shows leaders, replicas and offsets', async () => {
    const cluster = withTopics();
    await cluster.run(['produce', 'orders', '-p', '1', '-q'], { stdin: 'a\nb\n' });
    expect((await cluster.run(['topic', 'describe', 'orders'])).out).toMatchInlineSnapshot(`
      "TOPIC   PARTITION  LEADER  EPOCH  REPLICAS  ISR    ELR  START  END
      orders          0       1      4  1,2,3     1,2,3  -        0    0
      orders          1       1      4  1,2,3     1,2,3  -        0    2
      "
    `);
  });

  test('an unknown topic: what, why and what to try, and exit code 1', async () => {
    const { code, out, err } = await withTopics().run(['topic', 'describe', 'ordres']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe(
      'error: topic ordres does not exist: check its name\n' +
        '  why: UNKNOWN_TOPIC_OR_PARTITION\n  try: see what there is with npx moldau topic list\n',
    );
  });

  test('creating passes on what was said; some refused of several is exit code 1, with JSON that names them', async () => {
    const cluster = withTopics();
    cluster.onChange = () => ({
      metadataOffset: 1,
      topics: [
        { outcome: DONE, topicId: 'x', partitions: 6, replicationFactor: 3 },
        { outcome: EXISTS, topicId: '', partitions: 0, replicationFactor: 0 },
      ],
    });
    const argv = ['topic', 'create', 'a', 'b', '-p', '6', '-c', 'retention.ms=1000', '-o', 'json', '--dry-run'];
    const { code, out, err } = await cluster.run(argv);
    expect(code).toBe(1);
    expect(err).toContain('nothing was created: --dry-run');
    expect(jsonOf(out)).toMatchObject({
      items: [{ name: 'a' }],
      errors: [{ name: 'b', code: 'TOPIC_ALREADY_EXISTS' }],
    });
    expect(cluster.changes[0]).toMatchObject([
      ApiService.createTopics.path,
      { validateOnly: true, topics: [{ name: 'a', partitions: 6, replicationFactor: -1 }, {}] },
    ]);
  });

  test('deleting asks: without a terminal it refuses and names the flag, no is the default, -y does it', async () => {
    const cluster = withTopics();
    cluster.onChange = () => ({ metadataOffset: 1, outcomes: [DONE] });
    const refused = await cluster.run(['topic', 'delete', 'orders']);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('add -y');
    const answered = await cluster.run(['topic', 'delete', 'orders'], { terminal: true, stdin: '\n' });
    expect(answered.code).toBe(2);
    expect(answered.err).toContain('this deletes orders with all records (2 partitions, 0 records). Continue? [y/N]');
    expect((await cluster.run(['topic', 'delete', 'orders', '--dry-run'])).code).toBe(0);
    expect(cluster.changes).toEqual([]);
    expect((await cluster.run(['topic', 'delete', 'orders'], { terminal: true, stdin: 'y\n' })).code).toBe(0);
    expect((await cluster.run(['topic', 'delete', 'orders', '-y'])).code).toBe(0);
    expect(cluster.changes.length).toBe(2);
  });

  test('deleting several says how much that is, and wants their number', async () => {
    const cluster = withTopics();
    cluster.onChange = () => ({ metadataOffset: 1, outcomes: [DONE, DONE] });
    await cluster.run(['produce', 'prices'], { stdin: 'a\nb\nc\n' });
    const argv = ['topic', 'delete', 'orders', 'prices'];
    const answered = await cluster.run(argv, { terminal: true, stdin: 'y\n' });
    expect(answered.code).toBe(2);
    expect(answered.err).toContain(
      'this deletes orders, prices with all records (3 partitions, 3 records). Type the number of topics (2) to go on:',
    );
    expect(cluster.changes).toEqual([]);
    expect((await cluster.run(argv, { terminal: true, stdin: '2\n' })).code).toBe(0);
    expect(cluster.changes).toEqual([[ApiService.deleteTopics.path, { names: ['orders', 'prices'], topicIds: [] }]]);
  });

  test('one unknown of several: the others are described and deleted, and it is told', async () => {
    const cluster = withTopics();
    cluster.onChange = () => ({ metadataOffset: 1, outcomes: [DONE] });
    const errors = [{ name: 'nope', code: 'UNKNOWN_TOPIC_OR_PARTITION' }];
    const described = await cluster.run(['topic', 'describe', 'prices', 'nope', '-o', 'json']);
    expect(described.code).toBe(1);
    expect(jsonOf(described.out)).toMatchObject({ items: [{ topic: 'prices' }], errors });
    const deleted = await cluster.run(['topic', 'delete', 'nope', 'prices', '-y', '-o', 'json']);
    expect(deleted.code).toBe(1);
    expect(jsonOf(deleted.out)).toMatchObject({ items: [{ name: 'prices' }], errors });
    expect(cluster.changes).toEqual([[ApiService.deleteTopics.path, { names: ['prices'], topicIds: [] }]]);
    expect((await cluster.run(['topic', 'delete', 'nope', '-y'])).code).toBe(1);
    expect(cluster.changes.length).toBe(1);
  });

  test('settings are shown, set and put back', async () => {
    const cluster = withTopics();
    const entry = {
      name: 'retention.ms',
      value: '5',
      source: 'topic',
      type: 'long',
      documentation: '',
      readOnly: false,
    };
    cluster.onChange = (path) =>
      path === ApiService.describeConfigs.path
        ? { resources: [{ outcome: DONE, entries: [entry] }] }
        : { metadataOffset: 1, outcomes: [DONE] };
    expect((await cluster.run(['topic', 'config', 'get', 'orders'])).out).toBe(
      'NAME          VALUE  SOURCE\nretention.ms  5      topic\n',
    );
    expect((await cluster.run(['topic', 'config', 'get', 'orders', 'nope'])).code).toBe(2);
    expect((await cluster.run(['topic', 'config', 'set', 'orders', 'retention.ms=7'])).code).toBe(0);
    expect((await cluster.run(['topic', 'config', 'unset', 'orders', 'retention.ms'])).code).toBe(0);
    const altered = cluster.changes
      .filter(([path]) => path === ApiService.alterConfigs.path)
      .map(([, request]) => request);
    expect(altered).toMatchObject([
      { changes: [{ name: 'retention.ms', value: '7' }] },
      { changes: [{ value: undefined }] },
    ]);
    expect((await cluster.run(['topic', 'config', 'set', 'orders', 'retention.ms'])).err).toContain('write NAME=VALUE');
  });
});

describe('records', () => {
  test('lines with keys and headers go in, and come out by a format', async () => {
    const cluster = withTopics();
    const produced = await cluster.run(['produce', 'prices', '-K', ':', '--header', 'a=1'], {
      stdin: 'k1:v1\nk2:v:2\n',
    });
    expect(produced).toEqual({
      code: 0,
      out: 'PARTITION  RECORDS  FIRST-OFFSET  LAST-OFFSET\n        0        2             0            1\n',
      err: '2 records to prices\n',
    });
    const consumed = await cluster.run(['consume', 'prices', '-n', '2', '-f', '%p:%o %k=%v %h\\n']);
    expect(consumed).toEqual({ code: 0, out: '0:0 k1=v1 a=1\n0:1 k2=v:2 a=1\n', err: '' });
  });

  test('what consume prints as jsonl, produce reads: keys, values, headers and times survive', async () => {
    const cluster = withTopics();
    await cluster.run(['produce', 'prices', '-k', 'key', '--header', 'h=x'], { stdin: 'one\ntwo\n' });
    const { out } = await cluster.run(['consume', 'prices', '--until-end', '-o', 'jsonl']);
    cluster.addTopic('copy', 1);
    expect((await cluster.run(['produce', 'copy', '--input', 'jsonl'], { stdin: out })).code).toBe(0);
    expect(cluster.records('copy')).toEqual(cluster.records('prices'));
  });

  test.each([
    ['start', 'abcde'],
    ['+2', 'cde'],
    ['-2', 'de'],
    ['3', 'de'],
    ['end', ''],
  ])('from %s until the end', async (offset, expected) => {
    const cluster = withTopics();
    await cluster.run(['produce', 'prices'], { stdin: 'a\nb\nc\nd\ne\n' });
    const { code, out } = await cluster.run(['consume', 'prices', '-O', offset, '--until-end', '-f', '%v']);
    expect({ code, out }).toEqual({ code: 0, out: expected });
  });

  test('until the end of a topic without records there is nothing to wait for', async () => {
    expect(await withTopics().run(['consume', 'orders', '--until-end', '-o', 'json'])).toMatchObject({
      code: 0,
      err: '',
    });
  });

  test('JSON needs an end; a partition must be one of the topic; Ctrl-C is exit code 130', async () => {
    const cluster = withTopics();
    expect((await cluster.run(['consume', 'orders', '-o', 'json'])).err).toContain('jsonl');
    const wrong = await cluster.run(['consume', 'orders', '-p', '0,2']);
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('partitions 0 to 1, not 2');
    const controller = new AbortController();
    const waiting = cluster.run(['consume', 'orders'], { signal: controller.signal });
    setImmediate(() => setImmediate(() => controller.abort()));
    expect(await waiting).toEqual({ code: 130, out: '', err: '' });
  });

  test('a bad line ends the input; what came before it is sent, and the line is told', async () => {
    const cluster = withTopics();
    const stdin = '{"value":"a"}\nnonsense\n{"value":"b"}\n';
    const { code, out } = await cluster.run(['produce', 'prices', '--input', 'jsonl', '-o', 'json'], { stdin });
    expect(code).toBe(2);
    expect(jsonOf(out)).toMatchObject({ items: [{ records: 1 }], errors: [{ code: 'USAGE' }] });
    expect(cluster.records('prices').length).toBe(1);
  });
});

describe('the cluster', () => {
  test('health is exit code 0 when all is well, and 3 when not', async () => {
    const cluster = withTopics();
    expect((await cluster.run(['cluster', 'health'])).code).toBe(0);
    cluster.fencedBroker = true;
    const [orders] = cluster.topics.get('orders') ?? [];
    if (orders !== undefined) orders.leaderId = -1;
    expect(await cluster.run(['cluster', 'health'])).toMatchInlineSnapshot(`
      {
        "code": 3,
        "err": "",
        "out": "CHECK               DETAIL                 OK
      controllers         leader 11 of 3 voters  yes
      brokers             1 of 3 fenced: 3       NO
      offline-partitions  1 of 3: orders/0       NO
      under-replicated    0 of 3                 yes
      ",
      }
    `);
  });

  test('info, brokers and the quorum', async () => {
    const cluster = withTopics();
    expect(jsonOf((await cluster.run(['cluster', 'info', '-o', 'json'])).out).items).toEqual([
      { clusterId: 'cluster-id', controllerId: 11, brokers: 3, topics: 2, partitions: 3 },
    ]);
    expect((await cluster.run(['broker', 'list', '--no-headers'])).out.split('\n')[0]).toBe(
      '1  active  127.0.0.1:19100  -  here  -  11',
    );
    expect((await cluster.run(['cluster', 'quorum'])).out).toMatchInlineSnapshot(`
      "ID  ROLE    ADDRESS          LOG-END  CONTACT-MS  DIRECTORY
      11  leader  127.0.0.1:19090      500           0  dir-11
      12  voter   127.0.0.1:19091        ?          40  dir-12
      13  voter   127.0.0.1:19092        ?          40  dir-13
      "
    `);
    const { out } = await cluster.run(['cluster', 'quorum', '-o', 'json']);
    expect(jsonOf(out).items[1]).toMatchObject({
      nodeId: 12,
      role: 'voter',
      clusterId: 'cluster-id',
      leaderId: 11,
      epoch: 3,
      commitOffset: 500,
    });
  });

  test('a vote is given, and taken only after a yes', async () => {
    const cluster = withTopics();
    cluster.onChange = () => ({});
    const voter = ['--id', '14', '--directory', 'd'];
    expect((await cluster.run(['cluster', 'quorum', 'add', ...voter, '--address', '127.0.0.1:1'])).code).toBe(0);
    expect((await cluster.run(['cluster', 'quorum', 'remove', ...voter])).code).toBe(2);
    expect((await cluster.run(['cluster', 'quorum', 'remove', ...voter, '-y'])).code).toBe(0);
    expect(cluster.changes).toEqual([
      [ApiService.addVoter.path, { nodeId: 14, directoryId: 'd', address: '127.0.0.1:1' }],
      [ApiService.removeVoter.path, { nodeId: 14, directoryId: 'd' }],
    ]);
  });

  test('no cluster is exit code 5, and JSON on stdout all the same', async () => {
    const cluster = withTopics();
    cluster.reachable = false;
    const { code, out, err } = await cluster.run(['topic', 'list', '-o', 'json', '--timeout', '200ms', '-b', 'a:1']);
    expect(code).toBe(5);
    expect(jsonOf(out).errors).toMatchObject([{ code: 'UNREACHABLE' }]);
    expect(JSON.parse(err)).toMatchObject({
      code: 'UNREACHABLE',
      hint: expect.stringContaining('npm start') as unknown,
    });
  });
});

describe('settings and leaders', () => {
  test('settings of the cluster and of a broker: shown, set, and put back after a yes', async () => {
    const cluster = withTopics();
    const entry = { name: 'num.partitions', value: '6', source: 'cluster', type: 'int', documentation: '' };
    cluster.onChange = (path) =>
      path === ApiService.describeConfigs.path
        ? { resources: [{ outcome: DONE, entries: [{ ...entry, readOnly: false }] }] }
        : { metadataOffset: 1, outcomes: [DONE] };
    expect((await cluster.run(['cluster', 'config', 'get'])).out).toContain('num.partitions  6      cluster');
    expect((await cluster.run(['cluster', 'config', 'get', 'nope'])).err).toContain(
      'try: npx moldau cluster config get',
    );
    expect((await cluster.run(['cluster', 'config', 'set', 'num.partitions=3'])).code).toBe(0);
    expect((await cluster.run(['cluster', 'config', 'unset', 'num.partitions'])).code).toBe(2);
    expect((await cluster.run(['cluster', 'config', 'unset', 'num.partitions', '-y'])).code).toBe(0);
    expect((await cluster.run(['broker', 'config', 'set', '2', 'replica.lag.time.max.ms=500'])).code).toBe(0);
    const altered = cluster.changes.filter(([path]) => path === ApiService.alterConfigs.path);
    const target = { resourceType: 'cluster', resourceName: '', name: 'num.partitions', listChange: 'unspecified' };
    expect(altered.map(([, request]) => request)).toEqual([
      { changes: [{ ...target, value: '3' }], resources: [], validateOnly: false },
      { changes: [{ ...target, value: undefined }], resources: [], validateOnly: false },
      {
        changes: [
          {
            resourceType: 'broker',
            resourceName: '2',
            name: 'replica.lag.time.max.ms',
            value: '500',
            listChange: 'unspecified',
          },
        ],
        resources: [],
        validateOnly: false,
      },
    ]);
  });

  test('leaders are elected where they do not lead already, and who leads then is shown', async () => {
    const cluster = withTopics();
    const [first] = cluster.topics.get('orders') ?? [];
    if (first !== undefined) first.leaderId = 2;
    cluster.onChange = () => {
      if (first !== undefined) first.leaderId = 1;
      return { metadataOffset: 2, outcomes: [DONE, { errorCode: errorNumber('ELECTION_NOT_NEEDED'), message: 'no' }] };
    };
    expect(await cluster.run(['leader', 'elect', 'orders'])).toEqual({
      code: 0,
      out:
        'TOPIC   PARTITION  BEFORE  LEADER\n' +
        'orders          0       2       1\n' +
        'orders          1       1       1\n',
      err: '1 leader changed\n',
    });
    const partitions = [0, 1].map((partition) => ({ topic: 'orders', partition }));
    expect(cluster.changes).toEqual([[ApiService.electLeaders.path, { partitions, unclean: false }]]);
  });

  test.each([
    [[], 'name partitions as TOPIC/PARTITION, or say --all'],
    [['orders', '--all'], 'name partitions as TOPIC/PARTITION, or say --all'],
    [['orders/2'], 'topic orders has partitions 0 to 1, not 2'],
    [['orders', '--unclean'], 'with --unclean write TOPIC/PARTITION'],
    [['orders/0', '--unclean'], 'this can lose acknowledged records of orders/0, for ever'],
  ])('leader elect %j is refused', async (argv, why) => {
    const cluster = withTopics();
    const { code, err } = await cluster.run(['leader', 'elect', ...argv]);
    expect(code).toBe(2);
    expect(err).toContain(why);
    expect(cluster.changes).toEqual([]);
  });

  test('an unclean election wants the name of the partition', async () => {
    const cluster = withTopics();
    cluster.onChange = () => ({ metadataOffset: 2, outcomes: [DONE] });
    const argv = ['leader', 'elect', 'orders/1', '--unclean'];
    expect((await cluster.run(argv, { terminal: true, stdin: 'y\n' })).code).toBe(2);
    expect((await cluster.run(argv, { terminal: true, stdin: 'orders/1\n' })).code).toBe(0);
    const partitions = [{ topic: 'orders', partition: 1 }];
    expect(cluster.changes).toEqual([[ApiService.electLeaders.path, { partitions, unclean: true }]]);
  });
});

describe('the way to the cluster', () => {
  test('who waits is told after a second for whom, unless quiet', async () => {
    const cluster = withTopics();
    cluster.reachable = false;
    const argv = ['topic', 'list', '-b', 'a:1,b:2,', '--timeout', '2s'];
    expect((await cluster.run(argv)).err).toMatch(/^no answer yet from a:1, b:2; waiting for up to 2s\nerror: /);
    expect((await cluster.run([...argv, '-q'])).err).toMatch(/^error: /);
  });

  test('what is no broker is named, with what to do', async () => {
    const cluster = withTopics();
    cluster.isController = true;
    const { code, err } = await cluster.run(['topic', 'list', '-b', 'a:1']);
    expect(code).toBe(2);
    expect(err).toMatch(
      /^error: a:1 is not a broker, .* if it is a controller: clients talk to brokers, name one of them/,
    );
  });

  test('Ctrl-C while nobody answers: 130, and JSON on stdout all the same', async () => {
    const cluster = withTopics();
    cluster.reachable = false;
    const controller = new AbortController();
    const running = cluster.run(['topic', 'list', '-o', 'json'], { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    const { code, out, err } = await running;
    expect({ code, err }).toEqual({ code: 130, err: '' });
    expect(jsonOf(out).errors).toMatchObject([{ code: 'ABORTED' }]);
  });

  test('a watch sees the cluster come', async () => {
    const cluster = withTopics();
    cluster.reachable = false;
    const controller = new AbortController();
    const out = new Collector();
    const argv = ['cluster', 'health', '--watch', '-o', 'jsonl', '--timeout', '100ms'];
    const watching = cluster.run(argv, { signal: controller.signal, out });
    await out.has('"reachable"');
    cluster.reachable = true;
    await out.has('"controllers"');
    controller.abort();
    expect((await watching).code).toBe(130);
    expect(out.text).toMatch(/^\{"check":"reachable","ok":false.*\n\{"check":"controllers","ok":true/);
    expect((await cluster.run(['cluster', 'health', '--watch', '-o', 'json'])).code).toBe(2);
  });
});

describe('usage', () => {
  test.each([
    [['topc'], 'Did you mean topic?'],
    [['topic', 'lst'], 'Did you mean list?'],
    [['topic', 'list', '--outputt', 'json'], 'Did you mean --output?'],
    [['topic', 'list', '-o', 'yaml'], 'Allowed choices are table, json, jsonl'],
    [['topic', 'create', 'a', '-p', '0'], 'at least 1'],
    [['topic', 'create'], "missing required argument 'names'"],
    [['topic', 'list', 'extra'], 'too many arguments'],
    [['topic', 'list', '--timeout', 'soon'], 'write 500ms'],
    [['topic', 'list', '-b', 'localhost'], 'write HOST:PORT'],
    [['produce', 'prices', '--acks', '2'], 'acks are 0, 1 or all'],
    [['topic'], 'Usage: moldau topic'],
  ])('%j is exit code 2 and says why', async (argv, why) => {
    const { code, out, err } = await withTopics().run(argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(why);
  });

  test('help is no mistake, on stdout, with the global flags', async () => {
    for (const argv of [[], ['--help'], ['help', 'topic'], ['topic', 'create', '--help']]) {
      const { code, out, err } = await withTopics().run(argv);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toContain('Usage: moldau');
      expect(out).toContain('--output');
    }
  });

  test.each([
    ['up', '', 2, '--data names nothing'],
    ['status', '', 2, '--data names nothing'],
    ['up', import.meta.filename, 1, 'is no directory'],
    ['status', import.meta.filename, 1, 'is no directory'],
    ['status', '/nowhere/at-all', 1, 'no cluster runs on /nowhere/at-all'],
  ])('dev %s --data %j: a document, and what to try', async (verb, data, code, message) => {
    const said = await withTopics().run(['dev', verb, '--data', data, '-o', 'json']);
    expect(said.code).toBe(code);
    expect(jsonOf(said.out).errors).toMatchObject([{ message: expect.stringContaining(message) as unknown }]);
    expect((await withTopics().run(['dev', verb, '--data', data])).err).toMatch(/^error: .*\n {2}try: .*--data/);
  });

  test('server: what keeps it from starting is a document', async () => {
    const said = await withTopics().run(['server', '--set', 'nope=1', '-o', 'json']);
    expect(said.code).toBe(1);
    expect(jsonOf(said.out).errors).toMatchObject([{ message: expect.stringContaining('nope') as unknown }]);
  });

  test('help of a command below a noun is its own; what there is none of is said', async () => {
    expect((await withTopics().run(['help', 'topic', 'create'])).out).toContain('Usage: moldau topic create');
    const { code, err } = await withTopics().run(['help', 'topic', 'creat']);
    expect(code).toBe(2);
    expect(err).toContain("unknown command 'creat'");
  });

  test.each(['topic create', 'produce', 'server'])('help of %s shows no default that is none', async (line) => {
    expect((await withTopics().run([...line.split(' '), '--help'])).out).not.toContain('(default: [])');
  });

  test.each(['--version', '-V'])('%s', async (flag) => {
    expect(await withTopics().run([flag])).toEqual({ code: 0, out: '0.1.0\n', err: '' });
  });

  test('the version', async () => {
    expect(jsonOf((await withTopics().run(['version', '-o', 'json'])).out).items[0]).toMatchObject({ moldau: '0.1.0' });
  });
});
