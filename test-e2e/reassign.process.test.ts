import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestCluster } from './support/test-cluster.ts';
import { START_TIMEOUT_MS } from './support/until.ts';

/* Replicas that move between real brokers, as an operator has them moved. */

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.start({ brokers: 3 });
}, START_TIMEOUT_MS);
afterAll(() => cluster.close());

async function replicas(topic: string): Promise<readonly (readonly number[])[]> {
  const [described] = await cluster.client.admin().describeTopics([topic]);
  return (described?.partitions ?? []).map((partition) => partition.replicas);
}

test('a broker is emptied while it is written to, and has its share again afterwards; no record is lost', async () => {
  await cluster.run(['topic', 'create', 'moved', '-p', '6', '-r', '2']);
  const lines = Array.from({ length: 20_000 }, (_, n) => `line ${n}\n`);
  const produced = cluster.run(['produce', 'moved'], lines.join(''));
  const drained = await cluster.ask(['broker', 'drain', '3', '-y', '--wait']);
  expect(drained).toMatchObject({ code: 0, kind: 'ReassignmentPlan', errors: [] });
  expect((await replicas('moved')).flat()).not.toContain(3);
  expect((await produced).code).toBe(0);
  const evened = await cluster.ask(['reassign', 'apply', 'moved', '-y', '--wait']);
  expect(evened.code).toBe(0);
  const held = (await replicas('moved')).flat();
  expect([1, 2, 3].map((id) => held.filter((each) => each === id).length)).toEqual([4, 4, 4]);
  expect((await cluster.ask(['reassign', 'status'])).items).toEqual([]);
  const { out } = await cluster.run(['consume', 'moved', '--until-end']);
  expect(out.split('\n').sort()).toEqual(['', ...lines.map((line) => line.trimEnd())].sort());
});
