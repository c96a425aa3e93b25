import { expect, test } from 'vitest';
import { GroupWorld } from './support/group-world.ts';

function samples(world: GroupWorld, id: number): Map<string, number> {
  return new Map([...world.broker(id).metrics.samples()].map(({ name, value }) => [name, value]));
}

test('groups are counted: by state, members, offsets, and what has become of them', async () => {
  const hour = 3_600_000;
  const settings = { offsetsRetentionMs: hour, offsetsRetentionCheckMs: 60_000 };
  const world = new GroupWorld('group metrics', settings);
  await world.openWith(1);
  const { groups } = world.broker(1);
  const manager = 'kafka_server_groupmetadatamanager';
  const metrics = 'kafka_server_group_coordinator_metrics';
  const { memberId, generation } = await world.stable(groups, 'g');
  for (const partition of [0, 1]) {
    await world.settle(world.commit(groups, 'g', 7, { memberId, generation, partition }));
  }
  await world.settle(world.commit(groups, 'plain', 1));
  const joining = world.join(groups, 'g');
  await world.run(10);
  const now = samples(world, 1);
  expect([...now].filter(([name]) => name.startsWith(manager) || name === 'moldau_broker_group_members')).toEqual([
    [`${manager}_numgroups`, 2],
    [`${manager}_numgroupsempty`, 1],
    [`${manager}_numgroupspreparingrebalance`, 1],
    [`${manager}_numgroupscompletingrebalance`, 0],
    [`${manager}_numgroupsstable`, 0],
    [`${manager}_numoffsets`, 3],
    ['moldau_broker_group_members', 2],
  ]);
  expect(now.get(`${metrics}_group_completed_rebalance_total`)).toBe(1);
  expect(now.get(`${metrics}_offset_commit_total`)).toBe(3);
  expect(now.get(`${metrics}_offset_expiration_total`)).toBe(0);
  expect(now.get(`${metrics}_partition_load_total`)).toBe(2);
  expect(now.get(`${metrics}_partition_load_seconds_total`)).toBeLessThan(5);
  void joining;
  await world.run(2 * hour);
  const after = samples(world, 1);
  expect(after.get(`${manager}_numgroups`)).toBe(0);
  expect(after.get(`${manager}_numoffsets`)).toBe(0);
  expect(after.get(`${metrics}_offset_expiration_total`)).toBe(3);
  expect(after.get(`${metrics}_offset_deletion_total`)).toBe(3);
});

test('a coordinator that takes over counts the load', async () => {
  const world = new GroupWorld('group loads');
  await world.openWith(3);
  const id = await world.coordinatorId('g');
  await world.settle(world.commit(world.broker(id).groups, 'g', 7));
  world.kill(id);
  const nextId = await world.coordinatorId('g');
  const after = samples(world, nextId);
  expect(after.get('kafka_server_group_coordinator_metrics_partition_load_total')).toBeGreaterThanOrEqual(1);
  expect(after.get('moldau_broker_groups_loading')).toBe(0);
  expect(after.get('kafka_server_groupmetadatamanager_numoffsets')).toBe(1);
});
