import type { Ports } from '@moldau/base';
import type { Admin, Client, ClientErrorCode } from '@moldau/client';
import { pick } from '../faults/fault.ts';
import type { SimRandom } from '../ports/sim-random.ts';
import type { Machine } from '../world/machine.ts';
import { clientMachine, expectMoldauError, sleep } from './client-machine.ts';
import type { WorkloadContext } from './context.ts';

const TIMEOUT_MS = 5_000;
/** Of what it asks, calls to end a move; in the others a partition gets another set of brokers. */
const CANCEL_SHARE = 0.2;
/** Of the moves, those that are turned elsewhere or called off at once, before they can end. */
const TURN_SHARE = 0.4;
const TURN_MS_MAX = 30;
/** Of the moves, those that change how many replicas there are; never below min.insync.replicas, which is 2. */
const RESIZE_SHARE = 0.2;
const REPLICATION_FACTOR = 3;
/** Of the moves, those before which a rate for replicas that catch up is set, changed or taken away. */
const THROTTLE_SHARE = 0.3;
/** Bytes a second: from far below what comes in to more than there ever is. */
const RATES = [2_000, 20_000, 1_000_000, undefined] as const;
const SIDES = ['leader', 'follower'] as const;
const CLUSTER = { type: 'cluster', name: '' } as const;
const REPLICATION_FACTORS = [2, 3, 4] as const;
/**
 * The topic is gone; there is nothing to call off; or it would take away replicas that are needed (or a broker is not
 * registered yet).
 */
const CODES: readonly ClientErrorCode[] = [
  'UNKNOWN_TOPIC_OR_PARTITION',
  'NO_REASSIGNMENT_IN_PROGRESS',
  'INVALID_REPLICA_ASSIGNMENT',
];

/** Moves replicas among the brokers, at times held to a rate, and calls moves off, one after the other. */
export class ReassignerWorkload {
  readonly machine: Machine<Client>;
  readonly #context: WorkloadContext;
  readonly #random: SimRandom;

  constructor(context: WorkloadContext) {
    this.#context = context;
    this.#random = context.world.random.fork('workload reassigner');
    this.machine = clientMachine(context.world, 'reassigner', (client, ports) => {
      this.#run(client.admin(), ports).catch((error: unknown) => context.world.fail(error));
    });
  }

  async #run(admin: Admin, ports: Ports): Promise<void> {
    const { world } = this.#context;
    for (;;) {
      await sleep(ports, this.#random.between(0, 2 * world.options.reassignEveryMs));
      const { loading } = this.#context;
      try {
        if (loading) await this.#act(admin, ports);
        else return await this.#lift(admin);
      } catch (error) {
        expectMoldauError(world, error, CODES);
      }
    }
  }

  /** A move that is held to less than what comes in does not end by itself: when all is quiet, the rates are taken away. */
  async #lift(admin: Admin): Promise<void> {
    await admin.alterConfigs(
      SIDES.map((side) => ({ ...CLUSTER, setting: `${side}.replication.throttled.rate`, value: undefined })),
      { timeoutMs: TIMEOUT_MS },
    );
  }

  async #act(admin: Admin, ports: Ports): Promise<void> {
    const { topics } = this.#context;
    const topic = pick(this.#random, topics.names());
    if (topic === undefined) return;
    const partition = Math.floor(this.#random.between(0, topics.get(topic)));
    if (this.#random.chance(THROTTLE_SHARE)) await this.#throttle(admin, topic);
    await this.#ask(admin, { topic, partition }, CANCEL_SHARE);
    if (!this.#random.chance(TURN_SHARE)) return;
    await sleep(ports, this.#random.between(0, TURN_MS_MAX));
    await this.#ask(admin, { topic, partition }, 0.5);
  }

  async #throttle(admin: Admin, topic: string): Promise<void> {
    const side = this.#random.chance(0.5) ? SIDES[0] : SIDES[1];
    const rate = pick(this.#random, RATES);
    const value = rate === undefined ? undefined : String(rate);
    await admin.alterConfigs(
      [
        { ...CLUSTER, setting: `${side}.replication.throttled.rate`, value },
        { type: 'topic', name: topic, setting: `${side}.replication.throttled.replicas`, value: '*' },
      ],
      { timeoutMs: TIMEOUT_MS },
    );
  }

  async #ask(
    admin: Admin,
    of: { readonly topic: string; readonly partition: number },
    cancelShare: number,
  ): Promise<void> {
    const cancels = this.#random.chance(cancelShare);
    const replicas = cancels ? undefined : this.#brokers([...this.#context.world.brokers.keys()]);
    await admin.alterPartitionReassignments([{ ...of, replicas }], { timeoutMs: TIMEOUT_MS });
  }

  #brokers(from: number[]): number[] {
    const factor = this.#random.chance(RESIZE_SHARE) ? pick(this.#random, REPLICATION_FACTORS) : REPLICATION_FACTOR;
    const chosen: number[] = [];
    while (chosen.length < (factor ?? REPLICATION_FACTOR)) {
      const [next] = from.splice(Math.floor(this.#random.between(0, from.length)), 1);
      if (next === undefined) break;
      chosen.push(next);
    }
    return chosen;
  }
}
