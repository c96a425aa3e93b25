import type { PartitionName } from '../partition-name.ts';
import {
  type Assignor,
  type GroupAssignment,
  inOrder,
  type MemberView,
  type PartitionCounts,
  wantedTopics,
} from './assignor.ts';

/**
 * Topic by topic: its partitions in order are cut into as many ranges as it has readers, the first ones larger by one. Equal
 * numbers of topics that are keyed alike come to the same member; the first members get more when there are many topics.
 */
export const rangeAssignor: Assignor = { name: 'range', isCooperative: false, userData: () => null, assign };

function assign(members: readonly MemberView[], counts: PartitionCounts): GroupAssignment {
  const assigned = new Map<string, PartitionName[]>(members.map(({ memberId }) => [memberId, []]));
  for (const topic of wantedTopics(members, counts)) {
    const readers = inOrder(members.filter(({ topics }) => topics.includes(topic)));
    const count = counts.get(topic) ?? 0;
    const [share, larger] = [Math.floor(count / readers.length), count % readers.length];
    let next = 0;
    for (const [index, { memberId }] of readers.entries()) {
      const end = next + share + (index < larger ? 1 : 0);
      for (; next < end; next++) assigned.get(memberId)?.push({ topic, partition: next });
    }
  }
  return assigned;
}
