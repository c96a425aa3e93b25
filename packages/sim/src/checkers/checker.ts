import type { Observation } from '../observation.ts';

/** Something that must hold does not. Fails the seed. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
  readonly invariant: string;

  constructor(invariant: string, what: string) {
    super(`${invariant}: ${what}`);
    this.invariant = invariant;
  }
}

/** One invariant of the table in docs/internals/simulation.md. A checker may remember what it saw; it lives as long as a world. */
export interface Invariant {
  /** `NN-name`, as the file. */
  readonly name: string;
  /** The sentence that it enforces. */
  readonly sentence: string;
  readonly create: () => (observation: Observation) => void;
}

/** What {@link Invariant.create} uses to complain. */
export function complain(invariant: string): (holds: boolean, what: () => string) => void {
  return (holds, what) => {
    if (!holds) throw new InvariantViolation(invariant, what());
  };
}
