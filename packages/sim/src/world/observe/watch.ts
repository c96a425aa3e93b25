import type { Broker } from '@moldau/broker';
import type { Controller } from '@moldau/controller';
import type { ClusterImage } from '@moldau/metadata';
import { INVARIANTS, QUORUM_INVARIANTS } from '../../checkers/index.ts';
import { newestImage } from '../../checkers/partition-state.ts';
import { coverageWatcher } from '../../coverage.ts';
import type { BrokerView, Observation } from '../../observation.ts';
import type { Machine } from '../machine.ts';
import type { World } from '../world.ts';
import { brokerView, changedReplicas } from './broker-view.ts';
import { noteCommitted } from './commit-ghosts.ts';
import { quorumView, type SeenQuorumView, sameQuorumView } from './quorum-view.ts';
import { topicGhosts } from './topic-ghosts.ts';

/** So often everything is judged again: for what becomes wrong by staying as it is. */
const FULL_LOOK_MS = 250;

type Check = (observation: Observation) => void;

/** One node's view, renewed only when the node has done something since. */
interface Watched<View> {
  activity: number;
  view: View | undefined;
}

/**
 * Looks at the world after each event and has the invariants judge what it sees. Most events change nothing that can be
 * seen, and most others one partition: only what has changed is judged again.
 */
export class Watch {
  readonly #world: World;
  readonly #all: readonly Check[];
  /** For steps in which no controller has changed. */
  readonly #withoutQuorum: readonly Check[];
  readonly #controllers = new Map<number, Watched<SeenQuorumView>>();
  readonly #brokers = new Map<number, Watched<BrokerView>>();
  /** Told of each newer committed metadata. */
  readonly imageListeners: ((image: ClusterImage) => void)[] = [];
  #observation: Observation;
  #quorumChanged = false;
  #fullLookMs = 0;
  /** Undefined: all. */
  #changed: Set<string> | undefined = new Set();

  constructor(world: World) {
    this.#world = world;
    const all = INVARIANTS.map((invariant) => ({ invariant, check: invariant.create() }));
    const tell = (image: ClusterImage): void => {
      for (const listener of this.imageListeners) listener(image);
    };
    this.#all = [
      topicGhosts(world.ghost, tell),
      noteCommitted,
      ...all.map(({ check }) => check),
      coverageWatcher(world.coverage),
    ];
    const others = all.filter(({ invariant }) => !QUORUM_INVARIANTS.includes(invariant));
    this.#withoutQuorum = [noteCommitted, ...others.map(({ check }) => check)];
    this.#observation = { nowMs: 0, quorum: [], brokers: [], ghost: world.ghost };
  }

  /** As of the last look. */
  get observation(): Observation {
    return this.#observation;
  }

  /** @throws InvariantViolation */
  look(): void {
    const { ghost, nowMs } = this.#world;
    if (nowMs >= this.#fullLookMs) {
      this.#fullLookMs = nowMs + FULL_LOOK_MS;
      this.#quorumChanged = true;
      this.#changed = undefined;
    }
    this.#renew(this.#changed === undefined);
    if (!this.#quorumChanged && this.#changed?.size === 0 && ghost.touched.size === 0 && !ghost.isAlarmed) return;
    ghost.isAlarmed = false;
    for (const key of ghost.touched) this.#changed?.add(key);
    ghost.touched.clear();
    this.#observation = {
      nowMs,
      quorum: views(this.#controllers),
      brokers: views(this.#brokers),
      ghost,
      newestImage: newestImage(this.#observation),
      changed: this.#changed,
    };
    const checks = this.#quorumChanged ? this.#all : this.#withoutQuorum;
    this.#quorumChanged = false;
    this.#changed = new Set();
    for (const check of checks) check(this.#observation);
  }

  #renew(forced: boolean): void {
    for (const [nodeId, machine] of this.#world.controllers) {
      const watched = watchedOf(this.#controllers, nodeId);
      if (!isActive(watched, machine)) continue;
      const view = machine.node && quorumView(nodeId, machine.lifeNumber, machine.node);
      const before = watched.view;
      if (!forced && before !== undefined && view !== undefined && sameQuorumView(before, view)) continue;
      watched.view = view;
      this.#quorumChanged = true;
      if (before?.image !== view?.image) this.#changed = undefined;
    }
    for (const [brokerId, machine] of this.#world.brokers) {
      const watched = watchedOf(this.#brokers, brokerId);
      if (!isActive(watched, machine)) continue;
      const before = watched.view;
      watched.view = machine.node && brokerView(brokerId, machine.lifeNumber, machine.node, this.#world);
      const changed = changedReplicas(before, watched.view);
      if (changed === undefined) this.#changed = undefined;
      else for (const key of changed) this.#changed?.add(key);
    }
  }
}

function watchedOf<View>(known: Map<number, Watched<View>>, nodeId: number): Watched<View> {
  let watched = known.get(nodeId);
  if (watched === undefined) {
    watched = { activity: -1, view: undefined };
    known.set(nodeId, watched);
  }
  return watched;
}

function isActive(watched: Watched<unknown>, { process }: Machine<Controller> | Machine<Broker>): boolean {
  if (watched.activity === process.activity) return false;
  watched.activity = process.activity;
  return true;
}

function views<View>(known: ReadonlyMap<number, Watched<View>>): View[] {
  const all: View[] = [];
  for (const { view } of known.values()) if (view !== undefined) all.push(view);
  return all;
}
