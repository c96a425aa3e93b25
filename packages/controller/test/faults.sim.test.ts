import { RequestError, RpcError, randomInteger } from '@moldau/base';
import {
  allPartitions,
  type ClusterImage,
  effectiveMinIsr,
  encodeSnapshot,
  inactiveIsrMembers,
  isActive,
  partitionOf,
  partitionViolation,
  topicById,
  topicMinInsyncReplicas,
  transitionViolation,
} from '@moldau/metadata';
import { ControllerService } from '@moldau/proto';
import { describe, expect, test } from 'vitest';
import { Autopilot } from './autopilot.ts';
import { TestBroker, World } from './world.ts';

const CONTROLLERS = [11, 12, 13] as const;
const BROKERS = [1, 2, 3, 4] as const;
const FAULTS_MS = 20_000;

/** Checks every batch as an observer sees it. Numbers are those of the list of invariants. */
class Observer {
  readonly uncleanAsked = new Set<string>();
  readonly #epochs = new Map<number, number>();
  batches = 0;
  elections = 0;

  check(before: ClusterImage, after: ClusterImage): void {
    this.batches++;
    const active = (id: number): boolean => isActive(after.brokers.get(id));
    for (const partition of allPartitions(after)) {
      const { topicId, leader } = partition;
      const minIsr = effectiveMinIsr(topicMinInsyncReplicas(after, topicById(after, topicId)?.name ?? ''), partition);
      expect(partitionViolation(partition, minIsr), '11, 13').toBeUndefined();
      expect(inactiveIsrMembers(partition, active), '12').toEqual([]);
      const old = partitionOf(before, topicId, partition.partition);
      if (old === undefined || old === partition) continue;
      expect(transitionViolation(old, partition), '14').toBeUndefined();
      if (old.leader === leader || leader === -1) continue;
      this.elections++;
      expect(active(leader), '13: elected while unfenced').toBe(true);
      const held = [...old.isr, ...old.elr].includes(leader);
      expect(held || this.uncleanAsked.has(`${topicId}:${partition.partition}`), 'nobody else is elected').toBe(true);
    }
    for (const { brokerId, brokerEpoch } of after.brokers.values()) {
      expect(brokerEpoch, '17').toBeGreaterThanOrEqual(this.#epochs.get(brokerId) ?? 0);
      if (brokerEpoch === after.offset) {
        const old = before.brokers.get(brokerId);
        for (const { replicas, isr, leader, topicId, partition } of allPartitions(after)) {
          if (!replicas.some((replica) => replica.brokerId === brokerId)) continue;
          expect(isr.includes(brokerId) || leader === brokerId, '15: a new run is in no ISR').toBe(false);
          const was = partitionOf(before, topicId, partition);
          if (old !== undefined && was?.leader === brokerId) {
            expect(partitionOf(after, topicId, partition)?.leaderEpoch).toBe(was.leaderEpoch + 1);
          }
        }
      }
      this.#epochs.set(brokerId, brokerEpoch);
    }
  }
}

async function faultyRun(
  seed: number,
  config: ConstructorParameters<typeof World>[2] = {},
): Promise<{ observer: Observer; world: World }> {
  const world = new World(seed, CONTROLLERS, { snapshotEntries: 40, ...config });
  const observer = new Observer();
  await world.startAll();
  await world.activeNode();
  const pilots = BROKERS.map((id) => new Autopilot(world, id));
  for (const pilot of pilots) await world.settle(pilot.start());
  const watcher = new TestBroker(world, 99);
  await world.settle(watcher.boot());
  let broken: unknown;
  watcher.onApplied = (before, after) => {
    try {
      observer.check(before, after);
    } catch (error) {
      broken ??= error;
    }
  };
  const nodes = [...world.nodes.values()];
  const random = world.random.fork('faults');
  const any = <T>(of: readonly T[]): T => {
    const found = of[randomInteger(random, 0, of.length)];
    if (found === undefined) throw new Error('nothing to choose from');
    return found;
  };
  watcher.onFollowEnd = () => world.scheduler.after(50, () => watcher.follow(any(nodes)));
  watcher.follow(any(nodes));

  const later = (run: () => void): void => void world.scheduler.after(random.between(100, 6_000), run);
  const ask = (call: Promise<unknown>): void => {
    call.catch((error: unknown) => {
      if (!(error instanceof RequestError) && !(error instanceof RpcError)) broken ??= error;
    });
  };
  const admin = (): void => {
    const { active } = world;
    if (active === undefined) return;
    const channel = watcher.channel(active);
    const names = [...active.image.topics.values()].map(({ name }) => name);
    const options = { timeoutMs: 2_000 };
    const dice = random.between(0, 1);
    if (dice < 0.1 || names.length < 3) {
      const configs = new Map([['durability', any(['flushed', 'replicated'])]]);
      const topic = {
        name: `topic-${Math.floor(dice * 1e6)}`,
        partitions: 3,
        replicationFactor: any([1, 2, 3]),
        assignments: [],
        configs,
      };
      ask(channel.call(ControllerService.createTopics, { topics: [topic], validateOnly: false }, options));
    } else if (dice < 0.2)
      ask(channel.call(ControllerService.deleteTopics, { names: [any(names)], topicIds: [] }, options));
    else if (dice < 0.6) {
      const change = {
        resourceType: 'topic' as const,
        resourceName: any(names),
        name: 'min.insync.replicas',
        value: any(['1', '2', '3']),
        listChange: 'unspecified' as const,
      };
      const request = { changes: [change], resources: [], validateOnly: false };
      ask(channel.call(ControllerService.alterConfigs, request, options));
    } else if (dice < 0.7)
      ask(channel.call(ControllerService.electLeaders, { partitions: [], unclean: false }, options));
    else {
      const partition = any([...allPartitions(active.image)]);
      const topic = topicById(active.image, partition.topicId)?.name ?? '';
      if (dice < 0.8) {
        observer.uncleanAsked.add(`${partition.topicId}:${partition.partition}`);
        ask(
          channel.call(
            ControllerService.electLeaders,
            { partitions: [{ topic, partition: partition.partition }], unclean: true },
            options,
          ),
        );
      } else {
        const brokerId = any(partition.replicas).brokerId;
        const brokerEpoch = active.image.brokers.get(brokerId)?.brokerEpoch ?? -1;
        const replicas = [{ topicId: partition.topicId, partition: partition.partition, fault: 'damaged' as const }];
        ask(channel.call(ControllerService.reportReplicas, { brokerId, brokerEpoch, replicas }, options));
      }
    }
  };
  const trouble = (): void => {
    const node = any(nodes);
    const { broker } = any(pilots);
    const dice = random.between(0, 1);
    if (dice < 0.15 && nodes.filter(({ process }) => process.running).length === nodes.length) {
      const powerLoss = random.chance(0.5);
      node.kill();
      if (powerLoss) node.disk.losePower();
      later(() => ask(node.start()));
    } else if (dice < 0.25 && node.process.running) {
      node.process.stall(random.between(100, 3_000));
    } else if (dice < 0.35) {
      const other = any(nodes);
      if (other === node) return;
      world.network.partition(node.process.name, other.process.name);
      later(() => world.network.heal(node.process.name, other.process.name));
    } else if (dice < 0.7) {
      const victim = any(pilots);
      if (!victim.broker.process.running) return;
      victim.kill(any(['clean', 'crashed-intact', 'crashed-intact', 'damaged', 'new'] as const));
      later(() => ask(victim.start()));
    } else if (dice < 0.85) {
      if (broker.process.running) broker.process.stall(random.between(500, 8_000));
    } else if (dice < 0.95) {
      for (const each of nodes) world.network.partition(broker.process.name, each.process.name);
      later(() => {
        for (const each of nodes) world.network.heal(broker.process.name, each.process.name);
      });
    } else broker.wantsShutdown = true;
  };
  const endMs = world.scheduler.nowMs + FAULTS_MS;
  while (world.scheduler.nowMs < endMs && broken === undefined) {
    await world.run(random.between(50, 500));
    if (random.chance(0.5)) admin();
    if (random.chance(0.3)) trouble();
  }
  if (broken !== undefined) throw broken;

  // Everything heals; then all agree, and everybody that holds everything leads again.
  world.network.healAll();
  await world.run(8_000);
  for (const { broker } of pilots) broker.wantsShutdown = false;
  const whole = (): boolean => {
    const { active } = world;
    if (active === undefined) return false;
    const { image } = active;
    return (
      nodes.every((node) => node.process.running && node.image.offset === image.offset) &&
      watcher.image.offset === image.offset &&
      BROKERS.every((id) => image.brokers.has(id)) &&
      [...allPartitions(image)].every(
        ({ isr, elr, leader }) => leader !== -1 || ![...isr, ...elr].some((id) => isActive(image.brokers.get(id))),
      )
    );
  };
  await world.until('the cluster is whole', () => broken !== undefined || whole(), 60_000);
  if (broken !== undefined) throw broken;
  const [first, ...others] = nodes.map(({ image }) => image);
  if (first === undefined) throw new Error('no node');
  for (const image of others) expect(facts(image)).toEqual(facts(first));
  expect(facts(watcher.image)).toEqual(facts(first));
  return { observer, world };
}

/** What an image says, whatever the order in which its parts were made. */
function facts(image: ClusterImage): unknown {
  const bytes = encodeSnapshot(image).length;
  return {
    bytes,
    offset: image.offset,
    topics: [...allPartitions(image)].map((each) => JSON.stringify(each)).sort(),
    brokers: [...image.brokers.values()].map((each) => JSON.stringify(each)).sort(),
  };
}

describe('under faults of every kind', () => {
  test.each(Array.from({ length: 8 }, (_, index) => 100 + index))(
    'seed %i keeps the invariants and becomes whole again',
    async (seed) => {
      const { observer } = await faultyRun(seed);
      expect(observer.batches).toBeGreaterThan(50);
      expect(observer.elections).toBeGreaterThan(0);
    },
  );

  test.each([['fenced-broker-elected', /13|12/]] as const)('the planted bug %s is found', async (bug, invariant) => {
    let found = '';
    for (let seed = 200; seed < 240 && found === ''; seed++) {
      found = await faultyRun(seed, { plantedBugs: new Set([bug]) }).then(
        () => '',
        (error: unknown) => String(error),
      );
    }
    expect(found).toMatch(invariant);
  });
});
