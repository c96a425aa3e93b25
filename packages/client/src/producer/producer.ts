import { type AbortSignalLike, assert, type Codec, type Timer } from '@moldau/base';
import type { BrokerCalls } from '../cluster/broker-calls.ts';
import type { ClusterMetadata, KnownTopic } from '../cluster/cluster-metadata.ts';
import type { Connections } from '../cluster/connections.ts';
import { checkTopicName } from '../cluster/topic-name.ts';
import { codecOrBytes } from '../codec.ts';
import { errorFromCall, MoldauError } from '../errors.ts';
import type { ClientPorts } from '../ports.ts';
import { type EncodedRecord, encodeRecord, type ProducerRecord, type RecordMetadata } from '../record.ts';
import { abortable, type Deferred, deferred, Ending, throwIfAborted } from '../waiting.ts';
import { FailureLog } from './failure-log.ts';
import { PartitionQueue } from './partition-queue.ts';
import { partitionOfKey, StickyPartition } from './partitioner.ts';
import { ProducerBatch, type RecordSettlement } from './producer-batch.ts';
import { type ProducerLimits, type ProducerOptions, producerLimits } from './producer-options.ts';
import { Sender } from './sender.ts';

/** What a producer shares with its client. */
export interface ProducerContext {
  readonly ports: ClientPorts;
  readonly connections: Connections;
  readonly calls: BrokerCalls;
  readonly metadata: ClusterMetadata;
  readonly onClosed: () => void;
}

interface Unplaced {
  readonly record: EncodedRecord;
  readonly settlement: RecordSettlement;
}

/** Records of a topic that is not known yet, in order. */
interface UnknownTopic {
  readonly records: Unplaced[];
  readonly placed: Promise<void>;
}

/** Who waits for room in the buffer. Let in at once when there is: a record that comes later must not pass it. */
interface WaitingForRoom {
  readonly bytes: number;
  readonly deadlineMs: number;
  readonly enter: () => void;
  readonly room: Deferred<void>;
}

/** One topic's queues. */
interface TopicQueues {
  readonly queues: PartitionQueue[];
  readonly sticky: StickyPartition;
}

/** How long `close` waits for what is under way, in ms. */
const CLOSE_TIMEOUT_MS = 30_000;

/**
 * Sends records. Made by `client.producer(...)`; close it, or hold it by `await using`.
 *
 * Memory is bounded by `bufferBytesMax`: beyond it `send` waits for room, in order, and `enqueue` refuses.
 */
export class Producer<K = Uint8Array, V = Uint8Array> {
  readonly #context: ProducerContext;
  readonly #limits: ProducerLimits;
  readonly #codecs: { readonly key: Codec<K>; readonly value: Codec<V> };
  readonly #onDelivery: ProducerOptions<K, V>['onDelivery'];
  readonly #sender: Sender;
  readonly #topics = new Map<string, TopicQueues>();
  readonly #unknown = new Map<string, UnknownTopic>();
  readonly #waiting: WaitingForRoom[] = [];
  readonly #settledListeners = new Set<() => void>();
  readonly #failureLog: FailureLog;
  /** Whatever is waited for here ends with it. */
  readonly #ending = new Ending();
  #waitTimer: Timer | undefined;
  #bufferedBytes = 0;
  #refusedBytes = 0;
  #enqueueFailure: MoldauError | undefined;
  #closing: Promise<void> | undefined;
  #closed = false;

  constructor(context: ProducerContext, options: ProducerOptions<K, V>) {
    this.#context = context;
    this.#limits = producerLimits(options);
    this.#codecs = { key: codecOrBytes(options.key), value: codecOrBytes(options.value) };
    this.#onDelivery = options.onDelivery;
    this.#failureLog = new FailureLog(context.ports);
    this.#sender = new Sender({
      ...context,
      limits: this.#limits,
      onClosed: (queue) => this.#topics.get(queue.topic)?.sticky.batchClosed(queue.partition),
    });
  }

  /** Bytes of records that are not settled. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /**
   * Resolves when the record is acknowledged as `acks` asks. An abort ends the waiting alone: the record may be
   * written all the same.
   *
   * @throws MoldauError by rejection: BAD_RECORD, INVALID_ARGUMENT, UNKNOWN_TOPIC_OR_PARTITION, MESSAGE_TOO_LARGE,
   *   TIMED_OUT (surely not written), OUTCOME_UNKNOWN (perhaps written), ABORTED, CLOSED, and what the broker refuses with
   */
  send(
    topic: string,
    record: ProducerRecord<K, V>,
    options: { readonly signal?: AbortSignalLike } = {},
  ): Promise<RecordMetadata> {
    const { promise, resolve, reject } = deferred<RecordMetadata>();
    try {
      throwIfAborted(options.signal);
      const encoded = this.#encode(topic, record);
      if (this.#hasRoom(encoded.bytesMax)) this.#accept(topic, encoded, { resolve, reject });
      else this.#acceptLater(topic, encoded, { resolve, reject });
    } catch (error) {
      reject(error);
    }
    return abortable(promise, options.signal);
  }

  /**
   * Takes the record without a promise. False: the buffer is full and the record was not taken; await {@link ready}. What
   * becomes of it is told by `onDelivery`, and a failure by the next {@link flush}.
   *
   * @throws MoldauError BAD_RECORD, INVALID_ARGUMENT, MESSAGE_TOO_LARGE, CLOSED
   */
  enqueue(topic: string, record: ProducerRecord<K, V>): boolean {
    const encoded = this.#encode(topic, record);
    if (!this.#hasRoom(encoded.bytesMax)) {
      this.#refusedBytes = encoded.bytesMax;
      return false;
    }
    this.#accept(topic, encoded, undefined);
    return true;
  }

  /** Resolves when there is room for the record that {@link enqueue} refused last. @throws MoldauError ABORTED, CLOSED */
  async ready(options: { readonly signal?: AbortSignalLike } = {}): Promise<void> {
    throwIfAborted(options.signal);
    this.#throwIfClosed();
    if (this.#hasRoom(this.#refusedBytes)) return;
    const room = this.#roomFor(this.#refusedBytes, Infinity, () => undefined);
    await abortable(room, options.signal);
  }

  /**
   * Sends at once what waits, and resolves when all records that were taken before this call are settled.
   *
   * @throws MoldauError the first failure, since the last flush, of a record that was enqueued; ABORTED
   */
  async flush(options: { readonly signal?: AbortSignalLike } = {}): Promise<void> {
    throwIfAborted(options.signal);
    await abortable(this.#flushed(), options.signal);
    const failure = this.#enqueueFailure;
    this.#enqueueFailure = undefined;
    if (failure !== undefined) throw failure;
  }

  /**
   * Takes no more records, delivers what it has, ends its streams. May be called again and from anywhere.
   *
   * @param options `timeoutMs`: how long delivery may take, default 30,000; what is left then fails with CLOSED or
   *   OUTCOME_UNKNOWN. `drain: false` is the same as 0.
   */
  close(options: { readonly timeoutMs?: number; readonly drain?: boolean } = {}): Promise<void> {
    this.#closing ??= this.#close(options.drain === false ? 0 : (options.timeoutMs ?? CLOSE_TIMEOUT_MS));
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#closed = true;
    if (timeoutMs > 0 && this.#bufferedBytes > 0) await this.#flushedWithin(timeoutMs);
    this.#waitTimer?.cancel();
    const error = new MoldauError('CLOSED', 'the producer is closed');
    for (const { room } of this.#waiting.splice(0)) room.reject(error);
    for (const [topic, { records }] of this.#unknown) this.#failUnplaced(topic, records.splice(0), error);
    this.#ending.end(error);
    this.#sender.end();
    this.#failureLog.tell();
    this.#context.onClosed();
  }

  async #flushedWithin(timeoutMs: number): Promise<void> {
    const late = deferred<void>();
    const timer = this.#context.ports.timers.after(timeoutMs, () => late.resolve());
    await Promise.race([this.#flushed(), late.promise]);
    // A timer that is left behind would keep the process alive.
    timer.cancel();
  }

  async #flushed(): Promise<void> {
    await Promise.allSettled(this.#waiting.map(({ room }) => room.promise));
    await Promise.all([...this.#unknown.values()].map(({ placed }) => placed));
    const left = new Set(this.#sender.unsettled());
    for (const batch of left) batch.urgent = true;
    this.#sender.drainSoon();
    const isDone = (): boolean => {
      for (const batch of left) if (batch.isSettled) left.delete(batch);
      return left.size === 0;
    };
    if (isDone()) return;
    const done = deferred<void>();
    const listener = (): void => {
      if (isDone()) done.resolve();
    };
    this.#settledListeners.add(listener);
    await done.promise;
    this.#settledListeners.delete(listener);
  }

  #encode(topic: string, record: ProducerRecord<K, V>): EncodedRecord {
    this.#throwIfClosed();
    checkTopicName(topic);
    const encoded = encodeRecord(topic, record, this.#codecs, this.#context.ports.clock.wallMs());
    if (encoded.bytesMax <= this.#limits.bufferBytesMax) return encoded;
    throw new MoldauError(
      'MESSAGE_TOO_LARGE',
      `a record of ${encoded.bytesMax} bytes is larger than the whole buffer of ${this.#limits.bufferBytesMax}: raise bufferBytesMax or send it in parts`,
      { topic },
    );
  }

  #throwIfClosed(): void {
    if (this.#closed) throw new MoldauError('CLOSED', 'the producer is closed');
  }

  /** Those that wait come first: records of one sender keep their order. */
  #hasRoom(bytesMax: number): boolean {
    return this.#waiting.length === 0 && this.#bufferedBytes + bytesMax <= this.#limits.bufferBytesMax;
  }

  #acceptLater(topic: string, record: EncodedRecord, settlement: RecordSettlement): void {
    const deadlineMs = this.#context.ports.clock.nowMs() + this.#limits.deliveryTimeoutMs;
    const room = this.#roomFor(record.bytesMax, deadlineMs, () => this.#accept(topic, record, settlement));
    room.catch((error: unknown) => settlement?.reject(error));
  }

  #roomFor(bytesMax: number, deadlineMs: number, enter: () => void): Promise<void> {
    const room = deferred<void>();
    this.#waiting.push({ bytes: bytesMax, deadlineMs, enter, room });
    if (deadlineMs < Infinity) this.#watchWaiting();
    return room.promise;
  }

  /** One timer for all: who came first is late first. */
  #watchWaiting(): void {
    const first = this.#waiting.find((each) => each.deadlineMs < Infinity);
    if (this.#waitTimer !== undefined || first === undefined) return;
    const { clock, timers } = this.#context.ports;
    this.#waitTimer = timers.after(Math.max(first.deadlineMs - clock.nowMs(), 0), () => {
      this.#waitTimer = undefined;
      const nowMs = clock.nowMs();
      const late = this.#waiting.filter((each) => each.deadlineMs <= nowMs);
      for (const each of late) this.#waiting.splice(this.#waiting.indexOf(each), 1);
      const message = `no room in the buffer within ${this.#limits.deliveryTimeoutMs} ms: what is in it cannot be delivered`;
      for (const { room } of late) room.reject(new MoldauError('TIMED_OUT', message));
      this.#watchWaiting();
    });
  }

  #accept(topic: string, record: EncodedRecord, settlement: RecordSettlement): void {
    this.#bufferedBytes += record.bytesMax;
    const known = this.#context.metadata.topic(topic);
    const unknown = this.#unknown.get(topic);
    if (unknown !== undefined) unknown.records.push({ record, settlement });
    else if (known === undefined || (record.partition ?? 0) >= known.partitionCount) {
      this.#learnTopic(topic, { record, settlement });
    } else this.#place(known, { record, settlement });
  }

  /** Also a topic that may have grown since: the record names a partition that it did not have. */
  #learnTopic(topic: string, first: Unplaced): void {
    const records = [first];
    const asked = this.#context.metadata.awaitTopic(topic, {
      timeoutMs: this.#limits.topicTimeoutMs,
      signal: this.#ending,
      partitionsMin: (first.record.partition ?? 0) + 1,
    });
    const placed = asked.then(
      (known) => {
        this.#unknown.delete(topic);
        for (const each of records) this.#place(known, each);
      },
      (error: unknown) => {
        this.#unknown.delete(topic);
        this.#failUnplaced(topic, records, failureOf(error, topic));
      },
    );
    this.#unknown.set(topic, { records, placed });
  }

  /** A record that cannot be placed is its sender's alone: those beside it, and this process, go on. */
  #place(topic: KnownTopic, unplaced: Unplaced): void {
    try {
      this.#put(topic, unplaced);
    } catch (error) {
      const failure = errorFromCall(error);
      const message = `the record could not be put into a batch: ${String(error)}`;
      const isKnown = failure instanceof MoldauError;
      const told = isKnown ? failure : new MoldauError('BAD_RECORD', message, { topic: topic.name, cause: error });
      this.#failUnplaced(topic.name, [unplaced], told);
    }
  }

  #put(topic: KnownTopic, { record, settlement }: Unplaced): void {
    const queues = this.#queuesOf(topic);
    const partition = this.#partitionOf(topic, queues, record);
    const queue = partition < topic.partitionCount ? queues.queues[partition] : undefined;
    if (queue === undefined) {
      const range = `topic ${topic.name} has partitions 0 to ${topic.partitionCount - 1}, not ${partition}`;
      throw new MoldauError('INVALID_ARGUMENT', range, { topic: topic.name, partition });
    }
    if (queue.gathering !== undefined && !queue.gathering.fits(record, queue.batchBytesMax)) {
      queue.close();
      queues.sticky.batchClosed(partition);
    }
    const batch = queue.gathering ?? this.#newBatch(queue);
    batch.append(record, settlement);
    queue.gathering = batch;
    this.#sender.queued(queue);
  }

  #queuesOf(topic: KnownTopic): TopicQueues {
    const found = this.#topics.get(topic.name) ?? {
      queues: [],
      sticky: new StickyPartition(this.#context.ports.random),
    };
    this.#topics.set(topic.name, found);
    for (let partition = found.queues.length; partition < topic.partitionCount; partition++) {
      found.queues.push(new PartitionQueue(topic.name, partition, this.#limits));
    }
    return found;
  }

  #partitionOf(topic: KnownTopic, { queues, sticky }: TopicQueues, record: EncodedRecord): number {
    if (record.partition !== undefined) return record.partition;
    if (record.data.key !== null) return partitionOfKey(record.data.key, topic.partitionCount);
    return sticky.choose(topic.partitionCount, () =>
      queues
        .map(({ partition }) => partition)
        .filter((p) => this.#context.metadata.leader(topic.name, p) !== undefined),
    );
  }

  #newBatch(queue: PartitionQueue): ProducerBatch {
    const createdMs = this.#context.ports.clock.nowMs();
    const times = { createdMs, deadlineMs: createdMs + this.#limits.deliveryTimeoutMs };
    return new ProducerBatch(queue.partition, times, (batch, baseOffset, error) => {
      const { topic, partition } = queue;
      const { recordCount } = batch;
      if (error !== undefined && batch.unawaitedCount > 0) this.#enqueuedFailed(error, batch.unawaitedCount);
      this.#release(batch.reservedBytes);
      this.#onDelivery?.({ topic, partition, recordCount, baseOffset, error });
      for (const listener of this.#settledListeners) listener();
    });
  }

  /** Records that came into no batch. They are told as one. */
  #failUnplaced(topic: string, unplaced: readonly Unplaced[], error: MoldauError): void {
    if (unplaced.length === 0) return;
    let bytes = 0;
    let unawaitedCount = 0;
    for (const { record, settlement } of unplaced) {
      bytes += record.bytesMax;
      if (settlement === undefined) unawaitedCount++;
      else settlement.reject(error);
    }
    if (unawaitedCount > 0) this.#enqueuedFailed(error, unawaitedCount);
    this.#release(bytes);
    const partition = error.partition ?? -1;
    this.#onDelivery?.({ topic, partition, recordCount: unplaced.length, baseOffset: -1n, error });
  }

  #enqueuedFailed(error: MoldauError, recordCount: number): void {
    this.#enqueueFailure ??= error;
    this.#failureLog.failed(error, recordCount);
  }

  #release(reservedBytes: number): void {
    this.#bufferedBytes -= reservedBytes;
    assert(this.#bufferedBytes >= 0, 'what leaves the buffer was counted in', { bufferedBytes: this.#bufferedBytes });
    for (;;) {
      const first = this.#waiting[0];
      if (first === undefined || this.#bufferedBytes + first.bytes > this.#limits.bufferBytesMax) return;
      this.#waiting.shift();
      first.enter();
      first.room.resolve();
    }
  }
}

function failureOf(error: unknown, topic: string): MoldauError {
  const failure = errorFromCall(error, { topic });
  if (failure instanceof MoldauError) return failure;
  return new MoldauError('UNKNOWN_SERVER_ERROR', `topic ${topic} could not be looked up: ${String(error)}`, {
    topic,
    cause: error,
  });
}
