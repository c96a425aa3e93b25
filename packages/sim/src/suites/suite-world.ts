/** Where a suite's test runs: a real process or a simulated one. Made anew for each test. */
export interface SuiteWorld {
  /** Runs the test; a simulated world runs its events meanwhile. */
  run<T>(body: () => Promise<T>): Promise<T>;
  /** Removes what the world left behind. */
  end(): Promise<void>;
}

/** One test in a world of its own. */
export async function within<World extends SuiteWorld>(
  make: () => Promise<World>,
  body: (world: World) => Promise<void>,
): Promise<void> {
  const world = await make();
  try {
    await world.run(() => body(world));
  } finally {
    await world.end();
  }
}
