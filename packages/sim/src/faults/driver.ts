import type { FaultKind } from '../options.ts';
import type { Machine } from '../world/machine.ts';
import type { World } from '../world/world.ts';
import { bitRot } from './bit-rot.ts';
import { FaultBudget } from './budget.ts';
import { diskFull, ioError, slowDisk, storeFailure, syncFailure, wipe } from './disk-faults.ts';
import type { Fault, FaultContext } from './fault.ts';
import { lossyLink, oneWayPartition, partition, reset, slowLink } from './network-faults.ts';
import { cleanRestart, kill, pause, powerLoss, powerLossOfAll, stall } from './process-faults.ts';
import { voterChange } from './voter-change.ts';

const FAULTS: readonly Fault[] = [
  kill,
  powerLoss,
  powerLossOfAll,
  pause,
  stall,
  partition,
  oneWayPartition,
  slowLink,
  reset,
  lossyLink,
  slowDisk,
  syncFailure,
  ioError,
  storeFailure,
  bitRot,
  wipe,
  diskFull,
  cleanRestart,
  voterChange,
];

/** Lets faults strike at random times, each kind as often as the options say, until {@link end}. */
export class FaultDriver {
  readonly budget: FaultBudget;
  readonly #world: World;
  readonly #clients: readonly Machine<unknown>[];
  readonly #heals = new Set<() => void>();
  #ended = false;

  constructor(world: World, clients: readonly Machine<unknown>[]) {
    this.#world = world;
    this.#clients = clients;
    this.budget = new FaultBudget(world);
  }

  start(): void {
    for (const fault of FAULTS) {
      const everyMs = this.#world.options.faultEveryMs.get(fault.kind);
      if (everyMs !== undefined) this.#strikeLater(fault, this.#context(fault.kind), everyMs);
    }
  }

  /** No more faults, what they broke is whole again, every node is up. */
  end(): void {
    this.#ended = true;
    this.#world.calmDown();
    for (const heal of [...this.#heals]) heal();
    for (const machine of this.#world.machines()) {
      machine.held = false;
      if (!machine.running) machine.start();
    }
  }

  #context(kind: FaultKind): FaultContext {
    const { options } = this.#world;
    const random = this.#world.random.fork(`fault ${kind}`);
    const durationMs = (): number => random.between(options.faultMsMin, options.faultMsMax);
    return {
      world: this.#world,
      random,
      budget: this.budget,
      clients: this.#clients,
      durationMs,
      healLater: (heal) => {
        const once = (): void => {
          if (this.#heals.delete(once)) heal();
        };
        this.#heals.add(once);
        this.#world.scheduler.after(durationMs(), once);
        if (this.#ended) once();
      },
    };
  }

  #strikeLater(fault: Fault, context: FaultContext, everyMs: number): void {
    // Exponential: the time that has passed says nothing about the time to come.
    const delayMs = -Math.log(1 - context.random.between(0, 1)) * everyMs;
    this.#world.scheduler.after(delayMs, () => {
      if (this.#ended) return;
      this.#world.ring.add('world', 'info', `fault ${fault.kind}`, {});
      fault.strike(context);
      this.#strikeLater(fault, context, everyMs);
    });
  }
}
