import { decodeGroupRecord, type GroupRecord } from '@moldau/broker';
import { topicByName } from '@moldau/metadata';
import { readBatchRecords } from '@moldau/records';
import { newestImage } from '../checkers/partition-state.ts';
import { storedBatches } from './byte-identity.ts';
import { OFFSETS_TOPIC } from './observe/topic-ghosts.ts';
import type { World } from './world.ts';

/** What is known of the groups of each partition of the offsets topic, comparably. */
export type GroupsKnown = ReadonlyMap<number, readonly string[]>;

/** What the coordinators know, in memory. */
export function groupsInMemory(world: World): GroupsKnown {
  const known = new Map<number, readonly string[]>();
  for (const { node } of world.brokers.values()) {
    for (const { partition, answers } of node?.groups.inspectAll() ?? []) {
      const shard = node?.groups.inspect(partition);
      if (!answers || shard === undefined) continue;
      const latest = new Map<string, string>();
      for (const [group, value] of shard.snapshots) note(latest, { kind: 'group', group, value });
      for (const [group, offsets] of shard.offsets) {
        for (const { topic, partition: of, entry } of offsets.latest()) {
          note(latest, { kind: 'offset', group, topic, partition: of, value: entry });
        }
      }
      known.set(partition, linesOf(latest));
    }
  }
  return known;
}

/**
 * Invariant 36, of groups: what a coordinator knew before a clean stop is what a replay of its partition gives. Returns what
 * differs.
 */
export function groupDifferences(world: World, inMemory: GroupsKnown): string[] {
  const image = newestImage(world.watch.observation);
  const topic = image && topicByName(image, OFFSETS_TOPIC);
  const differences: string[] = [];
  for (const [partition, known] of inMemory) {
    const state = topic?.partitions[partition];
    const [replayed] = (state?.replicas ?? []).flatMap(({ brokerId }) => {
      const batches = topic && storedBatches(world, brokerId, `${topic.topicId}-${partition}-`);
      return batches === undefined ? [] : [replay(batches.map(({ bytes, header }) => readBatchRecords(bytes, header)))];
    });
    if (replayed === undefined) continue;
    const missing = known.filter((line) => !replayed.includes(line));
    const more = replayed.filter((line) => !known.includes(line));
    if (missing.length + more.length === 0) continue;
    differences.push(`partition ${partition}: known were ${missing.join(', ')}, the log says ${more.join(', ')}`);
  }
  return differences;
}

function replay(batches: readonly ReturnType<typeof readBatchRecords>[]): readonly string[] {
  const latest = new Map<string, string>();
  for (const { key, value } of batches.flat()) {
    const record = key === null ? undefined : decodeGroupRecord(key, value);
    if (record !== undefined) note(latest, record);
  }
  return linesOf(latest);
}

function note(latest: Map<string, string>, record: GroupRecord): void {
  const place = record.kind === 'group' ? '' : ` ${record.topic}/${record.partition}`;
  const key = `${record.group}${place}`;
  if (record.value === null) latest.delete(key);
  else latest.set(key, JSON.stringify(record.value));
}

function linesOf(latest: ReadonlyMap<string, string>): readonly string[] {
  return [...latest].map(([key, value]) => `${key} ${value}`).sort();
}
