import { setTimeout as delay } from 'node:timers/promises';
import { readNodeInfo } from '@moldau/server';
import {
  type ClusterIdentity,
  type ClusterOptions,
  checkOptions,
  DevError,
  HOST,
  type NodePlan,
  nodeProperties,
  planNodes,
} from './cluster-plan.ts';
import { dataOption } from './data-directory.ts';
import { takenPorts } from './free-ports.ts';
import { openIdentity } from './identity-file.ts';
import { type NodeExit, NodeProcess } from './node-process.ts';
import { isAlive } from './pid.ts';
import { untilReady } from './readiness.ts';

/** What a cluster tells while it runs. */
export interface ClusterEvents {
  /** A node began to run, was asked to stop, or ended. */
  onChange?(node: NodeProcess, exit: NodeExit | undefined): void;
  /** An event of level error in the log of a node. */
  onError?(node: string, message: string): void;
}

export interface LocalClusterOptions extends ClusterOptions {
  /** Starts nodes that died or were killed again after {@link RESTART_MS}. */
  readonly restart: boolean;
  /** Further settings for every node. */
  readonly settings?: ReadonlyMap<string, string>;
}

/** Long enough for the cluster to notice that the node is gone. */
const RESTART_MS = 300;
/** A node that dies again and again is started more and more seldom. */
const RESTART_MS_MAX = 10_000;
const SHORT_LIFE_MS = 5_000;
/** A clean stop ends within the node's own deadline (10 s); this is for one that hangs. */
const STOP_DEADLINE_MS = 12_000;
const READY_DEADLINE_MS = 60_000;
/** The nodes of a supervisor that was killed end by themselves; so long is waited for their ports. */
const LEFTOVER_MS = 6_000;
const LEFTOVER_POLL_MS = 50;

/** Controllers and brokers on this machine, a process each, owned by this process. */
export class LocalCluster {
  readonly plan: readonly NodePlan[];
  readonly identity: ClusterIdentity;
  readonly #nodes = new Map<string, NodeProcess>();
  readonly #options: LocalClusterOptions;
  readonly #events: ClusterEvents;
  readonly #restarts = new Map<string, { timer: NodeJS.Timeout; delayMs: number }>();
  readonly #startedAtMs = new Map<string, number>();
  #closing = false;

  private constructor(identity: ClusterIdentity, options: LocalClusterOptions, events: ClusterEvents) {
    this.identity = identity;
    this.plan = planNodes(identity, options);
    this.#options = options;
    this.#events = events;
    for (const plan of this.plan) {
      this.#nodes.set(
        plan.name,
        new NodeProcess(plan, {
          onChange: (node, exit) => this.#changed(node, exit),
          onError: (line) => events.onError?.(plan.name, line),
        }),
      );
    }
  }

  /**
   * Starts all nodes; it is ready when {@link untilReady} says so.
   *
   * @throws DevError for contradicting options and taken ports
   */
  static async start(options: LocalClusterOptions, events: ClusterEvents = {}): Promise<LocalCluster> {
    checkOptions(options);
    // Ports that were taken at the first start are not kept: the next one may name others.
    const identity = await openIdentity(options, (made) => refuseTakenPorts(planNodes(made, options)));
    const cluster = new LocalCluster(identity, options, events);
    await refuseTakenPorts(cluster.plan);
    for (const { name } of cluster.plan) cluster.start(name);
    return cluster;
  }

  get nodes(): NodeProcess[] {
    return [...this.#nodes.values()];
  }

  /** gRPC addresses of the brokers, for clients. */
  get bootstrap(): string[] {
    return this.plan.filter(({ role }) => role === 'broker').map(({ grpcPort }) => `${HOST}:${grpcPort}`);
  }

  /** @throws DevError for a name that is not in the cluster; `1` and `broker-1` both name broker 1 */
  node(name: string): NodeProcess {
    const node = this.nodes.find(({ plan }) => plan.name === name || String(plan.id) === name);
    if (node) return node;
    throw new DevError(`there is no node ${name}; there are ${this.plan.map((plan) => plan.name).join(', ')}`);
  }

  /** Starts a node that does not run. @throws DevError when it runs */
  start(name: string): void {
    const node = this.node(name);
    if (node.pid !== undefined) throw new DevError(`${node.plan.name} runs already (pid ${node.pid})`);
    this.#cancelRestart(node.plan.name);
    this.#startedAtMs.set(node.plan.name, performance.now());
    node.start(
      nodeProperties(node.plan, {
        identity: this.identity,
        plan: this.plan,
        settings: this.#options.settings ?? new Map(),
      }),
    );
  }

  /** What to type in another shell to start a node. */
  startCommand(name: string): string {
    return `npx moldau dev start ${name}${dataOption(this.#options.data)}`;
  }

  /** Stops one node cleanly. */
  async stop(name: string): Promise<void> {
    this.#cancelRestart(this.node(name).plan.name);
    await this.node(name).stop(STOP_DEADLINE_MS);
  }

  /** kill -9. Resolves with the pid that is gone. @throws DevError when the node does not run */
  async kill(name: string): Promise<number> {
    const pid = await this.node(name).kill();
    if (pid === undefined) throw new DevError(`${name} does not run`, { hint: this.startCommand(name) });
    return pid;
  }

  /**
   * Resolves when these nodes (default: all brokers) are ready.
   *
   * @throws DevError naming what is missing when one ends, or after a minute
   */
  async untilReady(names?: readonly string[]): Promise<void> {
    const wanted = names?.map((name) => this.node(name)) ?? this.nodes.filter(({ plan }) => plan.role === 'broker');
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(READY_DEADLINE_MS)]);
    const watch = setInterval(() => {
      if (this.#closing || (!this.#options.restart && this.nodes.some(({ state }) => state === 'died'))) ended.abort();
    }, LEFTOVER_POLL_MS);
    const missing = await Promise.all(
      wanted.map(async ({ plan }) => ({ plan, missing: await untilReady(plan.adminPort, signal) })),
    );
    clearInterval(watch);
    if (this.#closing) throw new DevError('the cluster was stopped before it was ready');
    const died = this.nodes.find(({ state }) => state === 'died');
    if (died && !this.#options.restart) {
      throw new DevError(
        `${died.plan.name} ended by itself. Its last words (${died.plan.directory}/node.log):\n${died.lastWords.trim()}`,
      );
    }
    const waiting = missing.find((one) => one.missing !== undefined);
    if (waiting)
      throw new DevError(`${waiting.plan.name} is not ready after ${READY_DEADLINE_MS / 1000} s: ${waiting.missing}`);
  }

  /** Brokers before controllers: a broker hands its leadership over through a controller. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const name of this.#restarts.keys()) this.#cancelRestart(name);
    for (const role of ['broker', 'controller']) {
      const ofRole = this.nodes.filter(({ plan }) => plan.role === role);
      await Promise.all(ofRole.map((node) => node.stop(STOP_DEADLINE_MS)));
    }
  }

  /** Kills every node that runs, now. */
  async killAll(): Promise<void> {
    this.#closing = true;
    for (const name of this.#restarts.keys()) this.#cancelRestart(name);
    await Promise.all(this.nodes.map((node) => node.kill()));
  }

  #changed(node: NodeProcess, exit: NodeExit | undefined): void {
    this.#events.onChange?.(node, exit);
    const ended = exit !== undefined && (node.state === 'killed' || node.state === 'died');
    if (!ended || !this.#options.restart || this.#closing) return;
    const { name } = node.plan;
    const livedMs = performance.now() - (this.#startedAtMs.get(name) ?? 0);
    const before = this.#restarts.get(name)?.delayMs ?? RESTART_MS;
    const again = node.state === 'died' && exit.signal !== 'SIGKILL' && livedMs < SHORT_LIFE_MS;
    const delayMs = again ? Math.min(before * 2, RESTART_MS_MAX) : RESTART_MS;
    const timer = setTimeout(() => {
      if (node.pid === undefined && !this.#closing) this.start(name);
    }, delayMs);
    this.#restarts.set(name, { timer, delayMs });
  }

  #cancelRestart(name: string): void {
    clearTimeout(this.#restarts.get(name)?.timer);
  }
}

async function refuseTakenPorts(plan: readonly NodePlan[]): Promise<void> {
  let taken = await takenPorts(plan);
  for (let waitedMs = 0; taken.length > 0 && waitedMs < LEFTOVER_MS && (await leftoverRuns(plan)); ) {
    await delay(LEFTOVER_POLL_MS);
    waitedMs += LEFTOVER_POLL_MS;
    taken = await takenPorts(plan);
  }
  if (taken.length === 0) return;
  const list = taken.map(({ port, use }) => `${port} (${use})`).join(', ');
  throw new DevError(`another process listens on ${list}`, {
    hint: 'stop it, or take other ports: npm start -- --port 29000 --data DIR',
  });
}

/** Whether a node of an earlier supervisor, which was killed, is still on its way out. */
async function leftoverRuns(plan: readonly NodePlan[]): Promise<boolean> {
  const infos = await Promise.all(plan.map(({ directory }) => readNodeInfo(directory)));
  return infos.some((info) => info !== undefined && isAlive(info.pid));
}
