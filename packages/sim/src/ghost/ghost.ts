import type { ControllerEpoch, MetadataOffset, NodeId, Offset, TopicId } from '@moldau/base';
import { ReplicaLog } from './replica-log.ts';

/** One record that a client was told is safe, or was shown. */
export interface Witnessed {
  readonly offset: Offset;
  readonly value: string;
}

type WitnessKind = 'acknowledged' | 'consumed' | 'committed';

/** What is known of one partition from outside of it. */
export class PartitionGhost {
  /** Acknowledged with acks=all: offset -> value. */
  readonly acknowledged: Map<Offset, string> = new Map();
  /** Shown to a consumer: offset -> value. */
  readonly consumed: Map<Offset, string> = new Map();
  /** Below the high watermark of some leader, so that it may be acknowledged and shown at any time: offset -> value. */
  readonly committed: Map<Offset, string> = new Map();
  /** Everything below was acknowledged, shown, or might have been: no correct leader may lack it. */
  trueHighWatermark: Offset = 0;
  /** The highest high watermark of any leader so far. */
  committedEnd: Offset = 0;
  /** Offsets in the order in which they were witnessed: a checker goes on where it stopped. */
  readonly witnessed: Offset[] = [];
  /** An offset that was witnessed with two values. */
  readonly conflicts: string[] = [];
  /** A topic with durability `replicated` may lose what was not flushed when too many replicas crash at once. */
  readonly flushed: boolean;
  /** Why nothing more is promised of it: it was `replicated`, and more replicas crashed than it can bear. */
  exempt: string | undefined;

  constructor(flushed: boolean) {
    this.flushed = flushed;
  }

  witness(kind: WitnessKind, { offset, value }: Witnessed): void {
    const known = this.valueAt(offset);
    if (known === undefined) this.witnessed.push(offset);
    else if (known !== value) this.conflicts.push(`offset ${offset} was ${known}, ${kind} is ${value}`);
    this[kind].set(offset, value);
    this.trueHighWatermark = Math.max(this.trueHighWatermark, offset + 1);
  }

  valueAt(offset: Offset): string | undefined {
    return this.committed.get(offset) ?? this.acknowledged.get(offset) ?? this.consumed.get(offset);
  }
}

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
  /** Faults seen where they happened, to be raised by the checker that owns them. */
  readonly doubleVotes: string[] = [];
  readonly truncationsBelowHighWatermark: string[] = [];
  readonly unfoundedDeletions: string[] = [];

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

  /** The logs of one partition, on whatever broker. */
  logsOf(key: string): Iterable<ReplicaLog> {
    return this.#logs.get(key)?.values() ?? [];
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

  partition(key: string): PartitionGhost | undefined {
    return this.partitions.get(key);
  }

  /** Undefined when nothing is promised of it: unknown, condemned, or exempt. */
  promised(key: string): PartitionGhost | undefined {
    const found = this.partitions.get(key);
    return found?.exempt === undefined ? found : undefined;
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
    }
    this.votes.set(key, candidate);
  }
}
