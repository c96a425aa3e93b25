import type { PlantedRaftBug } from '@moldau/raft';
import { describe, expect, test } from 'vitest';
import { RandomSchedule } from './harness/random-schedule.ts';
import type { TestCluster } from './harness/test-cluster.ts';

const SEEDS = 150;
/** A planted bug must show within so many seeds. */
const SEEDS_TO_CATCH = 1000;

function describeCluster(cluster: TestCluster): string {
  return cluster.running
    .map(
      ({ replica, raft }) =>
        `${replica.nodeId}: ${JSON.stringify(raft?.status)} followers ${JSON.stringify(raft?.followers())}`,
    )
    .join('\n');
}

describe('a cluster under a random schedule of loss, crashes, wipes and voter changes', () => {
  test(`keeps Raft's promises and recovers, ${SEEDS} seeds`, () => {
    let committed = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const schedule = new RandomSchedule(seed, new Set());
      try {
        schedule.run();
        schedule.heal();
        const { cluster, invariants } = schedule;
        committed += invariants.committedCount;
        const leader = cluster.leader;
        if (leader === undefined) throw new Error('no leader after all faults ended');
        const { commitIndex, lastIndex } = leader.running.status;
        expect(commitIndex, 'the leader commits its whole log').toBe(lastIndex);
        for (const node of cluster.running) {
          const same =
            node.applied.length === leader.applied.length &&
            node.applied.every((each, at) => each === leader.applied[at]);
          expect(same, `node ${node.replica.nodeId} has the leader's state: ${describeCluster(cluster)}`).toBe(true);
        }
      } catch (error) {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      }
    }
    expect(committed).toBeGreaterThan(SEEDS * 20);
  });

  test.each<PlantedRaftBug>(['commit-old-term', 'config-change-before-own-term-commit', 'wiped-voter-keeps-vote'])(
    'the planted bug %s is found',
    (bug) => {
      let found: unknown;
      for (let seed = 1; seed <= SEEDS_TO_CATCH && found === undefined; seed++) {
        try {
          new RandomSchedule(seed, new Set([bug])).run();
        } catch (error) {
          found = error;
          // It is the bug that was found, not the schedule.
          new RandomSchedule(seed, new Set()).run();
        }
      }
      expect(String(found)).toContain('InvariantError');
    },
  );
});
