import type { RequestError } from '@moldau/base';
import { partitionOf, topicByName } from '@moldau/metadata';
import { ControllerService, type CreateTopicsResponse } from '@moldau/proto';
import { describe, expect, test } from 'vitest';
import { type ControllerNode, TestBroker, World } from './world.ts';

const IDS = [11, 12, 13] as const;

async function cluster(
  seed: number,
  brokerIds: readonly number[] = [1, 2, 3],
): Promise<{ world: World; active: ControllerNode; brokers: TestBroker[] }> {
  const world = new World(seed, IDS);
  await world.startAll();
  const active = await world.activeNode();
  const brokers = brokerIds.map((id) => new TestBroker(world, id));
  for (const broker of brokers) await broker.join(active);
  return { world, active, brokers };
}

async function createTopic(
  world: World,
  broker: TestBroker,
  to: ControllerNode,
  name: string,
  options: { partitions?: number; replicas?: number } = {},
): Promise<CreateTopicsResponse> {
  return world.settle(
    broker.channel(to).call(
      ControllerService.createTopics,
      {
        topics: [
          {
            name,
            partitions: options.partitions ?? 3,
            replicationFactor: options.replicas ?? 3,
            assignments: [],
            configs: new Map(),
          },
        ],
        validateOnly: false,
      },
      { timeoutMs: 5_000 },
    ),
  );
}

function failure(promise: Promise<unknown>): Promise<RequestError> {
  return promise.then(
    () => {
      throw new Error('it should have been refused');
    },
    (error: RequestError) => error,
  );
}

describe('three controllers', () => {
  test('found a cluster; brokers register, are unfenced, and all see a new topic', async () => {
    const { world, active, brokers } = await cluster(1);
    const [first] = brokers;
    if (first === undefined) throw new Error('no broker');
    const created = await createTopic(world, first, active, 'prices');
    expect(created.topics[0]?.outcome?.errorCode).toBe(0);
    await world.until('everybody has the topic', () =>
      [...brokers, ...world.nodes.values()].every(({ image }) => topicByName(image, 'prices')?.partitions.length === 3),
    );
    const topic = topicByName(active.image, 'prices');
    expect(new Set(topic?.partitions.map(({ leader }) => leader)).size).toBe(3);
    for (const partition of topic?.partitions ?? []) expect(partition.isr).toHaveLength(3);
    expect(active.controller?.health().every(({ ok }) => ok)).toBe(true);
    const quorum = await world.settle(
      first.channel(active).call(ControllerService.describeQuorum, {}, { timeoutMs: 1_000 }),
    );
    expect(quorum).toMatchObject({ leaderId: active.nodeId, clusterId: active.image.clusterId });
    expect(quorum.voters.map(({ address }) => address).sort()).toEqual([
      'controller-11:9090',
      'controller-12:9090',
      'controller-13:9090',
    ]);
  });

  test('a node that is not active refuses and names the one that is', async () => {
    const { world, active, brokers } = await cluster(2, [1]);
    const other = [...world.nodes.values()].find((node) => node !== active);
    if (other === undefined || brokers[0] === undefined) throw new Error('no other node');
    const error = await world.settle(failure(brokers[0].register(other)));
    expect(error.code).toBe('NOT_CONTROLLER');
    expect(error.message).toContain(`Ask controller ${active.nodeId} at ${active.address}`);
  });

  test('a killed broker is fenced as soon as its address refuses two probes', async () => {
    const { world, active, brokers } = await cluster(3);
    const [, , victim] = brokers;
    if (brokers[0] === undefined || victim === undefined) throw new Error('no broker');
    await createTopic(world, brokers[0], active, 'prices');
    victim.kill();
    const tookMs = await world.until('the victim is fenced', () => active.image.brokers.get(3)?.fenced === true);
    expect(tookMs).toBeLessThan(200);
    for (const { isr, leader } of topicByName(active.image, 'prices')?.partitions ?? []) {
      expect(isr).not.toContain(3);
      expect([1, 2]).toContain(leader);
    }
  });

  test('a broker that is merely silent is fenced after its session, and comes back by itself', async () => {
    const { world, active, brokers } = await cluster(4);
    const victim = brokers[2];
    if (brokers[0] === undefined || victim === undefined) throw new Error('no broker');
    await createTopic(world, brokers[0], active, 'prices');
    victim.process.pause();
    const tookMs = await world.until('the victim is fenced', () => active.image.brokers.get(3)?.fenced === true);
    expect(tookMs).toBeGreaterThan(3_700);
    expect(tookMs).toBeLessThan(4_700);
    victim.process.resume();
    await world.until('the victim is unfenced', () => active.image.brokers.get(3)?.fenced === false);
    expect(active.image.brokers.get(3)?.brokerEpoch).toBe(victim.epoch);
  });

  test('a stall of the judge condemns nobody', async () => {
    // Alone, it is not replaced while it stands still.
    const world = new World(5, [11]);
    await world.startAll();
    const active = await world.activeNode();
    const brokers = [1, 2].map((id) => new TestBroker(world, id));
    for (const broker of brokers) await broker.join(active);
    for (const stallMs of [3_900, 6_000, 20_000]) {
      active.process.stall(stallMs);
      await world.run(stallMs + 1_000);
      expect(world.active).toBe(active);
      const samples = [...(active.controller?.metrics.samples() ?? [])];
      expect(samples.find(({ name }) => name === 'moldau_controller_brokers_fenced_total')?.value).toBe(0);
    }
  });

  // The probes of the last run are up to half a second apart: one of these waits ends well within a gap.
  test.each([1500, 1600, 1700, 1800, 1900])(
    'a broker that dies while its last run is still being probed is fenced as fast (%i ms)',
    async (waitMs) => {
      const { world, active, brokers } = await cluster(14, [1]);
      const [broker] = brokers;
      if (broker === undefined) throw new Error('no broker');
      // Its address accepts: the probes of this run go on, with longer and longer gaps.
      world.network.reset(broker.process.name, active.process.name);
      await world.run(waitMs);
      await world.settle(broker.register(active));
      broker.connect(active);
      await world.until('the next run is unfenced', () => active.image.brokers.get(1)?.fenced === false);
      broker.kill();
      const fencedAfterMs = await world.until('it is fenced', () => active.image.brokers.get(1)?.fenced === true);
      expect(fencedAfterMs).toBeLessThan(300);
    },
  );

  test('a deposed controller drops what it had decided, and says that the outcome is unknown', async () => {
    const { world, active, brokers } = await cluster(13, [1]);
    const [broker] = brokers;
    if (broker === undefined) throw new Error('no broker');
    for (const node of world.nodes.values())
      if (node !== active) world.network.partition(active.process.name, node.process.name);
    const lost = failure(createTopic(world, broker, active, 'lost', { partitions: 1, replicas: 1 }));
    const error = await lost;
    expect(error.code).toBe('REQUEST_TIMED_OUT');
    expect(error.message).toMatch(/may be committed yet/);
    await world.until('there is another', () => world.active !== undefined && world.active !== active);
    const next = await world.activeNode();
    broker.connect(next);
    await createTopic(world, broker, next, 'kept', { partitions: 1, replicas: 1 });
    world.network.healAll();
    await world.until('the old one has caught up', () => topicByName(active.image, 'kept') !== undefined);
    expect(topicByName(active.image, 'lost')).toBeUndefined();
  });

  test('a restarted broker replaces its old run in one batch: fenced, deposed everywhere, registered', async () => {
    const { world, active, brokers } = await cluster(6);
    const broker = brokers[0];
    if (broker === undefined) throw new Error('no broker');
    await createTopic(world, broker, active, 'prices');
    await createTopic(world, broker, active, 'single', { partitions: 3, replicas: 1 });
    const before = active.image;
    const oldEpoch = broker.epoch;
    // The new run registers before anybody has noticed the end of the old one.
    broker.kill();
    await world.settle(broker.boot());
    const epoch = await world.settle(broker.register(active, { verdict: 'crashed-intact' }));
    expect(epoch).toBeGreaterThan(oldEpoch);
    const after = active.image;
    expect(after.brokers.get(1)).toMatchObject({ brokerEpoch: epoch, fenced: true });
    for (const name of ['prices', 'single']) {
      for (const old of topicByName(before, name)?.partitions ?? []) {
        const now = partitionOf(after, old.topicId, old.partition);
        if (old.leader === 1) expect(now?.leaderEpoch).toBe(old.leaderEpoch + 1);
        expect(now?.isr).not.toContain(1);
        expect(now?.leader).not.toBe(1);
      }
    }
    broker.connect(active);
    await world.until('it leads its own again', () =>
      (topicByName(active.image, 'single')?.partitions ?? []).every(({ leader }) => leader !== -1),
    );
  });

  test('another process with the same id and another disk waits for the session of the first', async () => {
    const { world, active, brokers } = await cluster(7);
    const broker = brokers[0];
    if (broker === undefined) throw new Error('no broker');
    const double = new TestBroker(world, 1, 9200);
    double.directoryId = 'another-disk';
    await world.settle(double.boot());
    const refused = await world.settle(failure(double.register(active)));
    expect(refused.code).toBe('DUPLICATE_BROKER_REGISTRATION');
    broker.kill();
    await world.until('the first is fenced', () => active.image.brokers.get(1)?.fenced === true);
    expect(await world.settle(double.register(active))).toBeGreaterThan(broker.epoch);
  });

  test('the same registration sent twice is one registration', async () => {
    const { world, active } = await cluster(8, []);
    const broker = new TestBroker(world, 1);
    await world.settle(broker.boot());
    const first = await world.settle(broker.register(active, { incarnationId: 'run' }));
    expect(await world.settle(broker.register(active, { incarnationId: 'run' }))).toBe(first);
    const stranger = await world.settle(failure(broker.register(active, { clusterId: 'another-cluster' })));
    expect(stranger.code).toBe('INCONSISTENT_CLUSTER_ID');
  });

  test('a clean stop moves leadership first, then lets the broker go', async () => {
    const { world, active, brokers } = await cluster(9);
    const broker = brokers[0];
    if (broker === undefined) throw new Error('no broker');
    await createTopic(world, broker, active, 'prices');
    broker.wantsShutdown = true;
    await world.until('it may stop', () => broker.lastResponse?.mayShutDown === true);
    for (const { isr, leader } of topicByName(active.image, 'prices')?.partitions ?? []) {
      expect(isr).not.toContain(1);
      expect([2, 3]).toContain(leader);
    }
    expect(active.image.brokers.get(1)).toMatchObject({ fenced: false, shuttingDown: true });
    broker.kill();
    await world.until('it is fenced', () => active.image.brokers.get(1)?.fenced === true);
  });

  test('the next active controller fences who died meanwhile, without waiting for a session', async () => {
    const { world, active, brokers } = await cluster(10);
    const [first, second, third] = brokers;
    if (first === undefined || second === undefined || third === undefined) throw new Error('no broker');
    await createTopic(world, first, active, 'prices');
    active.kill();
    third.kill();
    const next = await world.activeNode();
    first.connect(next);
    second.connect(next);
    const tookMs = await world.until('the dead broker is fenced', () => next.image.brokers.get(3)?.fenced === true);
    expect(tookMs).toBeLessThan(800);
    await world.run(5_000);
    for (const brokerId of [1, 2]) expect(next.image.brokers.get(brokerId)?.fenced).toBe(false);
  });

  test('everything is there again after all controllers lost power', async () => {
    const { world, active, brokers } = await cluster(11);
    if (brokers[0] === undefined) throw new Error('no broker');
    await createTopic(world, brokers[0], active, 'prices');
    const { offset } = active.image;
    for (const node of world.nodes.values()) {
      node.kill();
      node.disk.losePower();
    }
    await world.startAll();
    const next = await world.activeNode();
    expect(next.image.offset).toBeGreaterThanOrEqual(offset);
    expect(topicByName(next.image, 'prices')?.partitions).toHaveLength(3);
  });

  test('a voter is replaced: the new one follows, is added, and the old one removed', async () => {
    const { world, active, brokers } = await cluster(14, [1]);
    const [broker] = brokers;
    if (broker === undefined) throw new Error('no broker');
    const fresh = world.addNode(14);
    await world.settle(fresh.start());
    await world.until('it follows', () => fresh.image.offset >= active.image.offset);
    const describe = () =>
      world.settle(broker.channel(active).call(ControllerService.describeQuorum, {}, { timeoutMs: 1_000 }));
    const { observers, voters } = await describe();
    expect(observers.map(({ nodeId, address }) => [nodeId, address])).toEqual([[14, fresh.address]]);
    const directoryId = observers[0]?.directoryId ?? '';
    const other = await world.settle(
      failure(
        broker
          .channel(fresh)
          .call(ControllerService.addVoter, { nodeId: 14, directoryId, address: fresh.address }, { timeoutMs: 1_000 }),
      ),
    );
    expect(other.code).toBe('NOT_CONTROLLER');
    await world.settle(
      broker
        .channel(active)
        .call(ControllerService.addVoter, { nodeId: 14, directoryId, address: fresh.address }, { timeoutMs: 5_000 }),
    );
    const old = voters.find(({ nodeId }) => nodeId !== active.nodeId);
    if (old === undefined) throw new Error('no other voter');
    await world.settle(
      broker
        .channel(active)
        .call(
          ControllerService.removeVoter,
          { nodeId: old.nodeId, directoryId: old.directoryId },
          { timeoutMs: 5_000 },
        ),
    );
    const after = (await describe()).voters.map(({ nodeId }) => nodeId).sort();
    expect(after).toEqual([11, 12, 13, 14].filter((id) => id !== old.nodeId));
    await createTopic(world, broker, active, 'prices', { partitions: 1, replicas: 1 });
  });

  test('a leader changes its ISR; the answer carries the offset at which it is so', async () => {
    const { world, active, brokers } = await cluster(12);
    if (brokers[0] === undefined) throw new Error('no broker');
    const { topics } = await createTopic(world, brokers[0], active, 'prices', { partitions: 1 });
    const topicId = topics[0]?.topicId ?? '';
    const state = partitionOf(active.image, topicId, 0);
    const leader = brokers.find(({ brokerId }) => brokerId === state?.leader);
    if (leader === undefined || state === undefined) throw new Error('no leader');
    const propose = (isr: readonly { brokerId: number; brokerEpoch: number }[], partitionEpoch: number) =>
      world.settle(
        leader.channel(active).call(
          ControllerService.alterPartition,
          {
            brokerId: leader.brokerId,
            brokerEpoch: leader.epoch,
            partitions: [{ topicId, partition: 0, leaderEpoch: 0, partitionEpoch, isr }],
          },
          { timeoutMs: 1_000 },
        ),
      );
    const alone = await propose([{ brokerId: leader.brokerId, brokerEpoch: leader.epoch }], 0);
    expect(alone.partitions).toEqual([{ errorCode: 0, partitionEpoch: 1, isr: [leader.brokerId] }]);
    expect(alone.metadataOffset).toBe(active.image.offset);
    expect(partitionOf(active.image, topicId, 0)).toMatchObject({ isr: [leader.brokerId], leaderEpoch: 0 });
    expect(partitionOf(active.image, topicId, 0)?.elr).toHaveLength(2);
    const follower = brokers.find(({ brokerId }) => brokerId !== leader.brokerId);
    if (follower === undefined) throw new Error('no follower');
    const members = [
      { brokerId: leader.brokerId, brokerEpoch: leader.epoch },
      { brokerId: follower.brokerId, brokerEpoch: follower.epoch },
    ];
    expect((await propose(members, 1)).partitions[0]?.errorCode).toBe(0);
    expect(partitionOf(active.image, topicId, 0)?.elr).toEqual([]);
    expect((await propose(members, 1)).partitions[0]?.errorCode).toBe(95);
  });
});

describe('a follower of the metadata', () => {
  test('goes on where it stopped, from any node', async () => {
    const { world, active, brokers } = await cluster(20);
    const [broker] = brokers;
    const other = [...world.nodes.values()].find((node) => node !== active);
    if (broker === undefined || other === undefined) throw new Error('no broker');
    await world.until('it is up to date', () => broker.image.offset === active.image.offset);
    const observer = new TestBroker(world, 9);
    await world.settle(observer.boot());
    observer.image = broker.image;
    observer.follow(other);
    await createTopic(world, broker, active, 'prices');
    await world.until('it has the topic', () => topicByName(observer.image, 'prices') !== undefined);
    expect(observer.snapshots).toBe(0);
  });

  test('gets a snapshot in pieces when the log no longer reaches back, and the batches after it', async () => {
    const world = new World(21, IDS, { snapshotEntries: 5 });
    await world.startAll();
    const active = await world.activeNode();
    const broker = new TestBroker(world, 1);
    await broker.join(active);
    for (let index = 0; index < 30; index++)
      await createTopic(world, broker, active, `topic-${index}`, { partitions: 2, replicas: 1 });
    // A restarted node has only what lies behind its snapshot.
    const node = [...world.nodes.values()].find((each) => each !== active);
    if (node === undefined) throw new Error('no other node');
    node.kill();
    await world.settle(node.start());
    await world.until('it has caught up', () => node.image.offset === active.image.offset);
    const observer = new TestBroker(world, 9);
    await world.settle(observer.boot());
    observer.follow(node);
    await world.until('it has everything', () => observer.image.offset === active.image.offset);
    expect(observer.snapshots).toBe(1);
    await createTopic(world, broker, active, 'late', { partitions: 1, replicas: 1 });
    await world.until('it follows on', () => topicByName(observer.image, 'late') !== undefined);
  });

  test('of another cluster, or of another history, is refused with a reason', async () => {
    const { world, active } = await cluster(22, [1]);
    const observer = new TestBroker(world, 9);
    await world.settle(observer.boot());
    observer.follow(active, { offset: 0, epoch: 0 }, 'another-cluster');
    await world.until('it is refused', () => observer.closeReason.includes('belongs to cluster another-cluster'));
    observer.follow(active, { offset: 2, epoch: 99 });
    await world.until('it is refused again', () => observer.closeReason.includes('another history'));
  });
});
