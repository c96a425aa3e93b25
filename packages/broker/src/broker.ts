import {
  assert,
  type BrokerEpoch,
  DiskError,
  type Logger,
  type MetricsSource,
  type NodeId,
  type Ports,
  type RpcListener,
} from '@moldau/base';
import type { LogDirectory, PartitionLog } from '@moldau/log';
import {
  brokerDynamicConfig,
  type ClusterDelta,
  type ClusterImage,
  type MetadataStore,
  SUPPORTED_FEATURES,
} from '@moldau/metadata';
import { ReplicaReport } from '@moldau/proto';
import { type BrokerHealthFact, brokerHealth } from './broker-health.ts';
import { brokerSamples } from './broker-metrics.ts';
import type { BrokerConfig, KafkaListenerConfig } from './config.ts';
import { BrokerCounters } from './counters.ts';
import type { DirectoryRoster } from './directory-roster.ts';
import { GroupCoordinator } from './groups/group-coordinator.ts';
import { GROUP_SETTINGS_DEFAULT } from './groups/group-settings.ts';
import { OffsetsTopic } from './groups/offsets-topic.ts';
import { type BrokerInspection, inspectPartition } from './inspection.ts';
import { KafkaCounters } from './kafka/kafka-counters.ts';
import type { KafkaDoor } from './kafka/kafka-door.ts';
import { openKafkaDoor } from './kafka/open-kafka-door.ts';
import { pause } from './lifecycle/backoff.ts';
import type { ControllerLink } from './lifecycle/controller-link.ts';
import { Lease } from './lifecycle/lease.ts';
import { Recurring } from './lifecycle/recurring.ts';
import { Registration, type RegistrationFacts } from './lifecycle/registration.ts';
import { MetadataObserver } from './metadata/metadata-observer.ts';
import type { PartitionContext } from './partition/partition-context.ts';
import type { BrokerView } from './partition/partition-leader.ts';
import { NO_BUGS, type PlantedBugs } from './planted-bugs.ts';
import { ReplicaManager } from './replica-manager.ts';
import { ReplicaReports } from './replica-reports.ts';
import { DiskReads } from './replication/disk-reads.ts';
import { IsrProposer } from './replication/isr-proposer.ts';
import { ReplicationClient } from './replication/replication-client.ts';
import { ReplicationQuotas } from './replication/replication-quotas.ts';
import { ReplicationServer } from './replication/replication-server.ts';
import { BatchPreparation } from './requests/batch-preparation.ts';
import { deleteRecordsHandler } from './requests/delete-records.ts';
import { describeConfigsHandler } from './requests/describe-configs.ts';
import { fetchHandler } from './requests/fetch-stream.ts';
import { forwardedHandlers } from './requests/forwarded-requests.ts';
import { groupHandlers } from './requests/group-requests.ts';
import { InFlightBytes } from './requests/in-flight-bytes.ts';
import { listOffsetsHandler } from './requests/list-offsets.ts';
import { metadataHandlers } from './requests/metadata-requests.ts';
import { produceHandler } from './requests/produce-stream.ts';
import { ProducerIds } from './requests/producer-ids.ts';
import type { RequestContext } from './requests/request-context.ts';
import { Turn } from './turn.ts';

/** How often deadlines of acks=all and of groups are looked at: a timeout is late by at most this. */
const ACK_SWEEP_MS = 100;
/** How often lag is looked at; the lag itself is a setting. */
const LAG_CHECK_MS = 1000;
const RETENTION_CHECK_MS = 30_000;
const CONTROLLED_SHUTDOWN_MS = 10_000;
/** Answers that are on their way when the broker stops. */
const LISTENER_GRACE_MS = 500;

/** What the start has opened for the broker to run on. */
export interface OpenedBroker {
  readonly clusterId: string;
  readonly image: ClusterImage;
  readonly store: MetadataStore;
  readonly closeStore: () => Promise<void>;
  /** Those that could be opened: at least one. */
  readonly directories: readonly LogDirectory[];
  /** Paths of those that could not. */
  readonly unopened: readonly string[];
  readonly roster: DirectoryRoster;
  readonly link: ControllerLink;
}

/** A running broker. Made by `start`. */
export class Broker {
  readonly metrics: MetricsSource;
  /** Asked by both doors. */
  readonly groups: GroupCoordinator;
  readonly #ports: Ports;
  readonly #logger: Logger;
  readonly #config: BrokerConfig;
  readonly #opened: OpenedBroker;
  readonly #bugs: PlantedBugs;
  readonly #lease = new Lease();
  readonly #counters = new BrokerCounters();
  readonly #kafkaCounters = new KafkaCounters();
  readonly #inFlight = new InFlightBytes();
  readonly #diskReads = new DiskReads();
  readonly #quotas: ReplicationQuotas;
  readonly #preparation: BatchPreparation;
  readonly #turn: Turn;
  readonly #observer: MetadataObserver;
  readonly #registration: Registration;
  readonly #replicas: ReplicaManager;
  readonly #reports: ReplicaReports;
  readonly #proposer: IsrProposer;
  readonly #client: ReplicationClient;
  readonly #server: ReplicationServer;
  readonly #producerIds: ProducerIds;
  readonly #recurring: Recurring;
  #listener: RpcListener | undefined;
  #kafka: KafkaDoor | undefined;
  #address = '';
  #isActive = false;
  #hasRegistered = false;
  /** Directories and roster know that the controller has heard what the start found. */
  #isReported = false;
  #reporting: Promise<void> = Promise.resolve();
  #isStopped = false;
  #closing: Promise<void> | undefined;

  constructor(ports: Ports, logger: Logger, config: BrokerConfig, opened: OpenedBroker) {
    const { nodeId } = config;
    const { link, clusterId, directories } = opened;
    this.#ports = ports;
    this.#logger = logger;
    this.#config = config;
    this.#opened = opened;
    this.#bugs = config.plantedBugs ?? NO_BUGS;
    this.#turn = new Turn(ports.timers, ports.stopProcess);
    this.#recurring = new Recurring(ports);
    this.#preparation = new BatchPreparation(ports);
    const brokerEpoch = (): BrokerEpoch | undefined => this.#registration.brokerEpoch;
    this.#observer = new MetadataObserver(ports, logger, link, opened.store, {
      nodeId,
      clusterId,
      image: opened.image,
      applied: (image, delta) => this.#applied(image, delta),
    });
    this.#registration = new Registration(ports, logger, link, this.#lease, {
      clusterId,
      facts: () => this.#facts(),
      status: () => ({ appliedOffset: this.#observer.image.offset, ready: this.#isActive }),
      events: {
        registered: () => this.#registered(),
        voided: () => this.#voided(),
        committed: (offset) => this.#observer.compare(offset),
      },
    });
    const settings = { ...GROUP_SETTINGS_DEFAULT, ...config.groups };
    this.groups = new GroupCoordinator(
      { ...ports, logger },
      new OffsetsTopic(this.#observer, link, settings),
      settings,
      this.#bugs,
    );
    this.#quotas = new ReplicationQuotas(ports, () => brokerDynamicConfig(this.#observer.image, nodeId));
    const context = this.#partitionContext();
    this.#replicas = new ReplicaManager(ports, logger, nodeId, context, directories, {
      follows: (partition) => this.#client.follow(partition),
      unfollows: (partition) => this.#client.unfollow(partition),
      leads: (partition) => this.groups.leads(partition),
      lost: (topicId, partition) => this.#reports.add(topicId, partition, 'offline'),
    });
    this.#reports = new ReplicaReports(ports, logger, link, nodeId, brokerEpoch);
    const { clock, timers, rpc } = ports;
    const counters = this.#counters;
    const turn = this.#turn;
    this.#proposer = new IsrProposer({ nodeId, clock, timers, logger, link, turn, brokerEpoch, counters });
    const brokerAddress = (id: NodeId): string | undefined => this.#observer.image.brokers.get(id)?.grpcAddress;
    this.#client = new ReplicationClient(ports, logger, {
      clusterId,
      nodeId,
      turn,
      bugs: this.#bugs,
      quotas: this.#quotas,
      brokerEpoch,
      brokerAddress,
    });
    this.#server = new ReplicationServer({
      clusterId,
      clock,
      timers,
      logger,
      rpc,
      partitions: context,
      diskReads: this.#diskReads,
      quotas: this.#quotas,
      partition: (topicId, partition) => this.#replicas.get(topicId, partition),
      ledPartitions: () => this.#replicas.led(),
      brokerAddress,
      brokerEpoch: (id) => this.#observer.image.brokers.get(id)?.brokerEpoch,
    });
    this.#producerIds = new ProducerIds(link, nodeId, brokerEpoch);
    this.metrics = { samples: () => this.#samples() };
  }

  /** `host:port` that others dial. */
  get address(): string {
    return this.#address;
  }

  /** `host:port` that Kafka clients dial; empty when it does not listen for them. */
  get kafkaAddress(): string {
    return this.#kafka?.address ?? '';
  }

  /** Listens, then lets the cluster know. Registration and catching up go on in the background: see {@link health}. */
  async open(): Promise<void> {
    // It failed before there was a broker to be told.
    for (const directory of this.#opened.directories) {
      if (directory.isOffline) this.directoryFailed(directory, directory.failure);
    }
    const { listenAddress, listenerName = 'grpc', advertisedAddress } = this.#config;
    this.#listener = await this.#ports.rpc.listen({
      address: listenAddress,
      listener: listenerName,
      handlers: [
        this.#server.handler(),
        produceHandler(this.#requestContext(), this.#inFlight),
        fetchHandler(this.#requestContext()),
        listOffsetsHandler(this.#requestContext()),
        deleteRecordsHandler(this.#requestContext()),
        describeConfigsHandler(this.#requestContext()),
        this.#producerIds.handler(),
        ...metadataHandlers(this.#observer, this.#opened.link, this.#requestContext().isCurrent),
        ...forwardedHandlers(this.#observer, this.#opened.link),
        ...groupHandlers(this.groups),
      ],
    });
    this.#address = advertisedAddress ?? this.#listener.address;
    this.#logger.info('listening', { address: this.#listener.address, advertised: this.#address });
    if (this.#config.kafka !== undefined) this.#kafka = await this.#openKafka(this.#config.kafka);
    this.#observer.start();
    this.#registration.run().catch(this.#ports.stopProcess);
    this.#recurring.every(ACK_SWEEP_MS, (stalledMs) => this.#sweep(stalledMs));
    this.#recurring.every(LAG_CHECK_MS, (stalledMs) => this.#checkLag(stalledMs));
    this.#recurring.every(this.#config.retentionCheckMs ?? RETENTION_CHECK_MS, () => this.#applyRetention());
  }

  /** What must hold before clients should be sent here. */
  health(): readonly BrokerHealthFact[] {
    return brokerHealth({
      brokerEpoch: this.#registration.brokerEpoch,
      fenced: this.#lease.fenced,
      isActive: this.#isActive,
      observer: this.#observer,
      offlineDirectories: this.#offlineDirectories(),
    });
  }

  /** For checkers: a picture of this moment. */
  inspect(): BrokerInspection {
    return {
      nodeId: this.#config.nodeId,
      brokerEpoch: this.#registration.brokerEpoch,
      fenced: this.#lease.fenced,
      leaseOver: this.#lease.over(this.#ports.clock.nowMs()),
      image: this.#observer.image,
      partitions: [...this.#replicas.partitions()].map((partition) =>
        inspectPartition(partition, this.#client.subscriptionsOf(partition)),
      ),
    };
  }

  /** `clean`: leadership moves first, and the logs are closed so that the next start need not recover. */
  close(options: { readonly clean: boolean } = { clean: true }): Promise<void> {
    this.#closing ??= this.#close(options.clean);
    return this.#closing;
  }

  /** A data directory's flush has ended. */
  flushed(logs: readonly PartitionLog[]): void {
    for (const log of logs) {
      const partition = this.#replicas.byLog(log);
      if (partition === undefined) continue;
      partition.flushed();
      this.#client.flushed(partition);
    }
  }

  /** A data directory has failed: what it holds is gone until the next start, which is to know when the process ends. */
  directoryFailed(directory: LogDirectory, reason: unknown, noted: Promise<void> = Promise.resolve()): void {
    this.#logger.error('a data directory has failed', { path: directory.path, err: reason });
    this.#replicas.directoryOffline(directory);
    if (this.#replicas.offlineDirectories < this.#opened.directories.length) return;
    noted.then(() => this.#ports.stopProcess(reason)).catch(this.#ports.stopProcess);
  }

  /** A read found bytes that are not as they were written. */
  logDamaged(log: PartitionLog): void {
    const { topicId, partition: number } = log.name;
    this.#logger.error('a replica is damaged', { topicId, partition: number, damagedAt: log.damagedAt });
    this.#reports.add(topicId, number, 'damaged');
    const partition = this.#replicas.byLog(log);
    // Found by a truncation: its follower subscribes anew when that has ended, and says then that it is damaged.
    if (partition?.role.kind !== 'follower' || partition.isChanging) return;
    this.#client.unfollow(partition);
    this.#client.follow(partition);
  }

  async #close(clean: boolean): Promise<void> {
    const { link, directories, closeStore } = this.#opened;
    if (clean && this.#registration.brokerEpoch !== undefined) {
      const waitMs = this.#config.controlledShutdownMs ?? CONTROLLED_SHUTDOWN_MS;
      await Promise.race([this.#registration.requestShutdown(), pause(this.#ports.timers, waitMs)]);
    }
    this.#isStopped = true;
    this.#recurring.stop();
    this.#replicas.close();
    this.#proposer.close();
    this.#reports.close();
    this.#client.close();
    this.#server.close();
    const grace = { graceMs: LISTENER_GRACE_MS };
    await Promise.all([this.#listener?.close(grace), this.#kafka?.close(grace)]);
    this.#registration.close();
    await this.#observer.close();
    link.close();
    await this.#reporting;
    await Promise.all(directories.map((directory) => directory.close({ clean })));
    await closeStore();
    this.#logger.info('closed', { clean });
  }

  #applied(image: ClusterImage, delta: ClusterDelta): void {
    for (const { brokerId, before, after } of delta.brokers) {
      if (brokerId === this.#config.nodeId) continue;
      if (before?.grpcAddress !== after?.grpcAddress) this.#client.reconnect(brokerId);
      // Unfenced, it may join now.
      for (const partition of this.#replicas.led()) {
        if (partition.leader?.replicas.includes(brokerId)) partition.progressed();
      }
    }
    this.#judgeFencing(image);
    if (this.#isActive) this.#replicas.apply(image, delta);
    else this.#activate();
    if (delta.topicsDeleted.length > 0) this.groups.topicsDeleted(delta.topicsDeleted.map(({ name }) => name));
  }

  #judgeFencing(image: ClusterImage): void {
    const { brokerEpoch } = this.#registration;
    const own = image.brokers.get(this.#config.nodeId);
    // Metadata that does not know the registration yet says nothing about it.
    if (brokerEpoch === undefined || image.offset < brokerEpoch) return;
    this.#lease.setFenced(own?.brokerEpoch !== brokerEpoch || own.fenced, this.#ports.clock.nowMs());
  }

  #registered(): void {
    this.#client.reconnect();
    if (this.#hasRegistered) {
      this.#activate();
      return;
    }
    this.#hasRegistered = true;
    this.#reporting = this.#verdictsReported().catch(this.#ports.stopProcess);
  }

  /**
   * Before anything is put into a directory: one that is missing, or that lost what it had, is not to pass for another
   * after the next start.
   */
  async #verdictsReported(): Promise<void> {
    for (const directory of this.#opened.directories) {
      try {
        await directory.reported();
      } catch (error) {
        // The directory is offline, and has said so.
        if (!(error instanceof DiskError)) throw error;
      }
    }
    await this.#opened.roster.registered();
    this.#isReported = true;
    if (!this.#isStopped) this.#activate();
  }

  #voided(): void {
    this.#isActive = false;
    this.#replicas.deactivate();
  }

  /** A broker leads only by records later than its own registration: it acts once it has applied that. */
  #activate(): void {
    const { brokerEpoch } = this.#registration;
    const { image } = this.#observer;
    if (this.#isActive || !this.#isReported || brokerEpoch === undefined || image.offset < brokerEpoch) return;
    this.#isActive = true;
    this.#judgeFencing(image);
    this.#replicas.activate(image);
    this.#registration.statusChanged();
  }

  #facts(): RegistrationFacts {
    const { nodeId, rack = '', host = '' } = this.#config;
    assert(this.#address !== '', 'a broker registers once it listens');
    const damaged: ReplicaReport[] = [];
    const directories = this.#opened.directories.map((directory) => {
      for (const log of directory.logs()) {
        if (log.damagedAt === undefined) continue;
        const { topicId, partition } = log.name;
        damaged.push(ReplicaReport.create({ topicId, partition, fault: 'damaged' }));
      }
      // A later registration of the same run has lost nothing since the first.
      const verdict = directory.isOffline ? 'damaged' : this.#hasRegistered ? 'clean' : directory.verdict;
      return { directoryId: directory.directoryId, verdict } as const;
    });
    const missing = this.#hasRegistered ? [] : this.#opened.roster.missing;
    const lost = missing.map((directoryId) => ({ directoryId, verdict: 'damaged' }) as const);
    const grpcAddress = this.#address;
    const { kafkaAddress } = this;
    const record = { brokerId: nodeId, grpcAddress, kafkaAddress, rack, host, directories: [...directories, ...lost] };
    return { record: { ...record, features: SUPPORTED_FEATURES }, damaged };
  }

  #partitionContext(): PartitionContext {
    return {
      nodeId: this.#config.nodeId,
      clock: this.#ports.clock,
      turn: this.#turn,
      lease: this.#lease,
      bugs: this.#bugs,
      counters: this.#counters,
      broker: (id) => this.#brokerView(id),
      lagMsMax: () => brokerDynamicConfig(this.#observer.image, this.#config.nodeId).replicaLagTimeMsMax,
      isFed: (partition) => this.#client.isFed(partition),
      propose: (partition) => this.#proposer.propose(partition),
      changed: (partition) => this.#replicas.changed(partition),
    };
  }

  #requestContext(): RequestContext {
    const { clock, checksum } = this.#ports;
    return {
      nodeId: this.#config.nodeId,
      givenConfigs: this.#config.givenConfigs ?? new Map<string, string>(),
      clock,
      checksum,
      logger: this.#logger,
      turn: this.#turn,
      bugs: this.#bugs,
      diskReads: this.#diskReads,
      preparation: this.#preparation,
      image: () => this.#observer.image,
      isCurrent: () => this.#isActive,
      partition: (topicId, partition) => this.#replicas.get(topicId, partition),
    };
  }

  /** @throws ListenError */
  async #openKafka(config: KafkaListenerConfig): Promise<KafkaDoor> {
    const context = { requests: this.#requestContext(), inFlight: this.#inFlight, observer: this.#observer };
    const { link, directories, unopened } = this.#opened;
    const behind = { ...context, link, directories, unopened, producerIds: this.#producerIds, groups: this.groups };
    return await openKafkaDoor(this.#ports, this.#logger, config, this.#kafkaCounters, behind);
  }

  #brokerView(id: NodeId): BrokerView | undefined {
    const broker = this.#observer.image.brokers.get(id);
    return broker && { epoch: broker.brokerEpoch, fenced: broker.fenced, shuttingDown: broker.shuttingDown };
  }

  #sweep(stalledMs: number): void {
    const nowMs = this.#ports.clock.nowMs();
    for (const partition of this.#replicas.led()) partition.expireAcks(nowMs);
    this.groups.sweep(stalledMs);
  }

  #checkLag(stalledMs: number): void {
    const nowMs = this.#ports.clock.nowMs();
    for (const partition of this.#replicas.led()) partition.tick(nowMs, stalledMs);
  }

  #applyRetention(): void {
    for (const directory of this.#opened.directories) if (!directory.isOffline) directory.applyRetention();
  }

  #offlineDirectories(): number {
    return this.#replicas.offlineDirectories + this.#opened.unopened.length;
  }

  #samples(): ReturnType<MetricsSource['samples']> {
    return brokerSamples({
      replicas: this.#replicas,
      directories: this.#opened.directories,
      offlineDirectories: this.#offlineDirectories(),
      counters: this.#counters,
      kafka: this.#kafkaCounters,
      groups: this.groups,
      inFlightBytes: this.#inFlight.bytes,
      diskReads: this.#diskReads.count,
      quotas: this.#quotas,
      waitingReplicas: this.#client.waitingReplicas,
      metadataLag: this.#observer.lag,
    });
  }
}
