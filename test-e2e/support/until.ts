import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 20;
/** Long for a busy machine; what takes longer hangs. */
const DEADLINE_MS = 60_000;

/** For a hook that starts a cluster, and then waits for some of its own. */
export const START_TIMEOUT_MS = 180_000;

/** Asks until it holds. @throws with what was waited for, after a minute */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + DEADLINE_MS;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`after ${DEADLINE_MS} ms still waiting until ${what}`);
    await delay(POLL_MS);
  }
}
