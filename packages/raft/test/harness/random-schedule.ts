import { randomInteger, utf8Encode } from '@moldau/base';
import type { PlantedRaftBug } from '@moldau/raft';
import { Invariants } from './invariants.ts';
import { SeededRandom } from './seeded-random.ts';
import { TestCluster } from './test-cluster.ts';

const NODES = [1, 2, 3, 4, 5];
const STEPS_PER_SEED = 3000;

/** What one seed does: how often each thing happens, drawn anew, so that seeds differ in kind. */
export class RandomSchedule {
  readonly cluster: TestCluster;
  readonly invariants: Invariants;
  readonly #random: SeededRandom;
  readonly #lossPercent: number;
  readonly #faultPermille: number;
  readonly #changePermille: number;
  #proposals = 0;

  constructor(seed: number, plantedBugs: ReadonlySet<PlantedRaftBug>) {
    this.#random = new SeededRandom(seed);
    this.#lossPercent = this.#pick([0, 2, 10, 30]);
    this.#faultPermille = this.#pick([0, 5, 20]);
    this.#changePermille = this.#pick([0, 5, 20]);
    const limits = {
      trailingEntries: this.#pick([0, 3, 20]),
      snapshotChunkBytes: 64,
      appendBytesMax: 100,
      inflightMessagesMax: 3,
    };
    this.cluster = new TestCluster({ seed, limits, plantedBugs });
    const founders = NODES.slice(0, this.#pick([1, 3, 3, 5]));
    this.cluster.add(founders, { founders: true });
    this.cluster.add(NODES.slice(founders.length), { founders: false });
    this.invariants = new Invariants(this.cluster);
  }

  run(): void {
    for (let step = 0; step < STEPS_PER_SEED; step++) this.#step();
  }

  /** All faults end: the cluster must elect, commit and agree. */
  heal(): void {
    const { cluster } = this;
    cluster.partition([]);
    for (const node of cluster.nodes.values()) {
      if (node.raft === undefined) this.#restart(node.replica.nodeId);
    }
    cluster.advance(30_000);
  }

  #step(): void {
    const { cluster } = this;
    const dice = this.#draw(1000);
    const node = this.#pick(cluster.running);
    if (node === undefined) {
      this.#restart(this.#pick(NODES));
      return;
    }
    const { nodeId } = node.replica;
    if (dice < this.#faultPermille) {
      this.#fault(nodeId);
      return;
    }
    if (dice < this.#faultPermille + this.#changePermille) {
      this.#changeVoters();
      return;
    }
    if (dice < 60) cluster.nowMs += this.#draw(200);
    else if (dice < 100) cluster.step(nodeId, { kind: 'tick' });
    else if (dice < 160) {
      const leader = cluster.leader;
      if (leader === undefined) return;
      cluster.step(leader.replica.nodeId, { kind: 'propose', payload: utf8Encode(`p${this.#proposals++}`) });
      if (dice < 140) cluster.step(leader.replica.nodeId, { kind: 'flush' });
    } else if (dice < 170) cluster.snapshot(nodeId);
    else if (dice < 450) {
      if (node.storageQueue.length > 0) cluster.store(nodeId);
    } else this.#deliver();
  }

  /** Mostly the oldest, sometimes any; some are lost, some come twice. */
  #deliver(): void {
    const { messages } = this.cluster;
    if (messages.length === 0) return;
    const at = this.#draw(4) === 0 ? this.#draw(messages.length) : 0;
    const [message] = messages.splice(at, 1);
    if (message === undefined || this.#draw(100) < this.#lossPercent) return;
    if (this.#draw(20) === 0) messages.push(message);
    this.cluster.deliver(message);
  }

  #fault(nodeId: number): void {
    const { cluster } = this;
    const kind = this.#draw(12);
    if (kind < 4) cluster.crash(nodeId);
    else if (kind < 8) {
      for (const node of cluster.nodes.values()) if (node.raft === undefined) this.#restart(node.replica.nodeId);
    } else if (kind < 9) cluster.partition([[nodeId], NODES.filter((each) => each !== nodeId)]);
    else if (kind < 10) cluster.partition([NODES.slice(0, 2), NODES.slice(2)]);
    else if (kind < 11) cluster.partition([]);
    else if (this.#draw(2) === 0) this.#wipe(nodeId);
    else cluster.step(nodeId, { kind: 'transferLeadership' });
  }

  /** A voter is only wiped while the committed rest can still decide: then its loss must never be noticed in the data. */
  #wipe(nodeId: number): void {
    const { cluster } = this;
    const status = cluster.leader?.running.status;
    if (status === undefined || status.votersIndex > status.commitIndex) return;
    const { voters } = status;
    const alive = voters.filter(
      (voter) => voter.nodeId !== nodeId && cluster.node(voter.nodeId).replica.directoryId === voter.directoryId,
    );
    if (alive.length * 2 > voters.length) cluster.wipe(nodeId);
  }

  #restart(nodeId: number): void {
    this.cluster.restart(nodeId);
    this.invariants.restarted(this.cluster.node(nodeId));
  }

  #changeVoters(): void {
    const { cluster } = this;
    const leaders = cluster.running.filter((node) => node.running.status.role === 'leader');
    const leader = this.#pick(leaders);
    if (leader === undefined) return;
    const { voters } = leader.running.status;
    const { nodeId } = leader.replica;
    const target = cluster.node(this.#pick(NODES));
    const stale = voters.find((voter) => cluster.node(voter.nodeId).replica.directoryId !== voter.directoryId);
    if (stale !== undefined) cluster.step(nodeId, { kind: 'removeVoter', voter: stale });
    else if (voters.some((voter) => voter.nodeId === target.replica.nodeId)) {
      cluster.step(nodeId, { kind: 'removeVoter', voter: target.replica });
    } else cluster.step(nodeId, { kind: 'addVoter', voter: target.replica });
  }

  #draw(end: number): number {
    return randomInteger(this.#random, 0, end);
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[choices.length === 0 ? 0 : this.#draw(choices.length)] as T;
  }
}
