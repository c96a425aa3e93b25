/**
 * A host of the world: its disk, and the one process that runs on it.
 *
 *   off ──start──> running ──kill, crash, stop──> down ──start──> running
 *     any ──losePower──> off (the host answers nothing)
 *
 * The node that runs is production's own. What it could not survive in production, its process does not survive here: it is
 * down until somebody starts it again.
 */
import { assert, DiskError, InvariantError, type Ports, pureChecksum } from '@moldau/base';
import type { Scheduler } from '../ports/scheduler.ts';
import { SimClock } from '../ports/sim-clock.ts';
import { SimCompression } from '../ports/sim-compression.ts';
import type { SimDisk } from '../ports/sim-disk.ts';
import { type LogRing, SimLogger } from '../ports/sim-logger.ts';
import type { SimNetwork } from '../ports/sim-network.ts';
import { type Life, SimProcess } from '../ports/sim-process.ts';
import type { SimRandom } from '../ports/sim-random.ts';
import { openSimStore } from '../ports/sim-store.ts';
import { SimTimers } from '../ports/sim-timers.ts';
import { type Tap, tapRpc } from './tapped-rpc.ts';

/** What nodes call a directory in which something that was durable is not as it was left. */
const REFUSALS: readonly string[] = ['DirectoryRefusedError', 'QuorumDirectoryError'];

export interface MachineParts {
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly ring: LogRing;
  readonly random: SimRandom;
  readonly tap: Tap;
}

export interface MachineOptions<Node> {
  readonly host: string;
  readonly clockRate: number;
  readonly disk: SimDisk;
  /** Production's `start`. */
  boot(ports: Ports, life: Life): Promise<Node>;
  stop(node: Node): Promise<void>;
  /** Asked of one that is being stopped: whether it has closed its data, so that no end can be a crash any more. */
  hasClosed?(disk: SimDisk): boolean;
  /** It ended by itself. */
  onCrash(machine: Machine<Node>, reason: unknown): void;
}

export class Machine<Node> {
  readonly host: string;
  readonly process: SimProcess;
  readonly disk: SimDisk;
  /** Number of starts. */
  lifeNumber = 0;
  /** Files of which a bit has turned over, and which nobody may have noticed yet. */
  readonly rottenPaths: Set<string> = new Set();
  /** Its last end was not a clean stop. */
  crashed = false;
  /** A fault holds it down: only that fault starts it again. */
  held = false;
  readonly #parts: MachineParts;
  readonly #options: MachineOptions<Node>;
  #life: Life | undefined;
  #node: Node | undefined;
  #stopping = false;

  constructor(parts: MachineParts, options: MachineOptions<Node>) {
    this.host = options.host;
    this.disk = options.disk;
    this.process = new SimProcess(parts.scheduler, {
      name: options.host,
      clockRate: options.clockRate,
      onError: (error) => this.#crash(error),
    });
    this.#parts = parts;
    this.#options = options;
  }

  get running(): boolean {
    return this.process.running;
  }

  /** A clean stop is under way. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** Undefined while it does not run or has not got that far. */
  get node(): Node | undefined {
    return this.#node;
  }

  start(): void {
    assert(!this.running, 'a machine runs one process', { host: this.host });
    this.#parts.network.setDown(this.host, false);
    const life = this.process.start();
    this.#life = life;
    this.lifeNumber++;
    this.#options.boot(this.#ports(life), life).then(
      (node) => {
        if (life.alive) this.#node = node;
      },
      (error: unknown) => {
        if (life.alive) this.#crash(error);
      },
    );
  }

  kill(): void {
    if (this.running) this.crashed = !(this.#stopping && this.#options.hasClosed?.(this.disk));
    this.#end();
  }

  #end(): void {
    this.#node = undefined;
    this.#life = undefined;
    this.#stopping = false;
    if (this.running) this.process.kill();
  }

  /** Like a kill, and what was not synced is partly gone. The host answers nothing until it is started. */
  losePower(): void {
    this.kill();
    this.#parts.network.setDown(this.host, true);
    this.disk.losePower();
  }

  /** As on a signal; the process ends when the node has. `then` is called once it is down, however that came. */
  stop(then: () => void): void {
    const node = this.#node;
    const life = this.#life;
    if (node === undefined || life === undefined || this.#stopping) {
      this.kill();
      then();
      return;
    }
    this.#stopping = true;
    life.onEnd(() => this.#parts.scheduler.after(0, then));
    this.#options.stop(node).then(
      () => {
        if (!life.alive) return;
        this.crashed = false;
        this.#end();
      },
      (error: unknown) => {
        if (life.alive) this.#crash(error);
      },
    );
  }

  /** Whether the world itself is the cause of this end: a failure that it injected, or what a turned bit made of the disk. */
  explains(reason: unknown): boolean {
    if (reason instanceof InvariantError || !(reason instanceof Error)) return false;
    if (reason instanceof DiskError && this.disk.hasMade(reason)) return true;
    return this.isDiskRefused(reason) || this.explains(reason.cause);
  }

  /** It does not start on this disk, which a turned bit has damaged, and will not: it is the operator's turn. */
  isDiskRefused(reason: unknown): boolean {
    return this.disk.isRotten && reason instanceof Error && REFUSALS.includes(reason.name);
  }

  /** A new, empty one. The process must be down. */
  replaceDisk(): void {
    this.disk.wipe();
    this.rottenPaths.clear();
  }

  #crash(reason: unknown): void {
    if (!this.running) return;
    this.#parts.ring.add(this.host, 'error', 'process ends', { err: reason });
    this.kill();
    this.#options.onCrash(this, reason);
  }

  #ports(life: Life): Ports {
    const { network, ring, random, tap } = this.#parts;
    const name = `${this.host}/${this.lifeNumber}`;
    const logger = new SimLogger(ring, this.host);
    const timers = new SimTimers(life, random.fork(`timers ${name}`));
    return {
      clock: new SimClock(life),
      timers,
      random: random.fork(`random ${name}`),
      disk: this.disk.mount(life),
      rpc: tapRpc(network.join(life, this.host, logger), tap),
      byteStreams: network.byteStreams(life, this.host),
      checksum: pureChecksum,
      compression: new SimCompression(timers, random.fork(`compression ${name}`)),
      logger,
      // A world keeps all that is logged.
      logThreshold: { level: 'debug' },
      openStore: (directory) => openSimStore(this.disk, life, directory),
      stopProcess: (reason) => {
        if (life.alive) this.#crash(reason);
      },
    };
  }
}
