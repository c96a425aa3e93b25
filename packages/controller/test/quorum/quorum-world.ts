import {
  type DirectoryId,
  type MetadataOffset,
  type NodeId,
  present,
  pureChecksum,
  RequestError,
  utf8Decode,
  utf8Encode,
} from '@moldau/base';
import type { Entry, PlantedRaftBug } from '@moldau/raft';
import {
  LogRing,
  Scheduler,
  SimClock,
  SimDisk,
  SimLogger,
  SimNetwork,
  SimProcess,
  SimRandom,
  SimTimers,
} from '@moldau/sim';
import { type QuorumPorts, RaftQuorumNode } from '../../src/quorum/raft-quorum-node.ts';
import type { QuorumListener } from '../../src/quorum-node.ts';

/** A state machine that keeps a list of what was committed. */
class ListState implements QuorumListener {
  /** Payloads by index; empty text for entries that are not data. */
  applied: string[] = [];
  leading = false;
  /** What was applied when leadership began. */
  appliedAtLeadership = -1;
  snapshotsLoaded = 0;
  leaderships: number[] = [];

  onSnapshot(bytes: Uint8Array): void {
    const state: unknown = JSON.parse(utf8Decode(bytes));
    this.applied = Array.isArray(state) ? state.map(String) : [];
    this.snapshotsLoaded += 1;
  }

  onCommitted(entries: readonly Entry[]): void {
    for (const { index, kind, payload } of entries) {
      if (index !== this.applied.length + 1) throw new Error(`entry ${index} after ${this.applied.length}`);
      this.applied.push(kind === 'data' ? utf8Decode(payload) : '');
    }
  }

  takeSnapshot(): { bytes: Uint8Array; index: MetadataOffset } {
    return { bytes: utf8Encode(JSON.stringify(this.applied)), index: this.applied.length };
  }

  onLeadership({ leader, term }: { leader: boolean; term: number }): void {
    if (leader === this.leading) throw new Error('leadership changes');
    this.leading = leader;
    if (!leader) return;
    this.appliedAtLeadership = this.applied.length;
    this.leaderships.push(term);
  }

  get data(): string[] {
    return this.applied.filter((each) => each !== '');
  }
}

export interface WorldNode {
  readonly nodeId: NodeId;
  readonly process: SimProcess;
  readonly disk: SimDisk;
  state: ListState;
  node: RaftQuorumNode | undefined;
}

export interface QuorumWorldOptions {
  readonly seed: string | number;
  readonly nodeIds?: readonly NodeId[];
  readonly snapshotEntries?: number;
  readonly snapshotBytes?: number;
  readonly trailingEntries?: number;
  readonly trailingBytes?: number;
  readonly plantedBugs?: ReadonlySet<PlantedRaftBug>;
}

export interface StartOptions {
  readonly clusterId?: string;
  /** Where the process runs now. */
  readonly host?: string;
  /** As configured now. */
  readonly voters?: readonly { readonly nodeId: NodeId; readonly address: string }[];
}

const PORT = 19090;

/** Quorum nodes on simulated ports: each with a machine, a disk and a process of its own. */
export class QuorumWorld {
  readonly random: SimRandom;
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly ring: LogRing;
  readonly nodes = new Map<NodeId, WorldNode>();
  /** Why processes stopped themselves. */
  readonly stops: unknown[] = [];
  readonly #options: QuorumWorldOptions;
  readonly #voters: readonly { nodeId: NodeId; address: string }[];

  constructor(options: QuorumWorldOptions) {
    this.#options = options;
    this.random = new SimRandom(options.seed);
    this.scheduler = new Scheduler(this.random.fork('scheduler'));
    this.network = new SimNetwork(this.scheduler, this.random.fork('network'));
    this.ring = new LogRing(this.scheduler);
    const nodeIds = options.nodeIds ?? [1, 2, 3];
    this.#voters = nodeIds.map((nodeId) => ({ nodeId, address: address(nodeId) }));
    for (const nodeId of nodeIds) this.add(nodeId);
  }

  add(nodeId: NodeId): WorldNode {
    const process = new SimProcess(this.scheduler, { name: `node ${nodeId}` });
    const disk = new SimDisk(this.random.fork(`disk ${nodeId}`));
    const added = { nodeId, process, disk, state: new ListState(), node: undefined };
    this.nodes.set(nodeId, added);
    return added;
  }

  at(nodeId: NodeId): WorldNode {
    return present(this.nodes.get(nodeId), `node ${nodeId}`);
  }

  /** The world runs while the body waits. */
  run<T>(body: () => Promise<T>): Promise<T> {
    return this.scheduler.settle(body(), { eventsMax: 3_000_000 });
  }

  /** Opens and serves; what forming and starting come to is known later. Rejects when the directory is refused. */
  async start(nodeId: NodeId, options: StartOptions = {}): Promise<void> {
    const world = this.at(nodeId);
    const on = options.host ?? host(nodeId);
    const life = world.process.start();
    const stopProcess = (reason: unknown): void => {
      this.stops.push(reason);
      if (life.alive) world.process.kill();
    };
    const logger = new SimLogger(this.ring, `node ${nodeId}`);
    const ports: QuorumPorts = {
      clock: new SimClock(life),
      timers: new SimTimers(life, this.random.fork(`timers ${nodeId}`)),
      random: this.random.fork(`node ${nodeId} at ${this.scheduler.nowMs}`),
      disk: world.disk.mount(life),
      rpc: this.network.join(life, on, logger),
      checksum: pureChecksum,
      logger,
      stopProcess,
    };
    const { snapshotEntries = 1000, trailingEntries = 1000, snapshotBytes, trailingBytes, plantedBugs } = this.#options;
    const config = {
      nodeId,
      directory: '/data',
      clusterId: options.clusterId,
      features: [{ name: 'words', minLevel: 1, maxLevel: nodeId }],
      limits: { trailingEntries, snapshotChunkBytes: 512, ...(trailingBytes === undefined ? {} : { trailingBytes }) },
      snapshotEntries,
      ...(snapshotBytes === undefined ? {} : { snapshotBytes }),
      logFileBytes: 4096,
      ...(plantedBugs === undefined ? {} : { plantedBugs }),
    };
    const state = new ListState();
    const node = await RaftQuorumNode.open(ports, config, state);
    world.state = state;
    world.node = node;
    life.onEnd(() => {
      world.node = undefined;
    });
    const listenAddress = `${on}:${PORT}`;
    await ports.rpc.listen({ address: listenAddress, listener: 'controller', handlers: node.handlers });
    node.start({ address: listenAddress, voters: options.voters ?? this.#voters }).catch(stopProcess);
  }

  async startAll(): Promise<void> {
    for (const [nodeId, { process }] of this.nodes) if (!process.running) await this.start(nodeId);
  }

  kill(nodeId: NodeId): void {
    this.at(nodeId).process.kill();
  }

  /** The machine loses power: what was not synced is at the mercy of the disk. */
  losePower(nodeId: NodeId): void {
    this.kill(nodeId);
    this.at(nodeId).disk.losePower();
  }

  /** The node that leads and is ready, of the highest term. */
  get leader(): WorldNode | undefined {
    const leading = [...this.nodes.values()].filter(({ node, state }) => node !== undefined && state.leading);
    return leading.sort((left, right) => (right.node?.state.term ?? 0) - (left.node?.state.term ?? 0))[0];
  }

  async leaderReady(): Promise<WorldNode> {
    await this.until(() => this.leader !== undefined, 'a leader');
    return present(this.leader, 'a leader');
  }

  async until(condition: () => boolean, what: string, withinMs = 20_000): Promise<void> {
    const endMs = this.scheduler.nowMs + withinMs;
    while (!condition()) {
      if (this.scheduler.nowMs > endMs) {
        throw new Error(`${what} did not come within ${withinMs} ms\n${this.ring.lines().slice(-40).join('\n')}`);
      }
      await this.pause(5);
    }
  }

  pause(durationMs: number): Promise<void> {
    return new Promise((resolve) => this.scheduler.after(durationMs, resolve));
  }

  /** Proposes at whoever leads, again and again until it is committed. It may be committed twice. */
  async commit(text: string): Promise<void> {
    for (;;) {
      const { node, process } = await this.leaderReady();
      try {
        const { committed } = present(node, 'a node').propose(utf8Encode(text));
        // A process that dies answers nothing any more.
        const answered = committed.then(() => true);
        const died = this.until(() => !process.running, 'an answer').then(() => false);
        died.catch(() => undefined);
        if (await Promise.race([answered, died])) return;
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        await this.pause(5);
      }
    }
  }

  directoryId(nodeId: NodeId): DirectoryId {
    return present(this.at(nodeId).node, 'a running node').directoryId;
  }
}

export function host(nodeId: NodeId): string {
  return `host${nodeId}`;
}

export function address(nodeId: NodeId): string {
  return `${host(nodeId)}:${PORT}`;
}
