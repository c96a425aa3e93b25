import {
  type BrokerEpoch,
  type ControllerEpoch,
  type MetadataOffset,
  type NodeId,
  type Offset,
  type PartitionId,
  type TopicId,
  topicPartitionKey,
} from '@moldau/base';
import { type GroupEvent, GroupHistory } from './group-history.ts';
import type { PartitionGhost, Witnessed, WitnessKind } from './partition-ghost.ts';
import { ReplicaLog } from './replica-log.ts';

const NO_LOGS: ReadonlyMap<NodeId, ReplicaLog> = new Map();

/**
 * What is true, as far as anybody outside can know. Fed by clients (acknowledged, consumed), by the network (votes), by
 * what the logs were given; it survives every crash.
 */
export class Ghost {
  /** `term voter-replica` -> candidate, from the votes that left a node. */
  readonly votes: Map<string, string> = new Map();
  /** topicId:partition -> what is known of it. */
  readonly partitions: Map<string, PartitionGhost> = new Map();
  /** Brokers whose present life follows on an end that was not a clean stop. */
  readonly afterCrash: Set<NodeId> = new Set();
  /** Of topics by their names, which no world uses twice. */
  readonly topicIds: Map<string, TopicId> = new Map();
  /** Names of topics that somebody has asked to delete. */
  readonly condemned: Set<string> = new Set();
  /** topicId:partition -> broker -> its log. */
  readonly #logs = new Map<string, Map<NodeId, ReplicaLog>>();
  /** Partitions of which something was noted here since somebody looked last. */
  readonly touched: Set<string> = new Set();
  /** Committed metadata: index -> term and payload's hash, from the first node that said so. */
  readonly committed: Map<MetadataOffset, { readonly term: ControllerEpoch; readonly hash: number }> = new Map();
  committedEnd: MetadataOffset = 0;
  /** `node/directory` -> the highest term in a message that left it. */
  readonly terms: Map<string, ControllerEpoch> = new Map();
  /** A fault was noted below: look now, although no node may look otherwise than before. */
  isAlarmed = false;
  /** Faults seen where they happened, to be raised by the checker that owns them. */
  readonly doubleVotes: string[] = [];
  readonly truncationsBelowHighWatermark: string[] = [];
  readonly unfoundedDeletions: string[] = [];
  readonly shortEnds: string[] = [];
  /** What clients of groups saw. */
  readonly groups: GroupHistory = new GroupHistory();
  /** `broker epoch` of registrations -> until when its lease lasts at most, in true time. */
  readonly #leaseEnds = new Map<string, number>();

  log(brokerId: NodeId, key: string): ReplicaLog {
    let logs = this.#logs.get(key);
    if (logs === undefined) {
      logs = new Map();
      this.#logs.set(key, logs);
    }
    let log = logs.get(brokerId);
    if (log === undefined) {
      log = new ReplicaLog();
      logs.set(brokerId, log);
    }
    return log;
  }

  /** The logs of one partition, by broker. */
  logsOf(key: string): ReadonlyMap<NodeId, ReplicaLog> {
    return this.#logs.get(key) ?? NO_LOGS;
  }

  /** All logs that the broker has or had. */
  *logsOn(brokerId: NodeId): Iterable<ReplicaLog> {
    for (const logs of this.#logs.values()) {
      const log = logs.get(brokerId);
      if (log !== undefined) yield log;
    }
  }

  /** A client was told that the record is safe, or was shown it. */
  witness(kind: WitnessKind, key: string, record: Witnessed): void {
    this.touched.add(key);
    this.partitions.get(key)?.witness(kind, record);
  }

  /** A client was told that what is below is deleted. */
  deletionAnswered(key: string, beforeOffset: Offset): void {
    const partition = this.partitions.get(key);
    if (partition === undefined) return;
    this.touched.add(key);
    partition.deletedStart = Math.max(partition.deletedStart, beforeOffset);
  }

  partition(key: string): PartitionGhost | undefined {
    return this.partitions.get(key);
  }

  /** Undefined when it need not be whole: unknown, condemned, or exempt. */
  promised(key: string): PartitionGhost | undefined {
    const found = this.partitions.get(key);
    return found?.exempt === undefined ? found : undefined;
  }

  /** Where the partition ends, as far as anybody outside can know; undefined when nothing is promised of it. */
  end({ topic, partition }: { readonly topic: string; readonly partition: PartitionId }): Offset | undefined {
    return this.promised(topicPartitionKey(this.topicIds.get(topic) ?? '', partition))?.trueHighWatermark;
  }

  /** Somebody asks to delete the topic: from here on it may be gone at any time. */
  condemn(topic: string): void {
    this.condemned.add(topic);
    const topicId = this.topicIds.get(topic);
    if (topicId === undefined) return;
    for (const key of this.partitions.keys()) if (key.startsWith(`${topicId}:`)) this.partitions.delete(key);
  }

  voteSeen(term: ControllerEpoch, voter: string, candidate: string): void {
    const key = `${term} ${voter}`;
    const earlier = this.votes.get(key);
    if (earlier !== undefined && earlier !== candidate) {
      this.doubleVotes.push(`${voter} voted in term ${term} for ${earlier} and for ${candidate}`);
      this.isAlarmed = true;
    }
    this.votes.set(key, candidate);
  }

  shortEndSeen(what: string): void {
    this.shortEnds.push(what);
    this.isAlarmed = true;
  }

  /** A client of a group did something, or was told something. */
  groupSeen(event: GroupEvent): void {
    this.groups.events.push(event);
    this.isAlarmed = true;
  }

  /** A controller has answered a heartbeat of this registration. */
  leaseRenewed(brokerId: NodeId, brokerEpoch: BrokerEpoch, endMs: number): void {
    const name = `${brokerId} ${brokerEpoch}`;
    this.#leaseEnds.set(name, Math.max(endMs, this.leaseEndMs(brokerId, brokerEpoch)));
  }

  /** In true time; long ago for a registration that was never answered. */
  leaseEndMs(brokerId: NodeId, brokerEpoch: BrokerEpoch): number {
    return this.#leaseEnds.get(`${brokerId} ${brokerEpoch}`) ?? Number.NEGATIVE_INFINITY;
  }

  /** The replica said in which term it is. */
  termSeen(replica: string, term: ControllerEpoch): void {
    if (term > (this.terms.get(replica) ?? 0)) this.terms.set(replica, term);
  }
}
