import { assert, RequestError, randomInteger, utf8Encode } from '@moldau/base';
import type { PlantedRaftBug } from '@moldau/raft';
import { host, QuorumWorld, type WorldNode } from './quorum-world.ts';

const ROUNDS = 60;

/** Drives a quorum through faults of processes, power, disks and links, and checks from outside what it promises. */
export class FaultyQuorum {
  readonly world: QuorumWorld;
  readonly #leaders = new Map<number, string>();
  readonly #committed: string[] = [];
  readonly #acknowledged: string[] = [];
  #proposals = 0;

  constructor(seed: number, plantedBugs: ReadonlySet<PlantedRaftBug>) {
    this.world = new QuorumWorld({ seed, snapshotEntries: 30, trailingEntries: 5, plantedBugs });
    // The slower a sync, the more is between writing and durable when the power fails.
    const slowness = this.#pick([1, 20, 100]);
    for (const { disk } of this.world.nodes.values()) disk.slowness = slowness;
  }

  run(): Promise<void> {
    return this.world.run(async () => {
      await this.world.startAll();
      await this.world.leaderReady();
      for (let round = 0; round < ROUNDS; round++) await this.#round();
      await this.#heal();
    });
  }

  async #round(): Promise<void> {
    const { world } = this;
    const node = this.#pick([...world.nodes.values()]);
    const kind = this.#draw(14);
    if (kind === 0) world.kill(node.nodeId);
    else if (kind === 1) world.losePower(node.nodeId);
    else if (kind === 2) for (const nodeId of world.nodes.keys()) world.losePower(nodeId);
    else if (kind < 6) await world.startAll();
    else if (kind === 6)
      world.network.partition(host(node.nodeId), host(this.#pick([...world.nodes.keys()])), {
        oneWay: this.#draw(2) === 0,
      });
    else if (kind === 7) world.network.healAll();
    else if (kind === 8) world.network.reset(host(node.nodeId), host(this.#pick([...world.nodes.keys()])));
    else if (kind === 9) node.process.stall(this.#draw(2500));
    else if (kind === 10) node.node?.transferLeadership().catch(() => undefined);
    for (const each of world.nodes.values())
      void this.#propose(each).catch((error: unknown) => world.stops.push(error));
    for (let left = this.#draw(12); left > 0; left--) {
      await world.pause(this.#draw(60));
      this.#check();
    }
  }

  async #propose({ node, state, process }: WorldNode): Promise<void> {
    if (node === undefined || !state.leading || process.paused) return;
    const text = `proposal ${this.#proposals++}`;
    try {
      await node.propose(utf8Encode(text)).committed;
      this.#acknowledged.push(text);
    } catch (error) {
      // Refused, or not known to be committed.
      if (!(error instanceof RequestError)) throw error;
    }
  }

  #check(): void {
    for (const { node, nodeId, state } of this.world.nodes.values()) {
      if (node === undefined) continue;
      for (const term of state.leaderships) {
        const known = this.#leaders.get(term) ?? `node ${nodeId}`;
        assert(known === `node ${nodeId}`, 'a term has one leader', { term, known, nodeId });
        this.#leaders.set(term, known);
      }
      for (let index = 0; index < state.applied.length; index++) {
        const text = state.applied[index] ?? '';
        assert((this.#committed[index] ?? text) === text, 'nodes apply one history', { index, text });
        this.#committed[index] = text;
      }
    }
  }

  async #heal(): Promise<void> {
    const { world } = this;
    world.network.healAll();
    await world.startAll();
    await world.commit('the end');
    const all = (): boolean => [...world.nodes.values()].every(({ state }) => state.applied.includes('the end'));
    await world.until(all, 'all nodes to agree');
    this.#check();
    for (const text of this.#acknowledged) {
      assert(this.#committed.includes(text), 'what was acknowledged is committed', { text });
    }
    for (const reason of world.stops) throw reason;
  }

  #draw(end: number): number {
    return randomInteger(this.world.random, 0, end);
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#draw(choices.length)] as T;
  }
}
