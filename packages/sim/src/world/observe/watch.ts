import type { Broker } from '@moldau/broker';
import type { Controller } from '@moldau/controller';
import { INVARIANTS } from '../../checkers/index.ts';
import { coverageWatcher } from '../../coverage.ts';
import type { BrokerView, Observation, QuorumView } from '../../observation.ts';
import type { Machine } from '../machine.ts';
import type { World } from '../world.ts';
import { brokerView } from './broker-view.ts';
import { quorumView } from './quorum-view.ts';
import { topicGhosts } from './topic-ghosts.ts';

/** One node's view, renewed only when the node has done something since. */
interface Watched<View> {
  activity: number;
  view: View | undefined;
}

/** Looks at the world after each event and has all invariants judge what it sees. */
export class Watch {
  readonly #world: World;
  readonly #checks: readonly ((observation: Observation) => void)[];
  readonly #controllers = new Map<number, Watched<QuorumView>>();
  readonly #brokers = new Map<number, Watched<BrokerView>>();
  #observation: Observation;

  constructor(world: World) {
    this.#world = world;
    this.#checks = [
      topicGhosts(world.ghost),
      ...INVARIANTS.map((invariant) => invariant.create()),
      coverageWatcher(world.coverage),
    ];
    this.#observation = { nowMs: 0, quorum: [], brokers: [], ghost: world.ghost };
  }

  /** As of the last look. */
  get observation(): Observation {
    return this.#observation;
  }

  /** @throws InvariantViolation */
  look(): void {
    if (!this.#renew()) return;
    for (const check of this.#checks) check(this.#observation);
  }

  #renew(): boolean {
    let changed = false;
    for (const [nodeId, machine] of this.#world.controllers) {
      changed =
        renew(this.#controllers, nodeId, machine, (node) => quorumView(nodeId, machine.lifeNumber, node)) || changed;
    }
    for (const [nodeId, machine] of this.#world.brokers) {
      changed =
        renew(this.#brokers, nodeId, machine, (node) => brokerView(nodeId, machine.lifeNumber, node)) || changed;
    }
    if (!changed) return false;
    this.#observation = {
      nowMs: this.#world.nowMs,
      quorum: views(this.#controllers),
      brokers: views(this.#brokers),
      ghost: this.#world.ghost,
    };
    return true;
  }
}

function renew<Node extends Controller | Broker, View extends QuorumView | BrokerView>(
  known: Map<number, Watched<View>>,
  nodeId: number,
  machine: Machine<Node>,
  look: (node: Node) => View | undefined,
): boolean {
  let watched = known.get(nodeId);
  if (watched === undefined) {
    watched = { activity: -1, view: undefined };
    known.set(nodeId, watched);
  }
  const { activity } = machine.process;
  if (watched.activity === activity) return false;
  watched.activity = activity;
  watched.view = machine.node && look(machine.node);
  return true;
}

function views<View>(known: ReadonlyMap<number, Watched<View>>): View[] {
  const all: View[] = [];
  for (const { view } of known.values()) if (view !== undefined) all.push(view);
  return all;
}
