import { InvariantError, type Ports } from '@moldau/base';
import { Client, type ClientErrorCode, MoldauError } from '@moldau/client';
import { SimDisk } from '../ports/sim-disk.ts';
import { Machine } from '../world/machine.ts';
import { bootstrapBrokers } from '../world/nodes.ts';
import { NodeFailure, type World } from '../world/world.ts';

/** One attempt; short, so that a broker that is silent costs little of a run. */
const ATTEMPT_TIMEOUT_MS = 3_000;

/** A program on a host of its own that uses production's client. What it does is part of its process, and dies with it. */
export function clientMachine(
  world: World,
  host: string,
  run: (client: Client, ports: Ports, life: number) => void,
): Machine<Client> {
  const machine: Machine<Client> = new Machine<Client>(world.parts, {
    host,
    clockRate: 1,
    disk: new SimDisk(world.random.fork(`disk ${host}`)),
    boot: async (ports) => {
      const client = new Client(ports, {
        bootstrap: bootstrapBrokers(),
        clientId: host,
        attemptTimeoutMs: ATTEMPT_TIMEOUT_MS,
      });
      run(client, ports, machine.lifeNumber);
      return client;
    },
    stop: (client) => client.close(),
    onCrash: (_, reason) => {
      // With a planted bug anything may be found anywhere; what it breaks is for the checkers to say.
      if (world.plantedBugs.size > 0 && reason instanceof InvariantError) machine.start();
      else world.fail(new NodeFailure(host, reason));
    },
  });
  return machine;
}

/** What any call may end with in bad times: nobody is reached, or who is cannot do it in time. */
const BAD_TIMES: readonly ClientErrorCode[] = ['UNREACHABLE', 'TIMED_OUT', 'REQUEST_TIMED_OUT'];

/** Reads may find besides that what they have delivered is there no more; whether it may be, the reader judges. */
export const READ_CODES: readonly ClientErrorCode[] = ['LOG_TRUNCATED'];

/**
 * An answer that a client may get in bad times.
 *
 * @param also what else this call may be answered by right
 * @throws anything else
 */
export function expectMoldauError(world: World, error: unknown, also: readonly ClientErrorCode[]): MoldauError {
  if (!(error instanceof MoldauError)) throw error;
  // As above: a planted bug may answer anything.
  if (BAD_TIMES.includes(error.code) || also.includes(error.code) || world.plantedBugs.size > 0) return error;
  throw error;
}

export function sleep(ports: Pick<Ports, 'timers'>, delayMs: number): Promise<void> {
  return new Promise((resolve) => ports.timers.after(delayMs, resolve));
}
