import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Collector, ScriptedCluster } from './scripted-cluster.ts';

function jsonOf(text: string): { kind: string; items: Record<string, unknown>[]; errors: Record<string, unknown>[] } {
  return JSON.parse(text) as ReturnType<typeof jsonOf>;
}

/** `orders` with 3 and 1 records; an empty group that has read some, and one that somebody is in. */
async function withGroups(): Promise<ScriptedCluster> {
  const cluster = new ScriptedCluster();
  cluster.addTopic('orders', 2);
  await cluster.run(['produce', 'orders', '-p', '0', '-q'], { stdin: 'a\nb\nc\n' });
  await cluster.run(['produce', 'orders', '-p', '1', '-q'], { stdin: 'x\n' });
  cluster.groups.add('idle', { 'orders/0': 1, 'orders/1': 1 });
  cluster.groups.add('busy', { 'orders/0': 2 }, 'm-9');
  return cluster;
}

function offsetsOf(cluster: ScriptedCluster, group: string): Record<string, number> {
  return Object.fromEntries(cluster.groups.all.get(group)?.offsets ?? []);
}

describe('group list and describe', () => {
  test('the list', async () => {
    const { code, out } = await (await withGroups()).run(['group', 'list']);
    expect(code).toBe(0);
    expect(out).toBe('GROUP  STATE   TYPE\nbusy   Stable  consumer\nidle   Empty   consumer\n');
  });

  test('how far a group is, what state it is in, and who reads what', async () => {
    const cluster = await withGroups();
    const { code, out, err } = await cluster.run(['group', 'describe', 'idle', 'busy']);
    expect(code).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "GROUP  TOPIC   PARTITION  COMMITTED  END  LAG  MEMBER
      idle   orders          0          1    3    2  -
      idle   orders          1          1    1    0  -
      busy   orders          0          2    3    1  m-9
      "
    `);
    expect(err).toBe(
      'idle: Empty, 0 members, 2 records behind, coordinator 2\n' +
        'busy: Stable, range, 1 member, 1 record behind, coordinator 2\n',
    );
    const members = await cluster.run(['group', 'describe', 'busy', '--members', '-o', 'json', '-q']);
    expect(jsonOf(members.out)).toMatchObject({
      kind: 'GroupMemberList',
      items: [{ group: 'busy', memberId: 'm-9', topics: ['orders'], assignment: [{ topic: 'orders', partition: 0 }] }],
    });
  });

  test('an unknown group of several: the others are described, and it is told', async () => {
    const { code, out, err } = await (await withGroups()).run([
      'group',
      'describe',
      'nope',
      'idle',
      '-o',
      'json',
      '-q',
    ]);
    expect(code).toBe(1);
    expect(jsonOf(out)).toMatchObject({
      items: [{ group: 'idle' }, { committedOffset: 1, endOffset: 1, lag: 0 }],
      errors: [{ name: 'nope', code: 'GROUP_ID_NOT_FOUND' }],
    });
    expect(err).toBe('');
  });
});

describe('group seek', () => {
  test('shows from where to where, asks with no as the default, and -y does it', async () => {
    const cluster = await withGroups();
    const argv = ['group', 'seek', 'idle', '--to', 'start'];
    const unasked = await cluster.run(argv);
    expect(unasked.code).toBe(2);
    expect(unasked.out).toBe('TOPIC   PARTITION  FROM  TO\norders          0     1   0\norders          1     1   0\n');
    expect(unasked.err).toContain('this moves group idle in 2 partitions');
    expect(unasked.err).toContain('add -y');
    const refused = await cluster.run(argv, { terminal: true, stdin: '\n' });
    expect(refused.code).toBe(2);
    const dry = await cluster.run([...argv, '--dry-run', '-y']);
    expect(dry).toMatchObject({ code: 0, out: unasked.out, err: 'nothing was changed: --dry-run\n' });
    expect(offsetsOf(cluster, 'idle')).toEqual({ 'orders/0': 1, 'orders/1': 1 });
    expect((await cluster.run(argv, { terminal: true, stdin: 'y\n' })).code).toBe(0);
    expect(offsetsOf(cluster, 'idle')).toEqual({ 'orders/0': 0, 'orders/1': 0 });
    const again = await cluster.run([...argv, '-y']);
    expect(again).toMatchObject({ code: 0, err: 'nothing is to be changed\n' });
  });

  test.each([
    [['--to', 'end'], { 'orders/0': 3, 'orders/1': 1 }],
    [['--to', '-2'], { 'orders/0': 1, 'orders/1': 0 }],
    [['--to', '2'], { 'orders/0': 2, 'orders/1': 1 }],
    [['--to', '+1'], { 'orders/0': 1, 'orders/1': 1 }],
    [['--to', '@0'], { 'orders/0': 0, 'orders/1': 0 }],
    [['--to', '@-1h'], { 'orders/0': 0, 'orders/1': 0 }],
    [['--to', '@2099-01-01T00:00Z'], { 'orders/0': 3, 'orders/1': 1 }],
    [['--shift-by', '1'], { 'orders/0': 2, 'orders/1': 1 }],
    [['--shift-by', '-5'], { 'orders/0': 0, 'orders/1': 0 }],
    [['--to-group', 'busy'], { 'orders/0': 2, 'orders/1': 1 }],
    [['--to', 'end', '--topics', 'orders:0'], { 'orders/0': 3, 'orders/1': 1 }],
    [['--to', 'start', '--topics', 'orders:1'], { 'orders/0': 1, 'orders/1': 0 }],
  ])('%j', async (where, offsets) => {
    const cluster = await withGroups();
    const { code } = await cluster.run(['group', 'seek', 'idle', ...where, '-y', '-q']);
    expect(code).toBe(0);
    expect(offsetsOf(cluster, 'idle')).toEqual(offsets);
  });

  test('what the log does not hold becomes its nearest end, which is told', async () => {
    const cluster = await withGroups();
    const { err } = await cluster.run(['group', 'seek', 'idle', '--to', '9', '-y']);
    expect(err).toContain('orders/0 holds offsets 0 to 3: 9 becomes 3');
    // Nothing is done about this one.
    expect(err).not.toContain('orders/1');
  });

  test('to places in a file; a line that is none is refused before anything is changed', async () => {
    const cluster = await withGroups();
    const directory = await mkdtemp(join(tmpdir(), 'moldau-seek-'));
    const good = join(directory, 'good');
    await writeFile(good, '# where it was\norders 0 2\n\norders,1,0\n');
    expect((await cluster.run(['group', 'seek', 'idle', '--to-file', good, '-y'])).code).toBe(0);
    expect(offsetsOf(cluster, 'idle')).toEqual({ 'orders/0': 2, 'orders/1': 0 });
    const bad = join(directory, 'bad');
    await writeFile(bad, 'orders 0 1\norders zero 1\n');
    const refused = await cluster.run(['group', 'seek', 'idle', '--to-file', bad, '-y']);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('line 2 of');
    expect(offsetsOf(cluster, 'idle')).toEqual({ 'orders/0': 2, 'orders/1': 0 });
  });

  test('a group that somebody is in is shown and not moved', async () => {
    const cluster = await withGroups();
    const { code, out, err } = await cluster.run(['group', 'seek', 'busy', '--to', 'start', '-y']);
    expect(code).toBe(1);
    expect(out).toContain('orders          0     2   0');
    expect(err).toContain('error: group busy is Stable, with 1 member: it must be empty\n  why: NON_EMPTY_GROUP\n');
    expect(offsetsOf(cluster, 'busy')).toEqual({ 'orders/0': 2 });
  });

  test('a group that is not there is made where topics are named, and refused where nothing is', async () => {
    const cluster = await withGroups();
    const refused = await cluster.run(['group', 'seek', 'new', '--to', 'end', '-y']);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('--topics TOPIC');
    const { code, out } = await cluster.run([
      'group',
      'seek',
      'new',
      '--to',
      'end',
      '--topics',
      'orders',
      '-y',
      '-o',
      'json',
    ]);
    expect(code).toBe(0);
    expect(jsonOf(out)).toMatchObject({
      kind: 'GroupSeekList',
      items: [
        { from: null, to: 3 },
        { from: null, to: 1 },
      ],
    });
    expect(offsetsOf(cluster, 'new')).toEqual({ 'orders/0': 3, 'orders/1': 1 });
  });

  test.each([[[]], [['--to', 'start', '--shift-by', '1']], [['--to', 'somewhere']], [['--shift-by', 'x']]])(
    'usage: %j',
    async (where) => {
      const { code } = await (await withGroups()).run(['group', 'seek', 'idle', ...where, '-y']);
      expect(code).toBe(2);
    },
  );
});

describe('group delete', () => {
  test('asks; what is in use stays, and is told', async () => {
    const cluster = await withGroups();
    const unasked = await cluster.run(['group', 'delete', 'idle']);
    expect(unasked.code).toBe(2);
    expect(unasked.err).toContain('this deletes idle with what is committed (of 2 partitions)');
    expect((await cluster.run(['group', 'delete', 'idle', '--dry-run'])).code).toBe(0);
    expect(cluster.groups.all.has('idle')).toBe(true);
    const { code, out } = await cluster.run(['group', 'delete', 'idle', 'busy', 'nope', '-y', '-o', 'json']);
    expect(code).toBe(1);
    expect(jsonOf(out)).toMatchObject({
      kind: 'DeletedGroupList',
      items: [{ group: 'idle' }],
      errors: [
        { name: 'nope', code: 'GROUP_ID_NOT_FOUND' },
        { name: 'busy', code: 'NON_EMPTY_GROUP' },
      ],
    });
    expect([...cluster.groups.all.keys()]).toEqual(['busy']);
  });
});

describe('consume -g', () => {
  test('prints from where the group is, commits what was printed, and leaves', async () => {
    const cluster = await withGroups();
    const first = await cluster.run(['consume', 'orders', '-g', 'new', '-n', '2']);
    expect(first).toMatchObject({ code: 0, out: 'a\nb\n' });
    expect(cluster.groups.all.get('new')).toMatchObject({ member: undefined });
    expect(offsetsOf(cluster, 'new')).toEqual({ 'orders/0': 2 });
    const second = await cluster.run(['consume', 'orders', '-g', 'new', '-n', '1', '-o', 'jsonl']);
    expect(jsonOf(second.out)).toMatchObject({ offset: 2 });
    expect(offsetsOf(cluster, 'new')).toEqual({ 'orders/0': 3 });
  });

  test('Ctrl-C commits and leaves', async () => {
    const cluster = await withGroups();
    const interrupt = new AbortController();
    const out = new Collector();
    const running = cluster.run(['consume', 'orders', '-g', 'new'], { signal: interrupt.signal, out });
    await out.has('c\n');
    expect(cluster.groups.all.get('new')?.member).toBe('m-1');
    interrupt.abort();
    expect(await running).toMatchObject({ code: 130, out: 'a\nb\nc\n' });
    expect(cluster.groups.all.get('new')?.member).toBeUndefined();
    expect(offsetsOf(cluster, 'new')).toEqual({ 'orders/0': 3 });
  });

  test.each([[['-p', '0']], [['--until-end']], [['-O', '5']]])('%j and -g exclude one another', async (more) => {
    const { code } = await (await withGroups()).run(['consume', 'orders', '-g', 'new', ...more]);
    expect(code).toBe(2);
  });
});
