import type { NodeId } from '@moldau/base';
import type { Machine } from '../world/machine.ts';
import { BROKER_LOG_DIRECTORY, FREE_BYTES_MIN } from '../world/nodes.ts';
import { type Fault, pick } from './fault.ts';
import { AT_ONCE_SHARE, losePower } from './process-faults.ts';

/** A disk that is busy with something else. */
export const slowDisk: Fault = {
  kind: 'slow-disk',
  strike({ world, random, healLater }) {
    const machine = pick<Machine<unknown>>(random, world.machines());
    if (machine === undefined) return;
    machine.disk.slowness = random.between(3, 60);
    healLater(() => {
      machine.disk.slowness = 1;
    });
  },
};

/** One sync fails, and what it should have made durable is not. */
export const syncFailure: Fault = {
  kind: 'sync-failure',
  strike({ world, random, budget, healLater }) {
    const victim = pick<readonly [NodeId, Machine<unknown>]>(random, [...world.brokers, ...world.controllers]);
    if (victim === undefined) return;
    const [nodeId, machine] = victim;
    // What a controller's failed sync did not keep was never acknowledged: its disk is as good as after a crash.
    if (!machine.running || (world.brokers.has(nodeId) && !budget.takeBroker(nodeId, false))) return;
    machine.diskIsSuspect = true;
    healLater(machine.disk.inject({ operation: 'sync', code: 'EIO' }));
  },
};

/** A broker's disk is full, but for what it needs to put its affairs in order. */
export const diskFull: Fault = {
  kind: 'disk-full',
  strike({ world, random, healLater }) {
    const machine = pick(random, world.brokers.values());
    if (machine === undefined) return;
    const usedBytes = machine.disk.files().reduce((sum, file) => sum + file.size, 0);
    machine.disk.capacityBytes = usedBytes + FREE_BYTES_MIN - 1;
    // It may be fuller than its broker thinks: then it is as if it had failed.
    machine.diskIsSuspect = true;
    healLater(() => {
      machine.disk.capacityBytes = Infinity;
    });
  },
};

/** Bits of a broker's segments turn over. */
export const bitRot: Fault = {
  kind: 'bit-rot',
  strike({ world, random, budget }) {
    const victim = pick(random, world.brokers);
    if (victim === undefined) return;
    const [brokerId, { disk }] = victim;
    const file = pick(
      random,
      disk
        .files()
        .filter(({ path, size }) => path.startsWith(BROKER_LOG_DIRECTORY) && path.endsWith('.log') && size > 0),
    );
    if (file === undefined || !budget.takeBroker(brokerId, true)) return;
    victim[1].diskIsSuspect = true;
    victim[1].rottenPaths.add(file.path);
    disk.flipBit(file.path, Math.floor(random.between(0, file.size)), Math.floor(random.between(0, 8)));
  },
};

/** A machine comes back with an empty disk. */
export const wipe: Fault = {
  kind: 'wipe',
  strike(context) {
    const { world, random, budget } = context;
    const victim = pick<readonly [NodeId, Machine<unknown>]>(random, [...world.brokers, ...world.controllers]);
    if (victim === undefined) return;
    const [nodeId, machine] = victim;
    const isBroker = world.brokers.has(nodeId);
    if (machine.held || !(isBroker ? budget.takeBroker(nodeId, false) : budget.takeController(nodeId))) return;
    if (machine.running) world.crashed(machine.host);
    losePower(context, machine, random.chance(AT_ONCE_SHARE), () => {
      machine.disk.wipe();
      machine.rottenPaths.clear();
    });
  },
};
