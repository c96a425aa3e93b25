import type { Rpc } from '@moldau/base';

/** One refusal may be a listener between two runs of a process; the second comes from the same empty port. */
const PROBES = 2;
const PROBE_TIMEOUT_MS = 500;

/** Whether nobody listens at this address any more: the process that did is gone. Silence proves nothing. */
export async function isProvedGone(rpc: Rpc, address: string): Promise<boolean> {
  for (let probe = 0; probe < PROBES; probe++) {
    if ((await rpc.probe(address, { timeoutMs: PROBE_TIMEOUT_MS })) !== 'refused') return false;
  }
  return true;
}
