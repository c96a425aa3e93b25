/**
 * The network between the machines of a world: hosts by name, a link for each ordered pair of them.
 *
 * As with TCP, nothing is silently missing inside a connection. A cut link (a partition) delays what is sent until it is
 * healed, or until both ends give the connection up; a reset loses a suffix of what is under way, and both ends are told.
 * A host that is up answers for ports on which nobody listens ("refused"); a host that is down, or behind a cut, says
 * nothing. A paused process still has its connections accepted by its host's kernel, and answers nothing.
 */
import { assert, type ByteStreams, type Logger, type Rpc, randomInteger } from '@moldau/base';
import type { Scheduler } from './scheduler.ts';
import { SimByteStreams } from './sim-byte-streams.ts';
import type { SimConnection } from './sim-connection.ts';
import type { SimListener } from './sim-listener.ts';
import type { Life } from './sim-process.ts';
import type { SimRandom } from './sim-random.ts';
import { SimRpc } from './sim-rpc.ts';

/** How one direction between two hosts is. Each message draws its own latency in `[startMs, endMs)`. */
export interface LinkQuality {
  readonly startMs: number;
  readonly endMs: number;
  /** Shared by all that goes this way. */
  readonly bytesPerMs: number;
  /** Of each message, that its connection is reset. */
  readonly resetProbability: number;
}

/** A datacenter's network: about 10 Gbit/s. */
const QUALITY_DEFAULT: LinkQuality = { startMs: 0.05, endMs: 0.5, bytesPerMs: 1_000_000, resetProbability: 0 };

/** As the keepalive of the real connections: 10 s of silence, 20 s for an answer. */
const SILENCE_MS_MAX = 30_000;

export interface Directed {
  /** Only from the first host to the second. Default both ways. */
  readonly oneWay?: boolean;
}

export class SimNetwork {
  readonly scheduler: Scheduler;
  readonly listeners: Map<string, SimListener> = new Map();
  readonly connections: Set<SimConnection> = new Set();
  /**
   * Told what a handler threw that is neither a refusal nor a broken invariant. Its caller hears that it failed, as in
   * production; a world may take it for a bug.
   */
  onHandlerError: (life: Life, error: unknown) => void = () => undefined;
  readonly #random: SimRandom;
  readonly #qualities = new Map<string, LinkQuality>();
  readonly #freeAtMs = new Map<string, number>();
  /** Of each cut link, what waits for it to heal. */
  readonly #cuts = new Map<string, (() => void)[]>();
  /** Of each host without power, what waits for it to be back. */
  readonly #down = new Map<string, (() => void)[]>();
  #quality = QUALITY_DEFAULT;
  #portNext = 20_000;

  constructor(scheduler: Scheduler, random: SimRandom) {
    this.scheduler = scheduler;
    this.#random = random;
  }

  /** The {@link Rpc} of one life of a process on this host. */
  join(life: Life, host: string, logger: Logger): Rpc {
    return new SimRpc(this, life, host, logger);
  }

  /** The {@link ByteStreams} of one life of a process on this host. */
  byteStreams(life: Life, host: string): ByteStreams {
    return new SimByteStreams(this, life, host);
  }

  /** For all links that have no quality of their own. */
  setDefaultQuality(quality: Partial<LinkQuality>): void {
    this.#quality = { ...QUALITY_DEFAULT, ...quality };
  }

  setQuality(source: string, target: string, quality: Partial<LinkQuality>, directed: Directed = {}): void {
    for (const link of links(source, target, directed)) this.#qualities.set(link, { ...this.#quality, ...quality });
  }

  /** The links are like all others again. */
  restoreQuality(source: string, target: string): void {
    for (const link of links(source, target, {})) this.#qualities.delete(link);
  }

  /** Cuts the link, until {@link heal}. */
  partition(source: string, target: string, directed: Directed = {}): void {
    for (const link of links(source, target, directed)) {
      if (this.#cuts.has(link)) continue;
      const waiting: (() => void)[] = [];
      this.#cuts.set(link, waiting);
      this.scheduler.after(SILENCE_MS_MAX, () => {
        if (this.#cuts.get(link) === waiting) this.#giveUp(source, target);
      });
    }
  }

  heal(source: string, target: string, directed: Directed = {}): void {
    for (const link of links(source, target, directed)) this.#heal(link);
  }

  healAll(): void {
    for (const link of [...this.#cuts.keys()]) this.#heal(link);
  }

  /** Every connection between the two is lost. */
  reset(one: string, other: string): void {
    for (const connection of [...this.connections]) if (connection.joins(one, other)) connection.reset();
  }

  /** The machine has no power (its processes must have been killed), or has it again. */
  setDown(host: string, down: boolean): void {
    if (down) {
      if (!this.#down.has(host)) this.#down.set(host, []);
      return;
    }
    const waiting = this.#down.get(host) ?? [];
    this.#down.delete(host);
    for (const run of waiting) run();
  }

  isCut(source: string, target: string): boolean {
    return this.#down.has(source) || this.#down.has(target) || this.#cuts.has(linkName(source, target));
  }

  /**
   * For pipes that stand before a cut, or before a host without power: its processes are dead, and the other end learns that
   * when the host is back and knows nothing of the connection.
   */
  whenHealed(source: string, target: string, run: () => void): void {
    const waiting = this.#cuts.get(linkName(source, target)) ?? this.#down.get(source) ?? this.#down.get(target);
    assert(waiting !== undefined, 'what is cut has a cause', { source, target });
    waiting.push(run);
  }

  /** When something that is sent now arrives. */
  arrivalMs(source: string, target: string, bytes: number): number {
    const link = linkName(source, target);
    const { bytesPerMs } = this.#qualityOf(link);
    const sentMs = Math.max(this.scheduler.nowMs, this.#freeAtMs.get(link) ?? 0) + bytes / bytesPerMs;
    this.#freeAtMs.set(link, sentMs);
    return sentMs + this.latencyMs(source, target);
  }

  latencyMs(source: string, target: string): number {
    const { startMs, endMs } = this.#qualityOf(linkName(source, target));
    return this.#random.between(startMs, endMs);
  }

  drawsReset(source: string, target: string): boolean {
    return this.#random.chance(this.#qualityOf(linkName(source, target)).resetProbability);
  }

  /** A whole number in `[0, end)`. */
  draw(end: number): number {
    return randomInteger(this.#random, 0, end);
  }

  nextPort(): number {
    assert(this.#portNext < 65_536, 'a world has ports left');
    return this.#portNext++;
  }

  #heal(link: string): void {
    const waiting = this.#cuts.get(link) ?? [];
    this.#cuts.delete(link);
    for (const run of waiting) run();
  }

  #giveUp(source: string, target: string): void {
    for (const connection of [...this.connections]) if (connection.joins(source, target)) connection.giveUp();
  }

  #qualityOf(link: string): LinkQuality {
    return this.#qualities.get(link) ?? this.#quality;
  }
}

function linkName(source: string, target: string): string {
  return `${source} > ${target}`;
}

function links(source: string, target: string, { oneWay = false }: Directed): string[] {
  return oneWay ? [linkName(source, target)] : [linkName(source, target), linkName(target, source)];
}
