import type { Machine } from '../world/machine.ts';
import { type Fault, type FaultContext, hosts, pick } from './fault.ts';

/** Between the ends of two machines that lose their power together. */
const POWER_RETURNS_MS_MAX = 500;
/** Of losses of power, those that no other host is told of. */
const SILENT_SHARE = 0.5;
/** Whether a killed process is started again at once, as by a supervisor. */
export const AT_ONCE_SHARE: number = 0.3;

/** kill -9 of a node or of a client. */
export const kill: Fault = {
  kind: 'kill',
  strike(context) {
    const { world, random, clients } = context;
    const machine = pick<Machine<unknown>>(random, running([...world.machines(), ...clients]));
    if (machine === undefined) return;
    if (!clients.includes(machine)) world.crashed(machine.host);
    machine.kill();
    holdDown(context, machine, random.chance(AT_ONCE_SHARE));
  },
};

/** One machine loses its power, and with it what it had not synced. */
export const powerLoss: Fault = {
  kind: 'power-loss',
  strike(context) {
    const { world, random } = context;
    const machine = pick<Machine<unknown>>(random, running(world.machines()));
    if (machine === undefined) return;
    world.crashed(machine.host);
    losePower(context, machine, random.chance(AT_ONCE_SHARE));
  },
};

/** All of them at once. */
export const powerLossOfAll: Fault = {
  kind: 'power-loss-of-all',
  strike(context) {
    const { world, random } = context;
    for (const machine of running<Machine<unknown>>(world.machines())) {
      world.crashed(machine.host);
      machine.losePower();
      world.startLater(machine, random.between(0, POWER_RETURNS_MS_MAX));
    }
  },
};

/** SIGSTOP, and later SIGCONT. */
export const pause: Fault = {
  kind: 'pause',
  strike({ world, random, healLater }) {
    const machine = pick<Machine<unknown>>(random, running(world.machines()));
    if (machine === undefined || machine.process.paused) return;
    const { lifeNumber } = machine;
    machine.process.pause();
    healLater(() => {
      if (machine.running && machine.lifeNumber === lifeNumber) machine.process.resume();
    });
  },
};

/** The event loop stands still. */
export const stall: Fault = {
  kind: 'stall',
  strike({ world, random, durationMs }) {
    const machine = pick<Machine<unknown>>(random, running(world.machines()));
    machine?.process.stall(Math.min(durationMs(), STALL_MS_MAX));
  },
};

const STALL_MS_MAX = 3_000;

/** An orderly stop and start, as in an upgrade. */
export const cleanRestart: Fault = {
  kind: 'clean-restart',
  strike(context) {
    const { world, random } = context;
    const machine = pick<Machine<unknown>>(random, running(world.machines()));
    if (machine === undefined || machine.stopping || machine.node === undefined) return;
    machine.held = true;
    machine.stop(() => holdDown(context, machine, random.chance(AT_ONCE_SHARE)));
  },
};

/** Ends the machine, and starts it again: at once, or later. Of the silent ends, its peers hear when the host is back. */
export function losePower(
  context: FaultContext,
  machine: Machine<unknown>,
  atOnce: boolean,
  meanwhile: () => void = () => undefined,
): void {
  const { world, random } = context;
  const isSilent = random.chance(SILENT_SHARE);
  const others = isSilent ? hosts(context).filter((host) => host !== machine.host) : [];
  for (const other of others) world.network.partition(machine.host, other);
  machine.losePower();
  meanwhile();
  holdDown(context, machine, atOnce, () => {
    for (const other of others) world.network.heal(machine.host, other);
  });
}

function running<M extends Machine<unknown>>(machines: Iterable<M>): M[] {
  return [...machines].filter((machine) => machine.running);
}

function holdDown(
  { healLater, world }: FaultContext,
  machine: Machine<unknown>,
  atOnce: boolean,
  beforeStart: () => void = () => undefined,
): void {
  machine.held = true;
  const start = (): void => {
    machine.held = false;
    beforeStart();
    if (!machine.running) machine.start();
  };
  if (atOnce) world.scheduler.after(0, start);
  else healLater(start);
}
