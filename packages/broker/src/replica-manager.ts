import {
  assert,
  DiskError,
  type Logger,
  NO_LEADER,
  type NodeId,
  type PartitionId,
  type Ports,
  type TopicId,
  topicPartitionKey,
  uuidToBytes,
} from '@moldau/base';
import type { LogConfig, LogDirectory, PartitionLog } from '@moldau/log';
import {
  type ClusterDelta,
  type ClusterImage,
  type PartitionState,
  partitionOf,
  type TopicConfig,
  topicById,
  topicByName,
  topicConfig,
} from '@moldau/metadata';
import { TopicCounters } from './counters.ts';
import { Partition } from './partition/partition.ts';
import type { PartitionContext } from './partition/partition-context.ts';

/** A replica that metadata wants here. Its log may still be on its way. */
interface Hosted {
  readonly topicId: TopicId;
  readonly number: number;
  /** A replica that was removed and comes back is another one. */
  readonly incarnation: number;
  partition: Partition | undefined;
  /** Opening or deleting: metadata that comes meanwhile is looked at when it is done. */
  busy: boolean;
  directory: LogDirectory | undefined;
  /**
   * Its directory failed. Until the controller has heard, metadata still counts this replica as one that has everything: an
   * empty log on another disk would pass for it, and could be elected.
   */
  isLost: boolean;
}

export interface ReplicaManagerEvents {
  /** The partition follows a leader, in an epoch that it did not follow before. */
  follows(partition: Partition): void;
  /** The partition leads, perhaps since before; its readers hear when that ends. */
  leads(partition: Partition): void;
  /** It does not follow any more. */
  unfollows(partition: Partition): void;
  /** The replica cannot be kept here until the next start: the controller must hear of it. */
  lost(topicId: TopicId, partition: PartitionId): void;
}

/**
 * The replicas of this broker, as applied metadata wants them. Nothing happens before metadata has been applied up to
 * the own registration: what lies before belongs to an earlier run, whose leadership the registration has ended.
 */
export class ReplicaManager {
  readonly #ports: Pick<Ports, 'stopProcess'>;
  readonly #logger: Logger;
  readonly #nodeId: NodeId;
  readonly #context: PartitionContext;
  readonly #directories: readonly LogDirectory[];
  readonly #events: ReplicaManagerEvents;
  readonly #hosted = new Map<string, Hosted>();
  readonly #byLog = new Map<PartitionLog, Partition>();
  readonly #counters = new Map<string, TopicCounters>();
  readonly #offline = new Set<LogDirectory>();
  readonly #replicaCounts = new Map<LogDirectory, number>();
  #image: ClusterImage | undefined;
  #closed = false;

  constructor(
    ports: Pick<Ports, 'stopProcess'>,
    logger: Logger,
    nodeId: NodeId,
    context: PartitionContext,
    directories: readonly LogDirectory[],
    events: ReplicaManagerEvents,
  ) {
    this.#ports = ports;
    this.#logger = logger;
    this.#nodeId = nodeId;
    this.#context = context;
    this.#directories = directories;
    this.#events = events;
  }

  get(topicId: TopicId, partition: number): Partition | undefined {
    return this.#hosted.get(topicPartitionKey(topicId, partition))?.partition;
  }

  byLog(log: PartitionLog): Partition | undefined {
    return this.#byLog.get(log);
  }

  partitions(): Iterable<Partition> {
    return this.#byLog.values();
  }

  *led(): Iterable<Partition> {
    for (const partition of this.#byLog.values()) if (partition.leader !== undefined) yield partition;
  }

  topicCounters(): ReadonlyMap<string, TopicCounters> {
    return this.#counters;
  }

  /** Metadata has been applied up to the own registration: from here on it is acted upon. */
  activate(image: ClusterImage): void {
    this.#image = image;
    for (const topic of image.topics.values()) for (const state of topic.partitions) this.#want(state);
    for (const { topicId, number } of [...this.#hosted.values()]) {
      if (partitionOf(image, topicId, number) === undefined) this.#drop(topicId, number);
    }
    this.#putStraysAside(image);
  }

  /** The registration is void: nothing is led or followed until the next one. */
  deactivate(): void {
    this.#image = undefined;
    for (const partition of this.#byLog.values()) this.#standDown(partition);
  }

  apply(image: ClusterImage, delta: ClusterDelta): void {
    if (this.#image === undefined) return;
    this.#image = image;
    for (const topic of delta.topicsDeleted) {
      for (const { topicId, partition } of topic.partitions) this.#drop(topicId, partition);
      if (topicByName(image, topic.name) === undefined) this.#counters.delete(topic.name);
    }
    for (const { after } of delta.partitions) this.#want(after);
    for (const { type, name } of delta.configs) {
      // The default of all topics changes those that set nothing of their own.
      for (const topic of type === 'topic' ? [name] : this.#topics()) this.#configChanged(image, topic);
    }
  }

  /** A truncation has ended: the role that metadata wants may have waited for it. */
  changed(partition: Partition): void {
    const state = this.#image && partitionOf(this.#image, partition.topicId, partition.partition);
    if (state !== undefined) this.#want(state);
  }

  /** A data directory has failed: its replicas are gone until the next start. */
  directoryOffline(directory: LogDirectory): void {
    this.#offline.add(directory);
    for (const hosted of this.#hosted.values()) if (hosted.directory === directory) this.#lose(hosted);
  }

  get offlineDirectories(): number {
    return this.#offline.size;
  }

  close(): void {
    this.#closed = true;
    this.deactivate();
  }

  #want(state: PartitionState): void {
    const { topicId, partition: number } = state;
    const own = state.replicas.find((replica) => replica.brokerId === this.#nodeId);
    const key = topicPartitionKey(topicId, number);
    let hosted = this.#hosted.get(key);
    if (own === undefined) {
      if (hosted !== undefined) this.#drop(topicId, number);
      return;
    }
    const incarnation = incarnationNumber(own.incarnationId);
    if (hosted !== undefined && hosted.incarnation !== incarnation) {
      // When its log is deleted, or opened and then deleted, the new one is looked at again.
      this.#drop(topicId, number);
      hosted = this.#hosted.get(key);
      if (hosted !== undefined) return;
    }
    if (hosted === undefined) {
      const state = { partition: undefined, busy: false, directory: undefined, isLost: false };
      hosted = { topicId, number, incarnation, ...state };
      this.#hosted.set(key, hosted);
    }
    if (hosted.busy || hosted.isLost) return;
    if (hosted.partition === undefined) this.#open(hosted);
    else this.#assume(hosted.partition, state);
  }

  /** The role and the settings that metadata says. */
  #assume(partition: Partition, state: PartitionState): void {
    const image = this.#image;
    if (image === undefined || partition.isChanging) return;
    const config = topicConfig(image, partition.topic);
    // What changed while the log was being opened, or while nothing was acted upon, was told to nobody.
    partition.log.setConfig(toLogConfig(config));
    partition.update(state, config);
    if (state.leader === this.#nodeId) {
      if (partition.role.kind === 'follower') this.#events.unfollows(partition);
      partition.lead();
      this.#events.leads(partition);
    } else if (state.leader === NO_LEADER) {
      this.#standDown(partition);
    } else {
      partition.follow();
      this.#events.follows(partition);
    }
  }

  #standDown(partition: Partition): void {
    if (partition.role.kind === 'follower') this.#events.unfollows(partition);
    partition.stepDown();
  }

  #open(hosted: Hosted): void {
    const { topicId, number } = hosted;
    const image = this.#image;
    const topic = image && topicById(image, topicId);
    if (image === undefined || topic === undefined) return;
    const config = topicConfig(image, topic.name);
    hosted.busy = true;
    this.#openLog(hosted, config).then(
      (log) => {
        hosted.busy = false;
        if (this.#closed || hosted.isLost) return;
        if (log === undefined) return this.#lose(hosted);
        const state = this.#image && partitionOf(this.#image, topicId, number);
        if (state !== undefined) {
          const counters = this.#countersOf(topic.name);
          hosted.partition = new Partition(this.#context, log, { topic: topic.name, state, config, counters });
          this.#byLog.set(log, hosted.partition);
          this.#want(state);
        } else if (this.#image !== undefined) {
          // Deleted meanwhile.
          this.#drop(topicId, number);
        } else {
          this.#hosted.delete(topicPartitionKey(topicId, number));
        }
      },
      (error: unknown) => {
        hosted.busy = false;
        if (!(error instanceof DiskError)) this.#ports.stopProcess(error);
        this.#logger.error('a replica cannot be opened', { topic: topic.name, partition: number, err: error });
        this.#lose(hosted);
      },
    );
  }

  async #openLog(hosted: Hosted, config: TopicConfig): Promise<PartitionLog | undefined> {
    const { topicId, number, incarnation } = hosted;
    const found = this.#online().flatMap((directory) => {
      const log = directory.get(topicId, number);
      return log === undefined ? [] : [{ directory, log }];
    });
    const copies = found.filter(({ log }) => log.name.incarnation === incarnation);
    if (copies.length > 1) {
      // One of them is older than what metadata means, and nothing tells which: an old copy must not be elected.
      const paths = copies.map(({ log }) => log.directory);
      this.#logger.error('a replica has two copies: move one away and restart', { topicId, partition: number, paths });
      return undefined;
    }
    for (const { directory, log } of found) {
      // Another replica that stood here before: what it holds was never agreed with this one's leaders.
      if (log.name.incarnation !== incarnation) await directory.moveToStray([log.name]);
    }
    const [copy] = copies;
    const directory = copy?.directory ?? this.#emptiest();
    if (directory === undefined) return undefined;
    this.#assign(hosted, directory);
    if (copy === undefined)
      return directory.create({ topicId, partition: number, incarnation, config: toLogConfig(config) });
    copy.log.setConfig(toLogConfig(config));
    return copy.log;
  }

  #drop(topicId: TopicId, number: number): void {
    const key = topicPartitionKey(topicId, number);
    const hosted = this.#hosted.get(key);
    if (hosted === undefined || hosted.busy) return;
    if (hosted.partition !== undefined) this.#forget(hosted.partition);
    hosted.partition = undefined;
    const { directory } = hosted;
    if (directory === undefined || this.#offline.has(directory)) {
      this.#hosted.delete(key);
      return;
    }
    hosted.busy = true;
    directory.delete(topicId, number).then(
      () => {
        hosted.busy = false;
        this.#hosted.delete(key);
        this.#replicaCounts.set(directory, this.#replicasIn(directory) - 1);
        // Assigned again meanwhile, as another incarnation.
        const state = this.#image && partitionOf(this.#image, topicId, number);
        if (state !== undefined && !this.#closed) this.#want(state);
      },
      (error: unknown) => {
        hosted.busy = false;
        if (!(error instanceof DiskError)) this.#ports.stopProcess(error);
        this.#logger.error('a replica cannot be deleted', { topicId, partition: number, err: error });
      },
    );
  }

  #lose(hosted: Hosted): void {
    if (hosted.isLost) return;
    hosted.isLost = true;
    if (hosted.partition !== undefined) this.#forget(hosted.partition);
    hosted.partition = undefined;
    this.#events.lost(hosted.topicId, hosted.number);
  }

  #forget(partition: Partition): void {
    this.#standDown(partition);
    this.#byLog.delete(partition.log);
  }

  /** Logs that metadata does not know are kept for a while: metadata has been wrong before, a deletion is for ever. */
  #putStraysAside(image: ClusterImage): void {
    for (const directory of this.#online()) {
      const strays = [...directory.logs()].filter((log) => {
        const { topicId, partition } = log.name;
        const state = partitionOf(image, topicId, partition);
        if (state?.replicas.some((replica) => replica.brokerId === this.#nodeId)) return false;
        assert(!this.#byLog.has(log), 'a stray is no replica of this broker', { topicId, partition });
        this.#logger.warn('a replica that metadata does not know is put aside', { topicId, partition });
        return true;
      });
      if (strays.length === 0) continue;
      directory.moveToStray(strays.map(({ name }) => name)).catch((error: unknown) => {
        if (!(error instanceof DiskError)) this.#ports.stopProcess(error);
      });
    }
  }

  #configChanged(image: ClusterImage, name: string): void {
    const topic = topicByName(image, name);
    if (topic === undefined) return;
    const config = topicConfig(image, name);
    for (const state of topic.partitions) {
      const partition = this.get(topic.topicId, state.partition);
      if (partition === undefined) continue;
      partition.log.setConfig(toLogConfig(config));
      partition.update(state, config);
    }
  }

  #topics(): ReadonlySet<string> {
    const topics = new Set<string>();
    for (const { topic } of this.#byLog.values()) topics.add(topic);
    return topics;
  }

  #online(): LogDirectory[] {
    return this.#directories.filter((directory) => !this.#offline.has(directory));
  }

  /** By replicas that are, or are about to be, there: many are created in one turn. */
  #emptiest(): LogDirectory | undefined {
    const [first, ...others] = this.#online();
    let emptiest = first;
    for (const directory of others) {
      if (emptiest !== undefined && this.#replicasIn(directory) < this.#replicasIn(emptiest)) emptiest = directory;
    }
    return emptiest;
  }

  #replicasIn(directory: LogDirectory): number {
    return this.#replicaCounts.get(directory) ?? 0;
  }

  #assign(hosted: Hosted, directory: LogDirectory): void {
    if (hosted.directory !== undefined)
      this.#replicaCounts.set(hosted.directory, this.#replicasIn(hosted.directory) - 1);
    hosted.directory = directory;
    this.#replicaCounts.set(directory, this.#replicasIn(directory) + 1);
  }

  #countersOf(topic: string): TopicCounters {
    let counters = this.#counters.get(topic);
    if (counters === undefined) {
      counters = new TopicCounters();
      this.#counters.set(topic, counters);
    }
    return counters;
  }
}

function toLogConfig(config: TopicConfig): LogConfig {
  return {
    durability: config.durability,
    segmentBytesMax: config.segmentBytes,
    segmentMsMax: config.segmentMs,
    retentionMs: config.retentionMs,
    retentionBytes: config.retentionBytes,
  };
}

/** A data directory names incarnations by number: 48 of the 128 random bits, which two replicas of one partition do not share. */
function incarnationNumber(incarnationId: string): number {
  if (incarnationId === '') return 0;
  return uuidToBytes(incarnationId)
    .subarray(0, 6)
    .reduce((sum, byte) => sum * 256 + byte, 0);
}
