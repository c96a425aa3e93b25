/**
 * A bug in Moldau itself: something that must hold did not. Never caught to continue: the process stops,
 * since what it would do next is unknown.
 */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/**
 * Stays on in production. State what must hold, positively, and give the state that shows why it does not.
 *
 * @throws InvariantError when the condition does not hold
 */
export function assert(
  condition: boolean,
  mustHold: string,
  state?: Readonly<Record<string, unknown>>,
): asserts condition {
  if (!condition) throw new InvariantError(state ? `${mustHold}: ${describe(state)}` : mustHold);
}

/** The value of something that is known to be there. */
export function present<T>(value: T | undefined | null, what: string): T {
  assert(value !== undefined && value !== null, `${what} is present`);
  return value;
}

/** Closes an exhaustive switch: adding a member to the union makes this line a compile error. */
export function unreachable(value: never): never {
  throw new InvariantError(`every case is handled, but not ${describe({ value })}`);
}

function describe(state: Readonly<Record<string, unknown>>): string {
  return Object.entries(state)
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(' ');
}
