import { type AbortSignalLike, assert, type Codec } from '@moldau/base';
import type { BatchRecord } from '@moldau/records';
import { LATEST, listOffsets, type OffsetSource } from '../cluster/list-offsets.ts';
import { checkTopicName } from '../cluster/topic-name.ts';
import { codecOrBytes } from '../codec.ts';
import { MoldauError } from '../errors.ts';
import type { Message } from '../record.ts';
import { abortable, type Deferred, deferred, Ending, throwIfAborted } from '../waiting.ts';
import { type ConsumerOptions, checkStart, PREFETCH_BYTES, type StartFrom } from './consumer-options.ts';
import { Fetcher } from './fetcher.ts';
import { PartitionReader } from './partition-reader.ts';

/** A partition of a topic by its name. */
export interface PartitionName {
  readonly topic: string;
  readonly partition: number;
}

/** Some records of one partition, in order. */
export interface MessageBatch<K, V> extends PartitionName {
  readonly messages: readonly Message<K, V>[];
  /** The offset behind the last record that consumers may see. */
  readonly highWatermark: bigint;
}

const TOPIC_TIMEOUT_MS = 5_000;
const OFFSETS_TIMEOUT_MS = 30_000;

/**
 * Reads partitions that were assigned by hand. Made by `client.consumer(...)`; iterate over it, and close it or hold it by
 * `await using`. Leaving the loop keeps the position: another loop goes on from there. One loop at a time.
 */
export class Consumer<K = Uint8Array, V = Uint8Array> {
  readonly #source: OffsetSource;
  readonly #options: ConsumerOptions<K, V>;
  readonly #codecs: { readonly key: Codec<K>; readonly value: Codec<V> };
  readonly #onClosed: () => void;
  /** The caller's signal or the close: whatever is waited for here ends with it. */
  readonly #ending: Ending;
  #readers: PartitionReader[] = [];
  #fetcher: Fetcher | undefined;
  #assigned: Promise<void> | undefined;
  #turn = 0;
  #arrival: Deferred<void> = deferred();
  #iterating = false;
  #closed = false;

  constructor(source: OffsetSource, options: ConsumerOptions<K, V>, onClosed: () => void) {
    if (options.assignments.length === 0) throw new MoldauError('INVALID_ARGUMENT', 'a consumer needs assignments');
    for (const { topic, from } of options.assignments) {
      checkTopicName(topic);
      checkStart(from);
    }
    this.#source = source;
    this.#options = options;
    this.#codecs = { key: codecOrBytes(options.key), value: codecOrBytes(options.value) };
    this.#onClosed = onClosed;
    this.#ending = new Ending(options.signal);
    this.#ending.addEventListener('abort', () => this.#arrived());
  }

  /**
   * Looks the topics up and begins to prefetch; the first read does it too.
   *
   * @throws MoldauError UNKNOWN_TOPIC_OR_PARTITION, INVALID_ARGUMENT, UNREACHABLE, CLOSED
   */
  start(): Promise<void> {
    this.#assigned ??= this.#assign().catch((error: unknown) => {
      // What was wrong may be mended: the next start looks again.
      this.#assigned = undefined;
      throw error;
    });
    return this.#assigned;
  }

  /** The partitions that are read; empty until {@link start} is done. */
  assignments(): readonly PartitionName[] {
    return this.#readers.map(({ topic, partition }) => ({ topic, partition }));
  }

  /** Messages as they come, without end. @throws MoldauError */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message<K, V>> {
    return this.#iterator(() => this.#takeMessage());
  }

  /** The same in arrays, one record batch of one partition at a time. @throws MoldauError */
  batches(): AsyncIterableIterator<MessageBatch<K, V>> {
    return this.#iterator(() => this.#takeBatch());
  }

  /** The offset that is delivered next; undefined until it is known. @throws MoldauError INVALID_ARGUMENT */
  position(topic: string, partition: number): bigint | undefined {
    const reader = this.#reader(topic, partition);
    return reader.start === undefined || reader.hasWaiting ? BigInt(reader.position) : undefined;
  }

  /** Goes on from there; what was prefetched is dropped. @throws MoldauError INVALID_ARGUMENT */
  seek(topic: string, partition: number, to: StartFrom): void {
    checkStart(to);
    const reader = this.#reader(topic, partition);
    reader.seek(to);
    this.#fetcher?.restart(reader);
  }

  /** Delivers nothing of these partitions (default: all) until {@link resume}. */
  pause(partitions: readonly PartitionName[] = this.#readers): void {
    for (const { topic, partition } of partitions) this.#reader(topic, partition).paused = true;
  }

  resume(partitions: readonly PartitionName[] = this.#readers): void {
    for (const { topic, partition } of partitions) this.#reader(topic, partition).paused = false;
    this.#arrived();
  }

  /** Asks the leaders where the partitions end now. @throws MoldauError also ABORTED, by either signal, and CLOSED */
  async endOffsets(
    options: { readonly signal?: AbortSignalLike } = {},
  ): Promise<readonly (PartitionName & { readonly offset: bigint })[]> {
    const signal = new Ending(this.#ending, options.signal);
    try {
      await abortable(this.start(), signal);
      const partitions = this.assignments();
      const queries = partitions.map((each) => ({ ...each, timestamp: LATEST }));
      const found = await listOffsets(this.#source, queries, { timeoutMs: OFFSETS_TIMEOUT_MS, signal });
      return partitions.map((each, index) => ({ ...each, offset: BigInt(found[index]?.offset ?? 0) }));
    } finally {
      signal.unlink();
    }
  }

  /** Records not delivered yet, as far as the brokers have told; undefined where they have not. */
  lag(): readonly (PartitionName & { readonly lag: bigint | undefined })[] {
    return this.#readers.map(({ topic, partition, start, highWatermark, position }) => {
      const known = start === undefined && highWatermark >= 0;
      return { topic, partition, lag: known ? BigInt(Math.max(highWatermark - position, 0)) : undefined };
    });
  }

  /** Ends the streams; a loop that waits ends. May be called again, and inside the loop. */
  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#ending.end(new MoldauError('CLOSED', 'the consumer is closed'));
      this.#fetcher?.end();
      this.#onClosed();
    }
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #assign(): Promise<void> {
    const timeoutMs = this.#options.topicTimeoutMs ?? TOPIC_TIMEOUT_MS;
    const readers = new Map<string, PartitionReader>();
    const isFatal = (this.#options.onBadRecord ?? 'fail') === 'fail';
    const onUnreadable = isFatal
      ? undefined
      : (err: MoldauError, endOffset: number) => this.#passedOver(err, endOffset);
    for (const { topic, partition, from } of this.#options.assignments) {
      const partitionsMin = partition === undefined ? Number.POSITIVE_INFINITY : partition + 1;
      const known = await this.#source.metadata.awaitTopic(topic, { timeoutMs, signal: this.#ending, partitionsMin });
      const all = Array.from({ length: known.partitionCount }, (_, index) => index);
      for (const each of partition === undefined ? all : [partition]) {
        if (!all.includes(each)) {
          const range = `topic ${topic} has partitions 0 to ${known.partitionCount - 1}, not ${each}`;
          throw new MoldauError('INVALID_ARGUMENT', range, { topic, partition: each });
        }
        const key = `${topic}/${each}`;
        if (readers.has(key)) {
          const twice = `partition ${each} of topic ${topic} is assigned twice`;
          throw new MoldauError('INVALID_ARGUMENT', twice, { topic, partition: each });
        }
        readers.set(key, new PartitionReader(topic, each, { start: from, onUnreadable }));
      }
    }
    throwIfAborted(this.#ending);
    this.#readers = [...readers.values()];
    const options = {
      prefetchBytes: this.#options.prefetchBytes ?? PREFETCH_BYTES,
      onCorrupt: isFatal ? ('fail' as const) : ('skip' as const),
      topicTimeoutMs: timeoutMs,
      onOffsetOutOfRange: this.#options.onOffsetOutOfRange ?? 'fail',
    };
    this.#fetcher = new Fetcher(this.#source, this.#readers, options, () => this.#arrived());
  }

  #passedOver({ topic, partition, message }: MoldauError, endOffset: number): void {
    const { logger } = this.#source.ports;
    logger.warn('consumer.unreadable_batch_skipped', { topic, partition, endOffset, reason: message });
  }

  #reader(topic: string, partition: number): PartitionReader {
    const reader = this.#readers.find((each) => each.topic === topic && each.partition === partition);
    if (reader !== undefined) return reader;
    const message = `partition ${partition} of topic ${topic} is not assigned to this consumer, or not yet: await start()`;
    throw new MoldauError('INVALID_ARGUMENT', message, { topic, partition });
  }

  #arrived(): void {
    this.#arrival.resolve();
  }

  #iterator<T>(take: () => T | undefined): AsyncIterableIterator<T> {
    if (this.#iterating) throw new MoldauError('INVALID_ARGUMENT', 'a consumer is read by one loop at a time');
    this.#iterating = true;
    const end = (): Promise<IteratorResult<T>> => {
      this.#iterating = false;
      return Promise.resolve({ done: true, value: undefined });
    };
    const iterator: AsyncIterableIterator<T> = {
      [Symbol.asyncIterator]: () => iterator,
      next: () => this.#next(take),
      return: end,
      throw: end,
    };
    return iterator;
  }

  async #next<T>(take: () => T | undefined): Promise<IteratorResult<T>> {
    try {
      if (this.#fetcher === undefined) await this.start();
      for (;;) {
        throwIfAborted(this.#ending);
        const value = take();
        if (value !== undefined) return { done: false, value };
        if (!this.#skipToWaiting()) await this.#nextArrival();
        // Between batches the sockets have their turn: a loop over what was prefetched is all microtasks.
        await this.#endOfTurn();
      }
    } catch (error) {
      this.#iterating = false;
      const reason = this.#ending.reason ?? error;
      if (reason instanceof MoldauError && reason.code === 'CLOSED') return { done: true, value: undefined };
      throw reason;
    }
  }

  async #nextArrival(): Promise<void> {
    this.#arrival = deferred();
    // What came between the last look and now must not be slept through.
    if (this.#skipToWaiting() || this.#readers.some((reader) => reader.failure !== undefined)) return;
    await this.#arrival.promise;
  }

  #endOfTurn(): Promise<void> {
    const { promise, resolve } = deferred<void>();
    this.#source.ports.timers.endOfTurn(() => resolve());
    return promise;
  }

  /** Turns to the next reader that has something to deliver. */
  #skipToWaiting(): boolean {
    for (let step = 1; step <= this.#readers.length; step++) {
      const turn = (this.#turn + step) % this.#readers.length;
      const reader = this.#readers[turn];
      if (reader === undefined || reader.paused || !reader.hasWaiting) continue;
      this.#turn = turn;
      return true;
    }
    return false;
  }

  /** The next record of the reader whose turn it is, with what its codecs make of it. undefined: none of its batch is left. */
  #takeMessage(): Message<K, V> | undefined {
    this.#throwFailure();
    const reader = this.#readers[this.#turn];
    if (reader === undefined || reader.paused) return undefined;
    for (;;) {
      const { record, bytesFreed } = reader.peek();
      this.#fetcher?.grant(reader, bytesFreed);
      // At the end of a batch others have their turn.
      if (record === undefined || bytesFreed > 0) return undefined;
      const message = this.#decode(reader, record);
      reader.pass(record);
      if (message !== undefined) return message;
    }
  }

  #takeBatch(): MessageBatch<K, V> | undefined {
    const first = this.#takeMessage();
    const reader = this.#readers[this.#turn];
    if (first === undefined || reader === undefined) return undefined;
    const messages = [first];
    while (reader.inBatch) {
      const { record } = reader.peek();
      assert(record !== undefined, 'a batch that has more shows it');
      const message = this.#decodeAfter(messages, reader, record);
      if (message === 'stop') break;
      reader.pass(record);
      if (message !== undefined) messages.push(message);
    }
    const { topic, partition } = reader;
    return { topic, partition, messages, highWatermark: BigInt(reader.highWatermark) };
  }

  /** A bad record ends the array before it; it is the first of the next one, and thrown there. */
  #decodeAfter(
    messages: readonly Message<K, V>[],
    reader: PartitionReader,
    record: BatchRecord,
  ): Message<K, V> | undefined | 'stop' {
    assert(messages.length > 0, 'something stands before it');
    try {
      return this.#decode(reader, record);
    } catch (error) {
      if (error instanceof MoldauError && error.code === 'BAD_RECORD') return 'stop';
      throw error;
    }
  }

  #decode(reader: PartitionReader, record: BatchRecord): Message<K, V> | undefined {
    const { topic, partition } = reader;
    const { key, value, headers } = record;
    const place = { topic, partition, offset: BigInt(record.offset), timestamp: record.timestampMs };
    try {
      return {
        ...place,
        key: key === null ? null : this.#codecs.key.decode(key),
        value: value === null ? null : this.#codecs.value.decode(value),
        headers,
      };
    } catch (cause) {
      const message = `a codec refused the record at offset ${record.offset} of ${topic}/${partition}: ${String(cause)}`;
      const error = new MoldauError('BAD_RECORD', message, { topic, partition, cause });
      switch (this.#options.onBadRecord ?? 'fail') {
        case 'fail':
          throw error;
        case 'skip':
          return undefined;
        case 'raw':
          return { ...place, key: null, value: null, headers, bad: { error, key, value } };
      }
    }
  }

  /** A failure waits until all before it is delivered. */
  #throwFailure(): void {
    for (const reader of this.#readers) {
      if (reader.failure !== undefined && !reader.hasWaiting && !reader.paused) throw reader.failure;
    }
  }
}
