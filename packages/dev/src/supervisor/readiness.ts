import { setTimeout as delay } from 'node:timers/promises';
import { HOST } from './cluster-plan.ts';

const POLL_MS = 50;
const REQUEST_TIMEOUT_MS = 2_000;

/** What /readyz of a node says: undefined when it is ready, else what is missing. */
async function missingOf(adminPort: number): Promise<string | undefined> {
  try {
    const response = await fetch(`http://${HOST}:${adminPort}/readyz`, {
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const body = await response.text();
    return response.ok ? undefined : body.trim();
  } catch (error) {
    // A node that does not answer yet is no failure: the caller has the deadline.
    return error instanceof Error ? `no answer (${error.message})` : String(error);
  }
}

/** Waits until the node is ready. Resolves with what is still missing when `signal` aborts first. */
export async function untilReady(adminPort: number, signal: AbortSignal): Promise<string | undefined> {
  for (;;) {
    const missing = await missingOf(adminPort);
    if (missing === undefined || signal.aborted) return missing;
    await delay(POLL_MS);
  }
}
