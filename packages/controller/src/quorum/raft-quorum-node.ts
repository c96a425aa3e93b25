import {
  assert,
  type ClusterId,
  MalformedBytesError,
  type MetadataOffset,
  type MetricsSource,
  NO_LEADER,
  type NodeId,
  type Ports,
  RequestError,
  type RpcHandler,
  randomUuid,
} from '@moldau/base';
import type { FeatureRange, QuorumMessage } from '@moldau/proto';
import {
  ANY_DIRECTORY,
  type Entry,
  foundingEntry,
  type Input,
  type Output,
  type PlantedRaftBug,
  RAFT_LIMITS,
  Raft,
  type RaftLimits,
  type RecoveredState,
  type Replica,
  type ReplicaKey,
  type SnapshotMeta,
} from '@moldau/raft';
import type { QuorumListener, QuorumNode, QuorumState, VoterFeatures } from '../quorum-node.ts';
import { ClusterCheck } from './cluster-check.ts';
import { ElectionTimer } from './election-timer.ts';
import { describeVoters, type VoterAddress } from './formation.ts';
import { FormationRunner } from './formation-runner.ts';
import { askWhoItIs } from './introduce.ts';
import { fromWire } from './message-codec.ts';
import { PeerLinks } from './peer-links.ts';
import { Proposals } from './proposals.ts';
import { quorumHandlers } from './quorum-handlers.ts';
import { quorumMetrics } from './quorum-metrics.ts';
import { QuorumStorage } from './quorum-storage.ts';
import { proposedOrThrow } from './refusals.ts';
import { SnapshotPacer } from './snapshot-pacer.ts';
import { StorageQueue } from './storage-queue.ts';

export type QuorumPorts = Pick<
  Ports,
  'clock' | 'timers' | 'random' | 'disk' | 'rpc' | 'checksum' | 'logger' | 'stopProcess'
>;

export interface RaftQuorumConfig {
  readonly nodeId: NodeId;
  /** The quorum keeps its files in `quorum/` below it. */
  readonly directory: string;
  /** Of a new quorum, which makes one up without; a directory of another cluster is refused. */
  readonly clusterId: ClusterId | undefined;
  /** What the state machine above can run with; other nodes ask. */
  readonly features: readonly FeatureRange[];
  readonly limits?: Partial<RaftLimits>;
  /** The log is trimmed by whole files of about this size. Default 16 MiB. */
  readonly logFileBytes?: number;
  /** Entries applied between two snapshots, at most. Default 20,000. */
  readonly snapshotEntries?: number;
  /** Their payload, at most. Default 64 MiB. */
  readonly snapshotBytes?: number;
  /** Tests only. */
  readonly plantedBugs?: ReadonlySet<PlantedRaftBug>;
}

/**
 * One node of the quorum: performs what the {@link Raft} machine says, over the ports.
 *
 *   opened -> forming -> running -> closed     (closed from each)
 */
export class RaftQuorumNode implements QuorumNode {
  readonly handlers: readonly RpcHandler[];
  readonly metrics: MetricsSource = {
    samples: () =>
      quorumMetrics(this.state, {
        appliedIndex: this.#appliedIndex,
        snapshotIndex: this.#snapshotIndex,
        proposals: this.#proposals.count,
        logBytes: this.#storage.logBytes,
        droppedCount: this.#links.droppedCount,
        rejectedCount: this.#clusterCheck.rejections,
      }),
  };
  readonly #ports: QuorumPorts;
  readonly #config: RaftQuorumConfig;
  readonly #limits: RaftLimits;
  readonly #listener: QuorumListener;
  readonly #storage: QuorumStorage;
  readonly #storageQueue: StorageQueue;
  readonly #timer: ElectionTimer;
  readonly #links: PeerLinks;
  readonly #proposals = new Proposals();
  readonly #formation: FormationRunner;
  readonly #clusterCheck: ClusterCheck;
  #recovered: RecoveredState;
  #raft: Raft | undefined;
  #leading = false;
  #flushScheduled = false;
  #appliedIndex: MetadataOffset;
  #snapshotIndex: MetadataOffset;
  readonly #snapshotPacer: SnapshotPacer;
  #takingSnapshot = false;
  #handoverWaiters: (() => void)[] = [];
  #closed = false;

  private constructor(
    ports: QuorumPorts,
    config: RaftQuorumConfig,
    listener: QuorumListener,
    disk: { readonly storage: QuorumStorage; readonly recovered: RecoveredState },
  ) {
    this.#ports = ports;
    this.#config = config;
    this.#limits = { ...RAFT_LIMITS, ...config.limits };
    this.#listener = listener;
    this.#storage = disk.storage;
    this.#recovered = disk.recovered;
    this.#snapshotIndex = disk.recovered.snapshot?.index ?? 0;
    this.#appliedIndex = this.#snapshotIndex;
    this.#storageQueue = new StorageQueue(
      disk.storage,
      ports,
      { answer: (input) => this.#step(input), onInstalled: ({ state, index }) => this.#load(state, index) },
      { answersBeforeSync: config.plantedBugs?.has('vote-not-fsynced') ?? false },
    );
    this.#timer = new ElectionTimer(ports.clock, ports.timers, (lagMs) => this.#onDeadline(lagMs));
    this.#links = new PeerLinks(ports, {
      nodeId: config.nodeId,
      onGone: (address) => this.#onGone(address),
    });
    this.#snapshotPacer = new SnapshotPacer(ports.random, {
      entries: config.snapshotEntries,
      bytes: config.snapshotBytes,
    });
    this.#formation = new FormationRunner(ports, disk.storage.meta, config.features);
    this.#clusterCheck = new ClusterCheck(ports, {
      nodeId: config.nodeId,
      directory: `${config.directory}/quorum`,
      hasLeader: () => this.state.leaderId !== NO_LEADER,
    });
    this.handlers = quorumHandlers(ports.timers, {
      introduce: () => this.#formation.introduce(this.#storage.meta.clusterId),
      deliver: (message) => this.#deliver(message),
    });
  }

  /**
   * Takes the directory and gives the state machine its newest snapshot. The node takes part after {@link start}.
   *
   * @throws QuorumDirectoryError, DiskError
   */
  static async open(ports: QuorumPorts, config: RaftQuorumConfig, listener: QuorumListener): Promise<RaftQuorumNode> {
    const { nodeId, clusterId, logFileBytes } = config;
    const directory = `${config.directory}/quorum`;
    const { snapshot, ...disk } = await QuorumStorage.open(ports, { directory, nodeId, clusterId, logFileBytes });
    if (snapshot !== undefined) listener.onSnapshot(snapshot.state);
    return new RaftQuorumNode(ports, config, listener, disk);
  }

  /**
   * Founds or joins the quorum when the directory is new, which waits for other nodes, then takes part. The handlers
   * must be served by then.
   *
   * @param options.address where the others reach this node
   * @param options.voters of a new quorum, and where to ask for the leader; the log and the nodes themselves know better
   */
  async start(options: { readonly address: string; readonly voters: readonly VoterAddress[] }): Promise<void> {
    assert(this.#raft === undefined && !this.#closed, 'a node is started once');
    const { voters } = options;
    this.#links.configure(voters);
    this.#formation.configure(describeVoters(voters));
    if (this.#storage.meta.clusterId === undefined) await this.#form(voters);
    if (this.#closed) return;
    const { nodeId, directoryId, clusterId } = this.#storage.meta;
    assert(clusterId !== undefined, 'a formed node belongs to a cluster');
    const contacts = voters.map((voter) => ({ ...voter, directoryId: ANY_DIRECTORY }));
    const self: Replica = { nodeId, directoryId, address: options.address };
    const plantedBugs = this.#config.plantedBugs ?? new Set<PlantedRaftBug>();
    const config = { clusterId, self, contacts, limits: this.#limits, plantedBugs };
    this.#raft = new Raft(config, this.#ports.random, this.#recovered, this.#ports.clock.nowMs());
    this.#recovered = { ...this.#recovered, entries: [] };
    this.#clusterCheck.start(clusterId, voters);
    this.#step({ kind: 'flush' });
  }

  get state(): QuorumState {
    const status = this.#raft?.status;
    if (status === undefined) {
      const { snapshot, hardState } = this.#recovered;
      return {
        role: 'observer',
        leaderId: NO_LEADER,
        term: hardState.term,
        commitIndex: snapshot?.index ?? 0,
        voters: snapshot?.voters ?? [],
        logEnd: snapshot?.index ?? 0,
        followers: [],
      };
    }
    const { role, leader, term, commitIndex, voters, lastIndex } = status;
    return {
      role,
      leaderId: leader?.nodeId ?? NO_LEADER,
      ...(leader === undefined ? {} : { leaderAddress: this.#links.addressOf(leader) }),
      term,
      commitIndex,
      voters,
      logEnd: lastIndex,
      followers: this.#raft?.followers() ?? [],
    };
  }

  get clusterId(): ClusterId | undefined {
    return this.#storage.meta.clusterId;
  }

  get directoryId(): string {
    return this.#storage.meta.directoryId;
  }

  get complaint(): string | undefined {
    return this.#clusterCheck.complaint;
  }

  /** The machine, for checkers and for what describes the quorum; nobody else steps it. Undefined until it runs. */
  get machine(): Pick<Raft, 'status' | 'entryAt' | 'termAt' | 'followers'> | undefined {
    return this.#raft;
  }

  propose(payload: Uint8Array): { readonly index: MetadataOffset; readonly committed: Promise<void> } {
    if (!this.#leading) throw new RequestError('NOT_CONTROLLER', 'this node does not lead the quorum');
    return this.#proposed({ kind: 'propose', payload });
  }

  async addVoter(voter: Replica): Promise<void> {
    await this.#proposed({ kind: 'addVoter', voter }).committed;
  }

  async removeVoter(voter: ReplicaKey): Promise<void> {
    await this.#proposed({ kind: 'removeVoter', voter }).committed;
  }

  voterFeatures(): Promise<readonly VoterFeatures[]> {
    return Promise.all(
      this.state.voters.map(async (voter) => {
        const { nodeId, directoryId } = voter;
        if (directoryId === this.directoryId) return { nodeId, features: this.#config.features };
        const address = this.#links.addressOf(voter);
        const answer = await askWhoItIs(this.#ports, this.#config, { nodeId, address });
        return { nodeId, features: answer?.directoryId === directoryId ? answer.features : undefined };
      }),
    );
  }

  async transferLeadership(): Promise<void> {
    const outputs = this.#stepForOutputs({ kind: 'transferLeadership' });
    if (outputs.some(({ kind }) => kind === 'refused')) proposedOrThrow(outputs);
    await this.#leadershipLeft();
    if (this.#leading) throw new RequestError('REQUEST_TIMED_OUT', 'no other voter has taken over: try again later');
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    if (this.#raft !== undefined) {
      const leads = this.#raft.status.role === 'leader';
      this.#step({ kind: 'resign' });
      if (leads) await this.#leadershipLeft();
    }
    this.#closed = true;
    this.#formation.close();
    this.#clusterCheck.close();
    this.#timer.close();
    this.#lead(false);
    this.#links.close();
    await this.#storageQueue.close();
    await this.#storage.close();
  }

  async #form(voters: readonly VoterAddress[]): Promise<void> {
    // An attempt that ended before the directory joined a cluster has promised nothing to anybody.
    if (this.#recovered.entries.length > 0) {
      this.#storage.persist({ truncateFrom: 1, append: [], hardState: undefined });
      this.#recovered = { ...this.#recovered, entries: [] };
    }
    const step = await this.#formation.run(voters);
    if (step === undefined) return;
    const configured = this.#config.clusterId;
    if (step.kind === 'join') {
      if (configured !== undefined && configured !== step.clusterId) {
        throw new RequestError(
          'INCONSISTENT_CLUSTER_ID',
          `the configured voters form cluster ${step.clusterId}, this node is configured for cluster ${configured}`,
        );
      }
      await this.#storage.flush();
      await this.#storage.joinCluster(step.clusterId);
      return;
    }
    const entries = [foundingEntry(step.voters)];
    this.#storage.persist({ truncateFrom: undefined, append: entries, hardState: undefined });
    await this.#storage.flush();
    await this.#storage.joinCluster(configured ?? randomUuid(this.#ports.random));
    this.#recovered = { ...this.#recovered, entries };
    this.#ports.logger.info('quorum founded', { voters: describeVoters(step.voters), clusterId: this.clusterId });
  }

  #proposed(input: Input): { readonly index: MetadataOffset; readonly committed: Promise<void> } {
    const { index, term } = proposedOrThrow(this.#stepForOutputs(input));
    const committed = this.#proposals.add(index, term);
    this.#flushAtEndOfTurn();
    return { index, committed };
  }

  /** What was proposed in one turn leaves as one message per follower. */
  #flushAtEndOfTurn(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    this.#ports.timers.endOfTurn(() => {
      this.#flushScheduled = false;
      this.#step({ kind: 'flush' });
    });
  }

  #step(input: Input): void {
    this.#stepForOutputs(input);
  }

  #stepForOutputs(input: Input): readonly Output[] {
    const raft = this.#raft;
    if (raft === undefined || this.#closed) return [];
    try {
      const outputs = raft.step(input, this.#ports.clock.nowMs());
      // First of all: nobody may go on as leader while the rest of the new term is being performed.
      if (this.#leading && raft.status.role !== 'leader') this.#lead(false);
      for (const output of outputs) this.#perform(output);
      this.#timer.arm(raft.nextDeadlineMs);
      return outputs;
    } catch (error) {
      this.#ports.stopProcess(error);
      return [];
    }
  }

  #perform(output: Output): void {
    switch (output.kind) {
      case 'persist':
      case 'trimLog':
      case 'writeSnapshot':
      case 'installSnapshot':
        this.#storageQueue.add(output);
        return;
      case 'send':
        this.#links.send(output.address, output.message);
        return;
      case 'committed':
        this.#apply(output.entries);
        return;
      case 'leadership':
        this.#onLeadership(output);
        return;
      case 'readSnapshot':
        this.#readSnapshot(output);
        return;
      case 'messageRejected':
        this.#clusterCheck.rejected(output.reason, output.from.nodeId);
        return;
      case 'proposed':
      case 'refused':
        return;
      default:
        output satisfies never;
    }
  }

  #apply(entries: readonly Entry[]): void {
    this.#listener.onCommitted(entries);
    this.#appliedIndex = entries.at(-1)?.index ?? this.#appliedIndex;
    this.#snapshotPacer.applied(entries);
    this.#proposals.committed(entries);
    const status = this.#raft?.status;
    // The first entry of the own term: all that was committed before it has been applied.
    const ready = entries.some(({ kind, term }) => kind === 'noop' && term === status?.term);
    if (ready && status?.role === 'leader') this.#lead(true);
    this.#maybeTakeSnapshot();
  }

  #load(state: Uint8Array, index: MetadataOffset): void {
    this.#listener.onSnapshot(state);
    this.#appliedIndex = index;
    this.#snapshotIndex = index;
    this.#snapshotPacer.restart();
  }

  #onLeadership({ role, term, leader }: Extract<Output, { kind: 'leadership' }>): void {
    this.#ports.logger.info('quorum role', { role, term, leaderId: leader?.nodeId ?? NO_LEADER });
    if (role !== 'leader') {
      for (const wake of this.#handoverWaiters.splice(0)) wake();
    }
  }

  #lead(leader: boolean): void {
    if (this.#leading === leader) return;
    this.#leading = leader;
    if (!leader) this.#proposals.abandon();
    this.#listener.onLeadership({ leader, term: this.#raft?.status.term ?? 0 });
  }

  /** Resolves when this node leads no more, or after the time in which a successor should have taken over. */
  #leadershipLeft(): Promise<void> {
    if (this.#raft?.status.role !== 'leader') return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#ports.timers.after(this.#limits.electionTimeoutMsMin, resolve);
      this.#handoverWaiters.push(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #onDeadline(lagMs: number): void {
    if (lagMs > 0) this.#step({ kind: 'stalled', durationMs: lagMs });
    this.#step({ kind: 'tick' });
  }

  #onGone(address: string): void {
    const leader = this.#raft?.status.leader;
    if (leader !== undefined && this.#links.addressOf(leader) === address)
      this.#step({ kind: 'peerGone', nodeId: leader.nodeId });
  }

  #deliver(message: QuorumMessage): void {
    try {
      const received = fromWire(message);
      if (received.clusterId === this.clusterId) this.#links.heard(received.from);
      this.#step({ kind: 'message', message: received });
    } catch (error) {
      if (!(error instanceof MalformedBytesError)) throw error;
      this.#ports.logger.warn('malformed quorum message dropped', { err: error });
    }
  }

  #readSnapshot(read: Extract<Output, { kind: 'readSnapshot' }>): void {
    const { to, snapshot, positionBytes, bytesMax } = read;
    this.#storage.snapshots.read(snapshot, positionBytes, bytesMax).then(
      (read) => {
        const bytes = read === 'damaged' ? undefined : read;
        if (read === 'damaged') this.#replaceSnapshot(snapshot);
        this.#step({ kind: 'snapshotRead', to, snapshot, positionBytes, bytes });
      },
      (error: unknown) => this.#ports.stopProcess(error),
    );
  }

  #maybeTakeSnapshot(): void {
    if (this.#snapshotPacer.isDue) this.#takeSnapshot();
  }

  /** Its state is known here: it is written once more, or a newer one is. */
  #replaceSnapshot({ index, sizeBytes }: SnapshotMeta): void {
    this.#ports.logger.error('a snapshot is damaged, and is written anew', { index, sizeBytes });
    this.#takeSnapshot();
  }

  #takeSnapshot(): void {
    if (this.#raft === undefined || this.#takingSnapshot) return;
    this.#snapshotPacer.restart();
    const { bytes, index } = this.#listener.takeSnapshot();
    assert(index <= this.#appliedIndex && index >= this.#snapshotIndex, 'a snapshot is of applied state', { index });
    const isNew = index > this.#snapshotIndex;
    this.#takingSnapshot = true;
    this.#storage.snapshots.save({ index, ...this.#raft.snapshotPoint(index) }, bytes).then(
      (snapshot) => {
        this.#takingSnapshot = false;
        if (!isNew) return;
        this.#snapshotIndex = Math.max(this.#snapshotIndex, index);
        this.#step({ kind: 'snapshotTaken', snapshot });
      },
      (error: unknown) => this.#ports.stopProcess(error),
    );
  }
}
