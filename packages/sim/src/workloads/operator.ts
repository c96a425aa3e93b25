import type { Ports } from '@moldau/base';
import type { Admin, Client, ClientErrorCode } from '@moldau/client';
import { voterRepairs } from '../faults/voter-change.ts';
import type { Machine } from '../world/machine.ts';
import { controllerAddress } from '../world/names.ts';
import type { World } from '../world/world.ts';
import { clientMachine, expectMoldauError, sleep } from './client-machine.ts';

/** The client has repeated a change whose answer was lost. */
const CODES: readonly ClientErrorCode[] = ['VOTER_NOT_FOUND', 'DUPLICATE_VOTER'];
const LOOK_MS = 300;
const TIMEOUT_MS = 5_000;
/** What was asked for without an answer may still be done for so long. */
const SETTLING_MS = 10_000;

/** Sees to it that the quorum's voters are the controllers that should be: replaces those that lost their disks. */
export function operatorMachine(world: World): Machine<Client> {
  return clientMachine(world, 'operator', (client, ports) => {
    operate(world, client.admin(), ports).catch((error: unknown) => world.fail(error));
  });
}

async function operate(world: World, admin: Admin, ports: Ports): Promise<void> {
  for (;;) {
    await sleep(ports, LOOK_MS);
    const [repair] = voterRepairs(world);
    if (repair === undefined) continue;
    const { kind, nodeId, directoryId } = repair;
    const voter = { nodeId, directoryId };
    world.votersSettledMs = Infinity;
    try {
      if (kind === 'remove') await admin.removeVoter(voter, { timeoutMs: TIMEOUT_MS });
      else await admin.addVoter({ ...voter, address: controllerAddress(nodeId) }, { timeoutMs: TIMEOUT_MS });
    } catch (error) {
      expectMoldauError(world, error, CODES);
    }
    world.votersSettledMs = world.nowMs + SETTLING_MS;
  }
}
