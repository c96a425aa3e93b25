import type { NodeId } from '@moldau/base';
import type { DiskOperation } from '../ports/sim-disk.ts';
import type { Machine } from '../world/machine.ts';
import { FREE_BYTES_MIN } from '../world/nodes.ts';
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
    healLater(machine.disk.inject({ operation: 'sync', code: 'EIO' }));
  },
};

/** Everything that a node asks of its files, but for syncs, which fail in their own way. */
const FAILING: readonly DiskOperation[] = [
  'open',
  'makeDirectory',
  'list',
  'rename',
  'removeFile',
  'removeDirectory',
  'syncDirectory',
  'space',
  'size',
  'read',
  'write',
  'truncate',
  'close',
];
/** Of such failures, those that last until the disk is mended. */
const LASTING_SHARE = 0.2;

/** One operation fails, or one kind of them for a while. */
export const ioError: Fault = {
  kind: 'io-error',
  strike({ world, random, budget, healLater }) {
    const victim = pick<readonly [NodeId, Machine<unknown>]>(random, [...world.brokers, ...world.controllers]);
    const operation = pick(random, FAILING);
    if (victim === undefined || operation === undefined) return;
    const [nodeId, { host, disk }] = victim;
    // A controller stops at once, and has acknowledged nothing of it.
    if (world.brokers.has(nodeId) && !budget.takeBroker(nodeId, false)) return;
    const count = random.chance(LASTING_SHARE) ? Infinity : 1;
    world.ring.add(host, 'info', 'disk errors', { operation, count });
    healLater(disk.inject({ operation, code: 'EIO', count }));
  },
};

/** A broker's copy of the metadata cannot be read or written: it holds nothing that the quorum does not have. */
export const storeFailure: Fault = {
  kind: 'store-failure',
  strike({ world, random, healLater }) {
    const machine = pick(random, world.brokers.values());
    if (machine === undefined) return;
    const code = random.chance(0.5) ? 'EIO' : 'ENOSPC';
    healLater(machine.disk.inject({ operation: 'store', code }));
  },
};

/** Of brokers' full disks, those that are fuller than the broker could know. */
const BRIM_SHARE = 0.5;
const BRIM_BYTES_MAX = 32 * 1024;

/** A disk is full: but for what a broker needs to put its affairs in order, or to the brim. */
export const diskFull: Fault = {
  kind: 'disk-full',
  strike({ world, random, budget, healLater }) {
    const victim = pick<readonly [NodeId, Machine<unknown>]>(random, [...world.brokers, ...world.controllers]);
    if (victim === undefined) return;
    const [nodeId, { host, disk }] = victim;
    const isBroker = world.brokers.has(nodeId);
    const isBrim = !isBroker || random.chance(BRIM_SHARE);
    // A write that fails costs a broker its replicas; a controller has only not acknowledged it.
    if (isBroker && isBrim && !budget.takeBroker(nodeId, false)) return;
    const freeBytes = isBrim ? Math.floor(random.between(0, BRIM_BYTES_MAX)) : FREE_BYTES_MIN - 1;
    world.ring.add(host, 'info', 'disk is full', { freeBytes });
    disk.capacityBytes = disk.usedBytes() + freeBytes;
    healLater(() => {
      disk.capacityBytes = Infinity;
    });
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
    if (machine.held || !(isBroker ? budget.takeBroker(nodeId, false) : budget.takeController(nodeId, false))) return;
    if (machine.running) world.crashed(machine.host);
    losePower(context, machine, random.chance(AT_ONCE_SHARE), () => machine.replaceDisk());
  },
};
