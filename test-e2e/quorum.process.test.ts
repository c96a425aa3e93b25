import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CommandProcess } from './support/command.ts';
import { freePort, LoneNodes } from './support/lone-nodes.ts';
import { TestCluster, valuesOf } from './support/test-cluster.ts';
import { START_TIMEOUT_MS, until } from './support/until.ts';

/* A fourth controller joins three: it follows as an observer, gets a vote by its directory, and gives it back. */

const nodes = new LoneNodes();
let cluster: TestCluster;
let fourth: CommandProcess;
let address = '';
let lost = '';

beforeAll(async () => {
  cluster = await TestCluster.start({ controllers: 3 });
  address = `127.0.0.1:${await freePort()}`;
  const voters = cluster.local.plan.filter(({ role }) => role === 'controller');
  fourth = nodes.start('fourth', {
    'process.roles': 'controller',
    'node.id': '14',
    'cluster.id': cluster.local.identity.clusterId,
    'controller.quorum.voters': voters.map(({ id, grpcPort }) => `${id}@127.0.0.1:${grpcPort}`).join(','),
    listeners: `CONTROLLER://${address}`,
  });
  await nodes.untilReady('fourth', fourth);
}, START_TIMEOUT_MS);
afterAll(async () => {
  await nodes.close();
  await cluster.close();
});

interface Member {
  readonly nodeId: number;
  readonly role: string;
  readonly directoryId: string;
}

async function members(): Promise<readonly Member[]> {
  const { items } = await cluster.ask(['cluster', 'quorum']);
  return items.map(({ nodeId, role, directoryId }) => ({
    nodeId: Number(nodeId),
    role: String(role),
    directoryId: String(directoryId),
  }));
}

/** `before`: a directory that the node had earlier, which the quorum may still remember. */
async function untilMember(nodeId: number, role: string, before = ''): Promise<Member> {
  let found: Member | undefined;
  await until(`${nodeId} is ${role}`, async () => {
    const all = await members();
    found = all.find((each) => each.nodeId === nodeId && each.role === role && each.directoryId !== before);
    return found !== undefined;
  });
  if (found === undefined) throw new Error(`${nodeId} is not ${role}`);
  return found;
}

const vote = (action: string, { nodeId, directoryId }: Member, ...rest: string[]): ReturnType<TestCluster['ask']> =>
  cluster.ask(['cluster', 'quorum', action, '--id', String(nodeId), '--directory', directoryId, ...rest]);

test('it observes, is given a vote, replaces a killed one, and loses its vote', async () => {
  await cluster.client.admin().createTopics([{ name: 'kept', partitions: 1, replicationFactor: 1 }]);
  await cluster.send('kept', valuesOf('kept', 50));
  const observer = await untilMember(14, 'observer');
  lost = observer.directoryId;

  const stranger = { ...observer, directoryId: 'AAAAAAAAAAAAAAAAAAAAAA' };
  const refused = await vote('add', stranger, '--address', address, '--timeout', '5s');
  expect(refused).toMatchObject({
    code: 1,
    errors: [{ message: 'node 14 does not follow this leader: start it first' }],
  });
  expect((await vote('add', observer, '--address', address)).code).toBe(0);
  await untilMember(14, 'voter');
  expect((await vote('add', observer, '--address', address)).code).toBe(1);

  // Of four voters three are needed: with one killed the fourth counts.
  const victim = (await members()).find(({ role, nodeId }) => role === 'voter' && nodeId !== 14);
  await cluster.local.kill(String(victim?.nodeId));
  expect((await cluster.ask(['topic', 'create', 'later'])).code).toBe(0);
  cluster.local.start(String(victim?.nodeId));

  expect((await vote('remove', observer)).code).toBe(2);
  expect((await vote('remove', observer, '-y')).code).toBe(0);
  expect((await members()).filter(({ role }) => role !== 'observer').map(({ nodeId }) => nodeId)).not.toContain(14);
  expect((await vote('remove', observer, '-y')).code).toBe(1);

  fourth.child.kill('SIGTERM');
  expect(await fourth.ended).toBe(0);
  expect(await cluster.client.admin().listTopics()).toEqual(['kept', 'later']);
  expect(await cluster.read('kept')).toEqual(valuesOf('kept', 50));
});

test('a wiped disk is another voter: the old vote does not fit it', async () => {
  const again = nodes.start('wiped', {
    'process.roles': 'controller',
    'node.id': '14',
    'controller.quorum.voters': cluster.local.plan
      .filter(({ role }) => role === 'controller')
      .map(({ id, grpcPort }) => `${id}@127.0.0.1:${grpcPort}`)
      .join(),
    listeners: `CONTROLLER://${address}`,
    'metadata.log.dir': path.join(nodes.root, 'wiped'),
  });
  await nodes.untilReady('wiped', again);
  const observer = await untilMember(14, 'observer', lost);
  expect((await vote('add', observer, '--address', address)).code).toBe(0);
  expect((await untilMember(14, 'voter')).directoryId).toBe(observer.directoryId);
  expect((await vote('remove', observer, '-y')).code).toBe(0);
});
