import { type Ports, pureChecksum, type RpcStream, utf8Encode } from '@moldau/base';
import { partitionOf } from '@moldau/metadata';
import {
  ApiService,
  type FetchPush,
  FetchRequest,
  type ListOffsetsResult,
  ProduceItem,
  type ProduceRequest,
  type ProduceResult,
} from '@moldau/proto';
import { BatchBuilder, type BatchProducer, splitBatches } from '@moldau/records';
import {
  LogRing,
  openSimStore,
  Scheduler,
  SimClock,
  SimCompression,
  SimDisk,
  SimLogger,
  SimNetwork,
  SimProcess,
  SimRandom,
  SimTimers,
} from '@moldau/sim';
import { type Broker, type BrokerConfig, type PartitionInspection, start } from '../../src/index.ts';
import type { KafkaLimits } from '../../src/kafka/kafka-limits.ts';
import { KafkaTestClient } from './kafka-test-client.ts';
import { CLUSTER_ID, TinyController } from './tiny-controller.ts';

interface Node {
  readonly id: number;
  readonly host: string;
  readonly disk: SimDisk;
  readonly process: SimProcess;
  broker: Broker | undefined;
}

/** Brokers on simulated machines, a controller, and a client. */
export class BrokerWorld {
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly ring: LogRing;
  readonly failures: unknown[] = [];
  readonly controller: TinyController;
  readonly client: Ports;
  readonly #random: SimRandom;
  readonly #nodes = new Map<number, Node>();
  readonly #bugs: ReadonlySet<string>;
  readonly #config: Partial<BrokerConfig>;

  readonly #kafka: Partial<KafkaLimits> | undefined;

  /** `kafka`: brokers listen for Kafka clients, within these limits. */
  constructor(
    seed: string | number,
    bugs: readonly string[] = [],
    config: Partial<BrokerConfig> = {},
    kafka?: Partial<KafkaLimits>,
  ) {
    this.#kafka = kafka;
    this.#random = new SimRandom(seed);
    this.scheduler = new Scheduler(this.#random.fork('scheduler'));
    this.network = new SimNetwork(this.scheduler, this.#random.fork('network'));
    this.ring = new LogRing(this.scheduler);
    this.#bugs = new Set(bugs);
    this.#config = config;
    this.controller = new TinyController(this.#portsOf(this.#node(11, 'controller')));
    this.client = this.#portsOf(this.#node(99, 'client'));
  }

  /** Opens the controller, and brokers 1 to `count`, until all are unfenced. */
  async open(count: number): Promise<void> {
    await this.settle(this.controller.open('controller:19090'));
    for (let id = 1; id <= count; id++) await this.startBroker(id);
    await this.until(() => [...this.controller.image.brokers.values()].filter((each) => !each.fenced).length === count);
  }

  async startBroker(id: number, config: Partial<BrokerConfig> = {}): Promise<Broker> {
    const node = this.#nodes.get(id) ?? this.#node(id, `broker-${id}`);
    const ports = this.#portsOf(node);
    const broker = await this.settle(
      start(ports, {
        nodeId: id,
        clusterId: CLUSTER_ID,
        logDirectories: ['/data/log'],
        metadataDirectory: '/data/meta',
        listenAddress: `${node.host}:19100`,
        controllers: [this.controller.address],
        plantedBugs: this.#bugs,
        ...(this.#kafka && { kafka: { listenAddress: kafkaAddress(id), limits: this.#kafka } }),
        ...this.#config,
        ...config,
      }),
    );
    node.broker = broker;
    return broker;
  }

  kill(id: number): void {
    const node = this.node(id);
    node.process.kill();
    node.broker = undefined;
  }

  node(id: number): Node {
    const node = this.#nodes.get(id);
    if (node === undefined) throw new Error(`there is no node ${id}`);
    return node;
  }

  broker(id: number): Broker {
    const { broker } = this.node(id);
    if (broker === undefined) throw new Error(`broker ${id} does not run`);
    return broker;
  }

  replica(id: number, topicId: string, partition = 0): PartitionInspection | undefined {
    return this.node(id)
      .broker?.inspect()
      .partitions.find((each) => each.topicId === topicId && each.partition === partition);
  }

  /** Of that broker's replica, as metadata names it. */
  incarnation(topicId: string, brokerId: number, partition = 0): string {
    const state = partitionOf(this.controller.image, topicId, partition);
    return state?.replicas.find((replica) => replica.brokerId === brokerId)?.incarnationId ?? '';
  }

  settle<T>(promise: Promise<T>): Promise<T> {
    return this.scheduler.settle(promise, { eventsMax: 2_000_000 });
  }

  async run(ms: number): Promise<void> {
    await this.scheduler.run({ untilMs: this.scheduler.nowMs + ms });
    this.#check();
  }

  /** Runs until it holds. @throws when it does not within a virtual minute */
  async until(holds: () => boolean, withinMs = 60_000): Promise<void> {
    await this.scheduler.run({ until: holds, untilMs: this.scheduler.nowMs + withinMs });
    this.#check();
    if (!holds()) throw new Error(`it does not hold after ${withinMs} ms: ${this.describe()}`);
  }

  describe(): string {
    const brokers = [...this.#nodes.values()].flatMap(({ broker }) => (broker ? [broker.inspect()] : []));
    return JSON.stringify(brokers);
  }

  /** A Kafka client's connection to this broker. */
  kafka(id: number): KafkaTestClient {
    return new KafkaTestClient(this, kafkaAddress(id));
  }

  producer(id: number): TestProducer {
    return new TestProducer(this, `broker-${id}:19100`);
  }

  consumer(id: number): TestConsumer {
    return new TestConsumer(this, `broker-${id}:19100`);
  }

  async listOffset(id: number, topicId: string, timestamp: number, partition = 0): Promise<ListOffsetsResult> {
    const channel = this.client.rpc.connect(`broker-${id}:19100`, { purpose: 'client', clientId: 'test' });
    const items = [{ topicId, partition, leaderEpoch: -1, timestamp }];
    const { results } = await this.settle(channel.call(ApiService.listOffsets, { items }, { timeoutMs: 5000 }));
    const [result] = results;
    if (result === undefined) throw new Error('one answer for one question');
    return result;
  }

  #check(): void {
    if (this.failures.length > 0) throw this.failures[0];
  }

  #node(id: number, host: string): Node {
    const node: Node = {
      id,
      host,
      disk: new SimDisk(this.#random.fork(`disk-${id}`)),
      process: new SimProcess(this.scheduler, { name: host }),
      broker: undefined,
    };
    this.#nodes.set(id, node);
    return node;
  }

  #portsOf(node: Node): Ports {
    const life = node.process.start();
    const logger = new SimLogger(this.ring, node.host);
    const tag = `${node.host}-${this.scheduler.eventCount}`;
    const timers = new SimTimers(life, this.#random.fork(`timers-${tag}`));
    return {
      clock: new SimClock(life),
      timers,
      random: this.#random.fork(`ids-${tag}`),
      disk: node.disk.mount(life),
      rpc: this.network.join(life, node.host, logger),
      byteStreams: this.network.byteStreams(life, node.host),
      checksum: pureChecksum,
      compression: new SimCompression(timers, this.#random.fork(`compression-${tag}`)),
      logger,
      // A world keeps all that is logged.
      logThreshold: { level: 'debug' },
      openStore: (directory) => openSimStore(node.disk, life, directory),
      stopProcess: (reason) => {
        this.failures.push(reason);
        node.process.kill();
      },
    };
  }
}

function kafkaAddress(id: number): string {
  return `broker-${id}:9092`;
}

/** Encodes texts as one batch. */
export function batchOf(texts: readonly string[], producer?: BatchProducer): Uint8Array {
  const builder = new BatchBuilder(producer === undefined ? {} : { producer });
  for (const text of texts) builder.append({ key: null, value: utf8Encode(text), headers: [] }, 1000);
  return builder.finish(pureChecksum);
}

export class TestProducer {
  readonly results = new Map<number, ProduceResult>();
  readonly #world: BrokerWorld;
  readonly #stream: RpcStream<ProduceRequest>;
  closed: string | undefined;
  #correlation = 0;

  constructor(world: BrokerWorld, address: string) {
    this.#world = world;
    const channel = world.client.rpc.connect(address, { purpose: 'client', clientId: 'test' });
    this.#stream = channel.open(ApiService.produce, {
      onMessage: ({ results }) => {
        for (const result of results) this.results.set(result.correlation, result);
      },
      onReady: () => undefined,
      onClose: ({ code }) => {
        this.closed = code;
      },
    });
  }

  send(topicId: string, records: Uint8Array, item: Partial<ProduceItem> = {}): number {
    const correlation = ++this.#correlation;
    const sent = {
      topicId,
      leaderEpoch: -1,
      acks: -1,
      timeoutMs: 30_000,
      records: records.slice(),
      correlation,
      ...item,
    };
    this.#stream.send({ items: [ProduceItem.create(sent)] });
    return correlation;
  }

  /** Sends, and runs the world until the answer is there. */
  async produce(topicId: string, texts: readonly string[], item: Partial<ProduceItem> = {}): Promise<ProduceResult> {
    const correlation = this.send(topicId, batchOf(texts), item);
    return this.answer(correlation);
  }

  async answer(correlation: number): Promise<ProduceResult> {
    await this.#world.until(() => this.results.has(correlation) || this.closed !== undefined);
    const result = this.results.get(correlation);
    if (result === undefined) throw new Error(`the stream closed: ${this.closed}`);
    return result;
  }
}

export class TestConsumer {
  readonly pushes: FetchPush[] = [];
  readonly #stream: RpcStream<FetchRequest>;
  #number = 0;

  constructor(world: BrokerWorld, address: string) {
    const channel = world.client.rpc.connect(address, { purpose: 'client', clientId: 'test' });
    this.#stream = channel.open(ApiService.fetch, {
      onMessage: ({ pushes }) => this.pushes.push(...pushes),
      onReady: () => undefined,
      onClose: () => undefined,
    });
  }

  subscribe(
    topicId: string,
    of: { readonly offset: number; readonly creditBytes?: number; readonly lastFetchedEpoch?: number },
  ): void {
    const { offset, creditBytes = 1_000_000, lastFetchedEpoch = -1 } = of;
    const subscription = ++this.#number;
    const subscribe = [{ subscription, topicId, partition: 0, offset, leaderEpoch: -1, lastFetchedEpoch, creditBytes }];
    this.#stream.send(FetchRequest.create({ subscribe }));
  }

  credit(subscription: number, creditBytes: number): void {
    this.#stream.send(FetchRequest.create({ credit: [{ subscription, creditBytes }] }));
  }

  /** Records received. */
  count(): number {
    return this.pushes
      .flatMap((push) => splitBatches(push.records))
      .reduce((sum, each) => sum + each.header.recordCount, 0);
  }
}
