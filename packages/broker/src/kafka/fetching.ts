import type { NodeId, Offset, Timer, TopicId } from '@moldau/base';
import type { Partition, PartitionReader, ReadFrom } from '../partition/partition.ts';
import type { StreamReads } from '../replication/disk-reads.ts';
import { LogCursor } from '../replication/log-cursor.ts';
import { type FetchRefusal, readFault, startFetch } from '../requests/fetch-checks.ts';
import { notLedHere, unknownTopicHere } from '../requests/request-context.ts';
import type { TurnTask } from '../turn.ts';
import type { WantedPartition } from './fetch-sessions.ts';
import { type KafkaContext, topicOf } from './kafka-context.ts';
import type { KafkaCall } from './kafka-handler.ts';
import { ReadReplicas } from './read-replicas.ts';

// One Fetch request: what is there is read, and if that is too little, what comes is read until it is enough or time is up.
//
//   reading ──enough, or nothing more to wait for──> answered
//      │ └──too little──> waiting ──records came──> reading
//      └──the connection went──> answered, to nobody
//
// An answer is no larger than the client allows, but for its first batch, which comes whatever its size: a client with a bound
// on what it receives, as librdkafka has one, would lose its connection over the same answer again and again.
//
// A read of the disk that has begun is waited for: a consumer that is behind on one partition would otherwise be answered
// from the memory of another again and again.

/** Of one answer, whatever the client allows: 32 reads of the disk give no more than twice this. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
/** When the broker has much in flight already. An answer holds one batch at least. */
const ANSWER_BYTES_MIN = 1024 * 1024;
/** Of what is left of the bytes in flight, one answer takes at most this part: so none takes what all need. */
const ROOM_SHARE = 1 / 16;
/** Longer waits are answered with nothing; the client asks again. */
const WAIT_MS_MAX = 60_000;
/** For a disk that has not answered when the time is up. */
const READ_GRACE_MS = 10_000;
/** What a partition of a request costs while it waits. */
const PARTITION_BYTES = 512;

export interface FetchBounds {
  /** Where the consumer stands; empty when it does not say. */
  readonly rackId: string;
  readonly waitMs: number;
  readonly bytesMin: number;
  readonly bytesMax: number;
}

/** One partition of the request, and what was read of it. */
export class PartitionFetch implements PartitionReader {
  readonly wanted: WantedPartition;
  readonly topicId: TopicId;
  readonly #owner: Fetching;
  readonly partition: Partition | undefined;
  /** The consumer is to read there, and is told so instead of being given records (KIP-392). */
  readonly readInstead: NodeId | undefined;
  readonly parts: Uint8Array[] = [];
  bytes = 0;
  /** What comes next is too large for what is left of the answer. */
  doesNotFit = false;
  refused: FetchRefusal | undefined;
  #cursor: LogCursor | undefined;

  constructor(
    owner: Fetching,
    wanted: WantedPartition,
    at: { topicId: TopicId; readInstead?: NodeId | undefined } & ReturnType<typeof startFetch>,
  ) {
    this.#owner = owner;
    this.wanted = wanted;
    this.topicId = at.topicId;
    this.refused = at.kind === 'refused' ? at : undefined;
    this.partition = at.kind === 'refused' ? undefined : at.partition;
    this.readInstead = at.readInstead;
  }

  get cursor(): LogCursor {
    if (this.#cursor !== undefined) return this.#cursor;
    this.#cursor = this.#owner.cursorOf(this);
    return this.#cursor;
  }

  get position(): number {
    return this.#cursor?.position ?? this.wanted.offset;
  }

  moved(): void {
    this.#owner.dirty(this);
  }

  leadershipEnded(): void {
    this.fail({ kind: 'refused', code: 'NOT_LEADER_OR_FOLLOWER', message: 'the leader has changed' });
    this.#owner.dirty(this);
  }

  /** What was read before stays true. */
  fail(refused: FetchRefusal): void {
    if (this.bytes === 0) this.refused ??= refused;
  }

  close(): void {
    this.#cursor?.close();
    this.partition?.removeConsumer(this);
  }
}

export class Fetching implements TurnTask {
  queued = false;
  readonly partitions: readonly PartitionFetch[];
  readonly #context: KafkaContext;
  readonly #call: KafkaCall;
  readonly #from: ReadFrom;
  readonly #replicas: ReadReplicas;
  readonly #bounds: Omit<FetchBounds, 'rackId'>;
  readonly #reads: StreamReads<PartitionFetch>;
  /** Those whose read of the disk is under way, or waits for its turn, with what it may come to. */
  readonly #pending = new Map<PartitionFetch, number>();
  /** Something did not fit beside what may come of reads that are under way: it is looked at again when they have ended. */
  #isHeldBack = false;
  #dirty = new Set<PartitionFetch>();
  #bytes = 0;
  #isLate = false;
  #timer: Timer | undefined;
  #done: (() => void) | undefined;
  #isClosed = false;

  constructor(context: KafkaContext, call: KafkaCall, wanted: readonly WantedPartition[], bounds: FetchBounds) {
    this.#context = context;
    this.#call = call;
    this.#from = call.apiVersion >= ANY_REPLICA_FROM_VERSION ? 'any replica' : 'leader';
    this.#replicas = new ReadReplicas(context.requests, bounds.rackId);
    const room = Math.min(ANSWER_BYTES_MAX, Math.max(ANSWER_BYTES_MIN, context.inFlight.room * ROOM_SHARE));
    const bytesMax = Math.max(1, Math.min(bounds.bytesMax, room));
    const waitMs = Math.max(0, Math.min(bounds.waitMs, WAIT_MS_MAX));
    this.#bounds = { waitMs, bytesMax, bytesMin: Math.min(bounds.bytesMin, bytesMax) };
    this.#reads = context.requests.diskReads.open((partition) => this.dirty(partition));
    call.hold(wanted.length * PARTITION_BYTES);
    const usesIds = call.apiVersion >= TOPIC_IDS_FROM_VERSION;
    this.partitions = wanted.map((each) => this.#open(each, usesIds));
  }

  /** Undefined: what was asked for is here already. Otherwise it is when the promise resolves. */
  run(): Promise<void> | undefined {
    for (const partition of this.partitions) {
      if (this.#isFull()) break;
      this.#read(partition);
    }
    if (this.#isEnough()) {
      this.#close();
      return undefined;
    }
    // Only now: most requests find what they want, and leave no trace in their partitions.
    for (const each of this.partitions) each.partition?.addConsumer(each);
    this.#call.onClose(() => this.#finish());
    this.#timer = this.#context.timers.after(this.#bounds.waitMs, () => this.#late());
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }

  dirty(partition: PartitionFetch): void {
    if (this.#isClosed) return;
    this.#dirty.add(partition);
    this.#context.requests.turn.send(this);
  }

  cursorOf(of: PartitionFetch): LogCursor {
    const { partition } = of;
    if (partition === undefined) throw new Error('a refused partition is not read');
    return new LogCursor(partition.log, of.wanted.offset, {
      read: () => this.dirty(of),
      fault: (error) => {
        this.#endRead(of);
        of.fail(readFault(this.#context.requests, partition, error));
        this.dirty(of);
      },
    });
  }

  runTurn(): void {
    if (this.#isClosed) return;
    const dirty = this.#dirty;
    this.#dirty = new Set();
    for (const partition of dirty) {
      if (this.#isFull()) break;
      this.#read(partition);
    }
    if (this.#isHeldBack && this.#pending.size === 0) {
      this.#isHeldBack = false;
      for (const partition of this.partitions) this.#read(partition);
    }
    if (this.#isEnough()) this.#finish();
  }

  #open(wanted: WantedPartition, usesIds: boolean): PartitionFetch {
    const { requests } = this.#context;
    const topicId = topicOf(requests.image(), wanted)?.topicId;
    if (topicId === undefined) {
      const refused = unknownTopicHere(requests, usesIds ? 'id' : 'name');
      return new PartitionFetch(this, wanted, { topicId: wanted.topicId, kind: 'refused', ...refused });
    }
    const { partition, offset, leaderEpoch, lastFetchedEpoch } = wanted;
    const from = this.#from;
    const start = startFetch(requests, { topicId, partition, offset, leaderEpoch, lastFetchedEpoch, from });
    if (start.kind === 'refused') return new PartitionFetch(this, wanted, { topicId, ...start });
    start.partition.counters.fetchRequests++;
    const readInstead = this.#replicas.choose(start.partition, offset);
    return new PartitionFetch(this, wanted, { topicId, readInstead, ...start });
  }

  #read(of: PartitionFetch): void {
    while (!this.#isFull() && this.#readOnce(of) && this.#bytes < this.#bounds.bytesMin);
  }

  /** Whether something was read, so that there may be more. */
  #readOnce(of: PartitionFetch): boolean {
    const { partition, wanted } = of;
    if (of.refused !== undefined || of.readInstead !== undefined || of.doesNotFit) return false;
    if (partition === undefined) return false;
    if (!partition.servesReads(this.#from)) {
      this.#endRead(of);
      of.fail({ kind: 'refused', ...notLedHere(this.#context.requests, of.topicId, wanted.partition) });
      return false;
    }
    const [ownRoom, room] = [wanted.bytesMax - of.bytes, this.#roomFor(of)];
    const bytesMax = Math.min(ownRoom, room);
    const end = this.#endOf(partition);
    if (bytesMax <= 0 || of.position >= end) {
      this.#endRead(of);
      if (of.position < end && room < ownRoom) this.#holdBack(of);
      return false;
    }
    if (of.position < partition.log.startOffset) {
      this.#endRead(of);
      of.fail({ kind: 'refused', code: 'OFFSET_OUT_OF_RANGE', message: 'retention has passed the position' });
      return false;
    }
    const { cursor } = of;
    if (cursor.needsDisk && !this.#reads.begin(of)) {
      this.#pending.set(of, 0);
      return false;
    }
    const isFirst = this.#bytes === 0 && [...this.#pending.values()].every((bytes) => bytes === 0);
    const read = cursor.take(end, bytesMax, isFirst);
    if (read === undefined && cursor.onDisk) {
      this.#pending.set(of, this.#pending.get(of) || bytesMax);
      return false;
    }
    this.#endRead(of);
    if (read === undefined) {
      if (room < ownRoom) this.#holdBack(of);
      return false;
    }
    of.parts.push(...read.parts);
    of.bytes += read.bytes;
    this.#bytes += read.bytes;
    partition.counters.bytesOut += read.bytes;
    this.#call.hold(read.bytes);
    return true;
  }

  #endRead(of: PartitionFetch): void {
    this.#pending.delete(of);
    this.#reads.end(of);
  }

  #endOf(partition: Partition): Offset {
    const showsAll = partition.leader === undefined && this.#context.requests.bugs.has('follower-shows-unreplicated');
    return showsAll ? partition.log.endOffset : partition.highWatermark;
  }

  /** Without reads under way it will not fit later either. */
  #holdBack(of: PartitionFetch): void {
    if (this.#pending.size > 0) this.#isHeldBack = true;
    else of.doesNotFit = true;
  }

  #roomFor(of: PartitionFetch): number {
    let room = this.#bounds.bytesMax - this.#bytes;
    for (const [other, bytes] of this.#pending) if (other !== of) room -= bytes;
    return room;
  }

  #isFull(): boolean {
    return this.#bytes >= this.#bounds.bytesMax;
  }

  #isEnough(): boolean {
    if (this.#isFull()) return true;
    if (this.#pending.size > 0) return false;
    if (this.#bytes >= this.#bounds.bytesMin || this.#isLate || this.#bounds.waitMs === 0) return true;
    const hasNews = ({ refused, readInstead, doesNotFit }: PartitionFetch): boolean =>
      refused !== undefined || readInstead !== undefined || doesNotFit;
    return this.partitions.length === 0 || this.partitions.some(hasNews);
  }

  #late(): void {
    this.#isLate = true;
    if (this.#isEnough()) this.#finish();
    else this.#timer = this.#context.timers.after(READ_GRACE_MS, () => this.#finish());
  }

  #finish(): void {
    if (this.#isClosed) return;
    this.#close();
    this.#done?.();
  }

  #close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    for (const each of this.partitions) each.close();
    this.#reads.close();
    this.#pending.clear();
    this.#dirty.clear();
  }
}

const TOPIC_IDS_FROM_VERSION = 13;
/** A consumer that can be sent to a follower can read from one (KIP-392). */
const ANY_REPLICA_FROM_VERSION = 11;
