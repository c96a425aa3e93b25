import type { PlantedRaftBug } from '@moldau/raft';
import { describe, expect, test } from 'vitest';
import { FaultyQuorum } from './faulty-quorum.ts';
import { host, QuorumWorld } from './quorum-world.ts';

const SEEDS = 40;
const SEEDS_TO_CATCH = 400;

describe('a quorum under faults of processes, power and links', () => {
  test(`keeps what it promises and recovers, ${SEEDS} seeds`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      await new FaultyQuorum(seed, new Set()).run().catch((error: unknown) => {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      });
    }
  });

  test('finds a vote that was answered before it was on disk', async () => {
    let found: unknown;
    for (let seed = 1; seed <= SEEDS_TO_CATCH && found === undefined; seed++) {
      try {
        await new FaultyQuorum(seed, new Set<PlantedRaftBug>(['vote-not-fsynced'])).run();
      } catch (error) {
        found = error;
        // It is the bug that was found, not the faults.
        await new FaultyQuorum(seed, new Set()).run();
      }
    }
    expect(String(found)).toContain('InvariantError');
  });

  test('a leader that does not step down when a majority is silent is found', async () => {
    for (const bugs of [new Set<PlantedRaftBug>(), new Set<PlantedRaftBug>(['unheard-leader-keeps-leading'])]) {
      const world = new QuorumWorld({ seed: 'deposed', plantedBugs: bugs });
      await world.run(async () => {
        await world.startAll();
        const old = await world.leaderReady();
        for (const nodeId of world.nodes.keys()) {
          if (nodeId !== old.nodeId) world.network.partition(host(old.nodeId), host(nodeId));
        }
        await world.pause(5000);
        const leaders = [...world.nodes.values()].filter(({ state }) => state.leading);
        expect(leaders).toHaveLength(bugs.size === 0 ? 1 : 2);
      });
    }
  });
});
