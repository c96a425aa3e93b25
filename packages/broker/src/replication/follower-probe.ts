import type { Rpc, Timers } from '@moldau/base';
import { pause } from '../lifecycle/backoff.ts';

/** One refusal may be a listener between two runs of a process; the second comes from the same empty port. */
const REFUSALS = 2;
/** The system closes the sockets of a killed process one by one: its listener may accept for a while after a stream broke. */
const PROBES_MAX = 16;
const PROBE_TIMEOUT_MS = 200;
const PAUSE_MS = 10;
const PAUSE_MS_MAX = 100;

/**
 * Whether nobody listens at this address any more: the process that did is gone. Silence proves nothing.
 *
 * @param isBack asked between probes: the process has shown itself, so there is nothing to prove
 */
export async function isProvedGone(
  ports: { readonly rpc: Rpc; readonly timers: Timers },
  address: string,
  isBack: () => boolean,
): Promise<boolean> {
  let refusals = 0;
  let pauseMs = PAUSE_MS;
  for (let probe = 0; probe < PROBES_MAX && !isBack(); probe++) {
    const result = await ports.rpc.probe(address, { timeoutMs: PROBE_TIMEOUT_MS });
    refusals = result === 'refused' ? refusals + 1 : 0;
    if (refusals === REFUSALS) return !isBack();
    if (result === 'refused') continue;
    await pause(ports.timers, pauseMs);
    pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
  }
  return false;
}
