import { newestImage, partitionsOf } from '../../checkers/partition-state.ts';
import type { Machine } from '../../world/machine.ts';
import type { World } from '../../world/world.ts';
import type { WorkloadContext } from '../context.ts';
import { LASTING_TOPICS } from '../topics.ts';
import { GroupMember, type MemberOrders, type MemberPlan } from './group-member.ts';
import { kafkaMachine } from './kafka-machine.ts';

const STATIC_SHARE = 0.4;

/** One consumer, on a machine of its own. */
interface Seat {
  readonly group: string;
  readonly machine: Machine<undefined>;
  /** Of the present life. */
  member: GroupMember | undefined;
}

/** Consumers in groups, which read the lasting topics. */
export class GroupWorkload {
  readonly #world: World;
  readonly #orders: MemberOrders;
  readonly #seats: readonly Seat[];
  #isOver = false;

  constructor(context: WorkloadContext) {
    const { world } = context;
    const isOver = (): boolean => this.#isOver;
    this.#world = world;
    this.#orders = {
      get loading() {
        return context.loading;
      },
      get isOver() {
        return isOver();
      },
    };
    const { groupMembers, groups } = world.options;
    this.#seats = Array.from({ length: groupMembers }, (_, number) => this.#seat(number, `group-${number % groups}`));
  }

  get machines(): readonly Machine<undefined>[] {
    return this.#seats.map(({ machine }) => machine);
  }

  /** What is missing until every group shares out everything, and has read and committed it. */
  complaints(): string[] {
    const image = newestImage(this.#world.watch.observation);
    const found: string[] = [];
    for (const group of new Set(this.#seats.map((seat) => seat.group))) {
      const seats = this.#seats.filter((seat) => seat.group === group);
      for (const { machine, member } of seats) {
        const complaint = machine.running ? member?.complaint : 'does not run';
        if (complaint !== undefined) found.push(`${group}: ${machine.host} ${complaint}`);
      }
      const generations = new Set(seats.map(({ member }) => member?.generation));
      if (generations.size > 1) found.push(`${group} is in generations ${[...generations].join()}`);
      const owned = new Set(seats.flatMap(({ member }) => [...(member?.owned ?? [])]));
      for (const { topicId, partition } of image === undefined ? [] : partitionsOf(image)) {
        const topic = image?.topics.get(topicId)?.name ?? '';
        const name = `${topic}/${partition}`;
        if (LASTING_TOPICS.includes(topic) && !owned.has(name)) found.push(`${group}: nobody reads ${name}`);
      }
    }
    return found;
  }

  /** All leave for good. */
  end(): void {
    this.#isOver = true;
  }

  /** Groups that still have members, or had until just now: their coordinators have something to write. */
  remaining(): string[] {
    const found: string[] = [];
    for (const { node } of this.#world.brokers.values()) {
      for (const { groupId, state } of node?.groups.list().groups ?? []) {
        if (state !== 'Empty') found.push(`${groupId} is ${state}`);
      }
    }
    return found;
  }

  #seat(number: number, group: string): Seat {
    const world = this.#world;
    const host = `m${number}`;
    const random = world.random.fork(`workload ${host}`);
    const sessionTimeoutMs = Math.round(random.between(1_500, 4_000));
    const plan: MemberPlan = {
      group,
      instanceId: random.chance(STATIC_SHARE) ? `static-${host}` : null,
      sessionTimeoutMs,
      rebalanceTimeoutMs: Math.round(random.between(1_500, 4_000)),
      heartbeatMs: sessionTimeoutMs / 3,
      commitMs: random.between(300, 2_000),
    };
    const seat: Seat = {
      group,
      machine: kafkaMachine(world, host, (open, ports, life) => {
        seat.member = new GroupMember(world, ports, random, plan, this.#orders, open, `${host}.${life}`);
        return seat.member.run();
      }),
      member: undefined,
    };
    return seat;
  }
}
