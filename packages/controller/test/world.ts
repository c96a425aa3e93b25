import {
  errorCodeFromNumber,
  type MetadataOffset,
  type NodeId,
  type Ports,
  pureChecksum,
  type RpcChannel,
  type RpcStream,
  randomUuid,
} from '@moldau/base';
import {
  advanceImage,
  applyBatch,
  type ClusterImage,
  decodeBatch,
  EMPTY_IMAGE,
  SnapshotLoader,
} from '@moldau/metadata';
import {
  ControllerService,
  type DirectoryVerdict,
  type FollowMetadataRequest,
  type FollowMetadataResponse,
  type HeartbeatRequest,
  type HeartbeatResponse,
  type ReplicaReport,
} from '@moldau/proto';
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
import { type Controller, type ControllerConfig, start } from '../src/index.ts';

const HEARTBEAT_MS = 200;

/** Some controllers and stand-ins for brokers, in virtual time. */
export class World {
  readonly random: SimRandom;
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly ring: LogRing;
  readonly stops: string[] = [];
  readonly nodes = new Map<NodeId, ControllerNode>();

  constructor(seed: number, controllerIds: readonly NodeId[], config: Partial<ControllerConfig> = {}) {
    this.random = new SimRandom(seed);
    this.scheduler = new Scheduler(this.random.fork('scheduler'));
    this.network = new SimNetwork(this.scheduler, this.random.fork('network'));
    this.ring = new LogRing(this.scheduler);
    const voters = controllerIds.map((nodeId) => ({ nodeId, address: controllerAddress(nodeId) }));
    for (const nodeId of controllerIds)
      this.nodes.set(nodeId, new ControllerNode(this, nodeId, { ...config, initialVoters: voters }));
  }

  /** A node that is no voter of the first quorum. */
  addNode(nodeId: NodeId): ControllerNode {
    const initialVoters = [...this.nodes.values()].map(({ nodeId: id, address }) => ({ nodeId: id, address }));
    const node = new ControllerNode(this, nodeId, { initialVoters });
    this.nodes.set(nodeId, node);
    return node;
  }

  ports(process: SimProcess, disk: SimDisk): { readonly ports: Ports; readonly life: ReturnType<SimProcess['start']> } {
    const life = process.start();
    const logger = new SimLogger(this.ring, process.name);
    const random = this.random.fork(`${process.name}/${this.scheduler.eventCount}`);
    const timers = new SimTimers(life, random.fork('timers'));
    const ports: Ports = {
      clock: new SimClock(life),
      timers,
      random,
      disk: disk.mount(life),
      rpc: this.network.join(life, process.name, logger),
      byteStreams: this.network.byteStreams(life, process.name),
      checksum: pureChecksum,
      compression: new SimCompression(timers, random.fork('compression')),
      logger,
      // A world keeps all that is logged.
      logThreshold: { level: 'debug' },
      openStore: (directory) => openSimStore(disk, life, directory),
      stopProcess: (reason) => {
        this.stops.push(`${process.name}: ${reason instanceof Error ? reason.stack : String(reason)}`);
        if (process.running) process.kill();
      },
    };
    return { ports, life };
  }

  async startAll(): Promise<void> {
    for (const node of this.nodes.values()) await this.settle(node.start());
  }

  settle<T>(promise: Promise<T>): Promise<T> {
    return this.scheduler.settle(promise);
  }

  /** Runs the world until it is true; fails with the last events when it does not become true in time. */
  async until(what: string, condition: () => boolean, withinMs = 20_000): Promise<number> {
    const startMs = this.scheduler.nowMs;
    const end = await this.scheduler.run({
      until: () => condition() || this.stops.length > 0,
      untilMs: startMs + withinMs,
    });
    if (this.stops.length > 0 || end !== 'until') {
      throw new Error(
        [`${what}: not within ${withinMs} ms`, ...this.stops, ...this.ring.lines().slice(-40)].join('\n'),
      );
    }
    return this.scheduler.nowMs - startMs;
  }

  async run(durationMs: number): Promise<void> {
    await this.scheduler.run({ untilMs: this.scheduler.nowMs + durationMs });
    if (this.stops.length > 0) throw new Error(this.stops.join('\n'));
  }

  get active(): ControllerNode | undefined {
    return [...this.nodes.values()].find((node) => node.controller?.inspect().active === true && node.process.running);
  }

  /** Waits for an active controller that has founded the cluster. */
  async activeNode(): Promise<ControllerNode> {
    await this.until('an active controller', () => (this.active?.image.clusterId ?? '') !== '');
    const { active } = this;
    if (active === undefined) throw new Error('no controller is active');
    return active;
  }
}

function controllerAddress(nodeId: NodeId): string {
  return `controller-${nodeId}:9090`;
}

export class ControllerNode {
  readonly nodeId: NodeId;
  readonly address: string;
  readonly process: SimProcess;
  readonly disk: SimDisk;
  readonly #world: World;
  readonly #config: ControllerConfig;
  controller: Controller | undefined;

  constructor(
    world: World,
    nodeId: NodeId,
    config: Partial<ControllerConfig> & Pick<ControllerConfig, 'initialVoters'>,
  ) {
    this.#world = world;
    this.nodeId = nodeId;
    this.address = controllerAddress(nodeId);
    this.process = new SimProcess(world.scheduler, { name: `controller-${nodeId}` });
    this.disk = new SimDisk(world.random.fork(`disk-${nodeId}`));
    this.#config = { nodeId, directory: '/data', listenAddress: this.address, ...config };
  }

  get image(): ClusterImage {
    return this.controller?.inspect().image ?? EMPTY_IMAGE;
  }

  async start(): Promise<void> {
    this.controller = undefined;
    const { ports } = this.#world.ports(this.process, this.disk);
    this.controller = await start(ports, this.#config);
  }

  kill(): void {
    this.process.kill();
    this.controller = undefined;
  }
}

/** What a message took from the credit: the bytes of its batches, and 64 for each. */
function costBytes({ part }: FollowMetadataResponse): number {
  if (part?.kind === 'snapshot') return part.value.batch.length + 64;
  return part?.value.batches.reduce((sum, { batch }) => sum + batch.length + 64, 0) ?? 0;
}

/** Registers, sends heartbeats, follows the metadata; holds no records. */
export class TestBroker {
  readonly brokerId: NodeId;
  readonly process: SimProcess;
  readonly address: string;
  readonly #world: World;
  readonly #disk: SimDisk;
  directoryId: string;
  epoch = -1;
  image: ClusterImage = EMPTY_IMAGE;
  lastResponse: HeartbeatResponse | undefined;
  snapshots = 0;
  ready = true;
  wantsShutdown = false;
  closeReason = '';
  /** After each batch that changed facts. */
  onApplied: (before: ClusterImage, after: ClusterImage) => void = () => undefined;
  onFollowEnd: () => void = () => undefined;
  #sequence = 0;
  #ports: Ports | undefined;
  #heartbeats: RpcStream<HeartbeatRequest> | undefined;
  #loader: SnapshotLoader | undefined;

  constructor(world: World, brokerId: NodeId, port = 9100) {
    this.#world = world;
    this.brokerId = brokerId;
    this.address = `broker-${brokerId}:${port}`;
    this.process = new SimProcess(world.scheduler, { name: `broker-${brokerId}` });
    this.#disk = new SimDisk(world.random.fork(`disk-broker-${brokerId}`));
    this.directoryId = `directory-${brokerId}`;
  }

  /** Starts the process, so that its address answers; nothing is registered. */
  async boot(): Promise<void> {
    const { ports } = this.#world.ports(this.process, this.#disk);
    this.#ports = ports;
    this.image = EMPTY_IMAGE;
    this.lastResponse = undefined;
    this.wantsShutdown = false;
    await ports.rpc.listen({ address: this.address, listener: 'GRPC', handlers: [] });
  }

  channel(to: ControllerNode, purpose = 'control'): RpcChannel {
    if (this.#ports === undefined) throw new Error('the broker has not started');
    return this.#ports.rpc.connect(to.address, { purpose, clientId: `broker-${this.brokerId}` });
  }

  async register(
    to: ControllerNode,
    options: {
      verdict?: DirectoryVerdict;
      damaged?: readonly ReplicaReport[];
      clusterId?: string;
      incarnationId?: string;
    } = {},
  ): Promise<number> {
    const response = await this.channel(to).call(
      ControllerService.registerBroker,
      {
        clusterId: options.clusterId ?? '',
        registration: {
          brokerId: this.brokerId,
          incarnationId: options.incarnationId ?? randomUuid(this.#world.random),
          grpcAddress: this.address,
          kafkaAddress: '',
          rack: '',
          host: '',
          directories: [{ directoryId: this.directoryId, verdict: options.verdict ?? 'clean' }],
          features: [{ name: 'metadata.version', minLevel: 1, maxLevel: 1 }],
          brokerEpoch: 0,
        },
        damaged: options.damaged ?? [],
      },
      { timeoutMs: 5_000 },
    );
    this.epoch = response.brokerEpoch;
    return response.brokerEpoch;
  }

  /** Boots, registers, and follows until it is unfenced. */
  async join(to: ControllerNode, options: { verdict?: DirectoryVerdict } = {}): Promise<void> {
    await this.#world.settle(this.boot());
    await this.#world.settle(this.register(to, options));
    this.connect(to);
    await this.#world.until(`broker ${this.brokerId} unfenced`, () => this.lastResponse?.fenced === false);
  }

  connect(to: ControllerNode): void {
    this.follow(to);
    this.beat(to);
  }

  beat(to: ControllerNode): void {
    const ports = this.#ports;
    if (ports === undefined) return;
    const stream = this.channel(to, 'heartbeat').open(ControllerService.heartbeat, {
      onMessage: (response) => {
        this.lastResponse = response;
      },
      onReady: () => undefined,
      onClose: () => {
        if (this.#heartbeats === stream) this.#heartbeats = undefined;
      },
    });
    this.#heartbeats = stream;
    const send = (): void => {
      if (this.#heartbeats !== stream) return;
      stream.send({
        brokerId: this.brokerId,
        brokerEpoch: this.epoch,
        sequence: ++this.#sequence,
        appliedOffset: this.image.offset,
        ready: this.ready,
        wantsShutdown: this.wantsShutdown,
      });
      ports.timers.after(HEARTBEAT_MS, send);
    };
    send();
  }

  get beating(): boolean {
    return this.#heartbeats !== undefined;
  }

  follow(to: ControllerNode, from: { offset: MetadataOffset; epoch: number } = this.image, clusterId = ''): void {
    const stream: RpcStream<FollowMetadataRequest> = this.channel(to, 'metadata').open(
      ControllerService.followMetadata,
      {
        onMessage: (response) => {
          this.#received(response);
          stream.send({
            clusterId: '',
            nodeId: this.brokerId,
            appliedOffset: 0,
            appliedEpoch: 0,
            creditBytes: costBytes(response),
          });
        },
        onReady: () => undefined,
        onClose: ({ message }) => {
          this.closeReason = message;
          this.onFollowEnd();
        },
      },
    );
    stream.send({
      clusterId,
      nodeId: this.brokerId,
      appliedOffset: from.offset,
      appliedEpoch: from.epoch,
      creditBytes: 64,
    });
  }

  kill(): void {
    this.process.kill();
    this.#heartbeats = undefined;
  }

  #received({ part }: FollowMetadataResponse): void {
    if (part?.kind === 'snapshot') {
      const { offset, epoch, batch, last } = part.value;
      if (this.#loader?.at.offset !== offset) this.#loader = new SnapshotLoader({ offset, epoch });
      this.#loader.add(decodeBatch(batch));
      if (!last) return;
      this.image = this.#loader.finish();
      this.#loader = undefined;
      this.snapshots++;
    } else if (part?.kind === 'batches') {
      for (const { offset, epoch, batch } of part.value.batches) {
        const before = this.image;
        this.image =
          batch.length === 0
            ? advanceImage(before, { offset, epoch })
            : applyBatch(before, decodeBatch(batch), { offset, epoch }).image;
        this.onApplied(before, this.image);
      }
    }
  }

  get lastError(): string | undefined {
    const code = this.lastResponse?.errorCode ?? 0;
    return code === 0 ? undefined : errorCodeFromNumber(code);
  }
}
