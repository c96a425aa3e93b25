import type { SimRandom } from '../ports/sim-random.ts';
import type { Machine } from '../world/machine.ts';
import type { World } from '../world/world.ts';
import { type Fault, type FaultContext, hosts, pick } from './fault.ts';

/** Between the ends of two machines that lose their power together. */
const POWER_RETURNS_MS_MAX = 500;
/** Of losses of all power, those that are followed by a second one in the first election. */
const AGAIN_SHARE = 0.4;
const ELECTION_MS_MAX = 3_000;
/** In this time after a candidate is seen, votes are given. */
const VOTING_MS_MAX = 4;
/** Of the links of a machine that is back after a silent end, those over which it is not reached yet. */
const UNREACHED_SHARE = 0.3;
const UNREACHED_MS_MAX = 3_000;
/** Of losses of power, those that wait for a sync to be under way. */
const BAD_MOMENT_SHARE = 0.5;
const MOMENT_MS_MAX = 500;
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
    const strike = (): void => {
      if (!machine.running) return;
      world.crashed(machine.host);
      losePower(context, machine, random.chance(AT_ONCE_SHARE));
    };
    if (random.chance(BAD_MOMENT_SHARE)) world.atMoment(() => machine.disk.syncsUnderWay > 0, MOMENT_MS_MAX, strike);
    else strike();
  },
};

/** All of them at once; now and then a second time, while the quorum votes. */
export const powerLossOfAll: Fault = {
  kind: 'power-loss-of-all',
  strike({ world, random }) {
    const isSyncing = (): boolean => [...world.brokers.values()].some(({ disk }) => disk.syncsUnderWay > 0);
    const isVoting = (): boolean => world.watch.observation.quorum.some(({ role }) => role === 'candidate');
    const strike = (): void => {
      loseAll(world, random);
      if (!random.chance(AGAIN_SHARE)) return;
      world.atMoment(isVoting, ELECTION_MS_MAX, () => {
        world.scheduler.after(random.between(0, VOTING_MS_MAX), () => loseAll(world, random));
      });
    };
    if (random.chance(BAD_MOMENT_SHARE)) world.atMoment(isSyncing, MOMENT_MS_MAX, strike);
    else strike();
  },
};

function loseAll(world: World, random: SimRandom): void {
  for (const machine of running<Machine<unknown>>(world.machines())) {
    world.crashed(machine.host);
    machine.losePower();
    world.startLater(machine, random.between(0, POWER_RETURNS_MS_MAX));
  }
}

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
    for (const other of others) {
      const delayMs = random.chance(UNREACHED_SHARE) ? random.between(0, UNREACHED_MS_MAX) : 0;
      world.scheduler.after(delayMs, () => world.network.heal(machine.host, other));
    }
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
