import { type NodeId, RequestError, RpcError, randomInteger } from '@moldau/base';
import { type ClusterImage, topicById } from '@moldau/metadata';
import { ControllerService, type DirectoryVerdict } from '@moldau/proto';
import { type ControllerNode, TestBroker, type World } from './world.ts';

const RETRY_MS = 100;

/**
 * A broker that looks after itself: finds the active controller, registers again when it must, follows whoever answers,
 * and proposes in-sync sets for what it leads, as leaders do: whoever is active may have caught up.
 */
export class Autopilot {
  readonly broker: TestBroker;
  readonly #world: World;
  #verdict: DirectoryVerdict = 'new';
  #life = 0;

  constructor(world: World, brokerId: NodeId) {
    this.#world = world;
    this.broker = new TestBroker(world, brokerId);
    this.broker.onFollowEnd = () => this.#later(() => this.#follow());
  }

  async start(): Promise<void> {
    this.#life++;
    await this.broker.boot();
    this.broker.epoch = -1;
    this.#follow();
    this.#tend();
  }

  /** @param verdict what the next start finds on its disk */
  kill(verdict: DirectoryVerdict): void {
    this.#verdict = verdict;
    this.broker.kill();
  }

  #later(run: () => void, delayMs: number = RETRY_MS): void {
    const life = this.#life;
    this.#world.scheduler.after(delayMs, () => {
      if (life === this.#life && this.broker.process.running) run();
    });
  }

  #pick(): ControllerNode | undefined {
    const nodes = [...this.#world.nodes.values()];
    return nodes[randomInteger(this.#world.random, 0, nodes.length)];
  }

  #follow(): void {
    const node = this.#pick();
    if (node !== undefined) this.broker.follow(node);
  }

  #tend(): void {
    this.#attend()
      .catch((error: unknown) => {
        if (!(error instanceof RequestError) && !(error instanceof RpcError)) throw error;
      })
      .finally(() => this.#later(() => this.#tend()));
  }

  async #attend(): Promise<void> {
    const { broker } = this;
    const { active } = this.#world;
    if (active === undefined) return;
    if (
      broker.epoch === -1 ||
      broker.lastError === 'STALE_BROKER_EPOCH' ||
      broker.lastError === 'BROKER_ID_NOT_REGISTERED'
    ) {
      await broker.register(active, { verdict: this.#verdict });
      broker.lastResponse = undefined;
      this.#verdict = 'crashed-intact';
    }
    if (!broker.beating) broker.beat(active);
    await this.#propose(active);
  }

  async #propose(to: ControllerNode): Promise<void> {
    const { broker } = this;
    const { image } = broker;
    if (image.offset < broker.epoch) return;
    const partitions = [...ledBy(image, broker.brokerId)].map(
      ({ topicId, partition, leaderEpoch, partitionEpoch, replicas }) => ({
        topicId,
        partition,
        leaderEpoch,
        partitionEpoch,
        isr: replicas
          .filter(
            ({ brokerId }) =>
              brokerId === broker.brokerId ||
              (image.brokers.get(brokerId)?.fenced === false && this.#world.random.chance(0.7)),
          )
          .map(({ brokerId }) => ({ brokerId, brokerEpoch: image.brokers.get(brokerId)?.brokerEpoch ?? -1 })),
      }),
    );
    if (partitions.length === 0) return;
    await broker
      .channel(to)
      .call(
        ControllerService.alterPartition,
        { brokerId: broker.brokerId, brokerEpoch: broker.epoch, partitions },
        { timeoutMs: 1_000 },
      );
  }
}

function* ledBy(image: ClusterImage, brokerId: NodeId): Iterable<ReturnType<typeof partitionsOf>[number]> {
  for (const { topicId } of image.topics.values())
    for (const partition of partitionsOf(image, topicId)) if (partition.leader === brokerId) yield partition;
}

function partitionsOf(image: ClusterImage, topicId: string) {
  return topicById(image, topicId)?.partitions ?? [];
}
