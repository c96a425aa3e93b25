import { type AbortSignalLike, assert } from '@moldau/base';
import type { BatchRecord } from '@moldau/records';
import { LATEST, listOffsets } from '../cluster/list-offsets.ts';
import { codecOrBytes } from '../codec.ts';
import { MoldauError } from '../errors.ts';
import type { CommittedOffset, OffsetAndMetadata } from '../group/committed-offset.ts';
import { GroupMembership } from '../group/group-membership.ts';
import { groupSettings } from '../group/group-settings.ts';
import type { GroupSource } from '../group/group-source.ts';
import type { PartitionName } from '../partition-name.ts';
import type { Message } from '../record.ts';
import { abortable, type Deferred, deferred, Ending, throwIfAborted } from '../waiting.ts';
import { assignByHand, checkAssignments } from './assign-by-hand.ts';
import {
  AUTO_OFFSET_RESET,
  type ConsumerOptions,
  checkStart,
  isOfGroup,
  PREFETCH_BYTES,
  type StartFrom,
} from './consumer-options.ts';
import { Fetcher } from './fetcher.ts';
import { decodeMessage, type MessageDecoder } from './message-decoder.ts';
import type { OnUnreadable, PartitionReader } from './partition-reader.ts';
import { ReaderSet } from './reader-set.ts';

/** Some records of one partition, in order. */
export interface MessageBatch<K, V> extends PartitionName {
  readonly messages: readonly Message<K, V>[];
  /** The offset behind the last record that consumers may see. */
  readonly highWatermark: bigint;
}

const OFFSETS_TIMEOUT_MS = 30_000;
const TOPIC_TIMEOUT_MS = 5_000;

/**
 * Reads partitions that were assigned by hand, or by the group that it is a member of. Made by `client.consumer(...)`; iterate
 * over it, and close it or hold it by `await using`. Leaving the loop keeps the position: another loop goes on from there. One
 * loop at a time.
 */
export class Consumer<K = Uint8Array, V = Uint8Array> {
  readonly #source: GroupSource;
  readonly #options: ConsumerOptions<K, V>;
  readonly #decoder: MessageDecoder<K, V>;
  readonly #onClosed: () => void;
  /** The caller's signal or the close: whatever is waited for here ends with it. */
  readonly #ending: Ending;
  readonly #readers: ReaderSet;
  readonly #membership: GroupMembership | undefined;
  #starting: Promise<void> | undefined;
  #isStarted = false;
  /** A loop waits for more. */
  #isAsked = false;
  #arrival: Deferred<void> = deferred();
  #iterating = false;
  #closing: Promise<void> | undefined;

  /** @throws MoldauError INVALID_ARGUMENT */
  constructor(source: GroupSource, options: ConsumerOptions<K, V>, onClosed: () => void) {
    const membership = isOfGroup(options) ? groupSettings(options) : undefined;
    if (!isOfGroup(options)) checkAssignments(options.assignments);
    const { key, value, onBadRecord = 'fail', prefetchBytes = PREFETCH_BYTES } = options;
    const arrived = (): void => this.#arrival.resolve();
    // Where a group is told what to read, a topic that is gone is taken away.
    const reading = isOfGroup(options)
      ? { topicTimeoutMs: Number.POSITIVE_INFINITY, reset: options.autoOffsetReset ?? AUTO_OFFSET_RESET }
      : { topicTimeoutMs: options.topicTimeoutMs ?? TOPIC_TIMEOUT_MS, reset: options.onOffsetOutOfRange ?? 'fail' };
    this.#source = source;
    this.#options = options;
    this.#decoder = { key: codecOrBytes(key), value: codecOrBytes(value), onBadRecord };
    this.#onClosed = onClosed;
    this.#ending = new Ending(options.signal);
    this.#ending.addEventListener('abort', arrived);
    this.#readers = new ReaderSet(
      new Fetcher(
        source,
        {
          prefetchBytes,
          onCorrupt: onBadRecord === 'fail' ? 'fail' : 'skip',
          topicTimeoutMs: reading.topicTimeoutMs,
          onOffsetOutOfRange: reading.reset === 'fail' ? 'none' : reading.reset,
        },
        arrived,
      ),
      (reader) => reader.prepare(source.ports, arrived),
    );
    const hooks = { readers: this.#readers, onUnreadable: this.#onUnreadable, changed: arrived };
    this.#membership = membership && new GroupMembership(source, membership, hooks);
  }

  /**
   * Looks the topics up and begins to prefetch, or enters the group and waits to be assigned something or nothing; the first
   * read does it too.
   *
   * @throws MoldauError UNKNOWN_TOPIC_OR_PARTITION, INVALID_ARGUMENT, UNREACHABLE, CLOSED, and what keeps one out of a group
   */
  start(): Promise<void> {
    this.#starting ??= this.#start().catch((error: unknown) => {
      // What was wrong may be mended: the next start looks again.
      this.#starting = undefined;
      throw error;
    });
    return this.#starting;
  }

  /** The partitions that are read; empty until {@link start} is done. */
  assignments(): readonly PartitionName[] {
    return this.#readers.all.map(({ topic, partition }) => ({ topic, partition }));
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
    this.#readers.restart(reader);
  }

  /** Delivers nothing of these partitions (default: all) until {@link resume}. */
  pause(partitions: readonly PartitionName[] = this.#readers.all): void {
    for (const { topic, partition } of partitions) this.#reader(topic, partition).paused = true;
  }

  resume(partitions: readonly PartitionName[] = this.#readers.all): void {
    for (const { topic, partition } of partitions) this.#reader(topic, partition).paused = false;
    this.#arrival.resolve();
  }

  /**
   * Commits for the group, and returns when it is replicated. Without `offsets`: behind everything that was delivered, which
   * says that it is processed. With them: those (the next offset to read), of partitions that this member has. Tried again until
   * `timeoutMs` (default 30,000) while the group rebalances or its coordinator moves.
   *
   * @throws MoldauError UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION: the partition is another's by now, who reads again what was not
   * committed; FENCED_INSTANCE_ID, OFFSET_METADATA_TOO_LARGE, INVALID_ARGUMENT, TIMED_OUT, UNREACHABLE
   */
  async commit(
    offsets?: readonly OffsetAndMetadata[],
    options: { readonly signal?: AbortSignalLike; readonly timeoutMs?: number } = {},
  ): Promise<void> {
    await this.#member().commit(offsets, options);
  }

  /** What the group has committed of these partitions, or of those that this member has. @throws MoldauError */
  async committed(
    partitions: readonly PartitionName[] = this.assignments(),
    options: { readonly signal?: AbortSignalLike; readonly timeoutMs?: number } = {},
  ): Promise<readonly CommittedOffset[]> {
    return await this.#member().committed(partitions, options);
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
    return this.#readers.all.map(({ topic, partition, start, highWatermark, position }) => {
      const known = start === undefined && highWatermark >= 0;
      return { topic, partition, lag: known ? BigInt(Math.max(highWatermark - position, 0)) : undefined };
    });
  }

  /**
   * Ends the streams; a loop that waits ends. A member commits what was processed, unless that is off, and leaves its group, for
   * at most 5 s; not with `drain` false. May be called again, and inside the loop.
   */
  close({ drain = true }: { readonly drain?: boolean } = {}): Promise<void> {
    this.#closing ??= this.#close(drain);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(drain: boolean): Promise<void> {
    this.#ending.end(new MoldauError('CLOSED', 'the consumer is closed'));
    await this.#membership?.close({ drain });
    this.#readers.end();
    this.#onClosed();
  }

  async #start(): Promise<void> {
    if (isOfGroup(this.#options)) {
      await abortable(this.#member().start(), this.#ending);
      // Whoever started it outside of a loop is to come for something, as if it had been handed that.
      if (!this.#isAsked) this.#membership?.handedOut();
    } else {
      const { assignments, topicTimeoutMs: timeoutMs = TOPIC_TIMEOUT_MS } = this.#options;
      const { metadata } = this.#source;
      const limits = { timeoutMs, signal: this.#ending };
      const readers = await assignByHand(metadata, assignments, { ...limits, onUnreadable: this.#onUnreadable });
      throwIfAborted(this.#ending);
      this.#readers.add(readers);
    }
    this.#isStarted = true;
  }

  /** Of a batch whose records cannot be read; undefined: it is thrown. */
  get #onUnreadable(): OnUnreadable | undefined {
    if (this.#decoder.onBadRecord === 'fail') return undefined;
    const { logger } = this.#source.ports;
    return ({ topic, partition, message }, endOffset) =>
      logger.warn('consumer.unreadable_batch_skipped', { topic, partition, endOffset, reason: message });
  }

  /** @throws MoldauError INVALID_ARGUMENT */
  #member(): GroupMembership {
    if (this.#membership !== undefined) return this.#membership;
    const message = 'this consumer was assigned its partitions by hand: only a member of a group commits';
    throw new MoldauError('INVALID_ARGUMENT', message);
  }

  #reader(topic: string, partition: number): PartitionReader {
    const reader = this.#readers.find({ topic, partition });
    if (reader !== undefined) return reader;
    const message = `partition ${partition} of topic ${topic} is not assigned to this consumer, or not yet: await start()`;
    throw new MoldauError('INVALID_ARGUMENT', message, { topic, partition });
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
      this.#isAsked = true;
      this.#readers.takeBack();
      this.#membership?.polled();
      if (!this.#isStarted) await this.start();
      for (;;) {
        throwIfAborted(this.#ending);
        this.#membership?.throwFailure();
        const { current } = this.#readers;
        const place = this.#membership === undefined ? undefined : current?.place;
        const value = take();
        if (value !== undefined && current !== undefined) {
          this.#isAsked = false;
          // Only a member commits, and has to know what is processed.
          if (this.#membership !== undefined) {
            this.#readers.handOut(current, place);
            this.#membership.handedOut();
          }
          return { done: false, value };
        }
        if (!this.#readers.turnToWaiting()) await this.#nextArrival();
        // Between batches the sockets have their turn: a loop over what was prefetched is all microtasks.
        await this.#endOfTurn();
      }
    } catch (error) {
      this.#iterating = false;
      this.#isAsked = false;
      this.#membership?.handedOut();
      const reason = this.#ending.reason ?? error;
      if (reason instanceof MoldauError && reason.code === 'CLOSED') return { done: true, value: undefined };
      throw reason;
    }
  }

  async #nextArrival(): Promise<void> {
    this.#arrival = deferred();
    // What came between the last look and now must not be slept through.
    const hasFailed = this.#membership?.hasFailed || this.#readers.all.some((reader) => reader.failure !== undefined);
    if (this.#readers.turnToWaiting() || hasFailed) return;
    await this.#arrival.promise;
  }

  #endOfTurn(): Promise<void> {
    const { promise, resolve } = deferred<void>();
    this.#source.ports.timers.endOfTurn(() => resolve());
    return promise;
  }

  /** The next record of the reader whose turn it is, with what its codecs make of it. undefined: none of its batch is left. */
  #takeMessage(): Message<K, V> | undefined {
    this.#throwFailure();
    const reader = this.#readers.current;
    if (reader === undefined || reader.isHeld) return undefined;
    for (;;) {
      const { record, bytesFreed } = reader.peek();
      this.#readers.grant(reader, bytesFreed);
      // At the end of a batch others have their turn.
      if (record === undefined || bytesFreed > 0) return undefined;
      const message = decodeMessage(this.#decoder, reader, record);
      reader.pass(record);
      if (message !== undefined) return message;
    }
  }

  #takeBatch(): MessageBatch<K, V> | undefined {
    const first = this.#takeMessage();
    const reader = this.#readers.current;
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
      return decodeMessage(this.#decoder, reader, record);
    } catch (error) {
      if (error instanceof MoldauError && error.code === 'BAD_RECORD') return 'stop';
      throw error;
    }
  }

  /** A failure waits until all before it is delivered. */
  #throwFailure(): void {
    for (const reader of this.#readers.all) {
      if (reader.failure !== undefined && !reader.hasWaiting && !reader.isHeld) throw reader.failure;
    }
  }
}
