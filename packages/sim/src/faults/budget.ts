/**
 * Keeps faults within what the cluster promises to survive, so that any loss is a bug and not bad luck:
 *
 * - Of the brokers' disks at most one is destroyed or lies at a time; the next only after every partition has all its
 *   replicas in sync again. A flipped bit may lie unseen for ever: from then on no other broker's disk is harmed.
 * - Of the controllers at most one has lost its disk, or is out of the quorum, until it is a voter again and has caught up;
 *   after a flipped bit, which it will only find when it starts, no other one.
 * - A partition of durability `replicated` may be without a leader for good when more than min.insync.replicas - 1 replicas
 *   crash before they have come back: it is then exempt, and the ghost says why, until it has all of them in sync.
 */
import { NO_LEADER, type NodeId } from '@moldau/base';
import type { ClusterImage } from '@moldau/metadata';
import { partitionsOf } from '../checkers/partition-state.ts';
import type { World } from '../world/world.ts';

/** min.insync.replicas is 2 everywhere: with one crash a second replica has every acknowledged record. */
const CRASHES_MAX = 1;

export class FaultBudget {
  readonly #world: World;
  /** The newest that any controller has shown: one that starts knows nothing until a leader tells it what is committed. */
  #image: ClusterImage | undefined;
  /** Its disk was harmed in the life with this number, or before the one that follows it. */
  #harmedBroker: { readonly brokerId: NodeId; readonly brokerEpoch: number } | undefined;
  #rottenBroker: NodeId | undefined;
  #harmedController: NodeId | undefined;
  #rottenController: NodeId | undefined;
  /** Of each broker that ever crashed, the epoch that it last crashed in. */
  readonly #crashes = new Map<NodeId, number>();
  /** Partitions in whose ISR it has been since, in a later epoch. */
  readonly #recovered = new Map<NodeId, Set<string>>();

  constructor(world: World) {
    this.#world = world;
    world.crashListeners.push((host) => this.#crashHappened(host));
    world.watch.imageListeners.push((image) => {
      this.#image = image;
      this.#judge(image);
    });
  }

  /** Whether this broker's disk may be harmed now; it then is. */
  takeBroker(brokerId: NodeId, isRot: boolean): boolean {
    if (this.#rottenBroker !== undefined && this.#rottenBroker !== brokerId) return false;
    if (this.#harmedBroker !== undefined && !this.#isWhole(this.#harmedBroker)) return false;
    // Whole now, but not yet known to the brokers that lead: what they wait for may still be on its way.
    const image = this.#image;
    if (image === undefined || !this.#hasFullIsr()) return false;
    this.#harmedBroker = { brokerId, brokerEpoch: image.brokers.get(brokerId)?.brokerEpoch ?? -1 };
    if (isRot) {
      this.#rottenBroker = brokerId;
      // The next start may find that nothing there can be trusted, as after a crash.
      this.#crashed(brokerId);
    }
    return true;
  }

  /** Whether this controller may lose its place or its disk now; it then does. */
  takeController(nodeId: NodeId, isRot: boolean): boolean {
    if (this.#rottenController !== undefined && this.#rottenController !== nodeId) return false;
    if (this.#world.nowMs < this.#world.votersSettledMs) return false;
    if (this.#harmedController !== undefined && !this.#isVoting(this.#harmedController)) return false;
    this.#harmedController = nodeId;
    if (isRot) this.#rottenController = nodeId;
    return true;
  }

  #crashHappened(host: string): void {
    const brokerId = [...this.#world.brokers].find(([, machine]) => machine.host === host)?.[0];
    if (brokerId !== undefined) this.#crashed(brokerId);
  }

  #crashed(brokerId: NodeId): void {
    const image = this.#image;
    if (image === undefined) return;
    this.#crashes.set(brokerId, image.brokers.get(brokerId)?.brokerEpoch ?? 0);
    this.#recovered.delete(brokerId);
    this.#judge(image);
  }

  /** Which partitions have their crashed replicas back, and which miss too many. */
  #judge(image: ClusterImage): void {
    for (const { key, state } of partitionsOf(image)) {
      const ghost = this.#world.ghost.partition(key);
      if (ghost === undefined || ghost.flushed) continue;
      const gone: NodeId[] = [];
      for (const [brokerId, epoch] of this.#crashes) {
        const recovered = this.#recovered.get(brokerId) ?? new Set<string>();
        this.#recovered.set(brokerId, recovered);
        const isBack = state.isr.includes(brokerId) && (image.brokers.get(brokerId)?.brokerEpoch ?? 0) > epoch;
        // What has no replica there could not lose one.
        const isElsewhere = !state.replicas.some((replica) => replica.brokerId === brokerId);
        if (isBack || isElsewhere) recovered.add(key);
        if (!recovered.has(key)) gone.push(brokerId);
      }
      if (gone.length > CRASHES_MAX)
        ghost.excuse(`brokers ${gone} crashed before they were back, isr ${state.isr} elr ${state.elr}`);
      else if (gone.length === 0 && state.leader !== NO_LEADER && state.isr.length === state.replicas.length)
        ghost.promiseAgain();
    }
  }

  #isWhole({ brokerId, brokerEpoch }: { readonly brokerId: NodeId; readonly brokerEpoch: number }): boolean {
    const image = this.#image;
    const broker = image?.brokers.get(brokerId);
    return broker !== undefined && broker.brokerEpoch > brokerEpoch && this.#hasFullIsr();
  }

  #hasFullIsr(): boolean {
    const image = this.#image;
    if (image === undefined) return false;
    for (const { key, state } of partitionsOf(image)) {
      if (this.#world.ghost.promised(key) === undefined) continue;
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
