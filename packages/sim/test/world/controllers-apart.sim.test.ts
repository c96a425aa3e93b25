import type { NodeId } from '@moldau/base';
import { expect, test } from 'vitest';
import { drawOptions } from '../../src/options.ts';
import { controllerHost } from '../../src/world/names.ts';
import { World } from '../../src/world/world.ts';

/** What a broker may take to turn to another source of metadata, and what the controllers take to find out. */
const TOLD_MS_MAX = 3_000;

async function until(world: World, condition: () => boolean, withinMs: number): Promise<void> {
  const untilMs = world.nowMs + withinMs;
  while (world.nowMs < untilMs && !condition()) await world.scheduler.run({ untilMs: world.nowMs + 100 });
}

function offsets(world: World, machines: 'controllers' | 'brokers', ids: readonly NodeId[]): number[] {
  return ids.map((id) => world[machines].get(id)?.node?.inspect().image.offset ?? -1);
}

// Of the partitions in a seed none cuts controllers from one another and leaves their brokers: nothing is silent then.
test.each([7, 8, 9])(
  'seed %i: brokers leave the feed of a controller that only its peers cannot reach',
  async (seed) => {
    const world = new World(drawOptions(seed, []));
    for (const machine of world.machines()) machine.start();
    await until(
      world,
      () => [...world.brokers.values()].every(({ node }) => node?.health().every(({ ok }) => ok) === true),
      30_000,
    );
    const cut = [...world.controllers].find(([, { node }]) => node?.inspect().active)?.[0] ?? 0;
    const rest = [...world.controllers.keys()].filter((id) => id !== cut);
    for (const id of rest) world.network.partition(controllerHost(cut), controllerHost(id));
    await world.scheduler.run({ untilMs: world.nowMs + 3000 });
    world.brokers.get(3)?.kill();
    const areTold = (): boolean =>
      [1, 2].every((id) => world.brokers.get(id)?.node?.inspect().image.brokers.get(3)?.fenced === true);
    await until(world, areTold, TOLD_MS_MAX);
    expect(areTold()).toBe(true);
    await world.scheduler.run({ untilMs: world.nowMs + 5000 });
    expect(new Set([...offsets(world, 'brokers', [1, 2]), ...offsets(world, 'controllers', rest)]).size).toBe(1);
  },
);
