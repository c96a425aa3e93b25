/**
 * One simulated cluster: 3 controllers, 3 brokers, clients, each on a host of its own, on one network under one virtual
 * clock. All of them run production's code. What happens depends on the options alone.
 */

import { InvariantError, type NodeId } from '@moldau/base';
import type { Broker } from '@moldau/broker';
import type { Controller } from '@moldau/controller';
import type { LogObserver } from '@moldau/log';
import { type Coverage, emptyCoverage } from '../coverage.ts';
import { Ghost } from '../ghost/ghost.ts';
import type { SimOptions } from '../options.ts';
import { Scheduler } from '../ports/scheduler.ts';
import { SimDisk } from '../ports/sim-disk.ts';
import { LogRing } from '../ports/sim-logger.ts';
import { SimNetwork } from '../ports/sim-network.ts';
import type { Life } from '../ports/sim-process.ts';
import { SimRandom } from '../ports/sim-random.ts';
import { Machine, type MachineParts } from './machine.ts';
import { BROKER_IDS, brokerHost, CONTROLLER_IDS, controllerHost, SPARE_BROKER_IDS } from './names.ts';
import { BROKER_LOG_DIRECTORY, bootBroker, bootController, type PlantedBug } from './nodes.ts';
import { leaseTap } from './observe/leases.ts';
import { logGhosts } from './observe/log-ghosts.ts';
import { namedEndsTap } from './observe/named-ends.ts';
import { voteTap } from './observe/votes.ts';
import { Watch } from './observe/watch.ts';
import { joinTaps } from './tapped-rpc.ts';

/** A node ended in a way that no fault explains. */
export class NodeFailure extends Error {
  override readonly name = 'NodeFailure';

  constructor(host: string, reason: unknown) {
    super(`${host}: ${reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason)}`, {
      cause: reason,
    });
  }
}

/** The events of one seed never end: somewhere nodes keep one another busy without getting anywhere. */
class BusyLoop extends Error {
  override readonly name = 'BusyLoop';
}

/** Some thirty times what the longest seeds have. */
const EVENTS_MAX = 2_000_000;

/** A supervisor starts a process that ended by itself again within this time. */
const RESTART_MS_MIN = 50;
const RESTART_MS_MAX = 2_000;

export class World {
  readonly options: SimOptions;
  readonly plantedBugs: ReadonlySet<PlantedBug>;
  readonly random: SimRandom;
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly ring: LogRing;
  readonly ghost: Ghost = new Ghost();
  readonly coverage: Coverage = emptyCoverage();
  readonly controllers: Map<NodeId, Machine<Controller>> = new Map();
  readonly brokers: Map<NodeId, Machine<Broker>> = new Map();
  readonly watch: Watch;
  /** Controllers that are to be out of the quorum for a while. */
  readonly dismissed: Set<NodeId> = new Set();
  /** Before this time a change of the voters may still be under way. */
  votersSettledMs = 0;
  /** Told of each end of a process that was not a clean stop. */
  readonly crashListeners: ((host: string) => void)[] = [];
  /** Of each broker's host, the last life that opened its logs, and the last that registered. */
  readonly #opened = new Map<string, number>();
  readonly #told = new Map<string, number>();
  /** Asked after each event, until they say that they are done. */
  #lookouts: (() => boolean)[] = [];
  #failure: { readonly error: unknown } | undefined;

  constructor(options: SimOptions, plantedBugs: ReadonlySet<PlantedBug> = new Set()) {
    this.options = options;
    this.plantedBugs = plantedBugs;
    this.random = new SimRandom(options.seed).fork('world');
    this.scheduler = new Scheduler(this.random.fork('scheduler'));
    this.network = new SimNetwork(this.scheduler, this.random.fork('network'));
    this.network.setDefaultQuality({ startMs: 0.05, endMs: options.networkDelayMsMax });
    this.network.onHandlerError = (life, error) => this.#onHandlerError(life, error);
    this.ring = new LogRing(this.scheduler);
    this.ring.onEvent('metadata continues from a snapshot', () => {
      this.coverage.metadataSnapshots++;
    });
    this.ring.onEvent('groups are loaded', () => {
      this.coverage.groupLoads++;
    });
    for (const nodeId of CONTROLLER_IDS) {
      const machine = this.#machine<Controller>(controllerHost(nodeId), {
        boot: (ports) => bootController(ports, nodeId, options, plantedBugs),
        stop: (controller) => controller.close(),
      });
      this.controllers.set(nodeId, machine);
    }
    const spares = options.reassignEveryMs > 0 ? SPARE_BROKER_IDS : [];
    for (const nodeId of [...BROKER_IDS, ...spares]) this.brokers.set(nodeId, this.#brokerMachine(nodeId));
    this.ring.onEvent('registered', (host) => {
      for (const machine of this.brokers.values()) if (machine.host === host) this.#told.set(host, machine.lifeNumber);
    });
    this.watch = new Watch(this);
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  get parts(): MachineParts {
    const { scheduler, network, ring, random, ghost } = this;
    return { scheduler, network, ring, random, tap: joinTaps([voteTap(ghost), leaseTap(this), namedEndsTap(this)]) };
  }

  /** Controllers and brokers. */
  *machines(): Iterable<Machine<Controller> | Machine<Broker>> {
    yield* this.controllers.values();
    yield* this.brokers.values();
  }

  /** Ends the run with this error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  /** After each event. @throws what {@link fail} was told, and InvariantViolation */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    this.watch.look();
    if (this.#lookouts.length > 0) this.#lookouts = this.#lookouts.filter((isDone) => !isDone());
  }

  /** Runs `act` at the first moment of which the condition is true, at the latest after this time. */
  atMoment(condition: () => boolean, timeoutMs: number, act: () => void): void {
    const untilMs = this.nowMs + timeoutMs;
    this.#lookouts.push(() => {
      if (this.nowMs < untilMs && !condition()) return false;
      this.scheduler.after(0, act);
      return true;
    });
  }

  /** Nothing that waits for its moment happens any more. */
  calmDown(): void {
    this.#lookouts = [];
  }

  /** Runs until the condition holds; false when the time was over before. */
  async runUntil(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    const untilMs = this.nowMs + timeoutMs;
    const eventsMax = EVENTS_MAX - this.scheduler.eventCount;
    const end = await this.scheduler.run({ until: condition, untilMs, eventsMax, afterEvent: () => this.check() });
    if (end === 'events') throw new BusyLoop(`${EVENTS_MAX} events by ${Math.round(this.nowMs)} virtual ms`);
    return end === 'until';
  }

  async runFor(durationMs: number): Promise<void> {
    await this.runUntil(() => false, durationMs);
  }

  crashed(host: string): void {
    this.coverage.crashes++;
    for (const listener of this.crashListeners) listener(host);
  }

  #brokerMachine(nodeId: NodeId): Machine<Broker> {
    const machine: Machine<Broker> = this.#machine<Broker>(brokerHost(nodeId), {
      boot: (ports) => {
        this.#noteCrash(nodeId, machine);
        const ghosts = logGhosts(this, nodeId);
        const observer: LogObserver = {
          ...ghosts,
          opened: (logs) => {
            this.#opened.set(machine.host, machine.lifeNumber);
            ghosts.opened(logs);
          },
        };
        return bootBroker(ports, nodeId, this.options, this.plantedBugs, observer);
      },
      stop: (broker) => broker.close({ clean: true }),
      hasClosed: (disk) => disk.contents(`${BROKER_LOG_DIRECTORY}/clean`) !== undefined,
    });
    return machine;
  }

  /** What the life before leaves to be told. One that never opened its logs has done nothing to them. */
  #noteCrash(nodeId: NodeId, { host, crashed, lifeNumber }: Machine<Broker>): void {
    const before = lifeNumber - 1;
    if (crashed) {
      if (this.#opened.get(host) === before) this.ghost.afterCrash.add(nodeId);
    } else if (this.#told.get(host) === before) {
      // Stopped before it could register, it would have told nobody of the crash before.
      this.ghost.afterCrash.delete(nodeId);
    }
  }

  #machine<Node>(
    host: string,
    node: Pick<ConstructorParameters<typeof Machine<Node>>[1], 'boot' | 'stop' | 'hasClosed'>,
  ): Machine<Node> {
    const { clockDrift } = this.options;
    const random = this.random.fork(`machine ${host}`);
    return new Machine<Node>(this.parts, {
      host,
      clockRate: 1 + random.between(-clockDrift, clockDrift),
      disk: new SimDisk(random.fork('disk')),
      ...node,
      onCrash: (machine, reason) => this.#onCrash(machine, reason),
    });
  }

  /** In production its caller is told that it failed, and somebody reads the log: here nobody but the run does. */
  #onHandlerError(life: Life, error: unknown): void {
    const machine = [...this.machines()].find(({ process }) => process === life.process);
    const planted = this.plantedBugs.size > 0;
    if (life.alive && !planted && !machine?.explains(error)) this.fail(new NodeFailure(life.process.name, error));
  }

  #onCrash<Node>(machine: Machine<Node>, reason: unknown): void {
    this.crashed(machine.host);
    // With a planted bug, a node's own assertions may see it before the checker that has to: it then dies as in production.
    const planted = this.plantedBugs.size > 0 && reason instanceof InvariantError;
    if (!planted && !machine.explains(reason)) {
      this.fail(new NodeFailure(machine.host, reason));
      return;
    }
    const delayMs = this.random.between(RESTART_MS_MIN, RESTART_MS_MAX);
    // As its message says: it is given another disk, and comes back as another replica.
    if (machine.isDiskRefused(reason))
      this.scheduler.after(delayMs, () => {
        if (!machine.running && machine.disk.isRotten) machine.replaceDisk();
      });
    this.startLater(machine, delayMs);
  }

  /** What a supervisor does, unless a fault holds the machine down or was faster. */
  startLater<Node>(machine: Machine<Node>, delayMs: number): void {
    this.scheduler.after(delayMs, () => {
      if (!machine.running && !machine.held) machine.start();
    });
  }
}
