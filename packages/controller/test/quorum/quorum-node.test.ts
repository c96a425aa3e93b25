import { RequestError, utf8Encode } from '@moldau/base';
import { describe, expect, test } from 'vitest';
import { QuorumDirectoryError } from '../../src/quorum/quorum-directory-error.ts';
import { address, host, QuorumWorld } from './quorum-world.ts';

async function formed(options: Partial<ConstructorParameters<typeof QuorumWorld>[0]> = {}): Promise<QuorumWorld> {
  const world = new QuorumWorld({ seed: 'quorum node', ...options });
  await world.run(async () => {
    await world.startAll();
    await world.leaderReady();
  });
  return world;
}

describe('a new quorum', () => {
  test('forms itself from empty directories and leads within two seconds', async () => {
    const world = await formed();
    expect(world.scheduler.nowMs).toBeLessThan(2000);
    await world.run(() => world.commit('first'));
    await world.run(() =>
      world.until(() => [...world.nodes.values()].every(({ state }) => state.data.length === 1), 'all'),
    );
    const clusterIds = [...world.nodes.values()].map(({ node }) => node?.clusterId);
    expect(new Set(clusterIds).size).toBe(1);
    expect(world.leader?.node?.state.voters).toHaveLength(3);
    expect(world.stops).toEqual([]);
  });

  test('waits for all its founders', async () => {
    const world = new QuorumWorld({ seed: 1 });
    await world.run(async () => {
      await world.start(1);
      await world.start(2);
      await world.pause(5000);
      expect(world.leader).toBeUndefined();
      await world.start(3);
      await world.leaderReady();
    });
  });

  test('of one node needs nobody', async () => {
    const world = await formed({ nodeIds: [7] });
    await world.run(() => world.commit('alone'));
    expect(world.at(7).state.data).toEqual(['alone']);
  });

  test('a founder that dies while it founds starts over', async () => {
    for (let step = 0; step < 40; step++) {
      const world = new QuorumWorld({ seed: `founding ${step}`, nodeIds: [1, 2] });
      await world.run(async () => {
        await world.startAll();
        await world.pause(step / 4);
        world.losePower(1);
        await world.startAll();
        await world.commit('founded');
      });
      expect(world.stops).toEqual([]);
    }
  });
});

describe('leadership', () => {
  test('is announced when all that was committed before is applied, and what is committed is on all nodes', async () => {
    const world = await formed();
    await world.run(async () => {
      for (let count = 0; count < 20; count++) await world.commit(`entry ${count}`);
      const first = (await world.leaderReady()).nodeId;
      world.kill(first);
      const next = await world.leaderReady();
      expect(next.nodeId).not.toBe(first);
      expect(next.state.data).toHaveLength(20);
      expect(next.state.appliedAtLeadership).toBeGreaterThanOrEqual(22);
    });
  });

  test.each(Array.from({ length: 20 }, (_, index) => `failover ${index}`))(
    'passes on well within a second when the process of the leader is killed (%s)',
    async (seed) => {
      const world = await formed({ seed });
      await world.run(async () => {
        const killedAtMs = world.scheduler.nowMs;
        world.kill((await world.leaderReady()).nodeId);
        await world.leaderReady();
        expect(world.scheduler.nowMs - killedAtMs).toBeLessThan(700);
      });
    },
  );

  test('is lost at once by a leader that is cut off, and the outcome of what it had proposed is unknown', async () => {
    const world = await formed();
    await world.run(async () => {
      const old = await world.leaderReady();
      const others = [...world.nodes.keys()].filter((nodeId) => nodeId !== old.nodeId);
      for (const other of others) world.network.partition(host(old.nodeId), host(other));
      const proposal = old.node?.propose(utf8Encode('lost'));
      await expect(proposal?.committed).rejects.toMatchObject({ code: 'REQUEST_TIMED_OUT' });
      expect(old.state.leading).toBe(false);
      expect(() => old.node?.propose(utf8Encode('refused'))).toThrow(RequestError);
      await world.until(() => world.leader !== undefined && world.leader !== old, 'another leader');
      await world.commit('kept');
      world.network.healAll();
      await world.until(() => old.state.data.includes('kept'), 'the old leader to follow');
      expect(old.state.data).not.toContain('lost');
    });
  });

  test('is handed over at a clean stop, without an election timeout', async () => {
    const world = await formed();
    await world.run(async () => {
      const old = await world.leaderReady();
      const startMs = world.scheduler.nowMs;
      await old.node?.close();
      world.kill(old.nodeId);
      await world.leaderReady();
      expect(world.scheduler.nowMs - startMs).toBeLessThan(100);
    });
  });

  test('moves on request', async () => {
    const world = await formed();
    await world.run(async () => {
      const old = await world.leaderReady();
      await old.node?.transferLeadership();
      const next = await world.leaderReady();
      expect(next).not.toBe(old);
      await expect(old.node?.transferLeadership()).rejects.toMatchObject({ code: 'NOT_CONTROLLER' });
    });
  });

  test('is not lost by a stall of a follower, which would depose a leader it could not hear', async () => {
    const world = await formed();
    await world.run(async () => {
      const leader = await world.leaderReady();
      const follower = [...world.nodes.values()].find((each) => each !== leader);
      follower?.process.stall(3000);
      await world.pause(6000);
      expect(leader.state.leading).toBe(true);
      expect(leader.state.leaderships).toHaveLength(1);
    });
  });
});

describe('the disk', () => {
  test('keeps what was acknowledged when all machines lose power at once', async () => {
    const world = await formed();
    await world.run(async () => {
      for (let count = 0; count < 30; count++) await world.commit(`entry ${count}`);
      for (const nodeId of world.nodes.keys()) world.losePower(nodeId);
      await world.startAll();
      const leader = await world.leaderReady();
      expect(leader.state.data).toHaveLength(30);
    });
  });

  test('holds a bounded log: it is trimmed behind snapshots, and a start begins with one', async () => {
    const world = await formed({ snapshotEntries: 50, trailingEntries: 10 });
    await world.run(async () => {
      for (let count = 0; count < 220; count++) await world.commit(`entry ${count}`);
      for (const nodeId of world.nodes.keys()) world.losePower(nodeId);
      await world.startAll();
      const leader = await world.leaderReady();
      expect(leader.state.data).toHaveLength(220);
      expect(leader.state.snapshotsLoaded).toBe(1);
      expect(leader.node?.machine?.status.baseIndex).toBeGreaterThan(150);
      const logBytes = leader.disk
        .files()
        .filter(({ path }) => path.includes('/log/'))
        .reduce((sum, { size }) => sum + size, 0);
      expect(logBytes).toBeLessThan(4 * 4096);
    });
  });

  test('holds a log that is bounded by bytes, too, when its entries are few and large', async () => {
    const world = await formed({ snapshotBytes: 20_000, trailingBytes: 5000 });
    await world.run(async () => {
      for (let count = 0; count < 60; count++) await world.commit('x'.repeat(2000));
      for (const { disk } of world.nodes.values()) {
        const logBytes = disk.files().filter(({ path }) => path.includes('/log/'));
        expect(logBytes.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(20_000 + 5000 + 2 * 4096);
      }
      for (const nodeId of world.nodes.keys()) world.losePower(nodeId);
      await world.startAll();
      const { state, node } = await world.leaderReady();
      expect(state.data).toHaveLength(60);
      expect(state.snapshotsLoaded).toBe(1);
      expect(node?.machine?.status.baseIndex).toBeGreaterThan(45);
    });
  });

  test('of a follower that is far behind gets the snapshot, and entries after it', async () => {
    const world = await formed({ snapshotEntries: 50, trailingEntries: 5 });
    await world.run(async () => {
      const late = [...world.nodes.values()].find((each) => each !== world.leader)?.nodeId ?? 0;
      world.kill(late);
      for (let count = 0; count < 120; count++) await world.commit(`entry ${count}`);
      await world.start(late);
      await world.until(() => world.at(late).state.data.length === 120, 'the late follower');
      expect(world.at(late).state.snapshotsLoaded).toBeGreaterThan(0);
      world.losePower(late);
      await world.start(late);
      await world.commit('after');
      await world.until(() => world.at(late).state.data.length === 121, 'the late follower again');
    });
  });

  test('that fails a sync stops the process, which starts again with what it had', async () => {
    const world = await formed();
    await world.run(async () => {
      const { disk, nodeId, process } = await world.leaderReady();
      disk.inject({ operation: 'sync', code: 'EIO' });
      await world.commit('by another');
      await world.until(() => !process.running, 'the process to stop');
      expect(String(world.stops[0])).toContain('EIO');
      await world.start(nodeId);
      await world.until(() => world.at(nodeId).state.data.includes('by another'), 'it to follow');
    });
  });

  test('of another node or cluster is refused, and so is one that has lost something', async () => {
    const world = await formed();
    await world.run(async () => {
      for (const nodeId of world.nodes.keys()) world.kill(nodeId);
      await expect(world.start(1, { clusterId: 'another' })).rejects.toThrow(/belongs to cluster/);
      world.kill(1);
      const disk = world.at(1).disk.mount(world.at(1).process.start());
      const [log] = (await disk.list('/data/quorum/log')).map(({ name }) => name);
      await disk.removeFile(`/data/quorum/log/${log}`);
      world.kill(1);
      await expect(world.start(1)).rejects.toBeInstanceOf(QuorumDirectoryError);
    });
  });
});

test.each([
  ['nothing was committed since', 0],
  ['something was committed since', 3],
])('a snapshot that rots at the leader is written anew before it is sent: %s', async (_, more) => {
  const world = await formed({ snapshotEntries: 50, trailingEntries: 5 });
  await world.run(async () => {
    const late = [...world.nodes.values()].find((each) => each !== world.leader)?.nodeId ?? 0;
    world.kill(late);
    const { disk } = await world.leaderReady();
    const newest = (): string =>
      disk
        .files()
        .map(({ path }) => path)
        .filter((path) => path.endsWith('.snapshot'))
        .sort()
        .at(-1) ?? '';
    let committed = 0;
    const first = newest();
    while (newest() === first) await world.commit(`entry ${committed++}`);
    for (let count = 0; count < more; count++) await world.commit(`entry ${committed++}`);
    for (const { path } of disk.files().filter((each) => each.path.endsWith('.snapshot'))) disk.flipBit(path, 40, 1);
    await world.start(late);
    await world.until(() => world.at(late).state.data.length === committed, 'the late follower');
    expect(world.at(late).state.snapshotsLoaded).toBeGreaterThan(0);
  });
});

test('a damaged snapshot is refused, and the one before it is left where it is', async () => {
  const world = await formed({ snapshotEntries: 20, trailingEntries: 5 });
  await world.run(async () => {
    for (let count = 0; count < 100; count++) await world.commit(`entry ${count}`);
    const { nodeId, disk, process } = await world.leaderReady();
    world.kill(nodeId);
    const snapshots = (): string[] =>
      disk
        .files()
        .map(({ path }) => path)
        .filter((path) => path.endsWith('.snapshot'))
        .sort();
    const before = snapshots();
    expect(before).toHaveLength(2);
    const mounted = disk.mount(process.start());
    const file = await mounted.open(before[1] ?? '', { lane: 'bulk', mode: 'existing' });
    await file.write(40, [utf8Encode('rot')]);
    await file.sync();
    world.kill(nodeId);
    await expect(world.start(nodeId)).rejects.toThrow(/is damaged/);
    expect(snapshots()).toEqual(before);
  });
});

describe('a directory of another cluster', () => {
  async function twoClusters(): Promise<{ world: QuorumWorld; other: QuorumWorld }> {
    const other = await formed({ seed: 'another quorum' });
    for (const nodeId of other.nodes.keys()) other.kill(nodeId);
    return { world: await formed(), other };
  }

  /** The node starts on the disk of its namesake. */
  function swapDisk(world: QuorumWorld, other: QuorumWorld, nodeId: number): void {
    world.kill(nodeId);
    world.nodes.set(nodeId, { ...world.at(nodeId), disk: other.at(nodeId).disk });
  }

  test('ends its node at once, without a configured cluster id', async () => {
    const { world, other } = await twoClusters();
    await world.run(async () => {
      swapDisk(world, other, 3);
      await world.start(3);
      await world.until(() => world.stops.length > 0, 'the process to stop', 2000);
      expect(world.stops).toMatchObject([{ code: 'INCONSISTENT_CLUSTER_ID' }]);
      expect(String(world.stops[0])).toMatch(/quorum belongs to cluster .* configured voters form cluster/);
      await world.pause(5000);
      expect(world.stops).toHaveLength(1);
    });
  });

  test('of one node among three does not end the others, which warn and say so', async () => {
    const { world, other } = await twoClusters();
    await world.run(async () => {
      for (const nodeId of world.nodes.keys()) world.kill(nodeId);
      swapDisk(world, other, 3);
      // Two voters of three that never met the third: no majority, so neither side can say who is wrong.
      await world.start(1);
      await world.start(3);
      await world.pause(15_000);
      expect(world.stops).toEqual([]);
      expect(world.at(1).node?.complaint).toMatch(/node 3 belongs to/);
      const warnings = world.ring.lines().filter((line) => line.includes('do not belong together'));
      expect(warnings.length).toBeGreaterThan(1);
      expect(warnings.length).toBeLessThan(10);
      await world.start(2);
      await world.leaderReady();
    });
  });
});

describe('voters', () => {
  test('a node with a wiped disk joins as another replica and can take the old one`s place', async () => {
    const world = await formed();
    await world.run(async () => {
      await world.commit('before');
      const leader = await world.leaderReady();
      const wiped = [...world.nodes.values()].find((each) => each !== leader)?.nodeId ?? 0;
      const old = { nodeId: wiped, directoryId: world.directoryId(wiped) };
      world.kill(wiped);
      world.at(wiped).disk.wipe();
      await world.start(wiped);
      await world.until(() => world.at(wiped).state.data.length === 1, 'the observer');
      expect(world.at(wiped).node?.state.role).toBe('observer');

      const voter = { nodeId: wiped, directoryId: world.directoryId(wiped), address: address(wiped) };
      await expect(leader.node?.addVoter(voter)).rejects.toMatchObject({ code: 'DUPLICATE_VOTER' });
      await leader.node?.removeVoter(old);
      await leader.node?.addVoter(voter);
      await world.until(() => world.at(wiped).node?.state.role === 'follower', 'the voter');
      await expect(leader.node?.removeVoter(old)).rejects.toMatchObject({ code: 'VOTER_NOT_FOUND' });
    });
  });

  test('say what their programs can run with; one that does not answer, or has another directory now, does not', async () => {
    const world = await formed();
    await world.run(async () => {
      const { node } = await world.leaderReady();
      const levels = async (): Promise<(number | undefined)[]> =>
        ((await node?.voterFeatures()) ?? []).map(({ features }) => features?.[0]?.maxLevel);
      expect(await levels()).toEqual([1, 2, 3]);
      const [first = 0, second = 0] = [...world.nodes.keys()].filter((id) => world.at(id).node !== node);
      world.kill(first);
      expect((await levels())[first - 1]).toBeUndefined();
      await world.start(first);
      world.kill(second);
      world.at(second).disk.wipe();
      await world.start(second);
      expect((await levels())[second - 1]).toBeUndefined();
      expect((await levels())[first - 1]).toBe(first);
    });
  });

  test('a new node follows as an observer and becomes a voter', async () => {
    const world = await formed();
    await world.run(async () => {
      world.add(4);
      await world.start(4);
      await world.until(() => world.at(4).node?.state.leaderId !== -1, 'the observer to find the leader');
      await world.commit('with an observer');
      await world.until(() => world.at(4).state.data.length === 1, 'the observer');
      const leader = await world.leaderReady();
      const voter = { nodeId: 4, directoryId: world.directoryId(4), address: address(4) };
      await leader.node?.addVoter(voter);
      expect(leader.node?.state.voters).toHaveLength(4);
    });
  });

  test('a node that was replaced on another host is reached there, although all others are configured with the old one', async () => {
    const world = await formed();
    await world.run(async () => {
      const leader = await world.leaderReady();
      const moved = [...world.nodes.values()].find((each) => each !== leader)?.nodeId ?? 0;
      const old = { nodeId: moved, directoryId: world.directoryId(moved) };
      world.kill(moved);
      world.at(moved).disk.wipe();
      await world.start(moved, { host: 'elsewhere' });
      await world.until(() => world.at(moved).node?.state.leaderId !== -1, 'the observer to find the leader');
      await leader.node?.removeVoter(old);
      const voter = { nodeId: moved, directoryId: world.directoryId(moved) };
      const wrong = leader.node?.addVoter({ ...voter, address: address(moved) });
      await expect(wrong).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        message: /it is at elsewhere:19090, not at/,
      });
      await leader.node?.addVoter({ ...voter, address: 'elsewhere:19090' });
      const third = [...world.nodes.keys()].find((id) => id !== moved && id !== leader.nodeId) ?? 0;
      world.kill(third);
      await world.commit('by the leader and the moved one');
      await world.start(third);
      await world.until(() => world.at(third).state.data.length === 1, 'the third');
      world.kill(leader.nodeId);
      await world.commit('by the third and the moved one');
    });
  });

  test.each([
    ['to other hosts', ['host4', 'host5', 'host6']],
    ['to one another`s hosts', ['host2', 'host3', 'host1']],
    ['by one host', ['host2', 'host3', 'host4']],
  ])('a quorum that was moved as a whole, %s, finds itself by its new configuration', async (_, hosts) => {
    const world = await formed();
    await world.run(async () => {
      await world.commit('before');
      for (const nodeId of world.nodes.keys()) world.kill(nodeId);
      const voters = hosts.map((name, index) => ({ nodeId: index + 1, address: `${name}:19090` }));
      for (const [index, name] of hosts.entries()) await world.start(index + 1, { host: name, voters });
      await world.commit('after');
      for (const { state } of world.nodes.values()) await world.until(() => state.data.length === 2, 'all of them');
    });
  });
});
