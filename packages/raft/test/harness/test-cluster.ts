import { type NodeId, present } from '@moldau/base';
import {
  ANY_DIRECTORY,
  type Input,
  type Message,
  type Output,
  type PlantedRaftBug,
  RAFT_LIMITS,
  type RaftLimits,
  type Replica,
} from '@moldau/raft';
import { TestReplica } from './test-replica.ts';

export interface ClusterOptions {
  readonly seed: number;
  readonly limits?: Partial<RaftLimits>;
  readonly plantedBugs?: ReadonlySet<PlantedRaftBug>;
}

export type Observer = (node: TestReplica, input: Input, outputs: readonly Output[]) => void;

/** Machines, the messages between them and one clock. What happens next is the test's choice alone. */
export class TestCluster {
  readonly nodes = new Map<NodeId, TestReplica>();
  readonly observers: Observer[] = [];
  /** On their way, oldest first. */
  messages: Message[] = [];
  nowMs = 0;
  readonly #options: ClusterOptions;
  readonly #directories = new Map<NodeId, number>();
  /** Pairs that cannot talk, as "from>to". */
  readonly #cut = new Set<string>();

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  /** @param nodeIds start with the same founding entry on their disks, or with nothing */
  add(nodeIds: readonly NodeId[], options: { readonly founders: boolean }): void {
    const nodes = nodeIds.map((nodeId) => this.#create(nodeId));
    const voters = nodes.map((node) => node.replica);
    for (const node of nodes) {
      if (options.founders) node.found(voters);
      node.start(this.nowMs);
    }
  }

  node(nodeId: NodeId): TestReplica {
    return present(this.nodes.get(nodeId), `node ${nodeId}`);
  }

  get running(): TestReplica[] {
    return [...this.nodes.values()].filter((node) => node.raft !== undefined);
  }

  get leader(): TestReplica | undefined {
    const leaders = this.running.filter((node) => node.running.status.role === 'leader');
    return leaders.sort((left, right) => right.running.status.term - left.running.status.term)[0];
  }

  step(nodeId: NodeId, input: Input): Output[] {
    const node = this.node(nodeId);
    const outputs = node.step(input, this.nowMs);
    for (const observer of this.observers) observer(node, input, outputs);
    for (const output of outputs) {
      if (output.kind === 'send') this.messages.push(output.message);
      else if (output.kind === 'readSnapshot') this.step(nodeId, node.readSnapshot(output));
    }
    return outputs;
  }

  store(nodeId: NodeId): void {
    const answer = this.node(nodeId).store();
    if (answer !== undefined) this.step(nodeId, answer);
  }

  snapshot(nodeId: NodeId): void {
    const taken = this.node(nodeId).takeSnapshot();
    if (taken !== undefined) this.step(nodeId, taken);
  }

  /** Delivers to the node of that id, whatever directory was meant: as a connection by address would. */
  deliver(message: Message): void {
    const cut = this.#cut.has(`${message.from.nodeId}>${message.to.nodeId}`);
    if (cut || this.nodes.get(message.to.nodeId)?.raft === undefined) return;
    this.step(message.to.nodeId, { kind: 'message', message });
  }

  /** Delivers and stores until nothing is left to do at this moment. */
  settle(): void {
    for (let count = 0; count < 100_000; count++) {
      const storing = this.running.find((node) => node.storageQueue.length > 0);
      const message = storing === undefined ? this.messages.shift() : undefined;
      if (storing !== undefined) this.store(storing.replica.nodeId);
      else if (message !== undefined) this.deliver(message);
      else return;
    }
    throw new Error('the cluster does not come to rest');
  }

  /** Moves the clock, waking each machine when it asked for it and settling in between. */
  advance(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    for (;;) {
      this.settle();
      const due = this.running.sort((left, right) => left.running.nextDeadlineMs - right.running.nextDeadlineMs)[0];
      if (due === undefined || due.running.nextDeadlineMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, due.running.nextDeadlineMs);
      this.step(due.replica.nodeId, { kind: 'tick' });
    }
    this.nowMs = endMs;
  }

  crash(nodeId: NodeId): void {
    this.node(nodeId).crash();
  }

  restart(nodeId: NodeId): void {
    this.node(nodeId).start(this.nowMs);
  }

  /** The node comes back with an empty disk, and so with a new directory id. */
  wipe(nodeId: NodeId): void {
    this.nodes.delete(nodeId);
    this.#create(nodeId).start(this.nowMs);
  }

  partition(sides: readonly (readonly NodeId[])[]): void {
    this.#cut.clear();
    for (const side of sides) {
      for (const other of sides) {
        if (side !== other) for (const from of side) for (const to of other) this.#cut.add(`${from}>${to}`);
      }
    }
  }

  #create(nodeId: NodeId): TestReplica {
    const incarnation = this.#directories.get(nodeId) ?? 0;
    this.#directories.set(nodeId, incarnation + 1);
    const self: Replica = {
      nodeId,
      directoryId: `d${nodeId}${'abcdefghijklmnop'[incarnation] ?? incarnation}`,
      address: `node${nodeId}`,
    };
    const contacts = [1, 2, 3, 4, 5].map((id) => ({ nodeId: id, directoryId: ANY_DIRECTORY, address: `node${id}` }));
    const { seed, limits, plantedBugs } = this.#options;
    const config = {
      clusterId: 'cluster',
      self,
      contacts,
      limits: { ...RAFT_LIMITS, ...limits },
      plantedBugs: plantedBugs ?? new Set<PlantedRaftBug>(),
    };
    const node = new TestReplica(config, seed * 1000 + nodeId * 16 + incarnation);
    this.nodes.set(nodeId, node);
    return node;
  }
}
