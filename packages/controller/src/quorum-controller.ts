/**
 * Ties the parts of one controller together: what a manager decides goes to the writer, what is committed goes to the
 * feeds and to the watch over the brokers. It decides nothing itself.
 */
import {
  assert,
  type ClusterId,
  type ControllerEpoch,
  NO_LEADER,
  type NodeId,
  type Ports,
  RequestError,
  type RpcStream,
  type RpcStreamEvents,
  type Timer,
} from '@moldau/base';
import type { ClusterDelta, ClusterImage } from '@moldau/metadata';
import type {
  FollowMetadataRequest,
  FollowMetadataResponse,
  HeartbeatRequest,
  HeartbeatResponse,
  MetadataRecord,
} from '@moldau/proto';
import { BrokerWatch, refusal, type WatchedCluster } from './brokers/broker-watch.ts';
import type { ControllerConfig, ControllerTimes } from './config.ts';
import { beginShutdown, fenceBroker, unfenceBroker } from './managers/brokers.ts';
import { QUOTAS_NOTICE } from './managers/client-quotas.ts';
import type { Decision, DecisionContext } from './managers/decision.ts';
import { partitionChanges } from './managers/decision.ts';
import { foundCluster } from './managers/features.ts';
import { balanceLeaders } from './managers/replication.ts';
import { CREDENTIALS_NOTICE } from './managers/scram-credentials.ts';
import { CommittedLog } from './metadata-feed/committed-log.ts';
import { MetadataFeed } from './metadata-feed/metadata-feed.ts';
import { type MetadataReactions, MetadataWriter } from './metadata-writer.ts';
import { controllerBugs } from './planted-bugs.ts';

/** Followers of one node; each costs a stream and its position. */
const FEEDS_MAX = 1_000;
/** An idle follower hears so often how far the log is committed. */
const FEED_IDLE_MS = 500;

/** Since this process started. */
export interface ControllerCounts {
  /** Open now. */
  readonly feeds: number;
  readonly elections: number;
  readonly fencings: number;
  readonly batchesApplied: number;
  readonly imageCopies: number;
}

export class QuorumController implements MetadataReactions, WatchedCluster {
  readonly log: CommittedLog = new CommittedLog();
  readonly writer: MetadataWriter;
  readonly context: DecisionContext;
  readonly controllerId: NodeId;
  readonly #ports: Ports;
  readonly #config: ControllerConfig;
  readonly #times: ControllerTimes;
  readonly #feeds = new Set<MetadataFeed>();
  readonly #timers = new Map<'idle' | 'balance', Timer>();
  #watch: BrokerWatch | undefined;
  #term: ControllerEpoch = 0;
  #pumping = false;
  readonly #noticed = new Set<string>();
  readonly #counts = { elections: 0, fencings: 0, batchesApplied: 0, imageCopies: 0 };

  constructor(ports: Ports, config: ControllerConfig, times: ControllerTimes) {
    this.#ports = ports;
    this.#config = config;
    this.#times = times;
    this.controllerId = config.nodeId;
    this.writer = new MetadataWriter(ports, this.log, this);
    this.context = { random: ports.random, plantedBugs: controllerBugs(config.plantedBugs) };
    this.#idleAfter();
  }

  get committed(): ClusterImage {
    return this.writer.committed;
  }

  get projected(): ClusterImage {
    return this.writer.projected;
  }

  get leaderId(): NodeId {
    return this.writer.leaderId;
  }

  get term(): ControllerEpoch {
    return this.#term;
  }

  get image(): ClusterImage {
    return this.committed;
  }

  get inContact(): boolean {
    return this.leaderId !== NO_LEADER;
  }

  get clusterId(): ClusterId {
    return this.writer.clusterId ?? '';
  }

  get counts(): ControllerCounts {
    return { ...this.#counts, feeds: this.#feeds.size };
  }

  /** @throws RequestError see {@link MetadataWriter.submit} */
  submit<Response>(decide: (image: ClusterImage, context: DecisionContext) => Decision<Response>): Promise<Response> {
    return this.writer.submit((image) => decide(image, this.context));
  }

  heartbeats(stream: RpcStream<HeartbeatResponse>): RpcStreamEvents<HeartbeatRequest> {
    return {
      onMessage: (request) => {
        if (this.#watch !== undefined) this.#watch.heartbeat(stream, request);
        else {
          stream.send(refusal('NOT_CONTROLLER', request.sequence, this));
          stream.close();
        }
      },
      onReady: () => undefined,
      onClose: () => this.#watch?.disconnected(stream),
    };
  }

  follow(stream: RpcStream<FollowMetadataResponse>): RpcStreamEvents<FollowMetadataRequest> {
    const feed = new MetadataFeed(this, stream, (ended) => this.#feeds.delete(ended));
    if (this.#feeds.size < FEEDS_MAX) this.#feeds.add(feed);
    else
      stream.close({
        code: 'overloaded',
        message: `This controller feeds ${FEEDS_MAX} followers already. Use another.`,
      });
    return feed;
  }

  onApplied(_image: ClusterImage, delta: ClusterDelta): void {
    for (const { before, after } of delta.partitions)
      if (before !== undefined && before.leader !== after.leader) this.#counts.elections++;
    for (const { before, after } of delta.brokers)
      if (before?.fenced === false && after?.fenced === true) this.#counts.fencings++;
    this.#counts.batchesApplied++;
    this.#counts.imageCopies += delta.copies.images;
    if (this.#watch !== undefined) this.#noticeStored(delta);
    this.#watch?.applied(delta);
    this.#pumpAtEndOfTurn();
  }

  onSnapshot(): void {
    this.#pumpAtEndOfTurn();
  }

  onLeading(term: ControllerEpoch): void {
    this.#term = term;
    this.#ports.logger.info('active controller', { term, offset: this.committed.offset });
    if (this.committed.clusterId === '') {
      assert(this.writer.clusterId !== undefined, 'a leader belongs to a cluster');
      this.#write(foundCluster(this.writer.clusterId, this.#config.initialConfigs ?? new Map<string, string>()));
    }
    this.#watch = new BrokerWatch(this.#ports, this.#times, this);
    this.#balanceAfter();
  }

  onFollowing(): void {
    this.#ports.logger.info('no longer the active controller', { term: this.#term });
    this.#timers.get('balance')?.cancel();
    this.#watch?.end();
    this.#watch = undefined;
  }

  fence(brokerId: NodeId): void {
    this.#write(fenceBroker(this.projected, brokerId, this.context));
  }

  unfence(brokerId: NodeId): void {
    this.#write(unfenceBroker(this.projected, brokerId, this.context));
  }

  beginShutdown(brokerId: NodeId): void {
    this.#write(beginShutdown(this.projected, brokerId, this.context));
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#watch?.end();
    this.#watch = undefined;
  }

  /** Once for each run: whoever sets them is to know. */
  #noticeStored({ quotas, credentials }: ClusterDelta): void {
    for (const [changed, notice] of [
      [quotas, QUOTAS_NOTICE],
      [credentials, CREDENTIALS_NOTICE],
    ] as const) {
      if (changed.length === 0 || this.#noticed.has(notice)) continue;
      this.#noticed.add(notice);
      this.#ports.logger.warn('stored, and without effect', { notice });
    }
  }

  /** What is refused because too much waits is asked for again: by the next tick of the watch, or the broker's next heartbeat. */
  #write(records: readonly MetadataRecord[]): void {
    try {
      this.writer.write(records);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.#ports.logger.warn('metadata batch refused', { err: error, records: records.length });
    }
  }

  /** What was committed in one turn leaves as one message per follower. */
  #pumpAtEndOfTurn(): void {
    if (this.#pumping || this.#feeds.size === 0) return;
    this.#pumping = true;
    this.#ports.timers.endOfTurn(() => {
      this.#pumping = false;
      for (const feed of this.#feeds) feed.pump(false);
    });
  }

  #idleAfter(): void {
    this.#timers.set(
      'idle',
      this.#ports.timers.after(FEED_IDLE_MS, () => {
        for (const feed of this.#feeds) feed.pump(true);
        this.#idleAfter();
      }),
    );
  }

  #balanceAfter(): void {
    if (this.#times.leaderBalanceIntervalMs === 0) return;
    this.#timers.set(
      'balance',
      this.#ports.timers.after(this.#times.leaderBalanceIntervalMs, () => {
        const changes = balanceLeaders(this.projected, this.context);
        if (changes.length > 0) this.#write(partitionChanges(changes));
        this.#balanceAfter();
      }),
    );
  }
}
