import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 20;
/** Long for a busy machine; what takes longer hangs. */
const DEADLINE_MS = 30_000;

/** For a hook that starts a cluster: as long as the cluster itself allows. */
export const START_TIMEOUT_MS = 70_000;

/** Asks until it holds. @throws with what was waited for, after half a minute */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + DEADLINE_MS;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`after ${DEADLINE_MS} ms still waiting until ${what}`);
    await delay(POLL_MS);
  }
}
