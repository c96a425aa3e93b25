/**
 * Keeps faults within what the cluster promises to survive, so that any loss is a bug and not bad luck:
 *
 * - Of the brokers' disks at most one is destroyed or lies at a time; the next only after every partition has all its
 *   replicas in sync again. A flipped bit may lie unseen for ever: from then on no other broker's disk is harmed.
 * - Of the controllers at most one has lost its disk, or is out of the quorum, until it is a voter again and has caught up.
 * - A partition of durability `replicated` may lose records when more than min.insync.replicas - 1 replicas crash before
 *   they have come back: it is then exempt, and the ghost says why.
 */
import type { NodeId } from '@moldau/base';
import { newestImage, partitionsOf } from '../checkers/partition-state.ts';
import type { World } from '../world/world.ts';

/** min.insync.replicas is 2 everywhere: with one crash a second replica has every acknowledged record. */
const CRASHES_MAX = 1;

export class FaultBudget {
  readonly #world: World;
  /** Its disk was harmed in the life with this number, or before the one that follows it. */
  #harmedBroker: { readonly brokerId: NodeId; readonly brokerEpoch: number } | undefined;
  #rottenBroker: NodeId | undefined;
  #harmedController: NodeId | undefined;
  /** Crashed, with the epoch in which it was: it counts as crashed until a later epoch of it is in the ISR. */
  readonly #crashed = new Map<string, Map<NodeId, number>>();

  constructor(world: World) {
    this.#world = world;
    world.crashListeners.push((host) => this.#crashHappened(host));
  }

  /** Whether this broker's disk may be harmed now; it then is. */
  takeBroker(brokerId: NodeId, isRot: boolean): boolean {
    if (this.#rottenBroker !== undefined && this.#rottenBroker !== brokerId) return false;
    if (this.#harmedBroker !== undefined && !this.#isWhole(this.#harmedBroker)) return false;
    // Whole now, but not yet known to the brokers that lead: what they wait for may still be on its way.
    const image = newestImage(this.#world.watch.observation);
    if (image === undefined || !this.#hasFullIsr()) return false;
    this.#harmedBroker = { brokerId, brokerEpoch: image.brokers.get(brokerId)?.brokerEpoch ?? -1 };
    if (isRot) this.#rottenBroker = brokerId;
    return true;
  }

  /** Whether this controller may lose its place or its disk now; it then does. */
  takeController(nodeId: NodeId): boolean {
    if (this.#world.nowMs < this.#world.votersSettledMs) return false;
    if (this.#harmedController !== undefined && !this.#isVoting(this.#harmedController)) return false;
    this.#harmedController = nodeId;
    return true;
  }

  /** The broker whose disk may hold something that was never written. */
  get rottenBroker(): NodeId | undefined {
    return this.#rottenBroker;
  }

  /** Looks which partitions have their crashed replicas back. Called before each crash, and that is often enough. */
  #recoveries(): void {
    const image = newestImage(this.#world.watch.observation);
    if (image === undefined) return;
    for (const { key, state } of partitionsOf(image)) {
      const crashed = this.#crashed.get(key);
      for (const [brokerId, epoch] of crashed ?? []) {
        const isBack = state.isr.includes(brokerId) && (image.brokers.get(brokerId)?.brokerEpoch ?? 0) > epoch;
        if (isBack) crashed?.delete(brokerId);
      }
    }
  }

  #crashHappened(host: string): void {
    const brokerId = [...this.#world.brokers].find(([, machine]) => machine.host === host)?.[0];
    const image = newestImage(this.#world.watch.observation);
    if (brokerId === undefined || image === undefined) return;
    this.#recoveries();
    const epoch = image.brokers.get(brokerId)?.brokerEpoch ?? 0;
    for (const { key, state } of partitionsOf(image)) {
      const ghost = this.#world.ghost.partition(key);
      if (ghost === undefined || ghost.flushed || ghost.exempt !== undefined) continue;
      const crashed = this.#crashed.get(key) ?? new Map<NodeId, number>();
      this.#crashed.set(key, crashed.set(brokerId, epoch));
      if (crashed.size <= CRASHES_MAX) continue;
      ghost.exempt = `brokers ${[...crashed.keys()]} crashed before they were back, isr ${state.isr} elr ${state.elr}`;
    }
  }

  #isWhole({ brokerId, brokerEpoch }: { readonly brokerId: NodeId; readonly brokerEpoch: number }): boolean {
    const image = newestImage(this.#world.watch.observation);
    const broker = image?.brokers.get(brokerId);
    return broker !== undefined && broker.brokerEpoch > brokerEpoch && this.#hasFullIsr();
  }

  #hasFullIsr(): boolean {
    const image = newestImage(this.#world.watch.observation);
    if (image === undefined) return false;
    for (const { key, state } of partitionsOf(image)) {
      if (this.#world.ghost.partition(key)?.exempt !== undefined) continue;
      if (state.isr.length < state.replicas.length) return false;
    }
    return true;
  }

  #isVoting(nodeId: NodeId): boolean {
    const { quorum } = this.#world.watch.observation;
    const own = quorum.find((view) => view.nodeId === nodeId);
    const leader = quorum.find((view) => view.role === 'leader');
    if (this.#world.dismissed.has(nodeId) || own === undefined || leader === undefined) return false;
    if (leader.votersIndex > leader.commitIndex) return false;
    const isVoter = leader.voters.some((voter) => voter.nodeId === nodeId && voter.directoryId === own.directoryId);
    return isVoter && own.persistedIndex >= leader.commitIndex;
  }
}
