import { counter, gauge, type MetricSample } from '@moldau/base';
import type { GroupCounters } from './group-counters.ts';
import type { GroupShard } from './group-shard.ts';
import type { GroupState } from './group-types.ts';

/** States that a group is found in, by Kafka's names; one that is dead is not found. */
const STATES: ReadonlyMap<GroupState, string> = new Map([
  ['Empty', 'empty'],
  ['PreparingRebalance', 'preparingrebalance'],
  ['CompletingRebalance', 'completingrebalance'],
  ['Stable', 'stable'],
]);

/** Kafka's names where Kafka has them. A walk over the groups of this broker, when it is scraped. */
export function* groupSamples(shards: Iterable<GroupShard>, counters: GroupCounters): Iterable<MetricSample> {
  const manager = 'kafka_server_groupmetadatamanager';
  const states = new Map<GroupState, number>();
  let [loading, groups, members, offsets] = [0, 0, 0, 0];
  for (const shard of shards) {
    if (shard.fault === 'COORDINATOR_LOAD_IN_PROGRESS') loading++;
    for (const group of shard.groups.values()) {
      groups++;
      members += group.size;
      states.set(group.state, (states.get(group.state) ?? 0) + 1);
    }
    for (const { size } of shard.offsets.values()) offsets += size;
  }
  yield gauge(`${manager}_numgroups`, 'Groups that this broker coordinates', groups);
  for (const [state, name] of STATES) {
    yield gauge(`${manager}_numgroups${name}`, `Groups in state ${state}`, states.get(state) ?? 0);
  }
  yield gauge(`${manager}_numoffsets`, 'Offsets of these groups', offsets);
  yield gauge('moldau_broker_group_members', 'Members of these groups', members);
  yield gauge('moldau_broker_groups_loading', 'Partitions of the offsets topic that are being loaded', loading);
  const metrics = 'kafka_server_group_coordinator_metrics';
  yield counter(`${metrics}_group_completed_rebalance_total`, 'Rebalances that were completed', counters.rebalances);
  yield counter(`${metrics}_offset_commit_total`, 'Offsets that were committed', counters.commits);
  yield counter(`${metrics}_offset_deletion_total`, 'Offsets that were deleted, or have expired', counters.deletions);
  yield counter(`${metrics}_offset_expiration_total`, 'Offsets that have expired', counters.expirations);
  yield counter(`${metrics}_partition_load_total`, 'Partitions of the offsets topic that were loaded', counters.loads);
  yield counter(
    `${metrics}_partition_load_seconds_total`,
    'How long these loads took together',
    counters.loadMs / 1000,
  );
}
