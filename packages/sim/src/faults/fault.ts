import type { FaultKind } from '../options.ts';
import type { SimRandom } from '../ports/sim-random.ts';
import type { Machine } from '../world/machine.ts';
import type { World } from '../world/world.ts';
import type { FaultBudget } from './budget.ts';

/** What a fault is given when it strikes. */
export interface FaultContext {
  readonly world: World;
  readonly random: SimRandom;
  readonly budget: FaultBudget;
  /** All programs that use the cluster. */
  readonly clients: readonly Machine<unknown>[];
  /** How long this one lasts. */
  durationMs(): number;
  /** Ends the fault after {@link durationMs}, or when all faults end. */
  healLater(heal: () => void): void;
}

/** One way for things to go wrong. It strikes, now, and says itself when it is over. */
export interface Fault {
  readonly kind: FaultKind;
  readonly strike: (context: FaultContext) => void;
}

export function pick<T>(random: SimRandom, from: Iterable<T>): T | undefined {
  const all = [...from];
  return all[Math.floor(random.between(0, all.length))];
}

/** Names of all hosts that speak to one another, the clients' too. */
export function hosts({ world, clients }: FaultContext): string[] {
  return [...world.machines(), ...clients].map((machine) => machine.host);
}
