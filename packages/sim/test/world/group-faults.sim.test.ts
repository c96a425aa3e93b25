import { expect, test } from 'vitest';
import { SimRandom } from '../../src/ports/sim-random.ts';
import { BROKER_IDS, brokerHost } from '../../src/world/names.ts';
import { GroupWorld, type Reader } from './group-world.ts';

const PARTITIONS = 5;
const STEPS = 10;

/**
 * Members come, go, die, stall and are cut off, brokers die and come back, while records are written: every acknowledged record
 * is finished by somebody, two members that can reach the cluster never have one partition at a time, and in the end the group has
 * committed everything.
 */
async function run(seed: number): Promise<void> {
  const random = new SimRandom(`group faults ${seed}`);
  const world = new GroupWorld(seed);
  await world.open(PARTITIONS);
  world.produce(60);
  const isEager = random.chance(0.3);
  const options = { ...(isEager && { assignors: ['range'] as const }), maxPollIntervalMs: 9_000 };
  const cut = new Set<Reader>();
  const down = new Set<number>();
  const members: Reader[] = [];
  const join = (): void => {
    const reader = world.join(`m${members.length}`, {
      ...options,
      ...(random.chance(0.2) && { instanceId: `i${members.length}` }),
    });
    members.push(reader);
    reader.workMs = random.chance(0.5) ? 0 : random.between(1, 30);
    reader.onAssigned = (names) => {
      for (const other of members) {
        if (other === reader || !other.machine.running || cut.has(other) || cut.has(reader)) continue;
        for (const name of names) if (other.owned.has(name)) world.world.fail(new Error(`${name} is had twice`));
      }
    };
  };
  join();
  join();
  for (let step = 0; step < STEPS; step++) {
    await world.run(random.between(500, 6_000));
    const alive = members.filter(({ machine, closed }) => machine.running && !closed);
    const one = alive[Math.floor(random.between(0, alive.length))];
    switch (Math.floor(random.between(0, 8))) {
      case 0:
        if (alive.length < 4) join();
        break;
      case 1:
        if (one !== undefined && alive.length > 1) world.kill(one);
        break;
      case 2:
        if (one !== undefined && alive.length > 1) await world.close(one);
        break;
      case 3: {
        // Longer than a session, or a blink.
        if (one === undefined) break;
        cut.add(one);
        for (const id of BROKER_IDS) world.world.network.partition(one.machine.host, brokerHost(id));
        await world.run(random.between(200, 15_000));
        world.world.network.healAll();
        await world.run(3_000);
        cut.delete(one);
        break;
      }
      case 4:
        if (one !== undefined) {
          const { workMs } = one;
          one.workMs = 15_000;
          await world.run(random.between(1_000, 20_000));
          one.workMs = workMs;
        }
        break;
      case 5: {
        const dead = members.find(({ machine }) => !machine.running);
        if (dead !== undefined) dead.machine.start();
        break;
      }
      default: {
        const id = BROKER_IDS[Math.floor(random.between(0, 3))] ?? 1;
        const machine = world.world.brokers.get(id);
        if (down.size === 0) {
          down.add(id);
          machine?.kill();
        } else {
          for (const each of down) world.world.brokers.get(each)?.start();
          down.clear();
        }
      }
    }
  }
  for (const id of down) world.world.brokers.get(id)?.start();
  for (const { machine, closed } of members) if (!machine.running && !closed) machine.start();
  await world.stopProducing();
  await world.allIsSeen();
  // Whoever was just started again has its partitions by then, and has committed what others had left.
  await world.run(15_000);
  for (const reader of members) if (reader.machine.running && !reader.closed) await world.close(reader);
  const group = await world.asAdmin(async (client, ports) => {
    await new Promise<void>((resolve) => ports.timers.after(8_000, () => resolve()));
    return client.admin().describeGroup('g');
  });
  // The last one in each hand was left in the midst of it.
  const lag = group.partitions.reduce((sum, each) => sum + (each.lag ?? 0n), 0n);
  expect(Number(lag)).toBeLessThanOrEqual(members.length);
}

test.each(Array.from({ length: 8 }, (_, index) => index + 100))('a group outlives what befalls it: seed %i', run);
